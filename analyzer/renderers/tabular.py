"""The tables as files: CSV that no spreadsheet runs as formulas, and Parquet."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from analyzer.renderers.base import Options
from analyzer.renderers.clean import clean
from analyzer.report import Report
from analyzer.tables import TABLES, Table, frame

if TYPE_CHECKING:
    import pandas as pd

# Where a cell begins, also for spreadsheets that part cells at semicolons, and what they take for a formula there.
_FORMULA = re.compile(r"^(?=\s*[=+\-@＝＋－＠])|;(?=[\s\"']*[=+\-@＝＋－＠])")


def render_csv(report: Report, options: Options) -> str:
    """The runs, one row each, with their phases as columns."""
    return _csv(TABLES["runs"], report, options)


def csv_files(report: Report, options: Options) -> Iterator[tuple[str, str]]:
    """Every table as `NAME.csv`."""
    for name, table in TABLES.items():
        yield f"{name}.csv", _csv(table, report, options)


def render_parquet(report: Report, options: Options) -> bytes:
    """The runs with their types kept."""
    file = BytesIO()
    _redacted(TABLES["runs"], report, options).to_parquet(file, index=False, engine="pyarrow")
    return file.getvalue()


def _redacted(table: Table, report: Report, options: Options) -> "pd.DataFrame":
    made = frame(table, report)
    for column in table.texts():
        known = {text: clean(options.redactor.text(text)) for text in made[column].dropna().unique()}
        made[column] = made[column].map(known, na_action="ignore").astype("string")
    return made


def _csv(table: Table, report: Report, options: Options) -> str:
    made = _redacted(table, report, options)
    for column in table.texts():
        made[column] = made[column].map(_harmless, na_action="ignore").astype("string")
    for column in table.times():
        made[column] = made[column].map(lambda moment: moment.isoformat(timespec="milliseconds"), na_action="ignore")
    return made.to_csv(index=False, lineterminator="\n")


def _harmless(text: str) -> str:
    """What a spreadsheet would run gets an apostrophe in front, which makes it text."""
    return _FORMULA.sub(lambda found: f"{found[0]}'", text)
