"""Known inputs checked once, without atheris: the seeds, and what a corpus has grown to."""

from pathlib import Path

from fuzz.finding import Faults
from fuzz.targets import target_of


def replay(name: str, folder: Path) -> int:
    """How many faults a target's inputs show; each is kept in the folder."""
    target = target_of(name)
    faults = Faults(target.check, folder / name / "faults")
    count = faults.recheck()
    for seed in target.seeds():
        count += 1
        faults(seed)
    for kind in ("corpus", "failures"):
        for path in sorted((folder / name / kind).glob("*")):
            count += 1
            faults(path.read_bytes())
    print(f"{name}: {count:,} inputs, {len(faults)} faults", flush=True)
    return len(faults)
