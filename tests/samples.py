"""Where the sample logs are."""

from pathlib import Path

SAMPLES = Path(__file__).parent.parent / "sample_logs"
