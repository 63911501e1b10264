"""The command as a process of its own."""

import subprocess
import sys

MAIN = "from analyzer.cli import main; main()"


def command(*arguments: object, code: str = MAIN) -> subprocess.CompletedProcess[str]:
    """Runs `comfymeter` with these arguments. `code`: what the process does, if it does more than that."""
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=False)
