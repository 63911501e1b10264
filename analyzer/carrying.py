"""What a log's reader must know at one place of the log to read on from there: taken out, compared, given to another reader.

Everything that a reader keeps is either what it has found out, which adds up and is listed here, or such knowledge: a new field
counts as knowledge until it is listed.
"""

import pickle
from collections import deque
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from analyzer.analysis import MOST_ACCOUNTS
from analyzer.mojibake import MOST_TRIES, Repairer
from analyzer.parse import Parser
from analyzer.reading import LogReader
from analyzer.runs.assemble import RunAssembler
from analyzer.runs.joining import join
from analyzer.runs.loads import LoadLedger
from analyzer.runs.model import MOST_REASONS, Noted, Run
from analyzer.runs.open_run import OpenRun, Request
from analyzer.runs.servers import ServerTracker
from analyzer.runs.table import MANY_RUNS, RunTable, table_of

Fields = dict[str, Any]

# How a reader is put together, and what it has found out.
_NO_KNOWLEDGE: dict[type[Any], frozenset[str]] = {
    Parser: frozenset({"_hand_on", "_on_unrecognised", "_lookup", "_repairer", "lines", "unrecognised", "bars", "repaired"}),
    RunAssembler: frozenset(
        {"_finish", "_keep_events_of", "_server", "_ledger", "runs", "gaps", "_received", "_rejected", "_unresolved", "_taken"}
        | {"_reasons", "_errors_seen", "_bars_seen", "_worked"}
    ),
    ServerTracker: frozenset(),
    LoadLedger: frozenset({"_residents"}),
}


# More runs take less as columns, on their way to another process.
_FEW_RUNS = 100


class Residents(dict[str, Any]):
    """What a ledger knows of models, and which of it was asked for before it was written anew. `whole`: all of it was."""

    def __init__(self, known: dict[str, Any]) -> None:
        super().__init__(known)
        self.asked: set[str] = set()
        self.written: set[str] = set()
        self.whole = False

    def __setitem__(self, model: str, value: Any) -> None:
        self.written.add(model)
        super().__setitem__(model, value)

    def get(self, model: str, default: Any = None) -> Any:
        self._ask(model)
        return super().get(model, default)

    def __getitem__(self, model: str) -> Any:
        self._ask(model)
        return super().__getitem__(model)

    def __contains__(self, model: object) -> bool:
        self._ask(str(model))
        return super().__contains__(model)

    def items(self) -> Any:
        self.whole = True
        return super().items()

    def values(self) -> Any:
        self.whole = True
        return super().values()

    def __iter__(self) -> Any:
        self.whole = True
        return super().__iter__()

    def _ask(self, model: str) -> None:
        if model not in self.written:
            self.asked.add(model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What a reader knew at one place."""

    parser: Fields
    assembler: Fields
    server: Fields
    ledger: Fields
    residents: Fields = field(default_factory=dict)


def knowledge(reader: LogReader) -> Knowledge:
    """What a reader knows now. Nothing that it reads later changes it."""
    assembler = reader._assembler
    parts: tuple[Any, ...] = (reader._parser, assembler, assembler._server, assembler._ledger)
    parser, runs, server, ledger = ({name: getattr(part, name) for name in _fields()[type(part)]} for part in parts)
    residents = dict(dict.items(assembler._ledger._residents))
    return deepcopy(Knowledge(parser=parser, assembler=runs, server=server, ledger=ledger, residents=residents))


@cache
def _fields() -> dict[type[Any], tuple[str, ...]]:
    """The fields that are knowledge. An object whose `vars` are asked for is slower for ever after: only examples' are."""
    examples = (Parser(lambda event: None), RunAssembler(), ServerTracker(), LoadLedger())
    return {type(one): tuple(name for name in vars(one) if name not in _NO_KNOWLEDGE[type(one)]) for one in examples}


def give(reader: LogReader, known: Knowledge) -> None:
    """Lets a reader know what another one knew. What it has found out stays."""
    known = deepcopy(known)
    assembler = reader._assembler
    assembler._ledger = LoadLedger()
    assembler._ledger._residents = known.residents
    for part, fields in (
        (reader._parser, known.parser),
        (assembler, known.assembler),
        (assembler._server, known.server),
        (assembler._ledger, known.ledger),
    ):
        _set(part, fields)


def _set(part: Any, fields: Fields) -> None:
    for name, value in fields.items():
        setattr(part, name, value)


def skip(reader: LogReader, waiting: list[Request]) -> None:
    """A stretch of the log is left out, behind which no run is under way and these requests wait."""
    assembler = reader._assembler
    assembler._open = None
    assembler._waiting.clear()
    assembler._waiting.extend(waiting)


def same(one: Knowledge, other: Knowledge) -> bool:
    """Whether two readers read on alike, whatever they know of models."""
    return all(_same(getattr(one, name), getattr(other, name)) for name in ("parser", "assembler", "server", "ledger"))


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple | deque):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, OpenRun):
        return pickle.dumps(one) == pickle.dumps(other)  # its bars point at each other
    return bool(one == other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a part of a log asked of the models known before it, and which it wrote anew; `gone`: a new server began there."""

    whole: bool
    asked: frozenset[str]
    written: frozenset[str]
    gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a reader has found out in a part of a file. `tried`: lines that it tried to repair."""

    runs: Sequence[Run]
    counts: Fields
    flags: Fields
    reasons: tuple[Noted, ...]
    gaps: tuple[Any, ...]
    parsed: Fields
    tried: int
    accounts: tuple[bytes, ...]
    lines: int
    first_at: float | None
    last_at: float | None


_COUNTS = ("_received", "_rejected", "_unresolved")
_FLAGS = ("_errors_seen", "_bars_seen", "_worked")
_PARSED = ("lines", "unrecognised", "bars", "repaired")


def forget(reader: LogReader) -> Residents:
    """Forgets what has been found out so far and keeps what is known; what will be asked of the models known."""
    assembler, parser, file = reader._assembler, reader._parser, reader._file
    _set(assembler, dict.fromkeys(_COUNTS, 0) | dict.fromkeys(_FLAGS, False))
    assembler.runs, assembler.gaps, assembler._reasons = [], [], []
    _set(parser, dict.fromkeys(_PARSED, 0))
    parser._repairer = Repairer()
    reader._accounts.clear()
    file.first_at = file.last_at = None
    residents = Residents(dict(dict.items(assembler._ledger._residents)))
    assembler._ledger._residents = residents
    return residents


def found(reader: LogReader) -> Found:
    """What has been found out since `forget`."""
    assembler, parser, file = reader._assembler, reader._parser, reader._file
    runs = assembler.runs
    return Found(
        runs=table_of(runs) if isinstance(runs, list) and len(runs) > _FEW_RUNS else runs,
        counts={name: getattr(assembler, name) for name in _COUNTS},
        flags={name: getattr(assembler, name) for name in _FLAGS},
        reasons=tuple(assembler._reasons),
        gaps=tuple(assembler.gaps),
        parsed={name: getattr(parser, name) for name in _PARSED},
        tried=parser._repairer._tries,
        accounts=tuple(reader._accounts),
        lines=file.lines,
        first_at=file.first_at,
        last_at=file.last_at,
    )


def asked(reader: LogReader, residents: Residents) -> Asked:
    """What has been asked since `forget`."""
    gone = reader._assembler._ledger._residents is not residents
    return Asked(whole=residents.whole, asked=frozenset(residents.asked), written=frozenset(residents.written), gone=gone)


def fits(reader: LogReader, began: Knowledge, residents: Asked, tried: int) -> bool:
    """Whether what another reader found out from this place on, which it took to be as `began` says, is what this one would."""
    now = knowledge(reader)
    if not same(now, began) or reader._parser._repairer._tries + tried > MOST_TRIES:
        return False
    if residents.whole:
        return now.residents == began.residents
    return all(now.residents.get(model) == began.residents.get(model) for model in residents.asked)


def take_in(reader: LogReader, more: Found, ended: Knowledge, residents: Asked) -> None:
    """Adds what another reader has found out behind this place, and knows what that one knew in the end."""
    assembler, parser, file = reader._assembler, reader._parser, reader._file
    for name, count in more.counts.items():
        setattr(assembler, name, getattr(assembler, name) + count)
    for name, flag in more.flags.items():
        setattr(assembler, name, getattr(assembler, name) or flag)
    for name, count in more.parsed.items():
        setattr(parser, name, getattr(parser, name) + count)
    parser._repairer._tries += more.tried
    assembler._reasons = [*assembler._reasons, *more.reasons][:MOST_REASONS]
    assembler.gaps.extend(more.gaps)
    for account in more.accounts:
        if len(reader._accounts) < MOST_ACCOUNTS:
            reader._accounts.setdefault(account)
    file.lines = more.lines
    file.first_at = more.first_at if file.first_at is None else file.first_at
    file.last_at = more.last_at if more.last_at is not None else file.last_at
    _add_runs(assembler, more.runs)
    if not residents.gone:
        written = {model: ended.residents[model] for model in residents.written}
        ended = replace(ended, residents=assembler._ledger._residents | written)
    give(reader, ended)


def _add_runs(assembler: RunAssembler, runs: Sequence[Run]) -> None:
    own = assembler.runs
    if isinstance(own, list) and (isinstance(runs, RunTable) or len(own) + len(runs) > MANY_RUNS):
        own = assembler.runs = table_of(own)
    if isinstance(own, RunTable):
        join(own, runs if isinstance(runs, RunTable) else table_of(runs))
    else:
        own.extend(replace(run, number=number) for number, run in enumerate(runs, len(own) + 1))
