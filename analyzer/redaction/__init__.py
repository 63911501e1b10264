"""Takes private text out of what is shared: names, prompts, tokens, hosts, media files (`docs/redaction.md`)."""

from analyzer.redaction.engine import NO_REDACTION, NoRedaction, Redaction, Redactor
from analyzer.redaction.rule import ALIAS, Kind, Rule

__all__ = ["ALIAS", "NO_REDACTION", "Kind", "NoRedaction", "Redaction", "Redactor", "Rule"]
