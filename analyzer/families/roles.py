"""Model classes and their roles: `Requested to load X` names a class (ComfyUI `comfy/supported_models.py`). An open table."""

from functools import lru_cache

from analyzer.events import Role

_CLASSES = {
    Role.TEXT_ENCODER: "MochiT5XXL PixArtT5XXL",
    Role.DIFFUSION: """
        BaseModel SDXL SDXLRefiner SDXL_instructpix2pix SD3 Flux Flux2 FluxInpaint AuraFlow HunyuanDiT HunyuanVideo
        HunyuanVideo15 HunyuanVideoI2V HunyuanVideoSkyreelsI2V LTXV LTXAV WAN21 WAN21_Vace WAN21_Camera WAN22 WAN22_S2V
        WAN22_Animate QwenImage Lumina2 Chroma ChromaRadiance HiDream CosmosVideo CosmosPredict2 ACEStep ACEStep15
        StableAudio1 Omnigen2 Kandinsky5 Krea2 Ideogram4 SVD_img2vid SV3D_u SV3D_p Stable_Zero123 SD_X4Upscaler
        SD15_instructpix2pix SD21UNCLIP StableCascade_C StableCascade_B PixArt GenmoMochi Hunyuan3Dv2 Hunyuan3Dv2_1
    """,
    Role.VAE: """
        AutoencoderKL AutoencodingEngine WanVAE VideoVAE CausalContinuousVideoTokenizer AudioOobleckVAE MusicDCAE AudioVAE
        StageA StageC_coder TAESD TAEHV ShapeVAE
    """,
    Role.VISION: "CLIPVisionModelProjection Dinov2Model",
    Role.UPSCALER: "RRDBNet DAT SwinIR HAT ESRGAN LatentUpsampler",
}
_EXACT = {name: role for role, names in _CLASSES.items() for name in names.split()}
# In this order: the first part that the class name holds decides.
_BY_PART = (
    ("ControlNet", Role.CONTROL),
    ("ControlLora", Role.CONTROL),
    ("T2IAdapter", Role.CONTROL),
    ("CLIPVision", Role.VISION),
    ("SAM3", Role.VISION),
    ("MoGe", Role.VISION),
    ("RTDETR", Role.VISION),
    ("ClipModel", Role.TEXT_ENCODER),
    ("TEModel", Role.TEXT_ENCODER),
    ("Autoencod", Role.VAE),
    ("VAE", Role.VAE),
)


@lru_cache(maxsize=1024)
def role_of(model: str) -> Role:
    """The role of a model class; `Role.OTHER` for one that the table does not know."""
    if model in _EXACT:
        return _EXACT[model]
    return next((role for part, role in _BY_PART if part in model), Role.OTHER)
