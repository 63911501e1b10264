"""The process that fuzzes one target under atheris: `python -m fuzz.child TARGET FOLDER SECONDS`. `fuzz.campaign` starts it."""

import hashlib
import sys
from pathlib import Path

# More memory is a leak or a bomb; more seconds by the clock, even on a busy machine, are no linear time.
MOST_MEGABYTES = 1024
MOST_SECONDS = 60
_OURS = ["analyzer", "exporters"]


def main(name: str, folder: Path, seconds: int) -> None:
    """Fuzzes for so long; ends the process."""
    import atheris

    with atheris.instrument_imports(include=_OURS):
        from fuzz.finding import Faults
        from fuzz.targets import target_of

        target = target_of(name)
        corpus, faults = folder / "corpus", Faults(target.check, folder / "faults")
        corpus.mkdir(parents=True, exist_ok=True)
        (folder / "failures").mkdir(exist_ok=True)
        faults.recheck()
        for seed in target.seeds():
            (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
            faults(seed)  # all modules are imported, and instrumented, before the fuzzer begins
    words = folder / "words.dict"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words), encoding="ascii")
    arguments = [
        sys.argv[0],
        str(corpus),
        f"-dict={words}",
        f"-max_total_time={seconds}",
        f"-max_len={target.most_bytes}",
        f"-rss_limit_mb={MOST_MEGABYTES}",
        f"-timeout={MOST_SECONDS}",
        f"-artifact_prefix={folder}/failures/",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    mutator = target.mutator
    if mutator:
        atheris.Setup(arguments, faults, custom_mutator=lambda data, size, seed: mutator(data, size, seed, atheris.Mutate))
    else:
        atheris.Setup(arguments, faults)
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
