"""The CSV that `comfymeter record` writes beside a log, and reads back: see docs/vram.md."""

from analyzer.runs.model import VramSource
from analyzer.vram.fields import Columns, Field, Form, Values
from analyzer.vram.sample import GpuSample

NO_THROTTLE = "none"
_NEEDED = {"at", "gpu", "used_bytes"}
# In front of the header where the samples are not the driver's own.
_SOURCE = "# source: "

_BYTES = rb"(\d{1,15})?"
_FLOAT = rb"(\d{1,15}(?:\.\d{1,9})?)?"


def _throttle(text: bytes) -> tuple[str, ...]:
    words = text.decode()
    return () if words == NO_THROTTLE else tuple(words.split("|"))


FIELDS = (
    Field(names=("at",), sets="at", pattern=rb"(\d{9,10}(?:\.\d{1,9})?)", read=float),
    Field(names=("gpu",), sets="gpu", pattern=rb"(\d{1,4}(?::\d{1,4})?)", read=bytes.decode),
    Field(names=("used_bytes",), sets="used_bytes", pattern=_BYTES, read=int),
    Field(names=("total_bytes",), sets="total_bytes", pattern=_BYTES, read=int),
    Field(names=("process_bytes",), sets="process_bytes", pattern=_BYTES, read=int),
    Field(names=("utilisation_ratio",), sets="utilisation_ratio", pattern=rb"(0(?:\.\d{1,9})?|1(?:\.0{1,9})?)?", read=float),
    Field(names=("temperature_celsius",), sets="temperature_celsius", pattern=rb"(-?\d{1,3}(?:\.\d{1,9})?)?", read=float),
    Field(names=("power_watts",), sets="power_watts", pattern=_FLOAT, read=float),
    Field(names=("energy_joules",), sets="energy_joules", pattern=_FLOAT, read=float),
    Field(names=("throttle",), sets="throttle", pattern=rb"([a-z_]{1,40}(?:\|[a-z_]{1,40}){0,20})?", read=_throttle),
)
NAMES = tuple(field.names[0] for field in FIELDS)


def _finish(values: Values) -> Values:
    gpu, _, instance = values["gpu"].partition(":")
    return {**values, "gpu": int(gpu), "instance": int(instance) if instance else None}


_FORM = Form(fields=FIELDS, separator=b",", finish=_finish)


def header(source: VramSource = VramSource.NVML) -> str:
    """The first line, with its line end; behind a line that names the source where it is not the driver."""
    return f"{'' if source is VramSource.NVML else f'{_SOURCE}{source}{chr(10)}'}{','.join(NAMES)}\n"


def row(sample: GpuSample) -> str:
    """A sample as a line with its line end; unknown is empty."""
    throttle = None if sample.throttle is None else "|".join(sample.throttle) or NO_THROTTLE
    cells = (
        f"{sample.at:.3f}",
        sample.label,
        _text(sample.used_bytes),
        _text(sample.total_bytes),
        _text(sample.process_bytes),
        _text(sample.utilisation_ratio),
        _text(sample.temperature_celsius),
        _text(sample.power_watts),
        _text(sample.energy_joules),
        throttle or "",
    )
    return ",".join(cells) + "\n"


def _text(value: float | int | None) -> str:
    return "" if value is None else str(value) if isinstance(value, int) else f"{value:.3f}".rstrip("0").rstrip(".")


def columns_of(header_line: bytes) -> Columns | None:
    """The columns that a line names; None for a line that is no header of ours."""
    names = header_line.decode("utf-8", "replace").strip().split(",")
    return _FORM.columns(names) if set(names) >= _NEEDED else None


def columns_of_values(line: bytes) -> Columns | None:
    """The columns as they are written now, for a file whose header is lost; None for a line that is none of ours."""
    columns = _FORM.columns(NAMES)
    return columns if columns and columns.sample(line) else None


def source_of(comment: bytes) -> VramSource | None:
    """The source that a comment in front of the header names."""
    text = comment.decode("utf-8", "replace").strip()
    return next((source for source in VramSource if text == f"{_SOURCE}{source}"), None)
