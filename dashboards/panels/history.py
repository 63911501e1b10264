"""What was, over hours and days: how long runs took and why, what was loaded again, what the limits cost, how good we were."""

from dashboards.panels import looks, variables
from dashboards.panels.board import Board, Panel, Section
from dashboards.panels.kinds import bars, gauges, heat, lines, number
from dashboards.panels.marks import RESTARTS
from dashboards.panels.model_traffic import model_traffic
from dashboards.panels.own_health import own_health
from dashboards.panels.queries import RATE, WORKFLOW, increase, of, quantile, rate, share
from dashboards.panels.tables import Column, Key, grid
from dashboards.panels.target import Ask
from exporters import metrics

_RUNS = f"sum({increase(metrics.RUNS)})"
_QUANTILES = ((0.5, "half of them", looks.GOOD), (0.95, "95 %", looks.LOOK), (0.99, "99 %", looks.BAD))


def _sections() -> list[Section]:
    return [
        Section(title="In the time range", panels=_summary()),
        Section(title="Durations", panels=_durations()),
        Section(title="Limits", panels=_limits()),
        Section(title="Where the time went", panels=_phases()),
        Section(title="Models", panels=model_traffic()),
        Section(title="Predictions", panels=_predictions()),
        Section(title="comfymeter itself", panels=own_health()),
    ]


def _summary() -> list[Panel]:
    return [
        number(
            "Runs",
            "Runs that ended in the time range, however. Prometheus extrapolates: take it as about so many.",
            Ask(expr=f"sum({increase(metrics.RUNS, WORKFLOW)})"),
            unit=looks.COUNT,
            decimals=0,
        ),
        number(
            "Failed",
            "Share of the runs of all workflows that ended in an error, out of memory, interrupted or cut off.",
            Ask(expr=share(f"sum({increase(metrics.RUNS_FAILED)})", _RUNS)),
            unit=looks.SHARE,
            steps=looks.LOST,
            nothing="no run",
            decimals=1,
        ),
        number(
            "Requests",
            "Prompts that were sent.",
            Ask(expr=f"sum({increase(metrics.REQUESTS)})"),
            unit=looks.COUNT,
            decimals=0,
        ),
        number(
            "Rejected",
            "Prompts that failed validation. Only the log tells of them.",
            Ask(expr=f"sum({increase(metrics.REQUESTS_REJECTED)})"),
            unit=looks.COUNT,
            steps=looks.SOME_IS_NEWS,
            decimals=0,
        ),
        number(
            "Restarts",
            "Times another server process was met than before.",
            Ask(expr=f"sum({increase(metrics.RESTARTS)})"),
            unit=looks.COUNT,
            steps=looks.SOME_IS_NEWS,
            decimals=0,
        ),
        number(
            "Steps",
            "Sampler steps done by runs that ended.",
            Ask(expr=f"sum({increase(metrics.SAMPLER_STEPS)})"),
            unit=looks.COUNT,
            decimals=0,
        ),
    ]


def _durations() -> list[Panel]:
    return [
        heat(
            "Durations of successful runs",
            "How many runs took how long, without their wait in the queue and without runs that were answered from the cache.",
            Ask(expr=f"sum by (le) ({increase(metrics.RUN_DURATION, WORKFLOW, part='_bucket', over=RATE)})", legend="{{le}}"),
            unit=looks.SECONDS,
        ),
        lines(
            "Durations, cold and warm",
            "95 % of the runs in each interval took no longer. Cold: the models had to be loaded first.",
            Ask(expr=quantile(0.95, metrics.RUN_DURATION, WORKFLOW, by="start"), legend="{{start}}"),
            unit=looks.SECONDS,
            rare=True,
            colors={"cold": looks.CALM, "warm": looks.OTHERS},
            nothing="no run in the time range",
        ),
        grid(
            "Durations by workflow",
            "In the time range. Quantiles lie between the bounds of a histogram: they are estimates.",
            [Key(label="workflow", title="Workflow")],
            [
                Column(
                    title="Runs", expr=f"sum by (workflow) ({increase(metrics.RUNS, WORKFLOW)})", unit=looks.COUNT, decimals=0
                ),
                *(
                    Column(
                        title=title,
                        expr=_numbers(quantile(ratio, metrics.RUN_DURATION, WORKFLOW, by="workflow", over="$__range")),
                        unit=looks.SECONDS,
                    )
                    for ratio, title, _ in _QUANTILES
                ),
                Column(title="Mean", expr=_mean(), unit=looks.SECONDS),
            ],
            width=12,
            nothing="no run in the time range",
        ),
        lines(
            "Wait in the queue",
            "From being sent to the start, of the runs that ended in each interval.",
            *(
                Ask(expr=quantile(ratio, metrics.QUEUE_WAIT), legend=title, color=color)
                for ratio, title, color in _QUANTILES
                if ratio < 0.99
            ),
            unit=looks.SECONDS,
            height=7,
            rare=True,
            nothing="no run in the time range",
        ),
    ]


def _numbers(expr: str) -> str:
    """Without what nothing was observed for, which is not a number."""
    return f"{expr} >= 0"


def _mean() -> str:
    seconds = f"sum by (workflow) ({increase(metrics.RUN_DURATION, WORKFLOW, part='_sum')})"
    return share(seconds, f"sum by (workflow) ({increase(metrics.RUN_DURATION, WORKFLOW, part='_count')})")


def _limits() -> list[Panel]:
    return [
        gauges(
            "Runs over each limit",
            "Share of the runs in the time range that took longer than a configured limit, their wait included: what a client "
            "with that limit would have lost.",
            Ask(
                expr=f"sum by (limit) ({increase(metrics.RUNS_OVER_LIMIT)}) / on () group_left () ({_RUNS} > 0)",
                legend="{{limit}}",
            ),
            unit=looks.SHARE,
            steps=looks.LOST,
            most=1,
            width=6,
            nothing="no limit, or no run",
        ),
        lines(
            "Estimated risk of each limit",
            "By all runs seen, the share of runs that exceed a configured limit: of the chosen workflow that exceeds it most.",
            Ask(expr=f"max by (limit) ({of(metrics.TIMEOUT_RISK, WORKFLOW)})", legend="limit {{limit}}"),
            unit=looks.SHARE,
            most=1,
            width=9,
            nothing="not enough runs yet",
        ),
        lines(
            "Limits, configured and recommended",
            "The configured limits (dashed) and the recommendation for each workflow. A recommendation above the limit in use means "
            "that runs are lost.",
            Ask(
                expr=f"max by (limit) ({of(metrics.TIMEOUT_CONFIGURED)})",
                legend="limit {{limit}}",
                color=looks.LIMIT,
                dashed=True,
            ),
            Ask(expr=f"max by (workflow) ({of(metrics.TIMEOUT_RECOMMENDED, WORKFLOW)})", legend="{{workflow}}: recommended"),
            unit=looks.SECONDS,
            width=9,
            nothing="no limit is configured",
        ),
    ]


def _phases() -> list[Panel]:
    by_phase = f"sum by (phase) ({increase(metrics.PHASE_SECONDS)})"
    return [
        gauges(
            "Time by phase",
            "Time of the runs that ended in the time range. What is long here is worth a look first.",
            Ask(expr=f"{by_phase} > 0", legend="{{phase}}"),
            unit=looks.SECONDS,
            width=8,
            colors=looks.PHASES,
            nothing="no run in the time range",
        ),
        bars(
            "Shares of the phases",
            "How the time of the runs that ended in each interval divides among the phases.",
            Ask(expr=f"sum by (phase) ({rate(metrics.PHASE_SECONDS)}) > 0", legend="{{phase}}"),
            unit=looks.SHARE,
            percent=True,
            width=8,
            colors=looks.PHASES,
            nothing="no run in the time range",
        ),
        lines(
            "Seconds per step",
            "Of the sampler passes that ended in each interval: the middle one, and the slow ones. It rises when weights are "
            "streamed in, when clocks are lowered, and with larger images.",
            *(
                Ask(expr=quantile(ratio, metrics.STEP_SECONDS), legend=title, color=color)
                for ratio, title, color in _QUANTILES
                if ratio < 0.99
            ),
            unit=looks.SECONDS,
            width=8,
            rare=True,
            nothing="no pass in the time range",
        ),
        bars(
            "Steps per minute",
            "Sampler steps of the runs that ended in each interval.",
            Ask(expr=f"60 * sum by (instance) ({rate(metrics.SAMPLER_STEPS)})", legend="{{instance}}"),
            unit=looks.PER_MINUTE,
        ),
        heat(
            "Seconds per step, spread",
            "How many passes sampled how fast.",
            Ask(expr=f"sum by (le) ({increase(metrics.STEP_SECONDS, part='_bucket', over=RATE)})", legend="{{le}}"),
            unit=looks.SECONDS,
        ),
    ]


def _predictions() -> list[Panel]:
    return [
        lines(
            "Error of the predicted rest",
            "Mean error of what was predicted to remain, against what did, at a tenth, a quarter, half ... of each of the last runs.",
            Ask(expr=f"avg by (share) ({of(metrics.PREDICTION_ERROR)})", legend="at {{share}} of the run"),
            unit=looks.SHARE,
            nothing="no prediction has been put to the test yet",
        ),
        lines(
            "Predictions that held",
            "Share of the last predictions whose range held the actual end. It should be about 80 %.",
            Ask(expr=f"avg by (share) ({of(metrics.PREDICTION_COVERAGE)})", legend="at {{share}} of the run"),
            unit=looks.SHARE,
            steps=((None, "transparent"), (0.8, looks.GOOD)),
            most=1,
            nothing="no prediction has been put to the test yet",
        ),
    ]


HISTORY = Board(
    name="history",
    title="comfymeter / History",
    description="What was: durations, waits, limits, phases, sampler speed, loads and reloads, predictions, and comfymeter itself.",
    sections=_sections,
    selects=(variables.WORKFLOWS,),
    marks=(RESTARTS,),
    since="now-24h",
)
