"""The status page: one document, nothing loaded from anywhere, filled by the server's events as text."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from analyzer.palette import LIMIT, PASS_COLORS, PHASE_COLORS
from analyzer.renderers.words import PHASES
from analyzer.runs.model import Phase
from analyzer.version import installed_version

_MEMORY = PASS_COLORS[0]


def page(names: Sequence[str], chosen: str) -> str:
    """The page of one server among those that are watched."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(_part("status.html"))
    return template.render(
        names=names,
        chosen=chosen,
        version=installed_version(),
        style=Markup(_style()),
        script=Markup(_part("status.js")),
        phases=[(phase.value, PHASES[phase]) for phase in Phase],
    )


@cache
def policy() -> str:
    """No script and no style runs but our own two, and nothing is asked of anybody else."""
    return (
        f"default-src 'none'; script-src {_hash(_part('status.js'))}; style-src {_hash(_style())}; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _style() -> str:
    rules = [f".{phase} {{ background: {color}; }}" for phase, color in PHASE_COLORS.items()]
    marks = f".faint {{ opacity: .35; }} #limit {{ width: 2px; background: {LIMIT}; }}"
    memory = f".memory {{ background: {_MEMORY}; }} .peak {{ background: {LIMIT}; }}"
    return "\n".join([_part("status.css"), *rules, marks, memory])


@cache
def _part(name: str) -> str:
    return files("exporters.page").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
