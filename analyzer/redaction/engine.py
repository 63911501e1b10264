"""Replaces private text by aliases: the rules in their order, again and again until nothing changes."""

import re
from enum import Enum
from functools import cached_property
from typing import Protocol

from analyzer.redaction.aliases import Aliases
from analyzer.redaction.characters import visible
from analyzer.redaction.names import is_word_to_learn
from analyzer.redaction.rule import ALIAS, Kind, Rule

# What one replacement uncovers for an earlier rule is found in the next pass. Two do for real text.
_MAX_PASSES = 8
# A log has few users. With more words than this each place in the text would cost too many comparisons.
_MAX_WORDS = 64
# A report says most of its texts several times.
_MOST_RECENT = 10_000
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Redaction(Protocol):
    """What a caller needs: `Redactor` and `NO_REDACTION` have it, so that nobody must ask which it is."""

    def learn(self, text: str) -> None: ...

    def settle(self, text: str, shown: str) -> None: ...

    def text(self, text: str) -> str: ...

    def report_value(self, value: object) -> object: ...


class Redactor:
    """Replaces private text by stable aliases (`user-1`, `host-1`, `image-2.png`, `<token-1>`).

    Within one redactor the same text has the same alias and different texts have different ones. Aliases are counted,
    not computed from the text: a hash of a short name can be guessed by trying names.
    `hide_models`: also replace the names of model files.
    """

    def __init__(self, *, hide_models: bool = False) -> None:
        self._hide_models = hide_models
        self._aliases = Aliases()
        self._words: dict[str, None] = {}
        self._settled: dict[str, str] = {}
        self._recent: dict[str, str] = {}
        self._word_pattern: re.Pattern[str] | None = None

    @cached_property
    def _rules(self) -> tuple[Rule, ...]:
        from analyzer.redaction.rules import ALL_RULES, RULES

        return ALL_RULES if self._hide_models else RULES

    def learn(self, text: str) -> None:
        """Remembers the user names in the paths of `text`, to replace them as words in any later text."""
        text = visible(text)
        known = len(self._words)
        for rule in self._rules:
            if rule.learned:
                self._learn_names(rule, text)
        if len(self._words) > known:
            self._word_pattern = _any_word(self._words)
            self._recent.clear()

    def settle(self, text: str, shown: str) -> None:
        """What becomes of one whole text, where whoever made it knows better than the rules."""
        self._settled[text] = shown

    def text(self, text: str) -> str:
        """`text` without what the rules know as private, and without characters that nobody sees.

        Meant for log text. A report goes through `report_value` before it becomes JSON: as text its own key `"text"`
        would look like an input of a workflow.
        """
        known = self._settled.get(text) or self._recent.get(text)
        if known is None:
            known = self._redacted(visible(text))
            if len(self._recent) >= _MOST_RECENT:
                self._recent.clear()
            self._recent[text] = known
        return known

    def _redacted(self, text: str) -> str:
        self._aliases.reserve(text)
        for _ in range(_MAX_PASSES):
            before = text
            text = self._rewrite(before)
            if text == before:
                break
        return text

    def report_value(self, value: object) -> object:
        """A JSON-like value with every string in it redacted; names learned anywhere count everywhere.

        Keys that are identifiers are the format's own words and stay, as do enums.
        """
        for text in _strings(value):
            self.learn(text)
        return self._replaced(value)

    def _replaced(self, value: object) -> object:
        if isinstance(value, str):
            return value if isinstance(value, Enum) else self.text(value)
        if isinstance(value, dict):
            return {self._key(key): self._replaced(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._replaced(item) for item in value]
        if isinstance(value, tuple):
            return tuple(self._replaced(item) for item in value)
        return value

    def _key(self, key: object) -> object:
        return self.text(key) if isinstance(key, str) and not _IDENTIFIER.fullmatch(key) else key

    def _learn_names(self, rule: Rule, text: str) -> None:
        for match in rule.pattern.finditer(text):
            name = match["secret"]
            wanted = is_word_to_learn(name) and not ALIAS.fullmatch(name) and not rule.keep(match)
            if wanted and len(self._words) < _MAX_WORDS:
                self._words.setdefault(name.casefold())

    def _rewrite(self, text: str) -> str:
        """One pass. Words come last, so that what holds a name goes as a whole and keeps its alias."""
        self.learn(text)
        for rule in self._rules:
            text = self._apply(rule, text)
        if self._word_pattern:
            text = self._word_pattern.sub(lambda match: self._aliases.of(Kind.USER, match[0]), text)
        return text

    def _apply(self, rule: Rule, text: str) -> str:
        def replace(match: re.Match[str]) -> str:
            return self._replacement(rule, match)

        if rule.within is None:
            return rule.pattern.sub(replace, text)
        if not rule.within.search(text):
            return text
        lines = text.split("\n")
        return "\n".join(rule.pattern.sub(replace, line) if rule.within.search(line) else line for line in lines)

    def _replacement(self, rule: Rule, match: re.Match[str]) -> str:
        whole, secret = match[0], match["secret"]
        if not secret or ALIAS.fullmatch(secret) or rule.keep(match):
            return whole
        start, end = match.start("secret") - match.start(), match.end("secret") - match.start()
        return whole[:start] + self._aliases.of(rule.kind, secret) + whole[end:]


class NoRedaction:
    """Leaves everything as it is."""

    def learn(self, text: str) -> None:
        pass

    def settle(self, text: str, shown: str) -> None:
        pass

    def text(self, text: str) -> str:
        return text

    def report_value(self, value: object) -> object:
        return value


NO_REDACTION = NoRedaction()


def _strings(value: object) -> list[str]:
    """All strings in a JSON-like value, keys left out."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for item in value for text in _strings(item)] if isinstance(value, (list, tuple)) else []


def _any_word(words: dict[str, None]) -> re.Pattern[str]:
    """One of `words` in any case, not inside a longer word; the longest first. An underscore ends a word."""
    choices = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?i)(?<![^\W_])(?:{choices})(?![^\W_])")
