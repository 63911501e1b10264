"""Text put into every field of a report that a log controls, by way of log lines as ComfyUI writes them."""

from collections.abc import Callable, Iterator, Sequence

from analyzer.containers.plain import RAW
from analyzer.lines import line_blocks
from analyzer.reading import LogReader
from analyzer.report import Question, Report, build_report
from analyzer.workflows import Naming, WorkflowRule

LIMIT_SECONDS = 10.0
# Classes, versions and figures that no redaction and no escaping may touch: seconds and bytes as the formats write them.
DIAGNOSIS = ("AutoencodingEngine", "Flux", "0.27.3", "3.12.3", "2.9.1+cu128", "RTX 4090", "12.34", "6602.51", "6923233526", "2.02")


def planted_report(texts: Sequence[str]) -> Report:
    """A report on logs that hold each text in every place: as the name of its file and its workflow, and in its lines."""
    reader = LogReader()
    for number, text in enumerate(texts):
        reader.read(text, RAW.unwrap(line_blocks([planted_log(number, text)]), None))
    rules = tuple(WorkflowRule(name=text, bars=(_mark(number),)) for number, text in enumerate(texts))
    return build_report([reader.result()], Question(limit_seconds=LIMIT_SECONDS, naming=Naming(rules=rules)))


def planted_log(number: int, text: str) -> bytes:
    """A server's start and three runs, with the text in each line that can carry it."""
    return b"".join(line.encode("utf-8", "surrogateescape") + b"\n" for line in _lines(number, text))


def _lines(number: int, text: str) -> Iterator[str]:
    yield from ("Total VRAM 24564 MB, total RAM 65366 MB", f"Device: cuda:0 NVIDIA RTX 4090 {text}")
    yield from (f"ComfyUI version: {text}" if _is_word(text) else "ComfyUI version: 0.27.3",)
    yield from (f"Python version: {text} (main)" if _is_word(text) else "Python version: 3.12.3 (main)", "pytorch version: 2.9.1+cu128")
    yield from ("Import times for custom nodes:", f"   0.5 seconds: /opt/custom_nodes/{_folder(text)}")
    yield from (f"   0.1 seconds (IMPORT FAILED): /opt/custom_nodes/bad {_folder(text)}", "")
    yield from (f"Cannot import /opt/broken{number} module for custom nodes: {text}", "", "To see the GUI go to: http://127.0.0.1:8188")
    yield from ("got prompt", f"[{number}] {text}", f"Requested to load {text}" if _is_word(text) else "Requested to load VAE")
    yield from ("loaded completely; 14670.80 MB usable, 6602.51 MB loaded, full load: True", "Requested to load AutoencodingEngine")
    yield "loaded completely; 9000.00 MB usable, 159.87 MB loaded, full load: True"
    yield from (f"{_mark(number)} {text}: 100%|##########| 7/7 [00:02<00:00,  3.50it/s]", "Requested to load Flux")
    yield f"{_mark(number)}: 100%|##########| 4/4 [00:02<00:00,  2.00{_unit(text)}/s]"
    yield from ("100%|##########| 28/28 [00:56<00:00,  2.02s/it]", f"0: 640x640 {text}, 10.8ms")
    yield from (f"!!! Exception during processing !!! {text}", "Traceback (most recent call last):")
    yield from ('  File "/opt/ComfyUI/execution.py", line 327, in execute', f"RuntimeError: {text}", "")
    yield from ("Prompt executed in 12.34 seconds", "got prompt", f"invalid prompt: {_rejection(text)}", "got prompt")
    yield from ("Requested to load Flux", f"Fatal Python error: {text}", "Global interrupt (no prompt_id specified)")


def _mark(number: int) -> str:
    """What a naming rule knows the runs of this text by."""
    return f"<row {number}>"


def _is_word(text: str) -> bool:
    return bool(text) and not any(character.isspace() for character in text)


def _folder(text: str) -> str:
    """A folder's name has no separators: what stands in front of one would be taken for its parent."""
    return text if not set("/\\") & set(text) else "ComfyUI-KJNodes"


def _unit(text: str) -> str:
    """A bar's unit has 40 bytes at most and no white space."""
    return text if _is_word(text) and len(text.encode("utf-8", "replace")) <= 40 and not set("],") & set(text) else "it"


def _rejection(text: str) -> str:
    quote = '"' if "'" in text else "'"
    return "{'type': 'planted', 'message': " + quote + text.replace(quote, "") + quote + ", 'details': '', 'extra_info': {}}"


# Where the JSON report holds log text: the name of the place, and all its texts.
PLACES: dict[str, Callable[[Report], list[str]]] = {
    "log names": lambda report: [source.name for source in report.sources],
    "workflow names": lambda report: [run.workflow.name for run in report.runs],
    "workflow signatures": lambda report: [run.workflow.signature for run in report.runs],
    "devices": lambda report: [start.device or "" for start in report.server_starts],
    "node packs": lambda report: [node.name for start in report.server_starts for node in start.custom_nodes],
    "reasons": lambda report: [node.reason or "" for start in report.server_starts for node in start.custom_nodes],
    "bars": lambda report: [bar.label for run in report.runs for bar in run.bars],
    "detections": lambda report: [found.label for run in report.runs for found in run.detections],
    "models": lambda report: [load.model or "" for run in report.runs for load in run.loads],
    "versions": lambda report: [start.comfyui_version or "" for start in report.server_starts],
    "failures": lambda report: [run.failure.message for run in report.runs if run.failure],
    "lines not recognised": lambda report: [sample.text for sample in report.unparsed.samples],
}
