"""A generator that pulls its input, fed from outside: what it makes of each input is known when `feed` returns.

The containers of `analyzer` are such generators. A second thread runs one of them, and never at the same time as the first.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import Generic, TypeVar

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class _Idle:
    """It waits for input."""


class _Ended:
    """It will make nothing more."""


class Lockstep(Generic[_In, _Out]):
    """`work`: takes an iterator of inputs, gives outputs. `close` ends the input; a daemon thread lives until then."""

    def __init__(self, work: Callable[[Iterator[_In]], Iterable[_Out]]) -> None:
        self._work = work
        self._inputs: SimpleQueue[_In | None] = SimpleQueue()
        self._outputs: SimpleQueue[_Out | _Idle | _Ended | BaseException] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="comfymeter-lockstep", daemon=True)
        self._thread.start()
        self._gather()

    def feed(self, given: _In) -> list[_Out]:
        """What is made of an input. Raises what the generator raises."""
        if not self._thread.is_alive():
            return []
        self._inputs.put(given)
        return self._gather()

    def close(self) -> list[_Out]:
        """What is made of the end of the input."""
        if not self._thread.is_alive():
            return []
        self._inputs.put(None)
        made = self._gather()
        self._thread.join()
        return made

    def _gather(self) -> list[_Out]:
        made: list[_Out] = []
        while True:
            output = self._outputs.get()
            if isinstance(output, _Idle | _Ended):
                return made
            if isinstance(output, BaseException):
                raise output
            made.append(output)

    def _take(self) -> Iterator[_In]:
        while True:
            self._outputs.put(_Idle())
            given = self._inputs.get()
            if given is None:
                return
            yield given

    def _run(self) -> None:
        try:
            for made in self._work(self._take()):
                self._outputs.put(made)
        except Exception as error:
            self._outputs.put(error)
        self._outputs.put(_Ended())
