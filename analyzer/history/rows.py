"""A run as it is stored: what later questions need, and no more. No prompt, no message, no path goes into the history."""

from typing import Any

from analyzer.budgets.gaps import bar_begin
from analyzer.runs.model import ProgressBar, Run

Row = dict[str, Any]

# What only VRAM samples beside a log tell in full.
SAMPLED = (
    "vram_peak_bytes",
    "vram_source",
    "vram_mean_bytes",
    "vram_total_bytes",
    "vram_other_peak_bytes",
    "energy_joules",
    "vram_phases",
)

# The log's stamp of a run's end and the server's own clock are so far apart at most.
NEAR_SECONDS = 2.0
# What the API tells and a log does not.
TOLD = ("queue_seconds", "graph_signature", "prompt_id", "nodes", "cached_nodes", "node_count")
# A graph may have thousands of nodes; those that took longest are what anybody asks for.
_MOST_NODES = 50


def row_of(run: Run, *, timezone: str | None, epoch: str | None, limit_seconds: float | None) -> Row:
    """The columns of a run, without the log it belongs to."""
    gave_up = run.client_timeout
    known_bytes = [load.added_bytes for load in run.loads if load.added_bytes is not None]
    return {
        "workflow": run.workflow.name[:200],
        "log_signature": run.workflow.signature[:1000],
        "graph_signature": run.workflow.graph_signature,
        "outcome": run.outcome.value,
        "failure_kind": run.failure.kind[:200] if run.failure else None,
        "partial": run.partial,
        "start": run.start.value,
        "clock": run.duration_source.value if run.duration_source else None,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "timezone": timezone,
        "queue_seconds": run.queue_seconds,
        "seconds": run.total_seconds,
        "finished": run.duration_seconds is not None,
        "limit_seconds": run.limit_seconds if run.limit_seconds is not None else limit_seconds,
        "client_limit_seconds": gave_up.limit_seconds if gave_up else None,
        "client_gave_up": gave_up is not None,
        "phases": {time.phase.value: round(time.seconds, 6) for time in run.phases},
        "passes": [_pass(run, bar) for bar in run.passes],
        "loads": len(run.loads),
        "reloads": sum(load.reload for load in run.loads),
        "added_bytes": sum(known_bytes) if known_bytes else None,
        "vram_peak_bytes": run.vram.peak_bytes if run.vram else None,
        "vram_source": run.vram.source.value if run.vram else None,
        "vram_mean_bytes": run.vram.mean_bytes if run.vram else None,
        "vram_total_bytes": run.vram.total_bytes if run.vram else None,
        "vram_other_peak_bytes": run.vram.other_peak_bytes if run.vram else None,
        "energy_joules": run.vram.energy_joules if run.vram else None,
        "vram_phases": {peak.phase.value: peak.peak_bytes for peak in run.vram.phases} if run.vram and run.vram.phases else None,
        "nodes": _nodes(run),
        "cached_nodes": run.cached_nodes,
        "node_count": run.node_count,
        "epoch": epoch[:400] if epoch else None,
        "prompt_id": run.prompt_id[:100] if run.prompt_id else None,
    }


def _nodes(run: Run) -> list[list[str | float]] | None:
    """Class and seconds of the nodes, longest first; None: nobody told."""
    if run.nodes is None:
        return None
    longest = sorted(run.nodes, key=lambda node: -node.seconds)[:_MOST_NODES]
    return [[node.class_type[:200], round(node.seconds, 3)] for node in longest]


def _pass(run: Run, bar: ProgressBar) -> list[float | None]:
    """Steps, total, seconds, seconds per step, and seconds from the run's start, which rows of older versions lack."""
    begin, started_at = bar_begin(bar), run.started_at
    after = None
    if begin is not None and started_at is not None and run.silence_seconds is not None:
        after = round(max(0.0, begin - started_at), 6)
    return [bar.steps, bar.total_steps, bar.seconds, bar.seconds_per_step, after]
