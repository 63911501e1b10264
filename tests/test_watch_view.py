"""The live view: golden pictures, whatever the width, and nothing of a log that could do harm."""

import io
import re
from datetime import UTC
from pathlib import Path

import pytest
from rich.console import Console

from analyzer.vram.sample import GpuSample
from exporters.happenings import StallKind
from exporters.notifiers import Severity
from exporters.peak_hold import Peak
from exporters.watching.gpu_rows import GpuNow, gpus_now
from exporters.watching.past_rows import Told
from exporters.watching.screen import console_for
from exporters.watching.view import view
from tests.watched_servers import GIB, GPU, HOSTILE, NOON, SERVERS, TOLD, idle, running, stalled

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = (80, 140)
PICTURES = ("running", "idle", "down", "stalled")


def picture(name: str, width: int, *, color: bool = False, unicode: bool = True) -> str:
    """What a terminal of this width gets to see."""
    written = io.StringIO()
    console = console_for(written, color=False, width=width)
    if color:
        console = Console(file=written, force_terminal=True, color_system="truecolor", markup=False, width=width)
    gpus = (GPU,) if name == "running" else ()
    told = {"running": TOLD, "hostile": [Told(at=NOON, text=HOSTILE, severity=Severity.INFO)]}.get(name, [])
    console.print(view(SERVERS[name](), gpus, NOON + 180.0, width, told=told, zone=UTC, unicode=unicode))
    return written.getvalue()


def golden(width: int) -> str:
    return "\n".join(f"--- {name}\n{picture(name, width)}" for name in PICTURES)


@pytest.mark.parametrize("width", WIDTHS)
def test_pictures(width: int) -> None:
    assert golden(width) == (GOLDEN / f"watch-{width}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("width", [40, *WIDTHS])
def test_it_fits(name: str, width: int) -> None:
    lines = picture(name, width).splitlines()
    assert len(lines) <= 23
    assert all(len(line) < width for line in lines)


def test_log_text_cannot_do_anything() -> None:
    plain = picture("hostile", 140)
    assert all(character.isprintable() or character == "\n" for character in plain)
    assert "owned" not in plain
    assert "[bold]x[/]" in plain
    # Colours are ours, and they are all that there is.
    coloured = re.sub(r"\x1b\[[0-9;]*m", "", picture("hostile", 140, color=True))
    assert all(character.isprintable() or character == "\n" for character in coloured)


def test_a_terminal_without_blocks_gets_other_characters() -> None:
    assert picture("running", 80, unicode=False).isascii()


def test_what_the_goldens_show_is_what_is_there() -> None:
    server = running()
    assert server.in_flight is not None
    assert server.in_flight.prediction is not None
    assert server.in_flight.alert.active()
    assert stalled().stalls.kind is StallKind.SILENT_BUSY


def test_gpus_from_samples_and_from_the_servers_own_pool() -> None:
    sample = GpuSample(at=NOON, gpu=1, used_bytes=20 * GIB, total_bytes=24 * GIB, throttle=())
    stats = idle().stats
    (own,) = gpus_now([sample], {"1": Peak(used_bytes=21 * GIB)}, stats)
    assert own == GpuNow(
        label="1",
        used_bytes=20 * GIB,
        total_bytes=24 * GIB,
        server_bytes=15 * GIB,
        run_peak_bytes=21 * GIB,
        slowed=False,
    )
    assert own.other_bytes == 5 * GIB
    # With two GPUs nobody knows which is the server's.
    assert [gpu.server_bytes for gpu in gpus_now([sample, sample], {}, stats)] == [None, None]
    assert gpus_now([sample], {}, None)[0].other_bytes is None


if __name__ == "__main__":
    for columns in WIDTHS:
        (GOLDEN / f"watch-{columns}.txt").write_text(golden(columns), encoding="utf-8")
