"""VRAM samples beside a log: their file formats, their place in the runs, their curves. See docs/vram.md."""
