"""Bytes of a log to every document that a report becomes."""

from fuzz import seeds
from fuzz.base import Target
from fuzz.documents import FORMATS, check_format, check_json, check_page, report_of

_PAGE_EVERY = 64
_HOSTILE = (
    b"<zqx a=1>",
    b'" onload=zqx() x="',
    b"</script><zqx>",
    b"\x1b]0;zqx\x07",
    "\u202e\u200b\u2028".encode(),
    b"[red]",
    b"|`*_",
)


def check(data: bytes) -> None:
    """JSON always, one of the other formats, and now and then the page."""
    report = report_of(data)
    check_json(report)
    check_format(report, FORMATS[seeds.choice(data, len(FORMATS))])
    if seeds.choice(data[::-1], _PAGE_EVERY) == 0:
        check_page(report)


REPORT = Target(
    name="report",
    what="bytes of a log to JSON, terminal, Markdown, CSV, traces, metrics and the page",
    seeds=lambda: (*seeds.examples(), *seeds.excerpts(4096, each=4)),
    check=check,
    words=(*_HOSTILE, *seeds.words(seeds.examples())),
)
