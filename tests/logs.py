"""Text to what comfymeter reads in it, the whole way through containers, parser, runs and budgets."""

from analyzer.analysis import SourceInfo
from analyzer.containers import detect
from analyzer.events import Event
from analyzer.lines import line_blocks
from analyzer.parse import Parser
from analyzer.reading import LogReader, LogReading


def log(*lines: str) -> bytes:
    """Lines of a log, each ended by LF."""
    return "".join(f"{line}\n" for line in lines).encode()


def frames(*frame: str, tail: str = "") -> str:
    """Progress frames as tqdm writes them: each behind its carriage return."""
    return "".join(f"\r{text}" for text in frame) + tail


def sampler(steps: int = 28, clock: str = "01:07", rate: str = "2.42s/it") -> str:
    """A whole sampler bar: its start, a frame in between, its end and the repeated end."""
    final = f"100%|██████████| {steps}/{steps} [{clock}<00:00,  {rate}]"
    return frames(
        f"  0%|          | 0/{steps} [00:00<?, ?it/s]", f"  4%|▍         | 1/{steps} [00:02<01:05,  {rate}]", final, final
    )


def read(data: bytes, *, name: str = "comfyui.log") -> LogReading:
    """What a log says."""
    container = detect(data)
    reader = LogReader(expects_bars=container.expects_bars)
    source = SourceInfo(name=name, bytes=len(data), container=container.name, stamps=container.stamps)
    reader.read(name, container.unwrap(line_blocks([data]), None), lambda: source)
    return reader.result()


def events(data: bytes) -> list[Event]:
    """The events of a log."""
    found: list[Event] = []
    parser = Parser(found.append)
    for piece in detect(data).unwrap(line_blocks([data]), None):
        parser.feed(piece)
    parser.flush()
    return found
