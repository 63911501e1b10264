"""`python -m dashboards`: writes every generated file of this folder anew."""

from collections.abc import Callable, Mapping
from pathlib import Path

from dashboards.alerts.document import rules_files
from dashboards.panels.files import grafana_files

# Each gives texts by their path in this folder.
GENERATORS: tuple[Callable[[], Mapping[str, str]], ...] = (grafana_files, rules_files)


def generated() -> dict[str, str]:
    """All generated files."""
    return {path: text for generator in GENERATORS for path, text in generator().items()}


if __name__ == "__main__":
    for path, text in generated().items():
        (Path(__file__).parent / path).write_text(text, encoding="utf-8")
