"""Video and speed packs: WanVideoWrapper, KJNodes, SeedVR2, VideoHelperSuite, MultiGPU, Nunchaku, GGUF, cache nodes."""

from analyzer.events import NodeNote, VramReading
from analyzer.families.wording import Follow, Wording, noise

_DISTORCH_TITLES = (
    "DisTorch2 Model Virtual VRAM Analysis",
    "DisTorch2 Model Device Allocations",
    "DisTorch Model Virtual VRAM Analysis",
    "DisTorch Virtual VRAM Analysis",
)

WAN = (
    *(
        Wording(
            template=f"{prefix}Max allocated memory: max_memory={{peak_bytes:gib}} GB",
            event=VramReading,
            example=f"{prefix}Max allocated memory: max_memory=9.420 GB",
            meaning="The most memory that the device held during sampling; GB is GiB.",
            since=f"WanVideoWrapper{since}",
        )
        for prefix, since in (("", ""), ("[Sampling] ", ", 2025"))
    ),
    Wording(
        template="[Mem] {:some} | Allocated: {:float} GB | Reserved: {:float} GB | Peak: {peak_bytes:gib} GB",
        event=VramReading,
        example="[Mem] after sampling | Allocated: 1.20 GB | Reserved: 2.40 GB | Peak: 9.42 GB",
        meaning="The device's memory at one point of a run.",
        since="WanVideoWrapper, 2025",
    ),
    noise(
        "Allocated memory: memory={:float} GB",
        example="Allocated memory: memory=0.081 GB",
        meaning="What is still held after sampling; the peak has its own line.",
        since="WanVideoWrapper",
    ),
    noise(
        "Max reserved memory: max_reserved={:float} GB",
        example="Max reserved memory: max_reserved=10.156 GB",
        meaning="What torch kept for itself; the peak has its own line.",
        since="WanVideoWrapper",
    ),
    noise("[RAM] {:text}", example="[RAM] after sampling | RSS: 20480 MB", meaning="The process's RAM.", since="WanVideoWrapper"),
    Wording(
        template="Sampling {:int} frames at {:size} with {:int} steps",
        event=NodeNote,
        constants={"what": "video sampling"},
        example="Sampling 81 frames at 832x480 with 6 steps",
        meaning="A video sampler begins: a bar follows.",
        since="WanVideoWrapper",
    ),
    Wording(
        template="TeaCache skipped: {:text}",
        event=NodeNote,
        constants={"what": "TeaCache skipped steps"},
        example="TeaCache skipped: 4 cond steps, 4 uncond steps",
        meaning="Steps that were not computed; the line does not say of how many.",
        since="WanVideoWrapper 721cd65",
    ),
    Wording(
        template="Loading LoRA: {:some} with strength: {:float}",
        event=NodeNote,
        constants={"what": "LoRA loading"},
        example="Loading LoRA: lightx2v_4step with strength: 1.0",
        meaning="A LoRA is read from disk.",
        since="WanVideoWrapper",
    ),
    noise("Seq len: {:int}", example="Seq len: 32760", meaning="Tokens of one sampling.", since="WanVideoWrapper"),
    noise("Rope function: {:text}", example="Rope function: comfy", meaning="A setting.", since="WanVideoWrapper"),
    *(
        noise(
            f"{name}: tensor([{{:text}}",
            example=f"{name}: tensor([999., 982., 957.], device='cuda:0')",
            meaning="The schedule of a sampler, on several lines where it is long.",
            since="WanVideoWrapper",
            follow=Follow.INDENTED,
        )
        for name in ("timesteps", "sigmas")
    ),
    noise(
        "Swapping {:int} transformer blocks",
        example="Swapping 20 transformer blocks",
        meaning="Blocks of the model wait in RAM and are brought in at every step.",
        since="WanVideoWrapper",
    ),
    noise("Block swap memory summary:", meaning="The head of the rows below.", since="WanVideoWrapper"),
    noise(
        "Transformer blocks on {:word} {:float}MB",
        example="Transformer blocks on cpu: 8034.11MB",
        meaning="How much of the model is where.",
        since="WanVideoWrapper",
    ),
    noise(
        "Total memory used by transformer blocks: {:float}MB",
        example="Total memory used by transformer blocks: 16068.22MB",
        meaning="The size of the model's blocks.",
        since="WanVideoWrapper",
    ),
    noise(
        "Non-blocking memory transfer: {:bool}",
        example="Non-blocking memory transfer: True",
        meaning="A setting of block swap.",
        since="WanVideoWrapper",
    ),
    noise(
        "Using {:name} attention mode: {:text}",
        example="Using sage attention mode: auto",
        meaning="The attention code that a node patches in.",
        since="KJNodes",
    ),
    noise(
        "Using flash attention {:int}: cast_dtype={:text}",
        example="Using flash attention 2: cast_dtype=torch.bfloat16",
        meaning="The same.",
        since="KJNodes",
    ),
    noise(
        "Applying {:some} Sage Attention Patch to all transformer blocks",
        example="Applying SageAttention 2 Sage Attention Patch to all transformer blocks",
        meaning="The same.",
        since="KJNodes",
    ),
)

PLACEMENT = (
    noise(
        "[MultiGPU {:list}] {:text}",
        example="[MultiGPU Core Patching] Patching mm.get_torch_device",
        meaning="Models are spread over devices.",
        since="ComfyUI-MultiGPU",
    ),
    *(noise(title, meaning="The title of a table of devices.", since="ComfyUI-MultiGPU, 2025") for title in _DISTORCH_TITLES),
    noise(
        "==={:equals} ComfyUI-nunchaku Initialization ==={:equals}",
        example="================ ComfyUI-nunchaku Initialization ================",
        meaning="Nunchaku's banner.",
        since="ComfyUI-nunchaku",
    ),
    noise(
        "VRAM < {:int}GiB, enabling CPU offload",
        example="VRAM < 15GiB, enabling CPU offload",
        meaning="A part of the model stays in RAM.",
        since="ComfyUI-nunchaku",
    ),
    Wording(
        template="[info] Loading {:text}",
        event=NodeNote,
        constants={"what": "Nunchaku weights loading"},
        example="[info] Loading partial weights from pytorch",
        meaning="Nunchaku builds its model.",
        since="nunchaku",
    ),
    noise("[info] Done.", meaning="Nunchaku built its model.", since="nunchaku"),
    noise(
        "[info] Initializing {:text}",
        example="[info] Initializing QuantizedFluxModel on device 0",
        meaning="Nunchaku starts to build its model.",
        since="nunchaku",
    ),
    noise(
        "[warning] Unable to pin memory: {:text}",
        example="[warning] Unable to pin memory: invalid argument",
        meaning="Weights move more slowly.",
        since="nunchaku",
    ),
    Wording(
        template="[{:day_time}] {:emoji_text}",
        event=NodeNote,
        constants={"what": "SeedVR2"},
        example="[14:26:42.130] 🔀 Block 0 swap: 349.40ms",
        meaning="SeedVR2 at work.",
        since="SeedVR2",
    ),
    noise(
        "[VideoHelperSuite] - {:name} - {:text}",
        example="[VideoHelperSuite] - INFO - ffmpeg could not be run with default args",
        meaning="Video files are read or written.",
        since="VideoHelperSuite",
    ),
    Wording(
        template="Meta-Batch {:int}/{:int}",
        event=NodeNote,
        constants={"what": "video batch"},
        example="Meta-Batch 2/5",
        meaning="A part of a long video: the same prompt is queued again for the next.",
        since="VideoHelperSuite",
    ),
    noise(
        "Attempting to release mmap ({:int})",
        example="Attempting to release mmap (112)",
        meaning="RAM is given back.",
        since="ComfyUI-GGUF",
    ),
    noise("Dequantizing token_embd.weight to prevent runtime OOM.", meaning="One big weight is unpacked.", since="ComfyUI-GGUF"),
    noise(
        "Using mmproj {:text}",
        example="Using mmproj 'mmproj-F16.gguf' for text encoder 'qwen2.5-vl.gguf'.",
        meaning="A file for pictures as prompts.",
        since="ComfyUI-GGUF",
    ),
    noise(
        "Attenpting to find mmproj file for text encoder...", meaning="The same file is looked for (sic).", since="ComfyUI-GGUF"
    ),
    noise(
        "Attempting to recreate sentencepiece tokenizer from GGUF file metadata...",
        meaning="A text encoder loads.",
        since="ComfyUI-GGUF",
    ),
    noise(
        "Created tokenizer with vocab size of {:int}",
        example="Created tokenizer with vocab size of 256384",
        meaning="A text encoder loads.",
        since="ComfyUI-GGUF",
    ),
    noise(
        "Warning: This gguf model file is loaded in compatibility mode {:text}",
        example="Warning: This gguf model file is loaded in compatibility mode 'sd.cpp' [arch:flux]",
        meaning="A file of another program.",
        since="ComfyUI-GGUF",
    ),
    noise("ComfyUI-GGUF: Allowing full torch compile", meaning="A new enough torch.", since="ComfyUI-GGUF"),
    noise("ComfyUI-GGUF: Partial torch compile only, consider updating pytorch", meaning="An older torch.", since="ComfyUI-GGUF"),
)

VIDEO = WAN + PLACEMENT
