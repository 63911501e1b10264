"""Synthetic VRAM beside real sessions: the captures come from a server without a GPU, so their memory curve is made up here.

It follows the nodes that really ran (`truth.json`): models come in and stay, sampling and decoding add to them, a second process
takes a part of the GPU from the middle of the session on. Nothing in it is random. The files `sample_logs/stamped-with-vram.log`
and its `.vram.csv` are written by `python -c "from tests.vram_curve import write_sample; write_sample()"`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from analyzer.units import GIB
from analyzer.vram.recorded import header, row
from analyzer.vram.sample import GpuSample
from tests.captures import chunks, truth
from tests.samples import SAMPLES

SESSION = "S2-two-pass"
NAME = "stamped-with-vram.log"
STEP_SECONDS = 0.5
TOTAL = round(23.64 * GIB)
CONTEXT, DESKTOP, SECOND = round(0.42 * GIB), round(0.61 * GIB), round(4.3 * GIB)
# What a node leaves on the GPU, and what it needs only while it works.
STAYS = {"CLIPTextEncode": round(3.1 * GIB), "KSampler": round(11.3 * GIB), "VAEDecode": round(0.16 * GIB)}
WORKS = {"CLIPTextEncode": round(0.3 * GIB), "KSampler": round(1.9 * GIB), "VAEDecode": round(3.4 * GIB)}
BUSY = {"KSampler": 0.99, "VAEDecode": 0.82, "CLIPTextEncode": 0.35, "UNETLoader": 0.04}
WATTS = {"KSampler": 318.5, "VAEDecode": 241.0, "CLIPTextEncode": 128.25, "UNETLoader": 74.0}


def stamped(session: str) -> bytes:
    """A session's log as `docker logs -t` gives it: each line with the time at which its end arrived."""
    made, line = [], b""
    for chunk in chunks(session):
        for part in chunk.data.splitlines(keepends=True) if b"\n" in chunk.data else [chunk.data]:
            line += part
            if line.endswith(b"\n"):
                stamp = datetime.fromtimestamp(chunk.at, UTC).isoformat(timespec="microseconds").replace("+00:00", "000Z")
                made.append(stamp.encode() + b" " + line)
                line = b""
    return b"".join(made)


def curve(session: str, *, step: float = STEP_SECONDS) -> list[GpuSample]:
    """The samples of one GPU from the server's start to its end."""
    told = truth(session)
    first, last = told["server_starts"][0]["spawn"], told["server_starts"][-1]["exit"]
    moments = [first + step * number for number in range(int((last - first) / step) + 1)]
    states = list(_states(told, moments))
    energy = accumulate((watts * step for _, _, _, watts in states), initial=81_234_567.0)
    middle = (first + last) / 2
    return [
        GpuSample(
            at=round(at, 3),
            gpu=0,
            used_bytes=min(TOTAL, process + DESKTOP + (SECOND if at > middle else 0)),
            total_bytes=TOTAL,
            process_bytes=process,
            utilisation_ratio=busy,
            temperature_celsius=round(38 + watts / 12),
            power_watts=watts,
            energy_joules=round(joules, 3),
            throttle=("gpu_idle",) if node is None else ("sw_power_cap",) if node == "KSampler" else (),
        )
        for at, (process, node, busy, watts), joules in zip(moments, states, energy, strict=False)
    ]


def _states(told: dict[str, Any], moments: list[float]) -> Iterator[tuple[int, str | None, float, float]]:
    """At each moment what the server holds, the node at work, how busy the GPU is and what power it takes."""
    nodes = sorted(
        (facts["start"], facts["end"], facts["class_type"])
        for prompt in told["prompts"]
        for facts in prompt["nodes"].values()
        if facts["start"] and facts["end"]
    )
    ready = told["server_starts"][0]["ready"]
    for at in moments:
        resident = {kind for start, _, kind in nodes if kind in STAYS and start <= at}
        node = next((kind for start, end, kind in nodes if start <= at < end), None)
        held = CONTEXT + sum(STAYS[kind] for kind in resident) + WORKS.get(node or "", 0) if at >= ready else 0
        yield held, node, BUSY.get(node or "", 0.0), WATTS.get(node or "", 31.5)


def csv(session: str) -> str:
    """The samples as `comfymeter record` writes them, behind a line that says what they are."""
    note = "# synthetic: a made-up GPU beside a real session of a server without one; see sample_logs/README.md\n"
    return note + header() + "".join(map(row, curve(session)))


def write_sample() -> None:
    """Writes the sample log and its VRAM file."""
    (SAMPLES / NAME).write_bytes(stamped(SESSION))
    (SAMPLES / f"{NAME}.vram.csv").write_bytes(csv(SESSION).encode())
