"""Why this limit, in words: what it promises, what it rests on, and what could make it wrong."""

from collections.abc import Iterator

from analyzer.timeouts.estimate import Bound, Estimate
from analyzer.units import format_share, plural


def reason(found: Estimate, chosen: float) -> str:
    """One or two sentences about one workflow."""
    if not found.finished:
        return f"no run has finished: it needs more than {_s(found.worst_seconds or 0)}; try {_s(chosen)} once and measure"
    achieved = found.risk_at(chosen)
    if found.bound is Bound.CAP and achieved > 1.1 * found.risk:
        promise = f"About {chance(achieved)} {found.workflow} runs may need longer than {_s(chosen)}, more than wanted"
    else:
        promise = f"At most about {chance(found.risk)} {found.workflow} runs will need longer than {_s(chosen)}"
    return f"{promise}. Based on {basis(found)}."


def basis(found: Estimate) -> str:
    """`10 finished and 2 killed runs, cold starts included`."""
    cut = found.censored - found.killed
    parts = [f"{found.finished} finished"]
    parts += [f"{found.killed} killed"] if found.killed else []
    parts += [f"{cut} cut short"] if cut else []
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"{listed} run{'' if found.n == 1 else 's'}, {_cold(found)}"


def _cold(found: Estimate) -> str:
    if not found.labelled:
        return "cold starts not separated"
    if not found.cold:
        return "neither cold" if found.n == 2 else "none cold" if found.n > 2 else "not cold"
    return "cold starts included" if found.cold < found.n else "all cold" if found.n > 1 else "a cold start"


def notes(found: Estimate) -> Iterator[str]:
    """What to know about the figure, the most important first."""
    if not found.n:
        return
    if not found.finished:
        yield "what was killed says how long a run takes at least, not how long it takes"
        return
    yield from _about_starts(found)
    yield from _about_rails(found)
    yield from _about_cuts(found)
    yield from _about_time(found)


def _about_starts(found: Estimate) -> Iterator[str]:
    if not found.labelled:
        yield "cold starts not separated: the risk may be twice the stated one"
    elif not found.cold:
        warm = "" if found.without_cold_seconds is None else f" (warm runs alone: {_s(found.without_cold_seconds)})"
        yield f"no cold start seen: a first run after a restart may take longer{warm}"


def _about_rails(found: Estimate) -> Iterator[str]:
    if found.bound is Bound.CAP:
        yield f"capped at {_s(found.cap_seconds)}, three times the longest run; the risk alone would ask for more"
    if found.bound is Bound.FLOOR:
        yield f"kept above the longest run seen: {round(found.n_effective)} runs cannot show {chance(found.risk)}"
    elif found.n_effective < 1 / found.risk - 1:
        yield f"extrapolated: only {round(1 / found.risk) - 1} or more runs could show {chance(found.risk)}"


def _about_cuts(found: Estimate) -> Iterator[str]:
    if found.if_cancelled_were_slow_seconds is not None:
        low, high = sorted((found.wanted_seconds, found.if_cancelled_were_slow_seconds))
        yield f"many runs were cancelled late; if because they were slow, the limit lies between {_s(low)} and {_s(high)}"
    if found.hangs:
        yield f"{plural(found.hangs, 'run')} over ten times the median taken for a hang or a suspended machine"
    if found.killed:
        yield "let the client interrupt the server when it gives up, or the server finishes runs that nobody waits for"


def _about_time(found: Estimate) -> Iterator[str]:
    if found.drift is not None:
        since = "since the last change of versions or hardware" if found.drift.known else "for some time"
        change = found.drift.change
        how = "" if change is None else f"{'slower' if change > 1 else 'faster'} ({change:.2f} times) "
        seems = "" if found.drift.known else "seems "
        yield f"{seems}{how}{since}: the {found.drift.old} runs before count little"
    elif found.n_effective < 0.7 * found.n:
        yield f"neighbouring runs are alike: the {found.n} runs say as much as {round(found.n_effective)} independent ones"


def chance(risk: float) -> str:
    """`1 in 100`; above a fifth in percent."""
    if risk > 0.2:
        return f"{format_share(risk)} of"
    return f"1 in {float(f'{1 / max(risk, 1e-6):.2g}'):g}"


def _s(seconds: float) -> str:
    """Of an estimate, which no decimals make more exact."""
    return f"{seconds:,.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
