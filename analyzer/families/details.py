"""Lines of the level DETAIL, the richest text that ComfyUI writes (`comfy/internal_logging.py`; only with `--verbose DETAIL`)."""

from analyzer.events import FirstSamplerStep, ModelPlacement, RoomRequested, SamplerStarted
from analyzer.families.wording import Wording, noise

DETAILS = (
    Wording(
        template="Model loaded: patcher={patcher:word} model={model:word} ram_mb={ram_bytes:mib} vram_mb={vram_bytes:mib}",
        event=ModelPlacement,
        example="Model loaded: patcher=ModelPatcherDynamic model=Flux ram_mb=11350.1 vram_mb=1024.5",
        meaning="Where the weights are after a load; the load itself has its own line.",
        since="fbe6d3ca (2026-07-28)",
    ),
    Wording(
        template="Sampler: model={model:word} latent_shapes={:text}",
        event=SamplerStarted,
        example="Sampler: model=Flux latent_shapes=[(1, 16, 128, 128)]",
        meaning="A sampler call begins.",
        since="fbe6d3ca (2026-07-28)",
    ),
    Wording(
        template=(
            "First sampler step: model={model:word} sampler={sampler:word} step={:maybe_int} "
            "total_steps={total_steps:maybe_int} cfg={:text}"
        ),
        event=FirstSamplerStep,
        example=(
            "First sampler step: model=Flux sampler=euler step=0 total_steps=20 cfg=1.0 seed=1 sigma=1.0 sigma_hat=1.0 "
            "latent_shape=(1, 16, 128, 128) denoised_shape=(1, 16, 128, 128)"
        ),
        meaning="The first model call of a sampler is done.",
        since="fbe6d3ca (2026-07-28)",
    ),
    Wording(
        template=(
            "AIMDO free: model={model:word} device={:word} prevailing_method={:word} methods={:some} "
            "requested={requested_bytes:room} {:text}"
        ),
        event=RoomRequested,
        example=(
            "AIMDO free: model=Flux device=cuda:0 prevailing_method=vbar methods=['vbar'] "
            "requested=512.0MB vbar_mb=256.0 backups_mb=0.0"
        ),
        meaning="Streamed weights are dropped to make room; at most every five seconds.",
        since="fbe6d3ca (2026-07-28)",
    ),
    noise(
        "Non dynamic memory free called! memory_required={:word} pins_required={:word} ram_required={:word}",
        example="Non dynamic memory free called! memory_required=1073741824 pins_required=0 ram_required=0",
        meaning="Memory is freed the classic way.",
        since="fbe6d3ca (2026-07-28)",
    ),
    noise(
        "Detail log: {:path}",
        example="Detail log: /home/user/ComfyUI/user/comfyui_detail.log",
        meaning="Where a further log is written.",
        since="fbe6d3ca (2026-07-28)",
    ),
    noise(
        "Could not open {:name} log {:text}",
        example="Could not open DETAIL log /data/detail.log: [Errno 13] Permission denied",
        meaning="A further log cannot be written.",
        since="fbe6d3ca (2026-07-28)",
    ),
    noise(
        "Backend {:word} selected for {:word}",
        example="Backend eager selected for apply_rope",
        meaning="Level DEBUG: which fast kernel is used.",
        since="2026-01",
    ),
)
