"""Rules for the names of pictures, clips, sounds and of what was trained on somebody (and, on request, of all models).

Endings and folders stay.
"""

import re

from analyzer.redaction.characters import letters_and
from analyzer.redaction.names import AUDIOS, IMAGES, MODELS, VIDEOS
from analyzer.redaction.rule import Kind, Rule

# A path from a root on. Folders may hold spaces but not end in one, so that two paths in a sentence stay two.
_ROOT = r"(?:(?<![A-Za-z])[A-Za-z]:[\\/]{1,4}|(?<![\w.\\/~-])(?:\.{1,2})?[\\/]{1,4})(?=[^\s\\/])"
_FOLDERS = r"(?:[^\\/:*?\"'<>|\r\n]{1,120}+(?<!\s)[\\/]{1,4}){0,40}+"
_TAG = r"(?: \[\w{1,8}\])?"  # `photo.png [input]`
# A word is looked at once, from its start: otherwise a long one would take quadratic time.
_WORD = letters_and(".+@#%~!()-")
_WORD_START = rf"(?<!{_WORD})[.#!()]*+"


def _rule(kind: Kind, place: str, pattern: str, example: str) -> Rule:
    return Rule(
        name=f"{kind.name.lower()} file {place}",
        kind=kind,
        pattern=re.compile(pattern),
        example=example,
        meaning=f"The name of a file {place}.",
    )


def _files(kind: Kind, endings: str, ending: str) -> tuple[Rule, ...]:
    """The places in which a file's name stands, the surest first. `ending` is the examples'."""
    end = rf"\.(?:{endings})"
    return (
        _rule(
            kind,
            "after its label",
            rf"(?im)Invalid (?:image|video|audio) file: (?:[^\r\n]{{0,300}}[\\/])?"
            rf"(?P<secret>[^\\/\r\n]{{1,255}}{end}){_TAG}\r?$",
            f"Custom validation failed for node: image - Invalid image file: my trip.{ending}",
        ),
        _rule(
            kind,
            "in quotes",
            rf"(?i)(?<!\w)(?P<quote>[\"'])(?:[^\"'\r\n]{{0,400}}[\\/])?"
            rf"(?P<secret>[^\"'\\/\r\n]{{1,255}}{end}){_TAG}\\{{0,4}}(?P=quote)",
            f"cannot open 'my trip.{ending}'",
        ),
        _rule(
            kind,
            "in a path",
            rf"(?i){_ROOT}{_FOLDERS}(?P<secret>[^\\/:*?\"'<>|\r\n]{{1,255}}?{end})(?![\w.])",
            f"saved to /data/out/my trip.{ending}",
        ),
        _rule(
            kind,
            "as a word",
            rf"(?i){_WORD_START}(?P<secret>{letters_and('+@%~-')}{_WORD}*{end})(?!\w)",
            f"saved trip_001.{ending}",
        ),
    )


MEDIA_RULES = (
    *_files(Kind.IMAGE, IMAGES, "png"),
    *_files(Kind.VIDEO, VIDEOS, "mp4"),
    *_files(Kind.AUDIO, AUDIOS, "wav"),
)

# Only with `hide_models`: which model it was is the diagnosis, and the name mostly a public one.
MODEL_RULES = _files(Kind.FILE, MODELS, "safetensors")

_MODEL = rf"(?=\.(?:{MODELS})(?!\w))"
_LORA_KEY = r"lora(?:_name|_file|_path)?(?:_?[0-9]{1,2})?"


def _trained(kind: Kind, place: str, pattern: str, example: str, within: str | None = None) -> Rule:
    """A rule for the name alone: the ending stays."""
    return Rule(
        name=f"{kind.name.lower()} {place}",
        kind=kind,
        pattern=re.compile(pattern),
        example=example,
        meaning=f"The name of a {kind.name} {place}: many are trained on a person and called after them.",
        within=re.compile(within) if within else None,
    )


# Checkpoints are mostly public; these are mostly somebody's own.
TRAINED_RULES = (
    _trained(
        Kind.LORA,
        "in its folder",
        rf"(?i)[\\/](?:loras?|lycoris)[\\/]{{1,4}}(?P<secret>[^:*?\"'<>|\r\n]{{1,255}}?){_MODEL}",
        "loading /models/loras/people/alice.safetensors",
    ),
    _trained(
        Kind.LORA,
        "behind its key",
        rf"(?i)(?<![a-z]){_LORA_KEY}(?:\\{{0,4}}[\"'])?[ \t]{{0,3}}[:=][ \t]{{0,3}}(?:\\{{0,4}}[\"'])?"
        rf"(?:\{{'content': ')?(?P<secret>[^\"'\r\n]{{1,255}}?){_MODEL}",
        "{'lora_name': 'alice.safetensors', 'strength_model': 1.0}",
    ),
    _trained(
        Kind.LORA,
        "in a list of choices",
        rf"[\[,] ?(?P<quote>[\"'])(?P<secret>[^\"'\r\n]{{1,255}}?){_MODEL}",
        "  - Value not in list: lora_name: 'a.safetensors' not in ['alice.safetensors']",
        within=rf"(?i)not in list: {_LORA_KEY}: ",
    ),
    _trained(
        Kind.LORA,
        "behind the word",
        rf"(?i)(?<![a-z])lora(?: (?:file|model|weights?|from))?:? [\"'`]?(?P<secret>{_WORD}{{1,255}}?){_MODEL}",
        "loading lora alice.safetensors",
    ),
    _trained(
        Kind.LORA,
        "in angle brackets",
        r"(?i)<(?:lora|lyco):(?P<secret>[^:<>\r\n]{1,255})(?=[:>])",
        "portrait <lora:alice:0.8>",
    ),
    _trained(
        Kind.EMBEDDING,
        "in a prompt or a warning",
        rf"(?i)(?<![a-z_])embedding:(?P<secret>{letters_and('.+@-')}{{1,255}})",
        "warning, embedding:alice does not exist, ignoring",
    ),
)
