"""The recorder's own words, as the container of recorded logs hands them on (docs/record.md)."""

from analyzer.events import RecordingGap
from analyzer.families.wording import Wording

RECORDER = (
    Wording(
        template="comfymeter record: gap records={records:int} bytes={:int} since={:word} reason={reason:text}",
        event=RecordingGap,
        example="comfymeter record: gap records=12 bytes=840 since=2026-08-01T12:00:00.000184+02:00 reason=No space left on device",
        meaning="What the server wrote since then could not be recorded.",
        since="comfymeter.record/1",
    ),
)
