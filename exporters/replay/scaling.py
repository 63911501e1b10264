"""Log text as the server would have printed it at another speed: closing lines, progress bars, printed milliseconds.

Without this a log replayed at fifty times the speed would claim durations that its own stamps contradict. Start-up lines
(import times) are left as they are.
"""

import re
import time

_CLOSING = re.compile(r"Prompt executed in (\d+\.\d+) seconds")
# tqdm's frame behind its bar: "| 3/8 [00:01<00:01,  2.90it/s]"; the first frame has `?` for what it cannot know.
_FRAME = re.compile(r"(\d+)/(\d+) \[([\d:]+)<([\d:?]+), +(\?|[\d.]+)(it/s|s/it)([^\]]*)\]")
_MILLISECONDS = re.compile(r"(\d+\.\d+)ms")
# Above this ComfyUI writes a clock (`main.py`, `prompt_worker`).
_CLOCK_ABOVE_SECONDS = 600


class TextScaler:
    """Rewrites the writes of a log in order. It remembers when each bar began: a bar's own clock has whole seconds only."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._began: dict[str, float] = {}

    def scale(self, at: float, text: str) -> str:
        """The text of a write of session second `at`."""
        if self._speed == 1:
            return text
        text = _CLOSING.sub(self._closing, text)
        text = _MILLISECONDS.sub(lambda found: f"{float(found[1]) / self._speed:.1f}ms", text)
        return _FRAME.sub(lambda found: self._frame(at, found), text)

    def _closing(self, found: re.Match[str]) -> str:
        seconds = float(found[1]) / self._speed
        if seconds > _CLOCK_ABOVE_SECONDS:
            return f"Prompt executed in {time.strftime('%H:%M:%S', time.gmtime(seconds))}"
        return f"Prompt executed in {seconds:.2f} seconds"

    def _frame(self, at: float, found: re.Match[str]) -> str:
        steps, total, rate = int(found[1]), int(found[2]), found[5]
        if steps == 0:
            self._began[found[2]] = at
        per_step = None if rate == "?" or not float(rate) else self._per_step(float(rate), found[6])
        began = self._began.get(found[2])
        elapsed = (at - began) / self._speed if began is not None else steps * (per_step or 0.0)
        remaining = _interval((total - steps) * per_step) if per_step else found[4]
        return f"{steps}/{total} [{_interval(elapsed)}<{remaining}, {_rate(per_step)}{found[7]}]"

    def _per_step(self, rate: float, unit: str) -> float:
        """Seconds per step in the replay."""
        return (rate if unit == "s/it" else 1 / rate) / self._speed


def _interval(seconds: float) -> str:
    """tqdm's `format_interval`."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute:02d}:{second:02d}"


def _rate(per_step: float | None) -> str:
    """tqdm shows the number that is above one."""
    if per_step is None:
        return "?it/s"
    return f"{per_step:5.2f}s/it" if per_step > 1 else f"{1 / per_step:5.2f}it/s"
