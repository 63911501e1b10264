"""What the recorder has to say of its own recording (docs/record.md)."""

from analyzer.events.base import Event, event_class


@event_class
class RecordingGap(Event):
    """Records that could not be written, with the system's reason; they are missing before this line."""

    records: int
    reason: str
