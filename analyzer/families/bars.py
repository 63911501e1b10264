"""tqdm's frame grammar (`tqdm/std.py`, `format_meter`): known total, unknown total, no room for a bar; any glyphs, any unit."""

import re
from functools import lru_cache

from analyzer import cuts
from analyzer.events import Bar
from analyzer.units import parse_clock, parse_si

_CLOCK = rb"[-\d:]{4,}"
_RATE = rb"(?P<rate>[\d.]+|\?)\s*(?P<unit>[^\s\],]{1,40})(?:,(?P<postfix>[^\]]*))?\]"
_NUMBER = rb"\d[\d.]*[kKMGTP]?"
# "  5%|▌         | 1/20 [00:01<00:24,  1.31s/it]"; a terminal without room leaves the bar out: " 43% 3/7 [00:02<…".
_KNOWN = re.compile(
    rb"(?<!\d)\d{1,3}%(?:\|[^|\r\n]*\|)? *(?P<steps>" + _NUMBER + rb")/(?P<total>" + _NUMBER + rb") *"
    rb"\[(?P<clock>" + _CLOCK + rb")<[-\d:?]+, *" + _RATE
)
# "12it [00:05,  2.40it/s]": no total, as dpm_adaptive has, or more steps than announced.
_UNKNOWN = re.compile(rb"(?<![\w.])(?P<steps>" + _NUMBER + rb")[A-Za-z]{1,20} \[(?P<clock>" + _CLOCK + rb"), *" + _RATE)
# ComfyUI's dynamic VRAM postfix while weights are streamed in (`comfy/samplers.py`, model_trange).
INITIALISING = b"Model Initializ"
_LABEL_LIMIT = 200


def find_frame(text: bytes) -> re.Match[bytes] | None:
    """The first progress frame in `text`, which may stand behind a label and before glued text."""
    if b"%" in text:
        return _KNOWN.search(text) or _UNKNOWN.search(text)
    return _UNKNOWN.search(text)


def frame_label(text: bytes, match: re.Match[bytes]) -> bytes:
    """The description in front of a frame, without its colon."""
    return cuts.end(text[: match.start()].strip().rstrip(b": "), _LABEL_LIMIT)


def build_bar(text: bytes, match: re.Match[bytes], *, line: int, at: float | None) -> Bar | None:
    """The event of a frame found in `text`; None where its numbers make no sense (`1.2.3/4`)."""
    steps, clock, rate, unit, postfix = match.group("steps", "clock", "rate", "unit", "postfix")
    total = match["total"] if match.re is _KNOWN else None
    try:
        name, rate_seconds = _rate(rate, unit)
        return Bar(
            line=line,
            at=at,
            label=frame_label(text, match).decode("utf-8", "replace"),
            steps=_count(steps),
            total=_count(total) if total else None,
            seconds=_clock(clock),
            rate_seconds=rate_seconds,
            unit=name,
            initialising=postfix is not None and INITIALISING in postfix,
        )
    except ValueError:
        return None


# The same few figures stand in frame after frame and run after run.
_remembered = lru_cache(maxsize=8192)


@_remembered
def _count(text: bytes) -> float:
    return parse_si(text.decode())


@_remembered
def _clock(text: bytes) -> float:
    return max(0.0, parse_clock(text.decode()))


@_remembered
def _rate(number: bytes, unit: bytes) -> tuple[str, float | None]:
    """Unit and seconds per step of `2.42` + `s/it` or `1.96` + `it/s`; tqdm changes sides at one step per second."""
    name = unit.decode("utf-8", "replace")
    if name.startswith("s/"):
        return name[2:], None if number == b"?" else float(number)
    name = name.removesuffix("/s")
    if name.endswith("B"):
        return "B", None
    steps_per_second = 0.0 if number == b"?" else float(number)
    return name, 1 / steps_per_second if steps_per_second else None


def continues(earlier: Bar, later: Bar) -> bool:
    """Whether two frames in a row can be of one bar: same description and total, steps not going back, same postfix stage."""
    return (
        earlier.label == later.label
        and earlier.total == later.total
        and earlier.unit == later.unit
        and earlier.steps <= later.steps
        and earlier.initialising == later.initialising
    )


def collapse_frames(text: bytes) -> bytes:
    """`text` with only the first and the last frame, where all its `\\r`-separated frames are plainly of one bar; else unchanged.

    The checks are counts of literals, which cost next to nothing beside one pattern match per frame.
    """
    body = text.strip(b"\r ")
    first, _, others = body.partition(b"\r")
    last = others[others.rfind(b"\r") + 1 :]
    head, tail = _KNOWN.search(first), _KNOWN.search(last)
    if not head or not tail or head["total"] != tail["total"] or INITIALISING in text:
        return text
    label = frame_label(first, head)
    frames = body.count(b"\r") + 1
    uniform = (
        label == frame_label(last, tail)
        and body.count(b"/" + head["total"] + b" [") == frames
        and body.count(label + b": ") == (frames if label else 0)
        and body.count(b"<?,") <= 1
        and first[head.end() :].strip() == b""
        and body.count(b"]\r") == frames - 1
    )
    return first + b"\r" + last if uniform else text
