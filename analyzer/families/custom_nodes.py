"""Custom nodes as the core reports their imports (ComfyUI `main.py`, `nodes.py`)."""

from analyzer.events import CustomNodeFailed, CustomNodeImport, CustomNodeTimes
from analyzer.families.wording import Wording, noise

CUSTOM_NODES = (
    Wording(
        template="Prestartup times for custom nodes:",
        event=CustomNodeTimes,
        constants={"prestartup": True},
        example="Prestartup times for custom nodes:",
        meaning="The rows below are the seconds of each node pack's prestartup script.",
        since="2023-11",
    ),
    Wording(
        template="Import times for custom nodes:",
        event=CustomNodeTimes,
        constants={"prestartup": False},
        example="Import times for custom nodes:",
        meaning="The rows below are the seconds that each node pack took to import, the slowest last.",
        since="2023",
    ),
    Wording(
        template="{seconds:seconds} seconds: {name:basename}",
        event=CustomNodeImport,
        example="0.0 seconds: /home/user/ComfyUI/custom_nodes/ComfyUI-KJNodes",
        meaning="One node pack's time; which kind of time says the header above.",
        since="2023",
    ),
    Wording(
        template="{seconds:seconds} seconds (IMPORT FAILED): {name:basename}",
        event=CustomNodeImport,
        constants={"failed": True},
        example="0.1 seconds (IMPORT FAILED): /home/user/ComfyUI/custom_nodes/ComfyUI-FaceSwapLite",
        meaning="The same of a pack that could not be imported: its nodes do not exist.",
        since="2023",
    ),
    Wording(
        template="{seconds:seconds} seconds (PRESTARTUP FAILED): {name:basename}",
        event=CustomNodeImport,
        constants={"failed": True, "prestartup": True},
        example="1.2 seconds (PRESTARTUP FAILED): /home/user/ComfyUI/custom_nodes/ComfyUI-Manager",
        meaning="The same of a pack whose prestartup script failed.",
        since="2023-11",
    ),
    Wording(
        template="Cannot import {name:basename} module for custom nodes: {reason:rest}",
        event=CustomNodeFailed,
        example="Cannot import /home/user/custom_nodes/ComfyUI_LayerStyle module for custom nodes: No module named 'blend_modes'",
        meaning="A pack could not be imported; the traceback stands above.",
        since="2023",
    ),
    Wording(
        template="Skip {name:basename} module for custom nodes due to the lack of NODE_CLASS_MAPPINGS{:text}",
        event=CustomNodeFailed,
        constants={"reason": "no NODE_CLASS_MAPPINGS"},
        example="Skip /home/user/ComfyUI/custom_nodes/notes module for custom nodes due to the lack of NODE_CLASS_MAPPINGS.",
        meaning="A folder that is no node pack, or one that swallowed its own import error.",
        since="2023",
    ),
    Wording(
        template="Blocked by policy: {name:basename}",
        event=CustomNodeFailed,
        constants={"reason": "blocked by policy"},
        example="Blocked by policy: /home/user/ComfyUI/custom_nodes/ComfyUI-Evil",
        meaning="Manager's policy forbids the pack.",
        since="2025-12-01",
    ),
    Wording(
        template="IMPORT FAILED: {name:basename}",
        event=CustomNodeFailed,
        constants={"reason": "core extra nodes"},
        example="IMPORT FAILED: nodes_audio.py",
        meaning="A file of ComfyUI's own extra nodes could not be imported.",
        since="2024",
    ),
    noise(
        "WARNING: some {:word} nodes did not import correctly.{:text}",
        example="WARNING: some comfy_extras/ nodes did not import correctly. This may be because of dependencies.",
        meaning="Which ones say the IMPORT FAILED lines below.",
        since="2024",
    ),
    noise("Skipping loading of custom nodes", meaning="The flag --disable-all-custom-nodes.", since="2024"),
    noise(
        "Skipping {:some} due to disable_all_custom_nodes{:text}",
        example="Skipping ComfyUI-KJNodes due to disable_all_custom_nodes and whitelist_custom_nodes",
        meaning="The same for one pack.",
        since="2025",
    ),
    noise(
        "Trying to load custom node {:path}",
        example="Trying to load custom node /app/comfyui/comfy_extras/nodes_latent.py",
        meaning="Level DEBUG: an import begins.",
        since="2025",
    ),
    noise(
        "Node {:some} import failed:",
        example="Node `NunchakuFluxDiTLoader` import failed:",
        meaning="Nunchaku cannot offer one of its nodes; a traceback follows.",
        since="2025",
    ),
    noise(
        "Nodes {:some} import failed:",
        example="Nodes `NunchakuFluxLoraLoader` and `NunchakuFluxLoraStack` import failed:",
        meaning="The same for several nodes.",
        since="2025",
    ),
)
