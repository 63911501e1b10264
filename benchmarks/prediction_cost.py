"""What one prediction costs, by what the run is doing."""

import time
from collections.abc import Iterator

import numpy as np

from analyzer.predict import History, LiveRun, predict
from benchmarks.prediction_generator import Law, lines, make, workflow
from benchmarks.prediction_scores import course_of

_REPEATS = 300


def cost_rows() -> Iterator[str]:
    rng = np.random.default_rng(1)
    one = workflow(Law.LOGNORMAL, rng)
    history = History.of_courses([course_of(make(one, rng)) for _ in range(30)])
    run = make(one, rng)
    for share in (0.01, 0.1, 0.5, 0.99):
        live = LiveRun(started_at=0.0)
        now = share * run.seconds
        for event in lines(run):
            if (event.at or 0.0) <= now:
                live.feed(event)
        predict(live, history, now, run.seconds)
        began = time.perf_counter()
        for _ in range(_REPEATS):
            predict(live, history, now, run.seconds)
        yield f"at {100 * share:>2.0f} % of a run ({live.phase}): {1000 * (time.perf_counter() - began) / _REPEATS:.2f} ms"
