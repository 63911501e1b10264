"""One server's run in flight: its phase, its progress, whether it makes its deadline, its memory, and whether anything moves."""

from dashboards.panels import looks
from dashboards.panels.board import Board, Panel, Section
from dashboards.panels.kinds import lines, number, states
from dashboards.panels.marks import RESTARTS, Mark
from dashboards.panels.queries import BY_SERVER, between, equals, increase, moment, of, since, until
from dashboards.panels.target import Ask
from exporters import metrics

_IDLE = "idle"
_LOADS = 'phase=~"model_load|pipeline_load"'
_RUNNING = f"max {BY_SERVER} ({of(metrics.RUN_START)} > bool 0)"
# The number of the phase; what has begun and is in none yet comes last, and 0 is idle.
PHASE = (
    f"max {BY_SERVER} ("
    + " or ".join(
        f"{place} * ({of(metrics.RUN_PHASE, equals('phase', name))} == 1)" for place, name in enumerate(looks.PHASES, 1)
    )
    + f") or {len(looks.PHASES) + 1} * {_RUNNING}"
)
_HAS_LIMIT = moment(metrics.RUN_DEADLINE)


def _sections() -> list[Section]:
    return [
        Section(title="Now", panels=_now()),
        Section(title="The run over time", panels=_course()),
        Section(title="VRAM", panels=_vram()),
        Section(title="Does anything move?", panels=_stalls()),
        Section(title="The last run", panels=_last()),
    ]


def _now() -> list[Panel]:
    return [
        number(
            "Phase",
            "What the run in flight does: loads, encodes text, detects, samples, decodes. `other` is time that no line explains.",
            Ask(expr=PHASE),
            unit=looks.COUNT,
            meanings=looks.PHASE_STATES,
            width=3,
        ),
        number(
            "Runs for",
            "Since the run in flight began.",
            Ask(expr=since(metrics.RUN_START)),
            unit=looks.SECONDS,
            width=3,
            nothing=_IDLE,
        ),
        number(
            "Limit in",
            "Until the client gives up, its wait in the queue counted; below 0 it has.",
            Ask(expr=until(metrics.RUN_DEADLINE)),
            unit=looks.SECONDS,
            steps=((None, looks.BAD), (0, looks.LOOK), (30, looks.GOOD)),
            width=3,
            nothing="no deadline",
        ),
        number(
            "Expected to end in",
            "By the run's own steps and by past runs of its workflow; below 0 it takes longer than expected.",
            Ask(expr=until(metrics.RUN_PREDICTED_END)),
            unit=looks.SECONDS,
            width=3,
            nothing=_IDLE,
        ),
        number(
            "Expected to end at",
            "The same as a time of day.",
            Ask(expr=f"1000 * {moment(metrics.RUN_PREDICTED_END)}"),
            unit=looks.MOMENT,
            width=3,
            nothing=_IDLE,
        ),
        number(
            "Chance to exceed the limit",
            "From 50 % on an alert fires when it stays so. Nothing while no run has a deadline.",
            Ask(expr=f"{of(metrics.RUN_EXCEED_PROBABILITY)} and {_HAS_LIMIT}"),
            unit=looks.SHARE,
            steps=looks.RISK,
            width=3,
            nothing="no deadline",
            decimals=0,
        ),
        number(
            "Steps done",
            "Of the sampler pass under way; a run may have several.",
            Ask(expr=f"{of(metrics.RUN_PROGRESS)} > 0"),
            unit=looks.SHARE,
            width=3,
            nothing="no pass",
            decimals=0,
        ),
        number(
            "Waiting behind it",
            "Prompts in the queue of this server.",
            Ask(expr=of(metrics.QUEUE_PENDING)),
            unit=looks.COUNT,
            steps=((None, looks.GOOD), (5, looks.LOOK)),
            width=3,
            nothing="not known",
        ),
    ]


def _course() -> list[Panel]:
    return [
        states(
            "Phases",
            "What the server was doing, in the colours of the report. `starts`: a run has begun and has shown nothing yet.",
            Ask(expr=PHASE, legend="{{instance}}"),
            meanings=looks.PHASE_STATES,
            height=4,
        ),
        lines(
            "Expected duration against the limit",
            "While a run goes on: its age, how long it is expected to take (with 80 % within the band), and the client's limit. "
            "The run makes it as long as the expectation stays below the limit. A limit below 0 ended before the run began: it had "
            "waited too long in the queue.",
            Ask(expr=between(metrics.RUN_START, metrics.RUN_DEADLINE), legend="limit", color=looks.LIMIT, dashed=True),
            Ask(expr=between(metrics.RUN_START, metrics.RUN_PREDICTED_END), legend="expected", color=looks.CALM),
            Ask(expr=between(metrics.RUN_START, metrics.RUN_PREDICTED_END_LOW), legend="at least", color=looks.CALM, faint=True),
            Ask(
                expr=between(metrics.RUN_START, metrics.RUN_PREDICTED_END_HIGH),
                legend="at most",
                color=looks.CALM,
                faint=True,
                fill_to="at least",
            ),
            Ask(expr=since(metrics.RUN_START), legend="age", color=looks.GOOD),
            unit=looks.SECONDS,
            least=None,
            width=16,
            height=9,
            nothing="no run in the time range",
        ),
        lines(
            "Chance to exceed the limit, and steps done",
            "The chance that the client gives up before this run ends, and how far the sampler pass under way is.",
            Ask(expr=f"{of(metrics.RUN_EXCEED_PROBABILITY)} and {_HAS_LIMIT}", legend="chance", color=looks.LIMIT),
            Ask(expr=f"{of(metrics.RUN_PROGRESS)} > 0", legend="steps", color=looks.CALM),
            unit=looks.SHARE,
            most=1,
            width=8,
            height=9,
            nothing="no run in the time range",
        ),
    ]


def _vram() -> list[Panel]:
    return [
        lines(
            "VRAM: device, server, log",
            "Memory in use by all processes and by the server's own, as the driver tells it, and the weights that the last load line "
            "of the log speaks of. The server's own is missing where the driver does not tell processes apart.",
            Ask(
                expr=f"max by (gpu) ({of(metrics.GPU_MEMORY_TOTAL)})", legend="all of GPU {{gpu}}", color=looks.TOTAL, dashed=True
            ),
            Ask(expr=f"max by (gpu) ({of(metrics.GPU_MEMORY_USED)})", legend="in use on GPU {{gpu}}", color=looks.DEVICE),
            Ask(expr=f"max by (gpu) ({of(metrics.GPU_PROCESS_MEMORY)})", legend="the server's on GPU {{gpu}}", color=looks.OURS),
            Ask(expr=of(metrics.MODEL_LOADED), legend="weights, by the log", color=looks.LOGGED),
            unit=looks.BYTES,
            width=16,
            height=9,
        ),
        lines(
            "Weights, by the last load line",
            "Weights on the device, and those kept off it, which are streamed in for each step: that is slow.",
            Ask(expr=of(metrics.MODEL_LOADED), legend="on the device", color=looks.LOGGED),
            Ask(expr=of(metrics.MODEL_OFFLOADED), legend="kept off it", color=looks.OTHERS),
            unit=looks.BYTES,
            width=8,
            height=9,
            nothing="no load line yet",
        ),
    ]


def _stalls() -> list[Panel]:
    return [
        states(
            "Stalls",
            "not_started: prompts wait and none runs. silent_busy: no line and no step for two minutes, or ten steps, but the GPU "
            "works. silent_idle: and the GPU does nothing. server: it takes connections and does not answer.",
            Ask(expr=f"max by (kind) ({of(metrics.STALL)})", legend="{{kind}}"),
            Ask(expr=f"max {BY_SERVER} ({of(metrics.STALLED)})", legend="server"),
            meanings=looks.YES_IS_BAD,
            width=12,
            height=7,
        ),
        lines(
            "Silence of the run in flight",
            "Seconds since the run showed anything: a line, a step. Long silence with a busy GPU is a large step; with an idle one a "
            "run that hangs.",
            Ask(expr=since(metrics.RUN_LAST_ACTIVITY), legend="silent for", color=looks.OTHERS),
            unit=looks.SECONDS,
            steps=((None, "transparent"), (120, looks.BAD)),
            width=12,
            height=7,
            nothing="no run in the time range",
        ),
    ]


def _last() -> list[Panel]:
    return [
        number(
            "Ended",
            "Since the last run ended.",
            Ask(expr=since(metrics.RUN_LAST_END)),
            unit=looks.SECONDS,
            nothing="none was seen",
        ),
        number(
            "Most VRAM in use",
            "On its GPU, by all processes, while the last run went on.",
            Ask(expr=of(metrics.RUN_VRAM_PEAK)),
            unit=looks.BYTES,
            nothing="not sampled",
        ),
        number(
            "Mean VRAM in use",
            "On its GPU, by all processes, while the last run went on.",
            Ask(expr=of(metrics.RUN_VRAM_MEAN)),
            unit=looks.BYTES,
            nothing="not sampled",
        ),
        number(
            "Energy",
            "What its GPU used while the last run went on.",
            Ask(expr=of(metrics.RUN_ENERGY)),
            unit=looks.JOULES,
            nothing="not counted",
            decimals=1,
        ),
        number(
            "Most VRAM in use, by phase",
            "During each phase of the last run: which phase decides how large a GPU must be.",
            Ask(expr=of(metrics.RUN_PHASE_VRAM_PEAK), legend="{{phase}}"),
            unit=looks.BYTES,
            nothing="not sampled",
            width=8,
        ),
    ]


RUN = Board(
    name="run",
    title="comfymeter / Run",
    description="One server's run in flight: its phase, its progress, whether it makes its deadline, its VRAM, whether anything moves.",
    sections=_sections,
    one_server=True,
    since="now-30m",
    marks=(
        RESTARTS,
        Mark(
            name="Loading",
            expr=f"{of(metrics.RUN_PHASE, _LOADS)} == 1",
            title="{{phase}}",
            color=looks.PHASES["model_load"],
        ),
        Mark(
            name="Loads, told when the run ends",
            expr=f"sum by (instance, model_class, mode) ({increase(metrics.MODEL_LOADS, over='$__rate_interval')}) > 0",
            title="{{model_class}} was loaded ({{mode}})",
            color=looks.LOGGED,
            shown=False,
        ),
        Mark(
            name="Unloads, told when the run ends",
            expr=f"sum by (instance, mode) ({increase(metrics.MODEL_UNLOADS, over='$__rate_interval')}) > 0",
            title="models were unloaded ({{mode}})",
            color=looks.OTHERS,
            shown=False,
        ),
        Mark(
            name="Failures",
            expr=f"sum by (instance, reason) ({increase(metrics.RUNS_FAILED, over='$__rate_interval')}) > 0",
            title="a run failed: {{reason}}",
            color=looks.BAD,
        ),
    ),
)
