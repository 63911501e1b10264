"""Detectors and detailers: Ultralytics, Impact Pack, segmentation, upscalers."""

from analyzer.events import Detection, NodeNote
from analyzer.families.wording import Wording, noise

DETECTORS = (
    # The time is the detector's own; the first call of a process is much slower.
    Wording(
        template="{:int}: {:size} {label:some}, {seconds:ms}ms",
        event=Detection,
        example="0: 640x640 2 faces, 10.8ms",
        meaning="What a detector found in an image, and how long it looked.",
        since="ultralytics",
    ),
    noise(
        "Speed: {:ms}ms preprocess, {:ms}ms inference, {:ms}ms postprocess per image at shape {:text}",
        example="Speed: 1.6ms preprocess, 7.5ms inference, 1.2ms postprocess per image at shape (1, 3, 640, 448)",
        meaning="The same detection's parts; the line before has its time.",
        since="ultralytics",
    ),
    Wording(
        template="DWPose: Bbox {seconds:ms}ms",
        event=Detection,
        constants={"label": "people (DWPose)"},
        example="DWPose: Bbox 512.32ms",
        meaning="How long the pose preprocessor looked for people.",
        since="comfyui_controlnet_aux",
    ),
    Wording(
        template="DWPose: Pose {seconds:ms}ms on {:int} people",
        event=Detection,
        constants={"label": "poses (DWPose)"},
        example="DWPose: Pose 93.10ms on 2 people",
        meaning="How long it looked at their poses.",
        since="comfyui_controlnet_aux",
    ),
    *(
        Wording(
            template=f"DWPose: {verb} {{:text}}",
            event=NodeNote,
            constants={"what": "pose preprocessor"},
            example=f"DWPose: {verb} {rest}",
            meaning="The pose preprocessor at work.",
            since="comfyui_controlnet_aux",
        )
        for verb, rest in (
            ("Using", "yolox_l.torchscript.pt for bbox detection and dw-ll_ucoco_384_bs5.torchscript.pt for pose estimation"),
            ("Caching", "ONNXRuntime session yolox_l.onnx..."),
        )
    ),
    Wording(
        template="# of Detected SEGS: {:int}",
        event=NodeNote,
        constants={"what": "segments detected"},
        example="# of Detected SEGS: 2",
        meaning="How many segments a detector hands on.",
        since="Impact Pack",
    ),
    Wording(
        template="Detailer: segment upscale for {:text}",
        event=NodeNote,
        constants={"what": "detailer"},
        example="Detailer: segment upscale for ((125.8, 171.8)) | crop region (377, 512) x 2.001 -> (754, 1024)",
        meaning="One segment is enlarged and sampled again: a bar follows.",
        since="Impact Pack",
    ),
    Wording(
        template="Detailer: segment skip {:text}",
        event=NodeNote,
        constants={"what": "detailer skipped a segment"},
        example="Detailer: segment skip (enough big)",
        meaning="A segment is left as it is: no bar.",
        since="Impact Pack",
    ),
    Wording(
        template="Detailer: force inpaint",
        event=NodeNote,
        constants={"what": "detailer"},
        example="Detailer: force inpaint",
        meaning="A segment is sampled again although it is big enough.",
        since="Impact Pack",
    ),
    Wording(
        template="Loads SAM model: {:some} (device:{:text}",
        event=NodeNote,
        constants={"what": "SAM model loading"},
        example="Loads SAM model: /home/user/ComfyUI/models/sams/sam_vit_b_01ec64.pth (device:AUTO)",
        meaning="A segmentation model is read from disk.",
        since="Impact Pack",
    ),
    Wording(
        template="model_path is {:path}",
        event=NodeNote,
        constants={"what": "preprocessor model loading"},
        example="model_path is /home/user/comfyui_controlnet_aux/ckpts/lllyasviel/Annotators/ZoeD_M12_N.pt",
        meaning="A preprocessor reads its model from disk.",
        since="comfyui_controlnet_aux",
    ),
    Wording(
        template="Comfy-VFI done! {:int} frames generated at resolution: {:text}",
        event=NodeNote,
        constants={"what": "frame interpolation"},
        example="Comfy-VFI done! 34 frames generated at resolution: torch.Size([3, 4864, 3328])",
        meaning="Frames were interpolated.",
        since="ComfyUI-Frame-Interpolation",
    ),
    noise(
        "Comfy-VFI: {:text}",
        example="Comfy-VFI: Final clearing cache... Done cache clearing",
        meaning="Interpolation cleans up.",
        since="ComfyUI-Frame-Interpolation",
    ),
    Wording(
        template="Downloading: {:some} to {:path}",
        event=NodeNote,
        constants={"what": "download"},
        example='Downloading: "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth" to /root/.cache/torch/alexnet.pth',
        meaning="A model file is fetched from the network inside a run.",
        since="torch.hub",
    ),
    noise("{:float}%", example="100.0%", meaning="The progress of a torch.hub download.", since="torch.hub"),
)
