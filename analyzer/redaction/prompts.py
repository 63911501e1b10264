"""Rules for prompt texts. They come first: a prompt may hold anything, and goes as a whole."""

import re

from analyzer.redaction.names import MODELS
from analyzer.redaction.rule import Kind, Rule

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

# A quoted value, also inside JSON inside a string (`\"…\"`). Prompts hold apostrophes that nobody escaped, so a quote
# closes only where a value can end. Without such a quote (a truncated line) the value goes to the line's end:
# nothing leaks, and as no attempt fails after reading far, the time stays linear.
_OPEN = r"(?P<quote>\\{0,4}[\"'])"
_CLOSE = r"(?P=quote)(?:[ \t]{0,3}(?:[,}\])\r]|\\{1,4}n|$)|[ \t]{1,3}\w{1,40}=| not in )"
_VALUE = rf"{_OPEN}(?P<secret>(?:(?!{_CLOSE})(?:\\[^\r\n]|[^\\\r\n]))*+)"
# Among keys and values of a dump: there a colon follows the closing quote of a key.
_STRING = _VALUE.replace("[,}", "[:,}")

_KEYS = (
    r"(?:prompts?(?:_(?!id\b)[a-z0-9]{1,12})?|text(?:_[a-z0-9]{1,12})?[0-9]{0,2}|positive\w{0,20}|negative\w{0,20}"
    r"|captions?|lyrics|tags|t5xxl|clip_[lgh]|instructions?|wildcards?|filename_prefix)"
)
_LABEL_WORDS = (
    r"(?:(?:positive|negative|pos|neg|final|full|input|output|text|user|system|enhanced|generated|expanded|encoded"
    r"|current|original|translated|refined|using)[ _]){0,2}"
)
_LABELS = (
    rf"(?:(?<!invalid ){_LABEL_WORDS}prompts?(?: text)?"
    rf"|(?<![a-z_] ){_LABEL_WORDS}(?:positive|negative|captions?|lyrics|tags)"
    r"|(?:input|output|generated|enhanced|expanded|translated|refined|final) (?:text|description))"
)

# Lines that print a request or a value of it; elsewhere long quoted strings are mostly error messages.
_DUMP = re.compile(r"invalid prompt: |class_type|widgets_values|Value not in list: |(?:^|  )- [A-Z]")

_STAYS = re.compile(
    rf"(?i)\s*+(?:|none|null|true|false|[-+.\d]+|{_UUID}|id-\d+|[^'\"<\r\n]*\.(?:{MODELS})|%date[^%\r\n]*%|comfyui)\s*"
)
# Behind `prompt:` and `prompt=`: ids, plain values, source code, a whole workflow (whose values have their own rules).
# All this is narrow, since prompts start with digits (`1girl`), brackets and `{a|b}` too.
_NO_TEXT = re.compile(
    rf"(?i)(?:{_UUID}|[0-9a-f]{{32}}\b|id-\d+\b|\{{\\{{0,4}}[\"']"
    r"|(?:str|optional|list)\b[ \t]*[\[=,)]|(?:prompt|self|kwargs|args)\b[.,)\[])"
    r"|(?i:none|true|false|str|[\d.]+|[\"']<prompt-\d+>[\"'])(?=[ \t]*$|,? \w+=)"
)
_DIAGNOSIS = re.compile(r"Node ID |Required input|[^\r\n]*received_type\(")


def _is_no_prompt(match: re.Match[str]) -> bool:
    return _STAYS.fullmatch(match["secret"]) is not None


def _is_no_text(match: re.Match[str]) -> bool:
    return _NO_TEXT.match(match["secret"]) is not None


def _is_prompt_like(text: str) -> bool:
    """Several words or tags, or a few characters of a script that writes no spaces."""
    without_spaces = sum(1 for char in text if char >= "\u2e80")
    return without_spaces >= 6 or text.count(" ") >= 3 or (len(text) >= 20 and text.count(",") >= 2)


def _is_plain_value(match: re.Match[str]) -> bool:
    """One word, such as another widget's choice: it shows which widgets are mixed up."""
    return _is_no_prompt(match) or not re.search(r"[ ,\u2e80-\U0010ffff]", match["secret"])


def _is_not_like_prompt(match: re.Match[str]) -> bool:
    if match.groupdict().get("key") or _DIAGNOSIS.match(match["secret"]):
        return True
    value = match["secret"].partition(" not in ")[0]  # `ckpt_name: 'x' not in ['a', 'b']` is the diagnosis
    return _is_no_prompt(match) or not _is_prompt_like(value)


PROMPT_RULES = (
    Rule(
        name="prompt value",
        kind=Kind.PROMPT,
        pattern=re.compile(rf"(?im)(?<![a-z0-9]){_KEYS}(?:\\{{0,4}}[\"'])?[ \t]{{0,3}}[:=][ \t]{{0,3}}{_VALUE}"),
        example="{'6': {'inputs': {'text': 'a red fox', 'clip': ['11', 1]}, 'class_type': 'CLIPTextEncode'}}",
        meaning="The quoted value of an input or argument that holds a prompt, or of an output's file name prefix.",
        keep=_is_no_prompt,
    ),
    Rule(
        name="prompt line",
        kind=Kind.PROMPT,
        pattern=re.compile(rf"(?im)(?<![\w'\"(.]){_LABELS}[ \t]{{0,3}}:[ \t]{{1,3}}(?P<secret>[^\s][^\r\n]*)"),
        example="Positive prompt: a red fox, oil painting",
        meaning="The rest of a line after a label such as `Prompt:`; `invalid prompt:` is none.",
        keep=_is_no_text,
    ),
    Rule(
        name="quoted prompt",
        kind=Kind.PROMPT,
        pattern=re.compile(rf"(?i)(?<![a-z0-9_])prompts? {_OPEN}(?P<secret>[^\r\n]*(?=(?P=quote))|[^\r\n]*)"),
        example='ValueError: Prompt "a red fox" is too long',
        meaning="A prompt in quotes in an error's sentence, up to the last such quote of the line.",
        keep=_is_no_prompt,
    ),
    Rule(
        name="bare prompt argument",
        kind=Kind.PROMPT,
        pattern=re.compile(r"(?i)(?<![a-z0-9])prompt=(?P<secret>[^\s\"'\\][^\r\n]*)"),
        example="generate prompt=a red fox",
        meaning="The rest of a line after `prompt=` without quotes; a prompt's id stays for the rule of ids.",
        keep=_is_no_text,
    ),
    Rule(
        name="value of the wrong type",
        kind=Kind.PROMPT,
        pattern=re.compile(
            r"(?m)Failed to convert an input value to a \w{1,20} value: [^,\r\n]{1,100}, "
            r"(?P<secret>[^\r\n]*?)(?:, (?:invalid literal|could not convert|int\(\)|float\(\))|\r?$)"
        ),
        example="  - Failed to convert an input value to a INT value: seed, a red fox, invalid literal for",
        meaning="What was put into a number's input; often a prompt that slipped into the next widget.",
        keep=_is_plain_value,
    ),
    Rule(
        name="literal of the wrong type",
        kind=Kind.PROMPT,
        pattern=re.compile(rf"(?m)(?: with base \d{{1,2}}|could not convert string to float): {_VALUE}"),
        example="ValueError: invalid literal for int() with base 10: 'a red fox'",
        meaning="The same value in Python's message.",
        keep=_is_plain_value,
    ),
    Rule(
        name="long string in a request",
        kind=Kind.PROMPT,
        pattern=re.compile(
            r"(?m)(?P<key>[\"'](?:message|type|title|class_type|cnr_id)[\"']: {0,3})?"
            rf"(?<![^\s\[({{,:=]){_STRING}"
        ),
        example='{"type": "CLIPTextEncode", "widgets_values": ["a red fox in the deep snow"]}',
        meaning="A quoted string like a prompt (several words or tags) in a validation row or a dumped workflow.",
        keep=_is_not_like_prompt,
        within=_DUMP,
    ),
)
