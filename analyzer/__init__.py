"""Log analysis for ComfyUI runs: `from analyzer import analyze; report = analyze("comfyui.log")`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzer.front import analyze
    from analyzer.report import Report

__all__ = ["Report", "analyze"]


def __getattr__(name: str) -> Any:
    """Imports on demand: `comfymeter --help` must not pay for the parser."""
    if name == "analyze":
        from analyzer.front import analyze

        return analyze
    if name == "Report":
        from analyzer.report import Report

        return Report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
