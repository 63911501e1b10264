"""Fuzzes comfymeter: `python -m fuzz TARGET... [--seconds N] [--folder DIR]`, or checks known inputs: `--replay`."""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

from fuzz.campaign import fuzz, recorded
from fuzz.replaying import replay
from fuzz.targets import TARGETS
from fuzz.telling import table

_FOLDER = Path(".fuzz")
_NEEDS = "fuzzing needs atheris (Linux or macOS): pip install atheris; --replay works without it"


def main() -> int:
    """Reads the arguments, fuzzes, prints figures; the exit code is 1 if there were faults."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{', '.join(target.name for target in TARGETS)}, or all")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="for each target (60)")
    parser.add_argument("--folder", type=Path, default=_FOLDER, metavar="DIR", help=f"corpus, faults, figures ({_FOLDER})")
    parser.add_argument("--replay", action="store_true", help="check seeds and corpus once, without atheris")
    parser.add_argument("--table", action="store_true", help="only print what all runs with this folder came to")
    given = parser.parse_args()
    names = [target.name for target in TARGETS]
    wanted = names if given.targets == ["all"] else given.targets
    if unknown := [name for name in wanted if name not in names]:
        parser.error(f"{unknown[0]} is no target; there are {', '.join(names)}")
    if given.table:
        print(table(recorded(given.folder)))
        return 0
    if not wanted:
        parser.error("name a target, or all")
    if given.replay:
        return 1 if sum(replay(name, given.folder) for name in wanted) else 0
    if find_spec("atheris") is None:
        print(_NEEDS, file=sys.stderr)
        return 1
    return 1 if sum(_fuzzed(name, given.folder, given.seconds) for name in wanted) else 0


def _fuzzed(name: str, folder: Path, seconds: int) -> int:
    """How many faults and failures there are."""
    figures = fuzz(name, folder, seconds)
    print(table([figures]), flush=True)
    return figures.faults + figures.failures


if __name__ == "__main__":
    sys.exit(main())
