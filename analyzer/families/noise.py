"""Python, torch, downloads, installers and shells: lines that say nothing about ComfyUI's runs."""

from analyzer.events import NodeNote
from analyzer.families.wording import Follow, Wording, noise

_WARNINGS = (
    "FutureWarning",
    "UserWarning",
    "DeprecationWarning",
    "PendingDeprecationWarning",
    "SyntaxWarning",
    "RuntimeWarning",
    "ResourceWarning",
    "ImportWarning",
    "NotOpenSSLWarning",
)

PYTHON = tuple(
    noise(
        f"{{:python_source}}: {category}: {{:text}}",
        example=f"/home/user/venv/lib/python3.10/site-packages/xformers/ops/fmha/flash.py:211: {category}: deprecated",
        meaning="A Python warning; the line of source that follows belongs to it.",
        since="Python",
        follow=Follow.ONE_INDENTED,
    )
    for category in _WARNINGS
)

_TORCH = (
    (
        "{:glog}] {:text}",
        "W0921 18:31:43.172000 6084 torch\\_inductor\\utils.py:1250] [9/0_1] Not enough SMs to use max_autotune_gemm mode",
    ),
    ("[W{:torch_source}] {:text}", "[W1023 12:00:00.123456789 CudaIPCTypes.cpp:16] Producer process has been terminated"),
    ("torch._dynamo hit config.{:text}", "torch._dynamo hit config.recompile_limit (64)"),
    (
        "SingleProcess AUTOTUNE benchmarking takes {:seconds} seconds and {:seconds} seconds precompiling{:text}",
        "SingleProcess AUTOTUNE benchmarking takes 1.2 seconds and 3.4 seconds precompiling",
    ),
    ("xFormers was not found{:text}", "xFormers was not found. Proceeding without it."),
    ("No module 'xformers'. Proceeding without it.", ""),
    ("WARNING[XFORMERS]: {:text}", "WARNING[XFORMERS]: xFormers can't load C++/CUDA extensions. xFormers was built for:"),
    ("A matching Triton is not available{:text}", "A matching Triton is not available, some optimizations will not be enabled"),
    ("Torch not compiled with flash attention{:text}", "Torch not compiled with flash attention."),
    ("Warning: Could not load sageattention: {:text}", "Warning: Could not load sageattention: No module named 'sageattention'"),
    ("sageattention package is not installed, sageattention will not be available", ""),
    (
        "Flash Attention 2 is not available. {:text}",
        "Flash Attention 2 is not available. Falling back to PyTorch's native attention implementation.",
    ),
    ("No OpenGL_accelerate module loaded: {:text}", "No OpenGL_accelerate module loaded: No module named 'OpenGL_accelerate'"),
    (
        "Using a slow image processor as {:text}",
        "Using a slow image processor as `use_fast` is unset and a slow processor was saved with this model.",
    ),
    (
        "Note: NumExpr detected {:text}",
        'Note: NumExpr detected 20 cores but "NUMEXPR_MAX_THREADS" not set, so enforcing safe limit of 8.',
    ),
    ("NumExpr defaulting to {:int} threads.", "NumExpr defaulting to 8 threads."),
    ("PyTorch version {:word} available.", "PyTorch version 2.2.1+cu121 available."),
    ("TensorFlow version {:word} available.", "TensorFlow version 2.15.1 available."),
    ("JAX version {:word} available.", "JAX version 0.4.25 available."),
    ("Using selector: {:word}", "Using selector: EpollSelector"),
    ("libpng warning: {:text}", "libpng warning: iCCP: known incorrect sRGB profile"),
    ("ffmpeg version {:text}", "ffmpeg version 6.1.1 Copyright (c) 2000-2023 the FFmpeg developers"),
)

TORCH = (
    *(noise(template, example=example, meaning="A library's notice.", since="a library") for template, example in _TORCH),
    noise(
        "AUTOTUNE {:name}({:text}",
        example="AUTOTUNE addmm(4096x3072, 4096x3072, 3072x3072)",
        meaning="Torch compiles and measures kernels; the rows below hold percentages that are no progress.",
        since="torch",
        follow=Follow.INDENTED,
    ),
)

_INSTALLERS = (
    (
        "Requirement already satisfied: {:text}",
        "Requirement already satisfied: numpy in /home/user/venv/lib/python3.10/site-packages (1.26.4)",
    ),
    ("Collecting {:text}", "Collecting timm==0.4.12"),
    ("Using cached {:word} ({:text}", "Using cached timm-0.4.12-py3-none-any.whl (376 kB)"),
    ("Downloading {:word} ({:text}", "Downloading timm-0.4.12-py3-none-any.whl (376 kB)"),
    ("Downloading {:word} metadata ({:text}", "Downloading timm-0.4.12-py3-none-any.whl metadata (5.1 kB)"),
    ("Looking in indexes: {:text}", "Looking in indexes: https://pypi.org/simple"),
    ("Installing collected packages: {:text}", "Installing collected packages: timm"),
    ("Successfully installed {:text}", "Successfully installed timm-0.4.12"),
    ("Attempting uninstall: {:text}", "Attempting uninstall: timm"),
    ("Found existing installation: {:text}", "Found existing installation: timm 0.9.12"),
    ("Uninstalling {:text}", "Uninstalling timm-0.9.12:"),
    ("Successfully uninstalled {:text}", "Successfully uninstalled timm-0.9.12"),
    ("Installing build dependencies: {:text}", "Installing build dependencies: started"),
    ("Getting requirements to build wheel: {:text}", "Getting requirements to build wheel: started"),
    ("Preparing metadata ({:text}", "Preparing metadata (pyproject.toml): finished with status 'done'"),
    ("Building wheel for {:text}", "Building wheel for tokenizers (pyproject.toml): started"),
    ("Building wheels for collected packages: {:text}", "Building wheels for collected packages: tokenizers"),
    ("Failed to build {:text}", "Failed to build tokenizers"),
    ("[notice] {:text}", "[notice] A new release of pip is available: 23.2.1 -> 23.3.2"),
    (
        "Defaulting to user installation because {:text}",
        "Defaulting to user installation because normal site-packages is not writeable",
    ),
    ("Package {:word} is already installed.", "Package diffusers is already installed."),
    ("Cloning into {:text}", "Cloning into 'ComfyUI-KJNodes'..."),
    ("remote: {:text}", "remote: Counting objects: 100% (120/120), done."),
    ("Receiving objects: {:text}", "Receiving objects:  43% (120/278), 1.20 MiB | 2.10 MiB/s"),
    ("Resolving deltas: {:text}", "Resolving deltas: 100% (60/60), done."),
    ("HEAD is now at {:text}", "HEAD is now at 3cd7b32 Bump"),
    (
        "Obtaining dependency information for {:text}",
        "Obtaining dependency information for click from https://files.pythonhosted.org/packages/click",
    ),
    ("Installing backend dependencies: {:text}", "Installing backend dependencies: started"),
    ("Created wheel for {:text}", "Created wheel for fairscale: filename=fairscale-0.4.4-py3-none-any.whl size=292847"),
    ("Stored in directory: {:text}", "Stored in directory: /home/user/.cache/pip/wheels/a3/18/68"),
    ("Successfully built {:text}", "Successfully built fairscale"),
    (
        "---{:dashes} {:float}/{:float} {:name} {:text}eta {:word}",
        "---------------------------------------- 3.4/3.4 MB 11.3 MB/s eta 0:00:00",
    ),
    (
        "━━━{:some} {:float}/{:float} {:name} {:word} {:word} eta {:word}",
        "━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 2.1/2.1 MB 11.2 MB/s eta 0:00:00",
    ),
    ("Already up to date.", ""),
    ("nohup: ignoring input{:text}", "nohup: ignoring input"),
    ("At line:{:int} char:{:int}", "At line:1 char:1"),
    (
        "+ CategoryInfo          : {:text}",
        "+ CategoryInfo          : NotSpecified: (Total VRAM 24576 MB:String) [], RemoteException",
    ),
    ("+ FullyQualifiedErrorId : {:text}", "+ FullyQualifiedErrorId : NativeCommandError"),
    ("+ ~~~{:text}", "+ ~~~~~~~~~~~~~~~~~~~~~~~~"),
)

TOOLS = (
    *(
        noise(template, example=example, meaning="An installer, git or a shell.", since="pip, git, shells")
        for template, example in _INSTALLERS
    ),
    Wording(
        template="load checkpoint from {:path}",
        event=NodeNote,
        constants={"what": "BLIP model loading"},
        example="load checkpoint from https://storage.googleapis.com/sfr-vision-language-research/BLIP/models/model_base_vqa_capfilt_large.pth",
        meaning="A captioning model is read, or first downloaded.",
        since="BLIP",
    ),
    noise(
        "reshape position embedding from {:int} to {:int}",
        example="reshape position embedding from 196 to 576",
        meaning="The same model.",
        since="BLIP",
    ),
)

NOISE = PYTHON + TORCH + TOOLS
