"""Model lines to a ledger of loads: which line belongs to which request, what was there before, what had to be copied."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analyzer.events import (
    Event,
    LoadMode,
    LoadRequested,
    ModelLoaded,
    ModelsAnnounced,
    ModelsUnloaded,
    PartialUnload,
    Role,
    UnloadMode,
    WeightsRead,
)
from analyzer.families.roles import role_of
from analyzer.runs.model import Evidence, Load, Unload
from analyzer.units import MIB

# Sizes are printed with two decimals of a MiB; sums of three of them may be off by a little more than one unit.
_ROUNDING_BYTES = round(0.1 * MIB)


@dataclass(slots=True)
class _Resident:
    """What this server life has seen of a model class."""

    loaded_bytes: int | None
    total_bytes: int | None


class LoadLedger:
    """Follows the models of one server life; `requests`, frees and `loaded …` lines of one call form a group.

    ComfyUI prints all requests of a call first, then what it freed, then a `loaded …` line per model
    (`comfy/model_management.py`, load_models_gpu). A request without such a line was already there.
    """

    def __init__(self) -> None:
        self._residents: dict[str, _Resident] = {}
        self._fresh_roles: set[Role] = set()
        self._encoder_awaits_file: str | None = None
        self._requests: list[LoadRequested] = []
        self._loaded: list[ModelLoaded] = []
        self._unloads: list[PartialUnload] = []
        self._announced = 0
        self.loads: list[Load] = []
        self.unloads: list[Unload] = []
        self.last_diffusion: str | None = None

    def requested(self, event: LoadRequested) -> None:
        if self._loaded:
            self.close_group()
        self._requests.append(event)
        if role_of(event.model) is Role.DIFFUSION:
            self.last_diffusion = event.model

    def announced(self, event: ModelsAnnounced) -> None:
        self._announced += event.count

    def loaded(self, event: ModelLoaded) -> None:
        self._loaded.append(event)

    def unloaded(self, event: PartialUnload) -> None:
        if self._loaded:
            self.close_group()
        self._unloads.append(event)
        self.unloads.append(
            Unload(
                line=event.line,
                mode=UnloadMode.PARTIAL,
                freed_bytes=event.freed_bytes,
                remaining_bytes=event.remaining_bytes,
                patches=event.patches,
                at=event.at,
            )
        )

    def evicted(self, event: ModelsUnloaded) -> None:
        if event.count:
            self.unloads.append(
                Unload(
                    line=event.line,
                    mode=UnloadMode.FULL,
                    freed_bytes=None,
                    remaining_bytes=None,
                    patches=None,
                    at=event.at,
                    models=event.count,
                )
            )

    def file_read(self, event: WeightsRead) -> None:
        """A file was read for this role. A text encoder is moved to its device first and reports its file afterwards."""
        self.close_group()
        if event.role is Role.TEXT_ENCODER and self._encoder_awaits_file:
            self._encoder_awaits_file = None
        else:
            self._fresh_roles.add(event.role)

    def take(self) -> tuple[tuple[Load, ...], tuple[Unload, ...]]:
        """The loads and unloads since the last call: those of one run."""
        self.close_group()
        taken = tuple(self.loads), tuple(self.unloads)
        self.loads, self.unloads, self._encoder_awaits_file = [], [], None
        return taken

    def close_group(self) -> None:
        """Matches the `loaded …` lines of a call with its requests."""
        if self._loaded:
            previous: ModelLoaded | None = None
            for event, request in zip(self._loaded, self._requests_of_loaded(), strict=True):
                self._record(event, request, previous)
                previous = event
        elif self._announced and self._requests:
            # Until August 2024 a full load printed no line of its own.
            for request in self._requests:
                self._record(None, request, None)
        self._requests, self._loaded, self._unloads, self._announced = [], [], [], 0

    def _requests_of_loaded(self) -> list[LoadRequested | None]:
        """A request per `loaded …` line: the named one for dynamic loads, else the last ones in order."""
        waiting: list[LoadRequested] = list(self._requests)
        found: list[LoadRequested | None] = []
        unnamed = sum(event.model is None for event in self._loaded)
        for event in self._loaded:
            if event.model is not None:
                request = next((request for request in waiting if request.model == event.model), None)
            elif len(waiting) >= unnamed:
                request = waiting[len(waiting) - unnamed]
                unnamed -= 1
            else:
                request, unnamed = None, unnamed - 1
            if request:
                waiting = waiting[waiting.index(request) + 1 :]
            found.append(request)
        return found

    def _record(self, event: ModelLoaded | None, request: LoadRequested | None, previous: ModelLoaded | None) -> None:
        model = (event and event.model) or (request and request.model) or self._by_size(event)
        role = role_of(model) if model else Role.OTHER
        before = self._residents.get(model) if model else None
        loaded_bytes = event.loaded_bytes if event else None
        added_bytes, added_evidence = self._added(before, loaded_bytes)
        fresh = role in self._fresh_roles
        self._fresh_roles.discard(role)
        if role is Role.DIFFUSION:
            self.last_diffusion = model
        if role is Role.TEXT_ENCODER and not fresh:
            self._encoder_awaits_file = model
        if model:
            self._residents[model] = _Resident(loaded_bytes=loaded_bytes, total_bytes=_total(event))
        self.loads.append(
            Load(
                line=event.line if event else (request.line if request else 0),
                model=model,
                role=role,
                mode=event.mode if event else LoadMode.FULL,
                loaded_bytes=loaded_bytes,
                usable_bytes=event.usable_bytes if event else None,
                offloaded_bytes=event.offloaded_bytes if event else None,
                added_bytes=added_bytes,
                added_evidence=added_evidence,
                patches=event.patches if event else None,
                seconds=_seconds(event, request, previous),
                reload=before is not None and not fresh,
                requested_line=request.line if request else None,
                at=event.at if event else (request.at if request else None),
            )
        )

    def _by_size(self, event: ModelLoaded | None) -> str | None:
        """The one model known so far whose weights add up to the same size: a resident one is loaded further unasked."""
        total = _total(event)
        if total is None:
            return None
        same = [
            model
            for model, resident in self._residents.items()
            if resident.total_bytes is not None and abs(resident.total_bytes - total) <= _ROUNDING_BYTES
        ]
        return same[0] if len(same) == 1 else None

    def _added(self, before: _Resident | None, loaded_bytes: int | None) -> tuple[int | None, Evidence | None]:
        """What had to be copied: all of it, or what exceeds the rest that a partial unload left of the same model.

        The unload line names no model; that what it freed and left adds up to what this class had is the evidence.
        """
        if loaded_bytes is None:
            return None, None
        if before is None:
            return loaded_bytes, Evidence.MEASURED
        for unload in self._unloads:
            had = (unload.freed_bytes or 0) + unload.remaining_bytes
            fits = before.loaded_bytes is not None and abs(had - before.loaded_bytes) <= _ROUNDING_BYTES
            if fits and unload.freed_bytes is not None and loaded_bytes >= unload.remaining_bytes:
                return loaded_bytes - unload.remaining_bytes, Evidence.INFERRED
        return loaded_bytes, Evidence.INFERRED


def _total(event: ModelLoaded | None) -> int | None:
    """The size of a model: what is on the device and what is not."""
    if event is None or event.loaded_bytes is None or event.offloaded_bytes is None:
        return None
    return event.loaded_bytes + event.offloaded_bytes


def _seconds(event: ModelLoaded | None, request: LoadRequested | None, previous: ModelLoaded | None) -> float | None:
    """From the request, or from the end of the load before it in the same call, to the `loaded …` line."""
    if event is None or event.at is None:
        return None
    begin = previous.at if previous else (request.at if request else None)
    return event.at - begin if begin is not None and event.at >= begin else None


# What the ledger wants to see.
LEDGER_EVENTS: dict[type[Event], Callable[[LoadLedger, Any], None]] = {
    LoadRequested: LoadLedger.requested,
    ModelsAnnounced: LoadLedger.announced,
    ModelLoaded: LoadLedger.loaded,
    PartialUnload: LoadLedger.unloaded,
    ModelsUnloaded: LoadLedger.evicted,
    WeightsRead: LoadLedger.file_read,
}
