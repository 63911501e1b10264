"""The rules of the Trace Event Format, and of Perfetto where it is stricter, as a checker."""

from collections import defaultdict
from typing import Any

Event = dict[str, Any]
_TITLES = {"process_name": "name", "process_labels": "labels", "thread_name": "name"}
_SORTS = ("process_sort_index", "thread_sort_index")


def checked(trace: Any) -> list[Event]:
    """The events of a trace that breaks no rule."""
    assert trace["displayTimeUnit"] in ("ms", "ns")
    events: list[Event] = trace["traceEvents"]
    for event in events:
        assert isinstance(event["name"], str)
        assert event["name"]
        for key in ("ts", "pid", "tid"):
            assert type(event[key]) is int, event
            # Perfetto counts nanoseconds in 64 bits.
            assert 0 <= event[key] < 2**63 // 1000, event
        assert event["pid"] > 0, "0 is the idle process"
        _KINDS[event["ph"]](event)
    _check_titles(events)
    _check_nesting(events)
    _check_waits(events)
    return events


def _check_slice(event: Event) -> None:
    assert type(event["dur"]) is int
    assert event["dur"] >= 0
    assert event["cat"]
    assert isinstance(event["args"], dict)


def _check_instant(event: Event) -> None:
    assert event["s"] in ("g", "p", "t")


def _check_counter(event: Event) -> None:
    assert event["args"]
    assert all(type(value) in (int, float) and value >= 0 for value in event["args"].values())


def _check_wait(event: Event) -> None:
    assert event["cat"]
    assert event["id2"]["local"]


def _check_metadata(event: Event) -> None:
    if event["name"] in _SORTS:
        assert type(event["args"]["sort_index"]) is int
    else:
        assert event["args"][_TITLES[event["name"]]]


_KINDS = {"X": _check_slice, "i": _check_instant, "C": _check_counter, "b": _check_wait, "e": _check_wait, "M": _check_metadata}


def _check_titles(events: list[Event]) -> None:
    """Every process and track has a name; Perfetto knows threads by their number alone."""
    processes = [event["pid"] for event in events if event["name"] == "process_name"]
    threads = [event["tid"] for event in events if event["name"] == "thread_name"]
    assert len(processes) == len(set(processes))
    assert len(threads) == len(set(threads))
    assert not set(threads) & set(processes)
    assert {event["pid"] for event in events} == set(processes)
    assert {event["tid"] for event in events if event["ph"] in "Xibe"} == set(threads)


def _check_nesting(events: list[Event]) -> None:
    """Slices of a track are apart or one inside the other, and a viewer that reads them in order sees parents first."""
    ends: dict[int, list[int]] = defaultdict(list)
    last: dict[int, int] = defaultdict(int)
    for event in events:
        if event["ph"] != "X":
            continue
        track, begin, end = event["tid"], event["ts"], event["ts"] + event["dur"]
        assert begin >= last[track], f"slices out of order: {event}"
        last[track] = begin
        while ends[track] and ends[track][-1] <= begin:
            ends[track].pop()
        assert not ends[track] or end <= ends[track][-1], f"slices cross: {event}"
        ends[track].append(end)


def _check_waits(events: list[Event]) -> None:
    begun: dict[tuple[int, str, str], int] = {}
    for event in events:
        if event["ph"] in "be":
            key = event["pid"], event["cat"], event["id2"]["local"]
            if event["ph"] == "b":
                assert key not in begun
                begun[key] = event["ts"]
            else:
                assert event["ts"] >= begun.pop(key)
    assert not begun
