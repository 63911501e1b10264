"""What a run is: values only. Names and meanings are those of the JSON report (`comfymeter.report/1`)."""

from dataclasses import dataclass
from enum import StrEnum

from analyzer.events import Event, LoadMode, Role, UnloadMode
from analyzer.values import many_dataclass


class Outcome(StrEnum):
    SUCCESS = "success"
    CACHED = "cached"
    ERROR = "error"
    OOM = "oom"
    INTERRUPTED = "interrupted"
    CUT_OFF = "cut_off"
    UNKNOWN = "unknown"


class DurationSource(StrEnum):
    LOG_LINE = "log_line"
    STAMPS = "stamps"
    API = "api"


class Start(StrEnum):
    """Whether the run had to bring in its diffusion model (from disk or to the device)."""

    COLD = "cold"
    WARM = "warm"
    UNKNOWN = "unknown"


class Phase(StrEnum):
    """Where a run's time goes; `queue` stands beside these and is not part of the total."""

    PIPELINE_LOAD = "pipeline_load"
    MODEL_LOAD = "model_load"
    TEXT_ENCODE = "text_encode"
    DETECT = "detect"
    SAMPLE = "sample"
    VAE = "vae"
    OTHER = "other"


class Evidence(StrEnum):
    """How a phase's seconds are known: stamps or a printed time; deduced from the lines around; what no line times."""

    MEASURED = "measured"
    INFERRED = "inferred"
    REMAINDER = "remainder"


class Verdict(StrEnum):
    OK = "ok"
    NEAR = "near"
    OVER = "over"
    UNKNOWN = "unknown"


@many_dataclass(frozen=True, slots=True, kw_only=True)
class ProgressBar:
    """One tqdm bar from its first to its last frame. `seconds`: its clock, None before any step was done.

    `nested_seconds`: the part of `seconds` that bars inside it account for. `steps` counts the bar's unit.
    """

    line: int
    last_line: int
    label: str
    unit: str
    steps: float
    total_steps: float | None
    seconds: float | None
    seconds_per_step: float | None
    complete: bool
    nested_seconds: float = 0.0
    initialise_seconds: float = 0.0
    first_at: float | None = None
    last_at: float | None = None


@many_dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A model brought to the device. `added_bytes`: what had to be copied; `seconds` and `at`, its end, only with stamps.

    `reload`: the same class was on the device before in this server's life and no new file was read for it in between.
    """

    line: int
    model: str | None
    role: Role
    mode: LoadMode
    loaded_bytes: int | None
    usable_bytes: int | None
    offloaded_bytes: int | None
    added_bytes: int | None
    added_evidence: Evidence | None
    patches: int | None
    seconds: float | None
    reload: bool
    requested_line: int | None = None
    at: float | None = None

    @property
    def streamed(self) -> bool:
        """Whether weights stay off the device and are copied in every step."""
        return bool(self.patches) or (self.mode is LoadMode.PARTIAL and self.offloaded_bytes != 0)


@many_dataclass(frozen=True, slots=True, kw_only=True)
class Unload:
    """`models`: how many whole models were put out, of a full unload."""

    line: int
    mode: UnloadMode
    freed_bytes: int | None
    remaining_bytes: int | None
    patches: int | None
    at: float | None = None
    models: int | None = None


@many_dataclass(frozen=True, slots=True, kw_only=True)
class DetectionTime:
    line: int
    label: str
    seconds: float
    at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a run ended badly: `kind` is an exception class, `interrupted`, `server_restarted`, `log_ended`, …"""

    kind: str
    message: str
    line: int
    at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientGaveUp:
    limit_seconds: float | None
    line: int
    at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A fact with its line and no place of its own in the report: a soft OOM, a leak warning, a quantisation."""

    line: int
    text: str
    at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """`signature` is stable across seeds and prompts; `name` is the user's, else one made from the signature.

    `graph_signature`: the same workflow by its graph, where the API has told it.
    """

    name: str
    signature: str
    graph_signature: str | None = None


class VramSource(StrEnum):
    """Who measured: the driver (NVML, `nvidia-smi`), the server's `/system_stats`, or a line of the log."""

    NVML = "nvml"
    API = "api"
    LOG = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasePeak:
    """The most memory in use on the GPU while a phase had the time."""

    phase: Phase
    peak_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vram:
    """Memory in use on the run's GPU, by all processes; from the log it is what a line says, and the rest is None.

    `gpu`: its index, of a MIG instance `0:3`. `samples`: how many lie in the run. `mean_bytes`: by time. `total_bytes`: what can
    be had, without the driver's reserve. `process_peak_bytes`: of the server alone; `other_peak_bytes`: of all others.
    `energy_joules`: by the GPU's counter. `utilisation_ratio`: mean share of time with work. `throttled_ratio`: share of
    samples with clocks lowered for heat or by the power brake. `log_peak_bytes`: the peak that the log states beside the samples.
    """

    peak_bytes: int
    source: VramSource
    gpu: str | None = None
    samples: int | None = None
    mean_bytes: int | None = None
    total_bytes: int | None = None
    process_peak_bytes: int | None = None
    other_peak_bytes: int | None = None
    energy_joules: float | None = None
    utilisation_ratio: float | None = None
    throttled_ratio: float | None = None
    log_peak_bytes: int | None = None
    phases: tuple[PhasePeak, ...] = ()

    @property
    def used_ratio(self) -> float | None:
        """The peak against what can be had."""
        return self.peak_bytes / self.total_bytes if self.total_bytes else None

    def phase_peak_bytes(self, phase: Phase) -> int | None:
        """The peak of one phase; None where no sample fell into it."""
        return next((peak.peak_bytes for peak in self.phases if peak.phase is phase), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTime:
    """How long a node of the graph took; only the API tells, and not always."""

    class_type: str
    seconds: float


@many_dataclass(frozen=True, slots=True, kw_only=True)
class PhaseTime:
    phase: Phase
    seconds: float
    share: float
    evidence: Evidence
    first_line: int | None
    last_line: int | None


@many_dataclass(frozen=True, slots=True, kw_only=True)
class PhaseSpan:
    """A stretch of time that one phase had. `started_at`: Unix seconds, as the run's own."""

    phase: Phase
    started_at: float
    seconds: float
    evidence: Evidence
    first_line: int
    last_line: int


@many_dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One executed prompt. Times are Unix seconds (see `events`), durations seconds, sizes bytes; None: the log does not say.

    `silence_seconds`: the longest time between two lines. `spans`: with stamps, the phases in the order of time. `nodes`,
    `cached_nodes`, `node_count`: times of nodes, how many came from the cache, of how many; only the API tells.
    """

    number: int
    source: str
    outcome: Outcome
    failure: Failure | None
    client_timeout: ClientGaveUp | None
    partial: bool
    queued_line: int | None
    first_line: int
    last_line: int
    queued_at: float | None
    started_at: float | None
    ended_at: float | None
    queue_seconds: float | None
    duration_seconds: float | None
    duration_source: DurationSource | None
    observed_seconds: float | None
    workflow: Workflow
    start: Start
    server_number: int
    passes: tuple[ProgressBar, ...] = ()
    bars: tuple[ProgressBar, ...] = ()
    loads: tuple[Load, ...] = ()
    unloads: tuple[Unload, ...] = ()
    detections: tuple[DetectionTime, ...] = ()
    vram: Vram | None = None
    soft_ooms: tuple[Noted, ...] = ()
    leaks: tuple[Noted, ...] = ()
    quantizations: tuple[Noted, ...] = ()
    prompt_id: str | None = None
    phases: tuple[PhaseTime, ...] = ()
    spans: tuple[PhaseSpan, ...] = ()
    phases_scaled: bool = False
    silence_seconds: float | None = None
    limit_seconds: float | None = None
    events: tuple[Event, ...] = ()
    nodes: tuple[NodeTime, ...] | None = None
    cached_nodes: int | None = None
    node_count: int | None = None

    @property
    def total_seconds(self) -> float | None:
        """What the phases add up to: the duration, else what was seen of an unfinished run."""
        return self.duration_seconds if self.duration_seconds is not None else self.observed_seconds

    def phase_seconds(self, phase: Phase) -> float:
        """Seconds of one phase; 0 where the run has none."""
        return next((time.seconds for time in self.phases if time.phase is phase), 0.0)

    @property
    def used_seconds(self) -> float | None:
        """What counts against a client's limit: the queue wait, where known, and the run."""
        return None if self.total_seconds is None else self.total_seconds + (self.queue_seconds or 0.0)

    @property
    def limit_used_ratio(self) -> float | None:
        """`used_seconds` against the limit."""
        if self.limit_seconds is None or self.used_seconds is None:
            return None
        return self.used_seconds / self.limit_seconds

    @property
    def verdict(self) -> Verdict:
        """Against the limit: `near` from 80 %; an unfinished run that is still under it proves nothing."""
        used = self.limit_used_ratio
        if used is None:
            return Verdict.UNKNOWN
        if used > 1:
            return Verdict.OVER
        if self.duration_seconds is None:
            return Verdict.UNKNOWN
        return Verdict.NEAR if used >= NEAR_RATIO else Verdict.OK


NEAR_RATIO = 0.8
# Rejected requests whose reason is kept.
MOST_REASONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """`got prompt` lines: all, the rejected ones, those of which no run is known. `reasons`: of the first rejected ones."""

    received: int = 0
    rejected: int = 0
    unresolved: int = 0
    reasons: tuple[Noted, ...] = ()

    def __add__(self, other: "Requests") -> "Requests":
        return Requests(
            received=self.received + other.received,
            rejected=self.rejected + other.rejected,
            unresolved=self.unresolved + other.unresolved,
            reasons=(self.reasons + other.reasons)[:MOST_REASONS],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomNode:
    """A custom node pack as the start-up lists it; `reason` and `line` where a line says why it failed."""

    name: str
    seconds: float | None
    failed: bool
    reason: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStart:
    """One start of the server as its start-up lines tell it."""

    number: int
    source: str
    line: int
    ready_line: int | None = None
    started_at: float | None = None
    ready_at: float | None = None
    comfyui_version: str | None = None
    python_version: str | None = None
    pytorch_version: str | None = None
    device: str | None = None
    cuda_devices: str | None = None
    total_vram_bytes: int | None = None
    total_ram_bytes: int | None = None
    vram_state: str | None = None
    attention: str | None = None
    dynamic_vram: bool | None = None
    custom_nodes: tuple[CustomNode, ...] = ()

    @property
    def epoch(self) -> str | None:
        """What this server runs on: versions, device and memory mode. Runs of another state say less about the next one."""
        facts = (self.comfyui_version, self.python_version, self.pytorch_version, self.device, self.vram_state)
        return "|".join(fact or "?" for fact in facts) if any(facts) else None
