"""ComfyUI-Manager at start-up and in the background (`prestartup_script.py`, `glob/manager_core.py`)."""

from analyzer.events import ErrorNote, StartupClock, Version
from analyzer.families.wording import Wording, noise, startup_note

_PLACES = (
    ("Python executable", "/home/user/venv/bin/python"),
    ("ComfyUI Path", "/home/user/ComfyUI"),
    ("ComfyUI Base Folder Path", "/home/user/ComfyUI"),
    ("User directory", "/home/user/ComfyUI/user"),
    ("ComfyUI-Manager config path", "/home/user/ComfyUI/user/default/ComfyUI-Manager/config.ini"),
    ("Log path", "/home/user/ComfyUI/user/comfyui.log"),
)

START = (
    *(
        Wording(
            template=f"** ComfyUI {words} time: {{started_at:date}}",
            event=StartupClock,
            example=f"** ComfyUI {words} time: 2024-02-21 07:31:52.548385",
            meaning="The wall clock at the start: the only one in a plain log.",
            since=since,
        )
        for words, since in (("startup", "2024-01"), ("start up", "2023 to 2024-01"))
    ),
    startup_note("[START] Security scan", meaning="Installed packages are checked for known malware.", since="2024-06"),
    startup_note("[DONE] Security scan", meaning="The check is over.", since="2024-06"),
    startup_note("[PRE] ComfyUI-Manager", meaning="Manager 4 is installed as a package.", since="2025"),
    startup_note("[START] ComfyUI-Manager", meaning="Manager 4 is on.", since="2025"),
    startup_note("## ComfyUI-Manager: installing dependencies done.", meaning="Manager's own packages are there.", since="2024"),
    startup_note("** Platform: {:text}", example="** Platform: Linux", meaning="The system.", since="2024-01"),
    Wording(
        template="** Python version: {version:word} {:text}",
        event=Version,
        constants={"component": "python"},
        example="** Python version: 3.10.18 (main, Jun  5 2025, 13:14:17) [GCC 11.2.0]",
        meaning="The version of Python.",
        since="2024-01",
    ),
    *(
        startup_note(f"** {what}: {{:path}}", example=f"** {what}: {example}", meaning="Where things are.", since="2024-01")
        for what, example in _PLACES
    ),
    Wording(
        template="### ComfyUI Revision: {version:revision} {:text}",
        event=Version,
        constants={"component": "comfyui"},
        example="### ComfyUI Revision: 2218 [bf3e334d] | Released on '2024-05-30'",
        meaning="ComfyUI's state as a commit count.",
        since="2023",
    ),
    noise(
        "### ComfyUI Revision: UNKNOWN {:text}",
        example="### ComfyUI Revision: UNKNOWN (The currently installed ComfyUI is not a Git repository)",
        meaning="ComfyUI is no git checkout.",
        since="2023",
    ),
    Wording(
        template="### ComfyUI Version: {version:word} {:text}",
        event=Version,
        constants={"component": "comfyui"},
        example="### ComfyUI Version: v0.3.64-17-g14d642ac | Released on '2025-10-10'",
        meaning="ComfyUI's version as git describes it.",
        since="2024-12",
    ),
    Wording(
        template="### Loading: {component:word} (V{version:version})",
        event=Version,
        example="### Loading: ComfyUI-Manager (V3.36)",
        meaning="Manager, or a pack that copies its banner.",
        since="2023",
    ),
    noise(
        "### Loading: {:name} {:text}",
        example="### Loading: Save as Webp",
        meaning="The banner of a pack without a version.",
        since="2023",
    ),
    noise(
        "[ComfyUI-Manager] network_mode: {:word}",
        example="[ComfyUI-Manager] network_mode: public",
        meaning="A setting.",
        since="2025",
    ),
)

BACKGROUND = (
    noise(
        "[ComfyUI-Manager] default cache updated: {:text}",
        example="[ComfyUI-Manager] default cache updated: https://raw.githubusercontent.com/ltdrdata/ComfyUI-Manager/main/model-list.json",
        meaning="A list was fetched, in the background.",
        since="2024",
    ),
    noise(
        "[ComfyUI-Manager] All startup tasks have been completed.",
        meaning="Minutes after the server is up: no sign of readiness.",
        since="2025-01-31",
    ),
    noise("[ComfyUI-Manager] Startup script completed.", meaning="Packages were installed.", since="2023"),
    noise(
        "[ComfyUI-Manager] Starting dependency installation/(de)activation for the extension",
        meaning="Packages are being installed before the start.",
        since="2023",
    ),
    noise(
        "[ComfyUI-Manager] The ComfyRegistry cache update is still in progress, so an outdated cache is being used.",
        meaning="A list is not there yet.",
        since="2025",
    ),
    Wording(
        template="[ComfyUI-Manager] Failed to {message:some}",
        event=ErrorNote,
        example="[ComfyUI-Manager] Failed to restore comfyui-frontend-package",
        meaning="Something of Manager's own did not work.",
        since="2024",
    ),
    noise(
        "## ComfyUI-Manager: EXECUTE => {:text}",
        example="## ComfyUI-Manager: EXECUTE => ['python', '-m', 'pip']",
        meaning="A package is installed.",
        since="2023",
    ),
    noise(
        "## Execute install/(de)activation script for {:text}",
        example="## Execute install/(de)activation script for '/home/user/ComfyUI/custom_nodes/comfy_clip_blip_node'",
        meaning="A pack's installer runs.",
        since="2023",
    ),
    noise(
        "install/(de)activation script failed: {:text}",
        example="install/(de)activation script failed: /home/user/ComfyUI/custom_nodes/comfy_clip_blip_node",
        meaning="A pack's installer failed.",
        since="2023",
    ),
    noise(
        "[!]{:text}",
        example="[!] [notice] To update, run: python.exe -m pip install --upgrade pip",
        meaning="An installer's error stream.",
        since="2023",
    ),
    noise("Restarting to reapply dependency installation.", meaning="A second start follows.", since="2024"),
    noise(
        "FETCH DATA from: {:text}",
        example="FETCH DATA from: https://raw.githubusercontent.com/ltdrdata/ComfyUI-Manager/main/custom-node-list.json [DONE]",
        meaning="A list is fetched, in the background.",
        since="2023",
    ),
    noise(
        "FETCH ComfyRegistry Data: {:int}/{:int}",
        example="FETCH ComfyRegistry Data: 5/95",
        meaning="The registry is fetched, in the background; can land behind a bar.",
        since="2025-01-19 to 2026-08-02",
    ),
    noise("FETCH ComfyRegistry Data [DONE]", meaning="The registry was fetched.", since="2025-01-19"),
    noise("nightly_channel:{:text}", example="nightly_channel:", meaning="Where nightly packs come from.", since="2025"),
    noise(
        "https://raw.githubusercontent.com/ltdrdata/ComfyUI-Manager/{:text}",
        example="https://raw.githubusercontent.com/ltdrdata/ComfyUI-Manager/main/remote",
        meaning="The second line of the one above.",
        since="2025",
    ),
    noise(
        "{:word} not found in requirements.txt",
        example="comfyui-frontend-package not found in requirements.txt",
        meaning="A version check.",
        since="2025",
    ),
    noise("Start fetching...", meaning="Manager looks for updates.", since="2023"),
    noise("Fetching done.", meaning="Manager looked for updates.", since="2023"),
    noise(
        "Fetching: {:path}",
        example="Fetching: /home/user/ComfyUI/custom_nodes/ComfyUI-Manager",
        meaning="One pack's updates.",
        since="2023",
    ),
    noise("All packages from requirements.txt are installed and up to date.", meaning="A pack's own check.", since="2023"),
)

MANAGER = START + BACKGROUND
