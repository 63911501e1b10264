"""Hours of `serve` and `record` in little time, and whether they stay as they were: `python -m benchmarks.soak`."""
