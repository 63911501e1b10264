"""Logs that cannot be read, that hold nothing, and questions that they cannot answer."""

import errno
import gzip
import sys

from tests.error_messages.case import ERROR, NO_RUNS, USAGE, Case, failing, without
from tests.test_bombs import greedy_xz

RUN = "got prompt\nPrompt executed in 30.00 seconds\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 20
REJECTED = "got prompt\nFailed to validate prompt for output 9:\n* KSampler 3:\n  - Value not in list\nOutput will be ignored\n"
REJECTED += "invalid prompt: {'type': 'prompt_outputs_failed_validation'}\n"
PATCH_OPEN = "analyzer.sources.files._open_local"


def no_package(monkeypatch: object) -> None:
    """fsspec is there, and what it needs for a protocol is not."""
    without("gcsfs")(monkeypatch)  # type: ignore[arg-type]


READING = (
    Case(arguments="report missing.log", code=ERROR, words="missing.log: no such file; is the path right?"),
    Case(arguments="report x.log", code=ERROR, words="x.log: is empty; does the server write", files={"x.log": ""}),
    Case(arguments="report x.log", code=ERROR, words="x.log: holds nothing but NUL bytes", files={"x.log": bytes(99)}),
    Case(arguments="report x.png", code=ERROR, words="x.png: this is a PNG", files={"x.png": PNG}),
    Case(
        arguments="report x.log.gz",
        code=ERROR,
        words="x.log.gz: nothing can be read: the gzip data ends too early; copy or download it again",
        files={"x.log.gz": gzip.compress(RUN.encode() * 99)[:12]},
    ),
    Case(
        arguments="report x.log.xz",
        code=ERROR,
        words="x.log.xz: the xz data asks for more than 128 MiB of memory; unpack it yourself",
        files={"x.log.xz": greedy_xz(RUN.encode())},
    ),
    Case(
        arguments="report x.log.zst",
        code=ERROR,
        words="x.log.zst: zstd needs an extra: pip install 'comfymeter[zstd]', or unpack the file first",
        files={"x.log.zst": b"\x28\xb5\x2f\xfd" + bytes(99)},
        patch=without("zstandard"),
    ),
    Case(arguments="report *.nothing", code=ERROR, words="*.nothing: no file matches"),
    Case(arguments="report here", code=ERROR, words="here: no logs in this directory; name", files={"here/notes.md": "no logs"}),
    Case(arguments="report here", code=ERROR, words="here/x.log: this is a PNG", files={"here/x.log": PNG}),
    Case(arguments="report memory://nothing/*.log", code=ERROR, words="memory://nothing/*.log: no file there matches"),
    Case(arguments="report memory://nothing.log", code=ERROR, words="memory://nothing.log: no such file"),
    Case(arguments="report nosuch://x.log", code=ERROR, words="nosuch://x.log: is no URL that can be read (Protocol not known"),
    Case(arguments="report gs://x/x.log", code=ERROR, words="gs://x/x.log: Please install gcsfs", patch=no_package),
    Case(
        arguments="report s3://x/x.log",
        code=ERROR,
        words="s3://x/x.log: URLs need an extra: pip install 'comfymeter[remote]'",
        patch=without("fsspec"),
    ),
    Case(
        arguments="report good.log",
        code=ERROR,
        words="good.log: permission denied; run as a user who may read it",
        patch=failing(PATCH_OPEN, PermissionError(errno.EACCES, "Permission denied")),
    ),
    Case(
        arguments="report good.log",
        code=ERROR,
        words="good.log: cannot be read (Input/output error)",
        patch=failing(PATCH_OPEN, OSError(errno.EIO, "Input/output error")),
    ),
)
ANSWERS = (
    Case(
        arguments="report x.log", code=NO_RUNS, words="x.log: no run in this log; `comfymeter doctor`", files={"x.log": "hello\n"}
    ),
    Case(
        arguments="report x.log",
        code=NO_RUNS,
        words="x.log: 1 requests but no run; `comfymeter doctor`",
        files={"x.log": REJECTED},
    ),
    Case(arguments="report good.log --workflow x", code=NO_RUNS, words="good.log: no run of the workflow 'x'; there are "),
    Case(arguments="report stamped.log --since 2099-01-01", code=NO_RUNS, words="lies in the given time"),
    Case(arguments="report good.log --since -3h", code=USAGE, words="--since: '-3h' counts from the log's end, but"),
    Case(arguments="report good.log --since 20:10", code=USAGE, words="--since: '20:10' names no day, and the log has no"),
    Case(
        arguments="report stamped.log --until someday-soon", code=USAGE, words="--until: 'someday-soon' is no time: write it like"
    ),
    Case(arguments="report stamped.log --until -3x", code=USAGE, words="--until: '3x' is not a duration: write it like 90s"),
    Case(arguments="report good.log --timeout soon", code=USAGE, words="--timeout: 'soon' is not a duration: write it like 90s"),
    Case(arguments="report good.log --timezone Mars", code=USAGE, words="--timezone: 'Mars' is not a time zone: write it like"),
    Case(arguments="report good.log --color red", code=USAGE, words="--color: 'red' must be one of auto, always, never"),
    Case(arguments="report good.log --top 0", code=USAGE, words="'--top': 0 is not in the range x>=1"),
    Case(arguments="report good.log --engine spark", code=USAGE, words="--engine: 'spark' must be local or dask"),
    Case(arguments="report good.log --scheduler tcp://a", code=USAGE, words="--scheduler: only Dask has one; add --engine dask"),
    Case(
        arguments="report good.log --engine dask --scheduler a", code=USAGE, words="--scheduler: 'a' must be an address like tcp:"
    ),
    Case(
        arguments="report good.log --engine dask",
        code=USAGE,
        words="--engine dask needs Dask: pip install 'comfymeter[dask]'",
        patch=without("distributed"),
    ),
    Case(arguments="report good.log --vram good.log", code=ERROR, words="good.log: line 1: no line says how much GPU memory"),
    Case(arguments="report", code=USAGE, words="Missing argument 'LOG...'"),
    Case(arguments="report --nothing good.log", code=USAGE, words="No such option: --nothing"),
    Case(arguments="nothing", code=USAGE, words="No such command 'nothing'"),
    Case(arguments="show good.log", code=USAGE, words="Missing argument 'RUN'"),
    Case(arguments="show good.log 99", code=USAGE, words="good.log: has no run 99; the last is 1"),
    Case(
        arguments="show here 1", code=USAGE, words="here: stands for 2 logs", files={"here/a.log": RUN, "here/b.log": "\n" + RUN}
    ),
    Case(arguments="check good.log", code=USAGE, words="check: give a bound: --limit 300s"),
    Case(arguments="check good.log --max-failed many", code=USAGE, words="--max-failed: 'many' is not a share: write it like 5%"),
    Case(
        arguments="check good.log --p95 1m -o x.docx",
        code=USAGE,
        words="x.docx: the suffix does not name a format; known are .xml",
    ),
    Case(
        arguments="check good.log --p95 1m --format x", code=USAGE, words="x is not a format of this command; known are text json"
    ),
)
OUTPUTS = (
    Case(arguments="report good.log --format docx", code=USAGE, words="docx is not a format; known are terminal"),
    Case(arguments="report good.log -o x.docx", code=USAGE, words="x.docx: the suffix does not name a format; known are"),
    Case(
        arguments="report good.log -o x.parquet",
        code=USAGE,
        words="parquet needs pyarrow: pip install 'comfymeter[parquet]'",
        patch=lambda monkeypatch: monkeypatch.setattr("analyzer.renderers.find_spec", lambda name: None),
    ),
    Case(arguments="report good.log -o x.om", code=ERROR, words="good.log: no run has a date and time; `comfymeter doctor`"),
    Case(arguments="report good.log -o good.log/x.json", code=ERROR, words="good.log/x.json: cannot be written: "),
    Case(
        arguments="report good.log --unparsed no/x.txt",
        code=ERROR,
        words="no/x.txt: cannot be written: No such file or directory",
    ),
    Case(arguments="timeout good.log -o x.docx", code=USAGE, words="x.docx: the suffix does not name a format; known are"),
    Case(arguments="report stamped.log --otlp here", code=USAGE, words="--otlp: not an http or https address; write it like"),
    Case(
        arguments="report stamped.log --otlp env",
        code=USAGE,
        words="OTEL_EXPORTER_OTLP_ENDPOINT: not an http",
        patch=lambda monkeypatch: monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "here"),
    ),
    Case(
        arguments="report stamped.log --otlp http://127.0.0.1:1",
        code=ERROR,
        words="http://127.0.0.1:1/v1/traces: spans were not taken: Connection refused",
        patch=lambda monkeypatch: monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
    ),
    Case(
        arguments="report stamped.log --otlp http://127.0.0.1:1",
        code=ERROR,
        words="OTEL_EXPORTER_OTLP_*: no such certificate",
        patch=failing("analyzer.sending.OTLPSpanExporter", ValueError("no such certificate")),
    ),
)
RECORDING = (
    Case(arguments="record --append", code=USAGE, words="--append: name the log with -o FILE"),
    Case(
        arguments="record",
        code=USAGE,
        words="record: name the program, as in comfymeter record -- python main.py, or pipe",
        patch=lambda monkeypatch: monkeypatch.setattr("os.isatty", lambda handle: True),
    ),
    Case(arguments="record --rotate big -- true", code=USAGE, words="--rotate: 'big' is no size: write it like 100M"),
    Case(arguments="record --rotate 3X -- true", code=USAGE, words="--rotate: '3X' is no size: write it like 100M"),
    Case(arguments="record --rotate 0 -- true", code=USAGE, words="--rotate: '0' is no size: write it like 100M"),
    Case(arguments="record --vram-interval x -- true", code=USAGE, words="--vram-interval: 'x' is not a duration: write it like"),
    Case(arguments="record -o x.log -- ./none", code=127, words="./none: no such program; is the path right?"),
    Case(arguments="record -o x.log -- ./good.log", code=126, words="./good.log: cannot be started: Permission denied"),
    Case(arguments="record -o good.log -- true", code=USAGE, words="good.log: exists; give another name, or --append"),
    Case(arguments="record -o good.log --append -- true", code=USAGE, words="good.log: is no log that comfymeter recorded"),
    Case(
        arguments="record -o x.log -- true",
        code=ERROR,
        words="x.log: cannot be written: No space left on device",
        patch=failing("analyzer.recording.places.RollingFile.create", OSError(errno.ENOSPC, "No space left on device")),
    ),
    Case(
        arguments="record -o a/x.log -- true",
        code=ERROR,
        words="a: is no directory; give another place for the log",
        files={"a": ""},
    ),
)
CASES = READING + ANSWERS + OUTPUTS + (RECORDING if sys.platform != "win32" else ())
