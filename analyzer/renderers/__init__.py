"""All formats of the report. The registry is the list below; a renderer's module is imported when it renders, not before."""

from collections.abc import Iterator
from importlib.util import find_spec

from analyzer.errors import UsageError
from analyzer.renderers.base import Document, Options, Renderer
from analyzer.renderers.formats import unknown_suffix
from analyzer.renderers.private import learn
from analyzer.report import Report


def _terminal(report: Report, options: Options) -> str:
    from analyzer.renderers.terminal import render

    return render(report, options)


def _text(report: Report, options: Options) -> str:
    from dataclasses import replace

    from analyzer.renderers.terminal import render

    return render(report, replace(options, color=False))


def _json(report: Report, options: Options) -> str:
    from analyzer.renderers.json_report import render

    return render(report, options)


def _json_parts(report: Report, options: Options) -> Iterator[str]:
    from analyzer.renderers.json_report import parts

    return parts(report, options)


def _trace(report: Report, options: Options) -> str:
    from analyzer.renderers.trace import render

    return render(report, options)


def _trace_parts(report: Report, options: Options) -> Iterator[str]:
    from analyzer.renderers.trace import parts

    return parts(report, options)


def _otlp(report: Report, options: Options) -> str:
    from analyzer.renderers.otlp import render

    return render(report, options)


def _otlp_parts(report: Report, options: Options) -> Iterator[str]:
    from analyzer.renderers.otlp import parts

    return parts(report, options)


def _openmetrics(report: Report, options: Options) -> str:
    from analyzer.renderers.openmetrics import render

    return render(report, options)


def _openmetrics_parts(report: Report, options: Options) -> Iterator[str]:
    from analyzer.renderers.openmetrics import parts

    return parts(report, options)


def _markdown(report: Report, options: Options) -> str:
    from analyzer.renderers.markdown import render

    return render(report, options)


def _csv(report: Report, options: Options) -> str:
    from analyzer.renderers.tabular import render_csv

    return render_csv(report, options)


def _parquet(report: Report, options: Options) -> bytes:
    from analyzer.renderers.tabular import render_parquet

    return render_parquet(report, options)


def _html(report: Report, options: Options) -> str:
    from analyzer.renderers.html import render

    return render(report, options)


def _place_notes(report: Report) -> Iterator[str]:
    from analyzer.renderers.placing import place_notes

    return place_notes(report)


# The sending package brings the others.
OTLP_NEEDS = "opentelemetry.exporter.otlp.proto.http"

RENDERERS: tuple[Renderer, ...] = (
    Renderer(name="terminal", suffixes=(), render=_terminal, shared=False),
    Renderer(name="text", suffixes=(".txt",), render=_text),
    Renderer(name="html", suffixes=(".html", ".htm"), render=_html, quotes=True),
    Renderer(name="json", suffixes=(".json",), render=_json, parts=_json_parts),
    Renderer(name="markdown", suffixes=(".md", ".markdown"), render=_markdown),
    Renderer(name="csv", suffixes=(".csv",), render=_csv),
    Renderer(name="trace", suffixes=(".trace.json",), render=_trace, parts=_trace_parts),
    Renderer(name="otlp", suffixes=(".otlp.json",), render=_otlp, parts=_otlp_parts, needs=OTLP_NEEDS, remarks=_place_notes),
    Renderer(name="openmetrics", suffixes=(".om",), render=_openmetrics, parts=_openmetrics_parts, remarks=_place_notes),
    Renderer(name="parquet", suffixes=(".parquet",), render=_parquet, binary=True, needs="pyarrow"),
)


def suffixes() -> list[str]:
    """All known suffixes, in the registry's order."""
    return [suffix for renderer in RENDERERS for suffix in renderer.suffixes]


def for_target(target: str) -> Renderer:
    """The renderer for a file's name; the longest suffix decides. A name that ends in `/` is a folder of CSV tables."""
    if is_folder(target):
        return named("csv")
    lowered = target.lower()
    fitting = [(len(s), renderer) for renderer in RENDERERS for s in renderer.suffixes if lowered.endswith(s)]
    if not fitting:
        raise unknown_suffix(target, [*suffixes(), "FOLDER/ (all tables as CSV)"])
    return _usable(max(fitting, key=lambda found: found[0])[1])


def named(name: str) -> Renderer:
    """The renderer for `--format NAME`: its name or one of its suffixes without the dot."""
    for renderer in RENDERERS:
        if name == renderer.name or f".{name}" in renderer.suffixes:
            return _usable(renderer)
    raise UsageError(f"{name} is not a format; known are {' '.join(renderer.name for renderer in RENDERERS)}")


def is_folder(target: str) -> bool:
    return target.endswith(("/", "\\"))


def render(renderer: Renderer, report: Report, options: Options) -> Document:
    """The document, redacted by the options' redactor, which has seen all of the report first."""
    learn(report, options.redactor)
    return renderer.render(report, options)


def pieces(renderer: Renderer, report: Report, options: Options) -> Iterator[Document]:
    """The same document to be written piece by piece: with all runs of a large log it need not fit into memory."""
    learn(report, options.redactor)
    if renderer.parts:
        yield from renderer.parts(report, options)
    else:
        yield renderer.render(report, options)


def documents(target: str, report: Report, options: Options) -> Iterator[tuple[str, Iterator[Document]]]:
    """What to write for `-o target`: one file, or every table of a folder, each as path and pieces of its content."""
    if not is_folder(target):
        yield target, pieces(for_target(target), report, options)
        return
    from analyzer.renderers.tabular import csv_files

    learn(report, options.redactor)
    for name, text in csv_files(report, options):
        yield target + name, iter((text,))


def _usable(renderer: Renderer) -> Renderer:
    if renderer.needs:
        need(renderer.name, renderer.needs)
    return renderer


def need(extra: str, package: str) -> None:
    """Raises UsageError, which names the extra, where a package is not installed."""
    try:
        found = find_spec(package) is not None
    except ModuleNotFoundError:  # nor is the package around it
        found = False
    if not found:
        raise UsageError(f"{extra} needs {package}: pip install 'comfymeter[{extra}]'")
