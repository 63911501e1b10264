"""Lists of words: accounts and hosts that tell nothing about a person, words that a log needs, file endings."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Accounts of images, installers and documentation: nobody's name, and words that stand all over a log.
GENERIC_USERS = _words(
    """
    root user users username ubuntu debian centos fedora arch admin administrator owner guest public shared default
    defaultuser0 nobody pc desktop home dev developer test runner runneradmin worker app appuser service systemprofile
    comfy comfyui comfyuser docker node jovyan vscode codespace pi python conda workspace gpu ai sd data models
    ec2-user azureuser sagemaker-user
    """
)

# Hidden in paths like any name, but never as words: replacing them elsewhere would spoil the report.
LOG_WORDS = _words(
    """
    user org host share file image video audio mail mac token prompt
    queue sample detect vae other success cached error oom interrupted unknown inferred measured remainder cold warm
    full partial dynamic near over log line stamps api report source sources workflow server client device memory
    model models load loaded loader loading unload text encode encoder decode decoder diffusion control vision upscaler
    seconds steps time total free used usable offloaded patches version torch cuda cpu flux lora clip unet
    info warning critical debug detail name path directory input output temp custom nodes extra manager frontend
    max min mark will art grant bill chance may june april august page long young short small large base fast
    none true false null auto normal high low the and for not with from got executed requested exception traceback
    """
)

# Said in the clear, with their subdomains: they show what was fetched or asked, not where the server stands. Never a domain
# under which customers have hosts of their own.
PUBLIC_HOSTS = _words(
    """
    localhost wsl.localhost host.docker.internal metadata.google.internal
    github.com githubusercontent.com gitlab.com huggingface.co hf.co civitai.com comfy.org modelscope.cn modelscope.ai
    pypi.org pythonhosted.org pypa.io python.org pytorch.org nvidia.com rustup.rs npmjs.org conda.io anaconda.org
    numpy.org scipy.org opencv.org tensorflow.org onnxruntime.ai scikit-learn.org sqlalche.me readthedocs.io aka.ms
    storage.googleapis.com generativelanguage.googleapis.com api.openai.com platform.openai.com api.anthropic.com
    api.stability.ai platform.stability.ai api.replicate.com replicate.com fal.ai queue.fal.run fal.run api.bfl.ai api.bfl.ml
    api.runpod.ai api.runpod.io api.wandb.ai wandb.ai openrouter.ai api.deepseek.com api.groq.com api.elevenlabs.io
    hooks.slack.com slack.com api.telegram.org discord.com discordapp.com
    """
)

IMAGES = "png|jpe?g|jfif|webp|gif|bmp|tiff?|avif|heic|exr|psd|svg"
VIDEOS = "mp4|webm|mkv|mov|avi|m4v"
AUDIOS = "wav|mp3|flac|ogg|opus|m4a|aac"
MODELS = "safetensors|gguf|ckpt|pth?|bin|onnx|sft"


def is_generic_user(name: str) -> bool:
    return name.casefold().lstrip("$") in GENERIC_USERS


def is_word_to_learn(name: str) -> bool:
    """Whether a user name can be replaced as a word: long enough, not a number, not a word of the log's own."""
    return len(name) > 2 and not name.isdecimal() and name.casefold() not in LOG_WORDS


def is_public_host(host: str) -> bool:
    """Whether `host` or a domain above it is in `PUBLIC_HOSTS`."""
    labels = host.casefold().strip(".").rsplit(".", 4)
    return any(".".join(labels[start:]) in PUBLIC_HOSTS for start in range(len(labels)))
