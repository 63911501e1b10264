"""Lines that findings cite, fetched from where they stand."""

from pathlib import Path

from analyzer.logs import ReadOptions, read_groups
from analyzer.quoting import with_quotes
from analyzer.report import Question, Quote, Report, build_report
from analyzer.sources import resolve
from analyzer.sources.keeping import readable_again
from tests.logs import frames, log, sampler

CLOSED = "Prompt executed in 303.88 seconds"


def quoted(*paths: Path) -> Report:
    groups = resolve([str(path) for path in paths])
    report = build_report(read_groups(groups, ReadOptions()), Question(limit_seconds=300))
    return with_quotes(report, groups, None)


def test_each_line_is_quoted_once_and_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "comfyui.log"
    path.write_bytes(log("got prompt", sampler(), CLOSED))

    report = quoted(path)

    cited = {line for finding in report.findings for line in finding.lines}
    assert Quote(source=str(path), line=3, text=CLOSED) in report.quotes
    assert [quote.line for quote in report.quotes] == sorted(cited)


def test_of_a_bar_the_last_frame_is_quoted(tmp_path: Path) -> None:
    path = tmp_path / "comfyui.log"
    bar = frames(
        "Loading pipeline components...:   0%|   | 0/7", "Loading pipeline components...: 100%|█| 7/7 [01:37<00:00, 13.97s/it]"
    )
    path.write_bytes(log("got prompt", bar, CLOSED))

    report = quoted(path)

    assert [quote.text for quote in report.quotes if quote.line == 2] == [
        "Loading pipeline components...: 100%|█| 7/7 [01:37<00:00, 13.97s/it]"
    ]


def test_a_finding_s_lines_are_those_of_its_run_s_log(tmp_path: Path) -> None:
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_bytes(log("got prompt", sampler(), "Prompt executed in 70.00 seconds"))
    second.write_bytes(log("got prompt", sampler(), "", CLOSED))

    report = quoted(first, second)

    assert Quote(source=str(second), line=4, text=CLOSED) in report.quotes


def test_a_line_without_end_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "comfyui.log"
    path.write_bytes(log("got prompt", f"!!! Exception during processing !!! {'x' * 5000}", CLOSED))

    assert max(len(quote.text) for quote in quoted(path).quotes) == 400


def test_only_a_pipe_is_copied(tmp_path: Path) -> None:
    path = tmp_path / "comfyui.log"
    path.write_bytes(log(CLOSED))
    groups = resolve([str(path)])

    assert readable_again(groups) == groups
