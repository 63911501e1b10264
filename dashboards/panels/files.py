"""The dashboards as files: JSON that Grafana imports, the same text for the same code."""

import json

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.panels import BOARDS
from dashboards.panels.board import built


def grafana_files() -> dict[str, str]:
    """Texts by their path in the folder `dashboards`."""
    return {
        f"grafana/{board.name}.json": json.dumps(built(board), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"
        for board in BOARDS
    }
