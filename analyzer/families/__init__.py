"""Line families: all that comfymeter knows about ComfyUI's wordings, as data. A wording is added to one file."""

from analyzer.families.banners import BANNERS
from analyzer.families.clients import CLIENTS
from analyzer.families.custom_nodes import CUSTOM_NODES
from analyzer.families.details import DETAILS
from analyzer.families.detectors import DETECTORS
from analyzer.families.failures import FAILURES
from analyzer.families.manager import MANAGER
from analyzer.families.models import MODELS
from analyzer.families.noise import NOISE
from analyzer.families.prompts import PROMPTS
from analyzer.families.recorder import RECORDER
from analyzer.families.server import SERVER
from analyzer.families.startup import STARTUP
from analyzer.families.video import VIDEO
from analyzer.families.weights import WEIGHTS
from analyzer.families.wording import Follow, Wording

FAMILIES: tuple[tuple[str, tuple[Wording, ...]], ...] = (
    ("startup", STARTUP),
    ("custom_nodes", CUSTOM_NODES),
    ("server", SERVER),
    ("prompts", PROMPTS),
    ("failures", FAILURES),
    ("weights", WEIGHTS),
    ("models", MODELS),
    ("details", DETAILS),
    ("detectors", DETECTORS),
    ("video", VIDEO),
    ("manager", MANAGER),
    ("clients", CLIENTS),
    ("recorder", RECORDER),
    ("banners", BANNERS),
    ("noise", NOISE),
)

__all__ = ["FAMILIES", "Follow", "Wording"]
