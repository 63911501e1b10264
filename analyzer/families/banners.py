"""Greetings of popular packs while they are imported: known noise."""

from analyzer.families.wording import noise

_SIMPLE = (
    # template, example, pack
    ("[Crystools INFO] {:text}", "[Crystools INFO] Crystools version: 1.12.0", "Crystools"),
    ("[rgthree] Loaded {:int} {:word} nodes.{:text}", "[rgthree] Loaded 39 epic nodes.", "rgthree"),
    ("[rgthree-comfy] Loaded {:int} {:word} nodes.{:text}", "[rgthree-comfy] Loaded 48 epic nodes. 🎉", "rgthree"),
    ("[rgthree] Using rgthree's optimized recursive execution.", "", "rgthree, January to September 2024"),
    ("[rgthree] Will use rgthree's optimized recursive execution.", "", "rgthree, January to September 2024"),
    (
        "[rgthree] First run patching {:text}",
        "[rgthree] First run patching recursive_output_delete_if_changed and recursive_will_execute.",
        "rgthree, January to September 2024",
    ),
    (
        "[rgthree] Note: If execution seems broken due to forward ComfyUI changes, {:text}",
        "[rgthree] Note: If execution seems broken due to forward ComfyUI changes, "
        "you can disable the optimization from rgthree settings in ComfyUI.",
        "rgthree, January to September 2024",
    ),
    ("[ComfyUI-Easy-Use] server: {:word} Loaded", "[ComfyUI-Easy-Use] server: v1.3.0 Loaded", "Easy-Use"),
    ("[ComfyUI-Easy-Use] web root: {:text}", "[ComfyUI-Easy-Use] web root: /home/user/web Loaded", "Easy-Use"),
    ("WAS Node Suite: {:text}", "WAS Node Suite: Finished. Loaded 193 nodes successfully.", "WAS"),
    ("WAS Node Suite Warning: {:text}", "WAS Node Suite Warning: `ffmpeg_bin_path` is not set in `was_suite_config.json`", "WAS"),
    ("WAS Node Suite Error: {:text}", "WAS Node Suite Error: `transformers==4.26.1` is required for BLIP models.", "WAS"),
    ("Comfyroll Studio {:text}", "Comfyroll Studio v1.76 :  175 Nodes Loaded", "Comfyroll"),
    (
        "** For changes, please see patch notes at {:text}",
        "** For changes, please see patch notes at https://github.com/Suzie1/ComfyUI_Comfyroll_CustomNodes/blob/main/Patch_Notes.md",
        "Comfyroll",
    ),
    (
        "** For help, please see the wiki at {:text}",
        "** For help, please see the wiki at https://github.com/Suzie1/ComfyUI_Comfyroll_CustomNodes/wiki",
        "Comfyroll",
    ),
    (
        "Efficiency Nodes: {:text}",
        "Efficiency Nodes: Attempting to add Control Net options to the 'HiRes-Fix Script' Node...Success!",
        "Efficiency Nodes",
    ),
    ("### Loading: ComfyUI-Impact-Pack (Subpack: {:text}", "### Loading: ComfyUI-Impact-Pack (Subpack: V0.4)", "Impact Pack"),
    ("[Impact Pack] {:text}", "[Impact Pack] Wildcards loading done.", "Impact Pack"),
    (
        "[ComfyUI-Impact-Subpack] {:text}",
        "[ComfyUI-Impact-Subpack] If this error occurs, please check the following link:",
        "Impact Pack",
    ),
    ("[{:list}] | INFO -> {:text}", "[comfyui_controlnet_aux] | INFO -> Using symlinks: False", "comfyui_controlnet_aux"),
    (
        "[{:list}] | WARNING -> {:text}",
        "[comfyui_controlnet_aux] | WARNING -> Failed to create symlink",
        "comfyui_controlnet_aux",
    ),
    ("[{:list}] | ERROR -> {:text}", "[comfy_mtb] | ERROR -> Could not load rembg", "comfy_mtb"),
    (
        "DWPose: Onnxruntime {:text}",
        "DWPose: Onnxruntime with acceleration providers detected",
        "comfyui_controlnet_aux",
    ),
    ("FizzleDorf Custom Nodes: Loaded", "", "FizzNodes"),
    ("Davemane42 Custom Nodes: Loaded", "", "Davemane42"),
    ("YK Node Suite: Loaded", "", "YKNodes"),
    ("3D OpenPose Editor: Loaded", "", "3D OpenPose Editor"),
    ("[tinyterraNodes] Loaded", "", "tinyterraNodes"),
    ("[Allor]: {:text}", "[Allor]: 12 modules enabled.", "Allor"),
    ("### [START] ComfyUI AlekPet Nodes{:text}", "### [START] ComfyUI AlekPet Nodes ###", "AlekPet"),
    ("### [END] ComfyUI AlekPet Nodes{:text}", "### [END] ComfyUI AlekPet Nodes ###", "AlekPet"),
    ("Node -> {:word} [Loading]", "Node -> PoseNode [Loading]", "AlekPet"),
    ("[ReActor] - STATUS - Running {:text}", "[ReActor] - STATUS - Running v0.4.1-b8 in ComfyUI", "ReActor"),
    ("[SD Prompt Reader] {:text}", "[SD Prompt Reader] Node version: 1.3.1", "SD Prompt Reader"),
    ("[Power Noise Suite]: {:text}", "[Power Noise Suite]: Tamed 11 wild nodes.", "Power Noise Suite"),
    ("(pysssss:{:word} {:text}", "(pysssss:WD14Tagger) [DEBUG] Using ORT providers: CUDAExecutionProvider", "pysssss"),
    ("QualityOfLifeSuit_Omar92{:text}", "QualityOfLifeSuit_Omar92::NSP ready", "Quality of Life Suit"),
    ("Failed to auto update `Quality of Life Suit`", "", "Quality of Life Suit"),
    ("------------------ Luminary plugin loaded and ready! ------------------", "", "Luminary"),
    (
        "Loaded {:name} nodes from {:path}",
        "Loaded IPAdapter nodes from /home/user/ComfyUI/custom_nodes/ComfyUI_IPAdapter_plus",
        "AnimateDiff",
    ),
    (
        "Loaded VideoHelperSuite from {:path}",
        "Loaded VideoHelperSuite from /home/user/ComfyUI/custom_nodes/ComfyUI-VideoHelperSuite",
        "AnimateDiff",
    ),
    ("Could not find {:word} nodes", "Could not find AnimateDiff nodes", "AnimateDiff"),
    ("Could not load {:name} nodes {:text}", "Could not load ImpactPack nodes Could not find ImpactPack nodes", "AnimateDiff"),
    ("Adding {:path} to sys.path", "Adding /home/user/ComfyUI/custom_nodes to sys.path", "many packs"),
    ("Registered sys.path: {:text}", "Registered sys.path: ['/home/user/ComfyUI/custom_nodes']", "Inspire Pack"),
    ("Nunchaku version: {:text}", "Nunchaku version: 0.3.2.dev20250809", "ComfyUI-nunchaku"),
    ("ComfyUI-nunchaku version: {:text}", "ComfyUI-nunchaku version: 1.0.0", "ComfyUI-nunchaku"),
    ("For direct API calls, use token={:text}", "For direct API calls, use token=SECRET", "ComfyUI-Login"),
)

# Lines that are only drawn.
_RULES = (("---{:dashes}", "-" * 42), ("==={:equals}", "=" * 70), ("###{:hashes}", "#" * 44))

BANNERS = (
    *(
        noise(template, example=example, meaning=f"The greeting of a pack: {pack}.", since=pack)
        for template, example, pack in _SIMPLE
    ),
    *(noise(template, example=example, meaning="A drawn line.", since="many packs") for template, example in _RULES),
)
