"""Weights read from disk, and what the lines about them say of a model (ComfyUI `comfy/sd.py`, `comfy/lora.py`)."""

from analyzer.events import ErrorNote, LoraKeyMissing, ModelType, Quantization, Role, StepsSkipped, WeightsRead
from analyzer.families.wording import Wording, noise

_KEY_LISTS = (
    ("unet missing: {:text}", "unet missing: ['out.2.bias']", "2023"),
    ("unet unexpected: {:text}", "unet unexpected: ['__index_timestep_zero__']", "2023"),
    ("clip missing: {:text}", "clip missing: ['text_projection.weight']", "2024"),
    ("clip unexpected{:text}", "clip unexpected: ['clip_l.transformer.text_model.embeddings.position_ids']", "2024"),
    ("missing clip vision: {:text}", "missing clip vision: ['vision_model.embeddings.position_ids']", "2023-08"),
    ("missing controlnet keys: {:text}", "missing controlnet keys: ['controlnet_x_embedder.bias']", "2024"),
    ("Missing VAE keys {:text}", "Missing VAE keys ['encoder.conv_in.weight']", "2023"),
    ("Leftover VAE keys {:text}", "Leftover VAE keys ['model_ema.decay']", "2023"),
    ("missing {'{:text}", "missing {'cond_stage_model.clip_l.logit_scale', 'cond_stage_model.clip_l.text_projection'}", "2023"),
    ("left over keys: {:text}", "left over keys: dict_keys(['model_ema.decay', 'model_ema.num_updates'])", "2023 to 2024-06"),
    ("left over keys in unet: {:text}", "left over keys in unet: ['scaled_fp8']", "2024 to 2025-06-25"),
    ("left over keys in diffusion model: {:text}", "left over keys in diffusion model: ['scaled_fp8']", "2025-06-25"),
)

READ = (
    Wording(
        template="model weight dtype {:word} manual cast: {:word}",
        event=WeightsRead,
        constants={"role": Role.DIFFUSION},
        example="model weight dtype torch.bfloat16, manual cast: None",
        meaning="A diffusion model was just built from a file.",
        since="2024-08-03",
    ),
    Wording(
        template="VAE load device: {:word} offload device: {:word} dtype: {:word}",
        event=WeightsRead,
        constants={"role": Role.VAE},
        example="VAE load device: cuda:0, offload device: cpu, dtype: torch.bfloat16",
        meaning="A VAE was just built from a file.",
        since="2024-06-16 (DEBUG), INFO since 0229228f (2024-12-25)",
    ),
    Wording(
        template="CLIP/text encoder model load device: {:word} offload device: {:word} current: {:word} dtype: {:word}",
        event=WeightsRead,
        constants={"role": Role.TEXT_ENCODER},
        example="CLIP/text encoder model load device: cuda:0, offload device: cpu, current: cpu, dtype: torch.float16",
        meaning="A text encoder was just built from a file.",
        since="2307ff67 (2025-01-08)",
    ),
    Wording(
        template="CLIP model load device: {:text}",
        event=WeightsRead,
        constants={"role": Role.TEXT_ENCODER},
        example="CLIP model load device: cpu, offload device: cpu, current: cpu, dtype: torch.float16",
        meaning="The same before that.",
        since="2024 to 2025-01-08",
    ),
    Wording(
        template="model_type {name:word}",
        event=ModelType,
        example="model_type FLOW",
        meaning="How the diffusion model was trained, printed while it is built.",
        since="2023",
    ),
    noise("loaded straight to GPU", meaning="A checkpoint went to the device at once.", since="2023 to 2025-01-08"),
    noise("loaded diffusion model directly to GPU", meaning="The same under a new name.", since="2025-01-08"),
    noise("adm {:int}", example="adm 0", meaning="The size of a model's extra conditioning; DEBUG since 2024-03.", since="2023"),
    noise(
        "Working with z of shape {:text}",
        example="Working with z of shape (1, 16, 32, 32) = 16384 dimensions.",
        meaning="A VAE is built; DEBUG since 2024-03.",
        since="2023",
    ),
    noise("Model doesn't have a device attribute.", meaning="Level DEBUG.", since="2024"),
    noise(
        "lowvram: loaded module regularly {:text}",
        example="lowvram: loaded module regularly decoder.up.3.block.2.conv2 Conv2d(512, 512, kernel_size=(3, 3))",
        meaning="Level DEBUG: one module went to the device.",
        since="2024",
    ),
    noise(
        "unload clone {:text}",
        example="unload clone 1",
        meaning="A copy of a model is replaced; DEBUG since 2024-03.",
        since="2024",
    ),
    noise("Unloading {:name}", example="Unloading Flux", meaning="Level DEBUG: a model leaves the device.", since="2024"),
    noise("Unloading models for lowram load.", meaning="RAM is short.", since="2024-08-06 to 2024-12-02"),
    noise(
        "Module {:word} has resizing Lora - force loading",
        example="Module diffusion_model.img_in has resizing Lora - force loading",
        meaning="A weight cannot be streamed.",
        since="2026-02",
    ),
    noise(
        "Creating deepclone of {:name} for {:word}",
        example="Creating deepclone of Flux for cuda:1.",
        meaning="A model is copied for a further GPU.",
        since="2026-05",
    ),
    noise(
        "Reusing loaded multigpu deepclone of {:name} for {:word}",
        example="Reusing loaded multigpu deepclone of Flux for cuda:1",
        meaning="The copy is still there.",
        since="2026-05",
    ),
    noise(
        "No extra torch devices need initialization, skipping {:text}",
        example="No extra torch devices need initialization, skipping initializing MultiGPU Work Units.",
        meaning="One GPU is enough.",
        since="2026-05",
    ),
)

KEYS = (
    *(
        noise(template, example=example, meaning="Weights that a file lacks or has too many, mostly harmless.", since=since)
        for template, example, since in _KEY_LISTS
    ),
    Wording(
        template="lora key not loaded: {:text}",
        event=LoraKeyMissing,
        example="lora key not loaded: diffusion_model.blocks.0.cross_attn.k_img.lora_A.weight",
        meaning="One weight of a LoRA has no place in the model; one line for each.",
        since="2023",
    ),
    Wording(
        template="NOT LOADED {:text}",
        event=LoraKeyMissing,
        example="NOT LOADED diffusion_model.blocks.0.cross_attn.k_img.weight",
        meaning="One patch has no place in the model.",
        since="2023",
    ),
    Wording(
        template="WARNING SHAPE MISMATCH {message:text}",
        event=ErrorNote,
        example="WARNING SHAPE MISMATCH img_in.weight WEIGHT NOT MERGED torch.Size([64]) != torch.Size([128])",
        meaning="A patch was made for another model and is left out.",
        since="2023",
    ),
    Wording(
        template="patch type not recognized {message:text}",
        event=ErrorNote,
        example="patch type not recognized oft img_in.weight",
        meaning="A patch of a kind that this version does not know is left out.",
        since="2023",
    ),
    *(
        Wording(
            template=f"ERROR UNSUPPORTED {kind} {{message:text}}",
            event=ErrorNote,
            example=f"ERROR UNSUPPORTED {kind} /models/diffusion_models/other.safetensors",
            meaning="The file holds no model that this version knows.",
            since=since,
        )
        for kind, since in (("UNET", "2023 to 2025-06-25"), ("DIFFUSION MODEL", "2025-06-25"))
    ),
    noise(
        "no CLIP/text encoder weights in checkpoint, the text encoder model will not be loaded.",
        meaning="A checkpoint without a text encoder.",
        since="2024",
    ),
    noise("WARNING: No VAE weights detected, VAE not initalized.", meaning="A checkpoint without a VAE.", since="2023"),
    noise(
        "Warning, This is not a checkpoint file, trying to load it as a diffusion model only.",
        meaning="A diffusion model in the checkpoint loader.",
        since="2025-03-15",
    ),
    noise(
        "Pad weight {:text}",
        example="Pad weight img_in.weight from 64 to 128",
        meaning="A patch makes a weight bigger.",
        since="2024-11",
    ),
    noise(
        "Token indices sequence length is longer than the specified maximum sequence length for this model {:text}",
        example=(
            "Token indices sequence length is longer than the specified maximum sequence length for this model (162 > 77). "
            "Running this sequence through the model will result in indexing errors"
        ),
        meaning="A long prompt text; ComfyUI cuts it into parts.",
        since="transformers",
    ),
)

QUANTISED = (
    Wording(
        template="Using scaled fp8: fp8 matrix mult: {:bool}, scale input: {:bool}",
        event=Quantization,
        constants={"name": "scaled fp8"},
        example="Using scaled fp8: fp8 matrix mult: False, scale input: False",
        meaning="The weights are 8-bit floats with a scale.",
        since="2025-03-07 to 2025-12-05",
    ),
    *(
        Wording(
            template=f"{start}{{:text}}",
            event=Quantization,
            constants={"name": "mixed precision"},
            example=example,
            meaning="Some layers are quantised.",
            since="2025-10",
        )
        for start, example in (
            ("Detected mixed precision quantization", "Detected mixed precision quantization: 224 layers quantized"),
            ("Using mixed precision operations", "Using mixed precision operations: 224 quantized layers"),
            ("Using MixedPrecisionOps for text encoder", "Using MixedPrecisionOps for text encoder"),
        )
    ),
    noise(
        "Found quantization metadata {:text}",
        example="Found quantization metadata version 1",
        meaning="The file says how its layers are quantised.",
        since="2025-10",
    ),
    noise(
        "Native ops: {:text}",
        example="Native ops: fp8, emulated ops: nvfp4",
        meaning="What the card computes itself.",
        since="2026-05-17",
    ),
    noise("Using cublas ops", meaning="A faster matrix product.", since="2025"),
    Wording(
        template="Exception during fp8 op: {message:text}",
        event=ErrorNote,
        example="Exception during fp8 op: CUDA error: CUBLAS_STATUS_NOT_SUPPORTED",
        meaning="A fast 8-bit product failed and a slower way is taken.",
        since="2025",
    ),
    Wording(
        template="gguf qtypes: {name:gguf_types}",
        event=Quantization,
        example="gguf qtypes: F16 (694), Q8_0 (400)",
        meaning="ComfyUI-GGUF read a file: how many weights are stored as what.",
        since="ComfyUI-GGUF bc5223b (2025-03-16)",
    ),
    noise("ggml_sd_loader:", meaning="The head of the rows below.", since="ComfyUI-GGUF, 2024-08-15 to 2025-03-16"),
    Wording(
        template="GGMLQuantizationType.{name:name}{:gap}{:int}",
        event=Quantization,
        example="GGMLQuantizationType.Q8_0     304",
        meaning="How many weights are stored as this type; one row for each type.",
        since="ComfyUI-GGUF, 2024-08-15 to 2025-03-16",
    ),
)

STEPS = (
    *(
        Wording(
            template=f"{cache} - skipped {{skipped:int}}/{{total:int}} steps ({{:float}}x speedup).",
            event=StepsSkipped,
            example=f"{cache} - skipped 9/20 steps (1.82x speedup).",
            meaning="Steps that were not computed: seconds per step look shorter than they are.",
            since="2025-08",
        )
        for cache in ("EasyCache", "LazyCache")
    ),
    *(
        noise(
            f"{cache} {rest}{{:text}}",
            example=f"{cache} {rest}{example}",
            meaning="The settings or steps of a cache node.",
            since="2025-08",
        )
        for cache in ("EasyCache", "LazyCache")
        for rest, example in (
            ("enabled - ", "threshold: 0.2, start_percent: 0.15, end_percent: 0.95"),
            ("[verbose] - ", "step 3"),
        )
    ),
    noise(
        "Using context windows: Context length {:int} with overlap {:int} for {:int} frames.",
        example="Using context windows: Context length 81 with overlap 30 for 161 frames.",
        meaning="A long video is sampled in parts: several model calls a step.",
        since="2025-08-13",
    ),
    noise(
        "Context window {:int}/{:int}: frames {:text}",
        example="Context window 1/3: frames 0-80 of 161",
        meaning="Which part is being computed.",
        since="2026-06",
    ),
    noise(
        "GLSL context initialized in {:ms}ms - {:text}",
        example="GLSL context initialized in 182.4ms - NVIDIA GeForce RTX 4090",
        meaning="A shader node is ready.",
        since="2026",
    ),
    noise(
        "GLSL shader executed in {:ms}ms ({:text}",
        example="GLSL shader executed in 12.1ms (1 batch(es), 1024x1024)",
        meaning="A shader node ran.",
        since="2026",
    ),
)

WEIGHTS = READ + KEYS + QUANTISED + STEPS
