"""Text put into every field of a report that a log controls, by way of log lines as ComfyUI writes them."""

from collections.abc import Callable, Sequence
from string import Template

from analyzer.analysis import SourceInfo
from analyzer.containers.plain import RAW
from analyzer.lines import line_blocks
from analyzer.reading import LogReader
from analyzer.report import Question, Report, build_report
from analyzer.workflows import Naming, WorkflowRule

LIMIT_SECONDS = 10.0
_BEGIN = 1_779_048_000.0
# Classes, versions and figures that no redaction and no escaping may touch: seconds and bytes as the formats write them.
DIAGNOSIS = ["AutoencodingEngine", "Flux", "0.27.3", "3.12.3", "2.9.1+cu128", "RTX", "12.34", "6602.51", "6923233526", "2.02"]

_RUN = """\
[$number] $text
plain words $number
some more plain words $number
Requested to load $model
loaded completely; 14670.80 MB usable, 6602.51 MB loaded, full load: True
Requested to load AutoencodingEngine
loaded completely; 9000.00 MB usable, 159.87 MB loaded, full load: True
$mark $text: 100%|##########| 7/7 [00:02<00:00,  3.50it/s]
Requested to load Flux
$mark: 100%|##########| 4/4 [00:02<00:00,  2.00$unit/s]
100%|##########| 28/28 [00:56<00:00,  2.02s/it]
0: 640x640 $text, 10.8ms
"""
_LOG = f"""\
Total VRAM 24564 MB, total RAM 65366 MB
Device: cuda:0 NVIDIA GeForce RTX 4090 $text
ComfyUI version: $comfyui
Python version: $python (main)
pytorch version: 2.9.1+cu128
Import times for custom nodes:
   0.5 seconds: /opt/custom_nodes/$folder
   0.1 seconds (IMPORT FAILED): /opt/custom_nodes/bad $folder

Cannot import /opt/broken$number module for custom nodes: $text

To see the GUI go to: http://127.0.0.1:8188
got prompt
{_RUN}!!! Exception during processing !!! $text
Traceback (most recent call last):
  File "/opt/ComfyUI/execution.py", line 327, in execute
RuntimeError: $text

Prompt executed in 12.34 seconds
got prompt
invalid prompt: {{'type': 'planted', 'message': $message, 'details': '', 'extra_info': {{}}}}
got prompt
Requested to load Flux
Fatal Python error: $text
"""
# The start that documents for people show: the text among its nodes, and at the beginning of its device's name.
_START = "Device: $text\n   0.5 seconds: /opt/custom_nodes/$folder\n   0.1 seconds (IMPORT FAILED): /opt/custom_nodes/$folder \n"


def planted_report(texts: Sequence[str]) -> Report:
    """A report on logs that hold each text in every place: as the name of its file and its workflow, and in its lines."""
    reader = LogReader()
    for number, text in enumerate(texts):
        _read(reader, text, planted_log(number, text))
    starts = (_filled(_START, number, text) for number, text in enumerate(texts))
    _read(reader, "last start", b"".join((b"Total VRAM 24564 MB, total RAM 65366 MB\n", *starts)))
    rules = tuple(WorkflowRule(name=text, bars=(mark(number),)) for number, text in enumerate(texts))
    return build_report([reader.result()], Question(limit_seconds=LIMIT_SECONDS, naming=Naming(rules=rules)))


def planted_log(number: int, text: str) -> bytes:
    """A server's start, a run that fails, a rejected request and a run in which the server dies; the text in all of their lines."""
    return _filled(_LOG, number, text)


def planted_run(texts: Sequence[str]) -> bytes:
    """A log of one run, with the texts in all of its lines."""
    lines = (_filled(_RUN, number, text) for number, text in enumerate(texts))
    return b"".join((b"got prompt\n", *lines, b"Prompt executed in 12.34 seconds\n"))


def mark(number: int) -> str:
    """What a naming rule knows the runs of a text by."""
    return f"<row {number}>"


def _read(reader: LogReader, name: str, log: bytes) -> None:
    """With a stamp on each line: some formats show only what has a time."""
    pieces = (piece._replace(at=_BEGIN + count) for count, piece in enumerate(RAW.unwrap(line_blocks([log]), None)))
    source = SourceInfo(name=name, stamps="aware", timezone="UTC")
    reader.read(name, pieces, lambda: source)


def _filled(template: str, number: int, text: str) -> bytes:
    """The lines of a template. Some places take a single word only, a folder has no separators in its name."""
    word = bool(text) and not any(character.isspace() for character in text)
    short = word and len(text.encode("utf-8", "replace")) <= 40 and not set("],") & set(text)
    quote = '"' if "'" in text else "'"
    lines = Template(template).substitute(
        number=number,
        text=text,
        mark=mark(number),
        model=text if word else "VAE",
        comfyui=text if word else "0.27.3",
        python=text if word else "3.12.3",
        unit=text if short else "it",
        folder="ComfyUI-KJNodes" if set("/\\") & set(text) else text,
        message=quote + text.replace(quote, "") + quote,
    )
    return lines.encode("utf-8", "surrogateescape")


# Where a report holds log text: the name of the place, and all its texts.
PLACES: dict[str, Callable[[Report], list[str]]] = {
    "log names": lambda report: [source.name for source in report.sources],
    "workflow names": lambda report: [run.workflow.name for run in report.runs],
    "workflow signatures": lambda report: [run.workflow.signature for run in report.runs],
    "devices": lambda report: [start.device or "" for start in report.server_starts],
    "node packs": lambda report: [node.name for start in report.server_starts for node in start.custom_nodes],
    "reasons": lambda report: [node.reason or "" for start in report.server_starts for node in start.custom_nodes],
    "bars": lambda report: [bar.label for run in report.runs for bar in run.bars],
    "units": lambda report: [bar.unit for run in report.runs for bar in run.bars],
    "detections": lambda report: [found.label for run in report.runs for found in run.detections],
    "models": lambda report: [load.model or "" for run in report.runs for load in run.loads],
    "versions": lambda report: [start.comfyui_version or "" for start in report.server_starts],
    "failures": lambda report: [run.failure.message for run in report.runs if run.failure],
    "lines not recognised": lambda report: [sample.text for sample in report.unparsed.samples],
    "findings": lambda report: [text for found in report.findings for text in (found.summary, found.detail)],
}
