"""Units, thresholds, value mappings and colours: those of the report, by Grafana's names."""

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models import dashboard

from analyzer import palette
from analyzer.runs.model import Phase
from exporters.totals import FAILURES

SECONDS, BYTES, SHARE, COUNT, MOMENT = "s", "bytes", "percentunit", "short", "dateTimeAsIsoNoDateIfToday"
WATTS, JOULES, CELSIUS, PER_HOUR, PER_MINUTE = "watt", "joule", "celsius", "none", "cpm"

GOOD, LOOK, BAD, NEUTRAL = palette.GOOD, palette.LOOK, palette.BAD, palette.NEUTRAL
IDLE = "rgba(128, 128, 128, 0.2)"
CALM = "#2a6fbb"
LIMIT = palette.LIMIT
DEVICE, OURS, OTHERS, LOGGED, TOTAL = "#2a6fbb", "#0a8f6a", "#d17a00", "#8f63b8", NEUTRAL

Steps = Sequence[tuple[float | None, str]]
PLAIN: Steps = ((None, CALM),)
NONE_IS_GOOD: Steps = ((None, GOOD), (1, BAD))
SOME_IS_NEWS: Steps = ((None, GOOD), (1, LOOK))
FILLING: Steps = ((None, GOOD), (0.8, LOOK), (0.95, BAD))
RISK: Steps = ((None, GOOD), (0.2, LOOK), (0.5, BAD))
LOST: Steps = ((None, GOOD), (0.01, LOOK), (0.05, BAD))

PHASES: dict[str, str] = {phase.value: palette.PHASE_COLORS[phase] for phase in Phase}
FAILED: dict[str, str] = {reason.value: palette.OUTCOME_COLORS[reason] for reason in FAILURES}
# Two of them have one colour in the report, where they never touch.
FAILED |= {"oom": "#8f1d27", "cut_off": "#c2649a"}


def thresholds(steps: Steps) -> ThresholdsConfig:
    """Colours from values on."""
    found = [dashboard.Threshold(value=value, color=color) for value, color in steps]
    return ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(found)


def words(meanings: Mapping[int, tuple[str, str]]) -> list[dashboard.ValueMapping]:
    """What numbers mean: a word and a colour each."""
    results = {
        str(value): dashboard.ValueMappingResult(text=text, color=color, index=place)
        for place, (value, (text, color)) in enumerate(meanings.items())
    }
    return [dashboard.ValueMap(options=results)]


def by_thresholds() -> FieldColor:
    """The colour of the value."""
    return FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS)


def of_color(color: str) -> dashboard.DynamicConfigValue:
    """One colour, for some of the series."""
    return dashboard.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": color})


# --- what states mean ---------------------------------------------------------------------------------------------

STATES: Mapping[int, tuple[str, str]] = {
    0: ("down", BAD),
    1: ("idle", IDLE),
    2: ("runs", GOOD),
    3: ("at risk", LOOK),
    4: ("stalled", "#c2649a"),
}
# The phases in their order, from 1 on.
PHASE_STATES: Mapping[int, tuple[str, str]] = {
    0: ("idle", IDLE),
    **{place: (name, color) for place, (name, color) in enumerate(PHASES.items(), 1)},
    len(PHASES) + 1: ("starts", NEUTRAL),
}
YES_IS_BAD: Mapping[int, tuple[str, str]] = {0: ("no", IDLE), 1: ("yes", BAD)}
YES_IS_NEWS: Mapping[int, tuple[str, str]] = {0: ("no", IDLE), 1: ("yes", LOOK)}
YES_IS_GOOD: Mapping[int, tuple[str, str]] = {0: ("no", BAD), 1: ("yes", GOOD)}
