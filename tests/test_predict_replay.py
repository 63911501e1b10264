"""Recorded sessions, watched as they arrived, each run predicted from the runs before it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import fmean, median

import pytest

from analyzer.predict import ForecastRecord, Forecasts, History, LiveLog, Prediction, RiskAlert, predict, sentence
from analyzer.runs.model import Outcome, Run
from tests.captures import chunks, executed
from tests.live import arrivals

SESSIONS = ("S5-soak", "S3-queue", "S2-two-pass")
LIMIT = 8.0
_FRAME = re.compile(rb"\r *\d+%\|[^|]*\| (\d+)/(\d+) \[[^\]]*\] *")


@dataclass
class Watched:
    """A run as it was seen: predictions at each event, and the run once it was over. `past`: earlier runs of its workflow."""

    predictions: list[Prediction] = field(default_factory=list)
    passes: list[tuple[float, float]] = field(default_factory=list)
    run: Run | None = None
    past: list[float] = field(default_factory=list)


def watch(session: str) -> Iterator[Watched]:
    log, history, seconds = LiveLog(), History(), dict[str, list[float]]()
    watched = Watched()
    for at, events in arrivals(session):
        for event in events:
            ended = log.feed(event, at)
            if ended is not None:
                history = history.plus(ended.course)
                watched.run = ended.run
                watched.passes = [(steps.done, steps.total) for steps in ended.live.passes] if ended.live else []
                known = seconds.setdefault(ended.run.workflow.signature, [])
                watched.past = list(known)
                if ended.run.duration_seconds is not None:
                    known.append(ended.run.duration_seconds)
                yield watched
                watched = Watched()
            if log.current is not None:
                watched.predictions.append(predict(log.current, history, at, LIMIT))


@pytest.fixture(scope="module")
def sessions() -> dict[str, list[Watched]]:
    return {session: list(watch(session)) for session in SESSIONS}


@pytest.mark.parametrize("session", SESSIONS)
def test_every_run_is_watched_with_all_its_passes_and_steps(sessions: dict[str, list[Watched]], session: str) -> None:
    prompts = executed(session)
    assert len(sessions[session]) == len(prompts)
    for watched, prompt in zip(sessions[session], prompts, strict=True):
        ran = sorted((facts["start"], node) for node, facts in prompt["nodes"].items() if node in prompt["sampler_steps"])
        expected = [float(prompt["sampler_steps"][node]) for _, node in ran]
        assert watched.passes == [(steps, steps) for steps in expected]


@pytest.mark.parametrize("session", SESSIONS)
def test_steps_are_seen_when_their_frames_arrive(sessions: dict[str, list[Watched]], session: str) -> None:
    by_time = {one.at: one for watched in sessions[session] for one in watched.predictions}
    seen = 0
    for chunk in chunks(session):
        frame = _FRAME.fullmatch(chunk.data)
        if frame and frame[1] != frame[2]:  # with the last step the pass is over
            found = by_time[chunk.at]
            assert (found.steps, found.total_steps) == (float(frame[1]), float(frame[2]))
            seen += 1
    assert seen > 20


def test_the_phases_on_the_way_are_those_of_the_finished_run(sessions: dict[str, list[Watched]]) -> None:
    for watched in (one for group in sessions.values() for one in group):
        assert watched.run is not None
        shown = {one.phase for one in watched.predictions}
        long = {time.phase for time in watched.run.phases if time.seconds > 0.5 and time.phase != "other"}
        assert long <= shown, watched.run.number


SHARES = (0.25, 0.5, 0.75)


def test_predictions_come_closer_than_the_median_and_hold_what_they_say(sessions: dict[str, list[Watched]]) -> None:
    every: list[tuple[float, float, float, bool]] = []
    for session, group in sessions.items():
        found = [row for watched in group for row in errors(watched)]
        for share in SHARES:
            ours, plain = (fmean(row[place] for row in found if row[0] == share) for place in (1, 2))
            print(f"{session} at {100 * share:.0f} %: off by {ours:.2f} s, median - elapsed by {plain:.2f} s")
            assert ours < plain
        every += found
    for share in SHARES:
        assert fmean(row[1] for row in every if row[0] == share) < 0.7 * fmean(row[2] for row in every if row[0] == share)
    print(f"the 80 % interval held {100 * fmean(row[3] for row in every):.0f} % of {len(every)}")
    assert fmean(row[3] for row in every) > 0.65


def errors(watched: Watched) -> Iterator[tuple[float, float, float, bool]]:
    """(share of the run, error in seconds, that of the median of earlier runs less the time elapsed, within the interval)."""
    record = recorded(watched)
    if record is None or not watched.past:
        return
    for share, one in zip(SHARES, record.forecasts, strict=True):
        plain = max(0.0, median(watched.past) - one.elapsed_seconds)
        yield share, abs(one.remaining_seconds - one.actual_seconds), abs(plain - one.actual_seconds), one.held


def recorded(watched: Watched) -> ForecastRecord | None:
    run = watched.run
    if run is None or run.ended_at is None or run.outcome is not Outcome.SUCCESS or not watched.predictions:
        return None
    kept = Forecasts()
    for one in watched.predictions:
        kept.add(one)
    return kept.close(run.ended_at, workflow=run.workflow.signature, well=True)


def test_the_risk_is_one_beyond_the_limit_and_the_record_says_who_was_right(sessions: dict[str, list[Watched]]) -> None:
    over = 0
    for watched in (one for group in sessions.values() for one in group):
        assert watched.run is not None
        for one in watched.predictions:
            assert one.p_exceed is not None
            assert (one.p_exceed == 1.0) == (one.used_seconds >= LIMIT)
            assert sentence(one)
        record = recorded(watched)
        if record is not None and record.at_half_limit is not None:
            used = watched.run.used_seconds or 0.0
            assert record.at_half_limit.exceeded == (used > LIMIT) or used == pytest.approx(LIMIT, abs=0.5)
            over += record.at_half_limit.exceeded
    assert over >= 5


def test_alerts_come_before_the_limit_and_hardly_ever_for_nothing(sessions: dict[str, list[Watched]]) -> None:
    late, false, right = 0, 0, 0
    for watched in (one for group in sessions.values() for one in group):
        alert = RiskAlert()
        raised = [event for one in watched.predictions for event in alert.update(one) if event.notify]
        assert watched.run is not None
        over = (watched.run.used_seconds or 0.0) > LIMIT
        assert len([event for event in raised if event.change == "raised"]) <= 1
        false += bool(raised) and not over
        right += bool(raised) and over
        late += over and not raised
    print(f"alerts: {right} right, {false} false, {late} runs over the limit without one")
    assert right > 0
    assert false <= 1
