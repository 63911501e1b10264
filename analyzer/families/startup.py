"""What a starting server says about its machine: memory, device, versions, attention, kernels (`comfy/model_management.py`)."""

from analyzer.events import Attention, CudaDevices, Device, DynamicVram, ErrorNote, Memory, Version, VramState
from analyzer.families.wording import Wording, noise, startup_note

_PACKAGES = (
    ("comfyui-frontend-package", "1.45.21"),
    ("comfyui-workflow-templates", "0.11.12"),
    ("comfyui-embedded-docs", "0.5.8"),
    ("comfyui-manager", "4.0.5"),
    ("comfy-aimdo", "0.4.10"),
    ("comfy-kitchen", "0.2.22"),
)
_ATTENTIONS = (
    ("Using pytorch cross attention", "pytorch", "2023 to 2024-12-18"),
    ("Using xformers cross attention", "xformers", "2023 to 2024-12-18"),
    ("Using split optimization for cross attention", "split", "2023 to 2024-12-18"),
    ("Using pytorch attention", "pytorch", "2024-12-18"),
    ("Using xformers attention", "xformers", "2024-12-18"),
    ("Using sage attention", "sage", "2024-12-18"),
    ("Using Flash Attention", "flash", "2025"),
    ("Using split optimization for attention", "split", "2024-12-18"),
    ("Using Comfy Kitchen attention", "comfy-kitchen", "2026-08-10"),
)
_FOLDERS = (
    ("base", "2025"),
    ("models", "2025"),
    ("output", "e5e587b1 (2023-04)"),
    ("input", "2023-10"),
    ("user", "b962db99 (2024-09)"),
    ("temp", "2023-08"),
)

MACHINE = (
    Wording(
        template="Total VRAM {total_vram_bytes:mib} MB, total RAM {total_ram_bytes:mib} MB",
        event=Memory,
        example="Total VRAM 49136 MB, total RAM 515648 MB",
        meaning="The memory of the primary device and of the machine: a new process; on CPU and MPS both are RAM.",
        since="67892b5a (2023-06-02)",
    ),
    Wording(
        template="Device: {name:some}",
        event=Device,
        example="Device: cuda:0 NVIDIA GeForce RTX 5060 Ti : cudaMallocAsync",
        meaning="The device in use and its allocator; since 2026-05-25 one line for each GPU.",
        since="2023",
    ),
    Wording(
        template="Set vram state to: {state:vram_state}",
        event=VramState,
        example="Set vram state to: NORMAL_VRAM",
        meaning="How much of a model is kept on the device; SHARED is MPS or an integrated GPU.",
        since="2023-04-05",
    ),
    startup_note(
        "Checkpoint files will always be loaded safely.", meaning="Pickled checkpoints run no code.", since="2025-01-15"
    ),
    startup_note("Disabling smart memory management", meaning="The flag --disable-smart-memory.", since="2023-08"),
    startup_note("Could not pick default device.", meaning="No device could be asked for its properties.", since="2023"),
    startup_note("Enabled fp16 accumulation.", meaning="A faster, less exact matrix product.", since="2025-02-28"),
    startup_note("Using deterministic algorithms for pytorch", meaning="The flag --deterministic.", since="2024"),
    startup_note("Forcing FP32, if this improves things please report it.", meaning="The flag --force-fp32.", since="2023"),
    startup_note("Set cuda devices to all", meaning="The flag --cuda-device all.", since="2026-08-19"),
    Wording(
        template="Set cuda device to: {devices:text}",
        event=CudaDevices,
        example="Set cuda device to: 1",
        meaning="The flag --cuda-device: only these are visible, so that `cuda:0` is the first of them.",
        since="2023",
    ),
    startup_note(
        "Set oneapi device selector to: {:text}",
        example="Set oneapi device selector to: gpu",
        meaning="The flag --oneapi-device-selector.",
        since="2025",
    ),
    startup_note(
        "Using directml with device: {:text}",
        example="Using directml with device: AMD Radeon RX 6800",
        meaning="The flag --directml.",
        since="2023",
    ),
    startup_note(
        "Set: torch.backends.cudnn.enabled = False for better AMD performance.",
        meaning="A switch for AMD cards.",
        since="2025-10-20",
    ),
    startup_note("AMD arch: {:word}", example="AMD arch: gfx1100", meaning="The AMD card's family.", since="2025-02-14"),
    startup_note("ROCm version: {:text}", example="ROCm version: (7, 2)", meaning="AMD's runtime.", since="2025-05-30"),
    startup_note("Mac Version {:text}", example="Mac Version (15, 3)", meaning="macOS.", since="2025-03-13"),
    startup_note(
        "Trying to enable lowvram mode because your GPU seems to have 4GB or less. If you don't want this use: --{:word}",
        example=(
            "Trying to enable lowvram mode because your GPU seems to have 4GB or less. If you don't want this use: --normalvram"
        ),
        meaning="Small cards used to get LOW_VRAM by default.",
        since="2023 to 2024-06",
    ),
    startup_note(
        "VAE dtype: {:word}", example="VAE dtype: torch.bfloat16", meaning="Number type of VAEs.", since="2023-08 to 2024-06"
    ),
    startup_note(
        "Using async weight offloading with {:int} streams",
        example="Using async weight offloading with 2 streams",
        meaning="Offloaded weights are copied while others compute.",
        since="2025-04-26 (a flag), default since 9d8a8179 (2025-11-27)",
    ),
    startup_note(
        "Enabled pinned memory {:float}",
        example="Enabled pinned memory 464083.0",
        meaning="How many MiB of RAM may be pinned.",
        since="2025-11-05",
    ),
    startup_note(
        "Torch version too old to set sdpa backend priority.", meaning="An old torch: attention may be slower.", since="2025"
    ),
    noise("Could not find the extra_model_paths config file.", meaning="No file with further model folders.", since="2024"),
)

VERSIONS = (
    *(
        Wording(
            template=f"{prefix}: {{version:word}}",
            event=Version,
            constants={"component": component},
            example=f"{prefix}: {version}",
            meaning=f"The version of {component}.",
            since=since,
        )
        for prefix, component, version, since in (
            ("pytorch version", "pytorch", "2.13.0+rocm7.2", "09e069ae (2024-05-20)"),
            ("xformers version", "xformers", "0.0.27.post2", "2023"),
            ("ComfyUI version", "comfyui", "0.28.0", "2025-01-25"),
            ("ComfyUI frontend version", "comfyui-frontend-package", "1.35.9", "2025-03-10 to b112f686 (2026-05-14)"),
            *((f"{name} version", name, version, "2026-03-08") for name, version in _PACKAGES),
        )
    ),
    Wording(
        template="Python version: {version:word} {:text}",
        event=Version,
        constants={"component": "python"},
        example="Python version: 3.10.20 (main, Mar  3 2026, 09:24:47) [GCC 13.3.0]",
        meaning="The version of Python.",
        since="2025-04-12",
    ),
    startup_note(
        "[Prompt Server] web root: {:path}",
        example="[Prompt Server] web root: /home/user/ComfyUI/web",
        meaning="Where the browser's files come from.",
        since="2024-07-16",
    ),
)

ATTENTION = (
    *(
        Wording(
            template=text,
            event=Attention,
            constants={"implementation": implementation},
            example=text,
            meaning="The attention code that samplers use.",
            since=since,
        )
        for text, implementation, since in _ATTENTIONS
    ),
    *(
        Wording(
            template=f"Using sub quadratic optimization for {kind}attention, {{:some}}",
            event=Attention,
            constants={"implementation": "sub-quadratic"},
            example=(
                f"Using sub quadratic optimization for {kind}attention, "
                "if you have memory or speed issues try using: --use-split-cross-attention"
            ),
            meaning="The slowest attention code: nothing better was found.",
            since=since,
        )
        for kind, since in (("cross ", "2023 to 2024-12-18"), ("", "2024-12-18"))
    ),
    # Once for each attention block of every VAE that is built: no start-up line.
    noise(
        "Using {:name} attention in VAE",
        example="Using split attention in VAE",
        meaning="The attention code of a VAE that is being built.",
        since="2023-10-17",
    ),
)

KERNELS = (
    startup_note(
        "Found comfy_kitchen backend {:name}: {:text}",
        example="Found comfy_kitchen backend eager: {'available': True, 'disabled': False, 'unavailable_reason': None}",
        meaning="A set of fast kernels and whether it can be used.",
        since="2026-01-05",
    ),
    noise(
        "Failed to import comfy_kitchen, Error: {:text}",
        example="Failed to import comfy_kitchen, Error: No module named 'comfy_kitchen'",
        meaning="No fast kernels for quantised models.",
        since="2026-01-05",
    ),
    startup_note(
        "Found triton {:word} Enabling comfy-kitchen triton backend.",
        example="Found triton 3.6.0. Enabling comfy-kitchen triton backend.",
        meaning="Triton kernels are used.",
        since="2026",
    ),
    startup_note("working around nvidia conv3d memory bug.", meaning="A known bug is avoided.", since="2025-10-16"),
    Wording(
        template="DynamicVRAM support detected and enabled",
        event=DynamicVram,
        constants={"enabled": True},
        example="DynamicVRAM support detected and enabled",
        meaning="Weights are streamed to the device on demand; other load lines than before.",
        since="f8acd9c4 (2026-02-01)",
    ),
    *(
        Wording(
            template=f"{reason} Falling back to legacy ModelPatcher.{{:text}}",
            event=DynamicVram,
            constants={"enabled": False},
            example=(f"{reason} Falling back to legacy ModelPatcher. VRAM estimates may be unreliable especially on Windows"),
            meaning="Weights are loaded before they are used, as in older versions.",
            since="2026-02",
        )
        for reason in (
            "No working comfy-aimdo install detected. DynamicVRAM support disabled.",
            "Unsupported Pytorch detected. DynamicVRAM support requires Pytorch version 2.8 or later.",
        )
    ),
    startup_note(
        "aimdo: {:source}:INFO:comfy-aimdo inited for GPU: {:some} (VRAM: {:mib} MB)",
        example=("aimdo: /project/src/control.c:144:INFO:comfy-aimdo inited for GPU: NVIDIA GeForce RTX 4090 (VRAM: 24078 MB)"),
        meaning="The library that streams weights is ready for a GPU.",
        since="2026-02",
    ),
    *(
        Wording(
            template=f"aimdo: {{:source}}:{level}:{{message:some}}",
            event=ErrorNote,
            example=f"aimdo: /project/src/control.c:88:{level}:VRAM Allocation failed",
            meaning="The library that streams weights has trouble; it writes past Python, so the line can land inside another.",
            since="2026-02",
            floating=True,
        )
        for level in ("CRITICAL", "ERROR")
    ),
    *(
        noise(
            f"aimdo: {{:source}}:{level}:{{:text}}",
            example=f"aimdo: /project/src/model-vbar.c:210:{level}:vbar",
            meaning="The chatter of the library that streams weights.",
            since="2026-02",
        )
        for level in ("WARNING", "DEBUG", "VERBOSE", "VVERBOSE", "ALL")
    ),
    *(
        startup_note(
            f"Setting {folder} directory to: {{:path}}",
            example=f"Setting {folder} directory to: /data/{folder}",
            meaning=f"The folder given by --{folder}-directory.",
            since=since,
        )
        for folder, since in _FOLDERS
    ),
    startup_note(
        "Adding extra search path {:name} {:path}",
        example="Adding extra search path diffusion_models /models/diffusion_models",
        meaning="A further model folder.",
        since="2023, with a level tag since 2024-09-10",
    ),
)

STARTUP = MACHINE + VERSIONS + ATTENTION + KERNELS
