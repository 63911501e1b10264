"""The colours of phases, outcomes and marks: the same on the page, in the terminal and on the dashboards.

Told apart by people with any kind of colour vision (after Okabe and Ito, "Color Universal Design", 2008, darkened where
three to one against white was missed), and readable on light and on dark ground.
"""

from collections.abc import Mapping

from analyzer.runs.model import Outcome, Phase

PHASE_COLORS: Mapping[Phase, str] = {
    Phase.PIPELINE_LOAD: "#8f63b8",
    Phase.MODEL_LOAD: "#d17a00",
    Phase.TEXT_ENCODE: "#2e9bd6",
    Phase.DETECT: "#c2649a",
    Phase.SAMPLE: "#2a6fbb",
    Phase.VAE: "#0a8f6a",
    Phase.OTHER: "#8a929c",
}
QUEUE = "#b9a46a"

GOOD, LOOK, BAD, NEUTRAL = "#1f8a4c", "#b7791f", "#cc3340", "#7b8794"

OUTCOME_COLORS: Mapping[Outcome, str] = {
    Outcome.SUCCESS: GOOD,
    Outcome.CACHED: NEUTRAL,
    Outcome.ERROR: BAD,
    Outcome.OOM: BAD,
    Outcome.INTERRUPTED: LOOK,
    Outcome.CUT_OFF: LOOK,
    Outcome.UNKNOWN: NEUTRAL,
}
LIMIT = BAD
RECOMMENDED = GOOD
# Sampler passes in their order within a run.
PASS_COLORS = ("#2a6fbb", "#d17a00", "#0a8f6a", "#8f63b8")
