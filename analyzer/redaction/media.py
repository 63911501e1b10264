"""Rules for the names of pictures, clips and sounds (and, on request, of models). Endings and folders stay."""

import re

from analyzer.redaction.names import AUDIOS, IMAGES, MODELS, VIDEOS
from analyzer.redaction.rule import Kind, Rule

# A path from a root on. Folders may hold spaces but not end in one, so that two paths in a sentence stay two.
_ROOT = r"(?:(?<![A-Za-z])[A-Za-z]:[\\/]{1,4}|(?<![\w.\\/~-])(?:\.{1,2})?[\\/]{1,4})(?=[^\s\\/])"
_FOLDERS = r"(?:[^\\/:*?\"'<>|\r\n]{1,120}+(?<!\s)[\\/]{1,4}){0,40}+"
_TAG = r"(?: \[\w{1,8}\])?"  # `photo.png [input]`
# A word is looked at once, from its start: otherwise a long one would take quadratic time.
_WORD = r"\w.+@#%~!()-"
_WORD_START = rf"(?<![{_WORD}])[.#!()]*+"


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
            rf"(?i){_WORD_START}(?P<secret>[\w+@%~-][{_WORD}]*{end})(?!\w)",
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
