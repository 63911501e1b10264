"""Trace events as objects of the Trace Event Format: `ts` and `dur` in microseconds, `ph` says what they are."""

from typing import Any

from analyzer.renderers.trace.shapes import Facts, Track

TraceEvent = dict[str, Any]
_ORDER = {track: place for place, track in enumerate(Track)}


def slice_event(name: str, category: str, begin: int, end: int, thread: tuple[int, int], args: Facts) -> TraceEvent:
    """A slice on a thread's track (`X`)."""
    pid, tid = thread
    return {"name": name, "cat": category, "ph": "X", "ts": begin, "dur": end - begin, "pid": pid, "tid": tid, "args": args}


def mark_event(name: str, category: str, at: int, thread: tuple[int, int], args: Facts) -> TraceEvent:
    """An instant on a thread's track (`i`)."""
    pid, tid = thread
    return {"name": name, "cat": category, "ph": "i", "ts": at, "s": "t", "pid": pid, "tid": tid, "args": args}


def counter_event(name: str, at: int, pid: int, value: float) -> TraceEvent:
    """A counter's value from `at` on (`C`)."""
    return {"name": name, "ph": "C", "ts": at, "pid": pid, "tid": pid, "args": {"bytes": value}}


def wait_events(name: str, begin: int, end: int, thread: tuple[int, int], key: int, args: Facts) -> tuple[TraceEvent, TraceEvent]:
    """A wait of the process (`b` and `e`): waits overlap, which slices of one track must not."""
    pid, tid = thread
    common = {"name": name, "cat": name, "id2": {"local": str(key)}, "pid": pid, "tid": tid}
    return {**common, "ph": "b", "ts": begin, "args": args}, {**common, "ph": "e", "ts": end}


def process_events(pid: int, name: str, label: str) -> tuple[TraceEvent, ...]:
    """The name of a process and a label beside it (`M`)."""
    common = {"ph": "M", "ts": 0, "pid": pid, "tid": pid}
    return (
        {**common, "name": "process_name", "args": {"name": name}},
        {**common, "name": "process_labels", "args": {"labels": label}},
        {**common, "name": "process_sort_index", "args": {"sort_index": pid}},
    )


def thread_of(pid: int, track: Track, lane: int) -> tuple[int, int]:
    """Process and thread of a track. Thread numbers are never shared: viewers take them for the whole trace's."""
    return pid, pid * 1000 + lane * len(Track) + _ORDER[track] + 1


def thread_events(thread: tuple[int, int], track: Track, lane: int) -> tuple[TraceEvent, ...]:
    """The title of a track and its place (`M`)."""
    pid, tid = thread
    common = {"ph": "M", "ts": 0, "pid": pid, "tid": tid}
    name = track.value if not lane else f"{track.value} (overlapping, {lane + 1})"
    return (
        {**common, "name": "thread_name", "args": {"name": name}},
        {**common, "name": "thread_sort_index", "args": {"sort_index": tid}},
    )
