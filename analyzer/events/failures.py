"""What goes wrong: in a node, with memory, with the process."""

from analyzer.events.base import Event, event_class


@event_class
class NodeException(Event):
    """`!!! Exception during processing !!! …`: the running prompt failed."""

    message: str = ""


@event_class
class ExceptionRaised(Event):
    """The last line of a traceback: `module.Type: message`."""

    kind: str
    message: str = ""


@event_class
class OutOfMemory(Event):
    """`Got an OOM, unloading all loaded models.`: ComfyUI itself classed the failure as out of memory."""


@event_class
class SoftOutOfMemory(Event):
    """Memory ran out, a slower way was taken and the run goes on."""

    what: str


@event_class
class ProcessDied(Event):
    """The server's process or its worker thread is gone (`Killed`, segmentation fault, dead prompt worker)."""

    reason: str


@event_class
class ErrorNote(Event):
    """An error that does not end a run by itself."""

    message: str


@event_class
class MemoryLeak(Event):
    model: str
