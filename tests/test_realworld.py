"""Logs of other people's servers, where they are at hand: they may not be copied into the project."""

import re
from pathlib import Path

import pytest

from analyzer.errors import NoTimesError
from analyzer.logs import ReadOptions, read_groups, read_logs
from analyzer.quoting import with_quotes
from analyzer.renderers import RENDERERS, pieces
from analyzer.renderers.base import Options
from analyzer.report import Question, build_report
from analyzer.sources import resolve

ROOT = Path(__file__).parent.parent.parent / "shared" / "realworld"
LOGS = sorted(ROOT.glob("*.log"))

# An independent idea of which lines carry timing, memory, model, progress, queue or error information: written from the logs
# with grep, not from the families.
TELLING = re.compile(
    rb"got prompt|Prompt executed in|invalid prompt|Failed to validate prompt|Processing interrupted|Interrupting prompt|interrupt \(no"
    rb"|Requested to load|loaded completely|loaded partially|loading in lowvram|Unloaded partially|models unloaded|Loading \d+ new model"
    rb"|model_type |model weight dtype|VAE load device|load device:.*offload device|straight to GPU|directly to GPU"
    rb"|\d+%\|.*\[\d\d:\d\d|\dit \[\d\d:\d\d"
    rb"|Total VRAM|[Pp]ytorch version|Set vram state|^(?:\S+ )?Device: |Using (?:pytorch|xformers|split|sage|sub quadratic)[\w ]* (?:attention|optimization)"
    rb"|\d\.\d seconds(?: \((?:PRESTARTUP|IMPORT) FAILED\))?: |Import times for|Starting server|To see the GUI|ComfyUI startup time"
    rb"|!!! Exception|Traceback \(most recent|out of memory|Ran out of memory|Cannot import"
    rb"|\d+x\d+ .*\d\.\dms$|# of Detected SEGS|Detailer: segment upscale"
)


def missed(path: Path) -> tuple[int, list[bytes]]:
    """How many lines carry information by the independent count, and those of them that were not recognised."""
    unrecognised: set[int] = set()
    read_logs([str(path)], ReadOptions(on_unrecognised=lambda line, text: unrecognised.add(line)))
    telling = {number: line for number, line in enumerate(path.read_bytes().split(b"\n"), 1) if TELLING.search(line)}
    return len(telling), [line for number, line in telling.items() if number in unrecognised]


@pytest.mark.skipif(not LOGS, reason=f"no {ROOT.name} logs beside the project")
def test_lines_that_carry_information_are_recognised() -> None:
    total, lost = 0, list[bytes]()
    print(f"{'log':<34} runs  unparsed  telling lines  missed")
    for path in LOGS:
        report = build_report(read_logs([str(path)], ReadOptions()), Question())
        count, missing = missed(path)
        total += count
        lost += missing
        print(f"{path.name:<34} {len(report.runs):>4} {report.unparsed.share:>8.1%} {count:>14} {len(missing):>7}")
    print(f"{1 - len(lost) / total:.2%} of {total} lines that carry information are recognised; missed: {lost[:5]}")

    assert total > 2000
    assert len(lost) <= 0.01 * total


@pytest.mark.skipif(not LOGS, reason=f"no {ROOT.name} logs beside the project")
@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_every_format_is_made_of_every_log(path: Path) -> None:
    groups = resolve([str(path)])
    report = with_quotes(build_report(read_groups(groups, ReadOptions()), Question(limit_seconds=300)), groups, None)

    for renderer in RENDERERS:
        try:
            assert b"".join(
                piece if isinstance(piece, bytes) else piece.encode() for piece in pieces(renderer, report, Options())
            )
        except NoTimesError:
            assert all(run.started_at is None for run in report.runs)
