"""The report as one HTML file: opens from disk, needs no network, shows the worst first."""

from analyzer.renderers.html.page import notebook, render

__all__ = ["notebook", "render"]
