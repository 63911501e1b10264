"""Rules for what paths tell about people: user names and companies."""

import re

from analyzer.redaction.characters import letters_and
from analyzer.redaction.names import is_generic_user
from analyzer.redaction.rule import Kind, Rule

# One separator as it stands in paths, in escaped strings and in URLs.
_SEP = r"(?:[\\/]{1,8}|%5[Cc]|%2[Ff])"
# A letter of a name, or one written `%C3%A9` in a URL.
_LETTER = rf"(?:{letters_and('.+@~$-')}|%(?!2[Ff]|5[Cc])[0-9A-Fa-f]{{2}})"
_PART = rf"{_LETTER}{{1,40}}(?:'{_LETTER}{{1,40}})?"
# A name with spaces counts only with a separator behind it; otherwise the sentence around the path would go too.
NAME = rf"(?!\.){_LETTER}{{1,64}}(?<![.+@])"
_WINDOWS_NAME = rf"(?P<secret>(?!\.){_PART}(?: {_PART}){{0,3}}(?={_SEP})|{NAME})"

# Files of code in a package that happens to be called `home` or `users`.
_CODE_FILE = re.compile(r"(?i)__\w+|.*\.(?:py|pyc|js|ts|css|html?|json|log|txt|md)")


def _is_no_person(match: re.Match[str]) -> bool:
    return is_generic_user(match["secret"]) or _CODE_FILE.fullmatch(match["secret"]) is not None


def user_rule(name: str, pattern: str, example: str, meaning: str, *, within: re.Pattern[str] | None = None) -> Rule:
    """A rule for a name that is then replaced wherever it stands."""
    return Rule(
        name=name,
        kind=Kind.USER,
        pattern=re.compile(pattern),
        example=example,
        meaning=meaning,
        keep=_is_no_person,
        within=within,
        learned=True,
    )


PATH_RULES = (
    user_rule(
        "profile folder",
        rf"{_SEP}(?:Users|USERS|Documents and Settings){_SEP}{_WINDOWS_NAME}",
        r"C:\Users\Alice Smith\ComfyUI\main.py",
        "The profile folder on Windows, in WSL and on macOS; also with escaped separators and short names.",
    ),
    user_rule(
        "profile folder in lower case",
        rf"(?i)(?:(?<![a-z])[a-z]:{_SEP}|/(?:mnt|cygdrive|host_mnt)/[a-z]/|(?<!\S)/[a-z]/|\\{{1,8}})"
        rf"users{_SEP}{_WINDOWS_NAME}",
        "/mnt/c/users/alice/ComfyUI/main.py",
        "The same where the folder is written in lower case: only behind a drive, or between backslashes.",
    ),
    user_rule(
        "home folder",
        rf"(?<!\.){_SEP}home{_SEP}(?P<secret>{NAME})",
        "/home/alice/ComfyUI/main.py",
        "The home folder on Linux, whatever stands before it.",
    ),
    user_rule(
        "mounted by",
        rf"(?<![\w.])(?:/run)?/media/(?P<secret>{NAME})(?=/)",
        "/media/alice/disk/flux1-dev.safetensors",
        "Removable drives are mounted under their user's name.",
    ),
    user_rule(
        "home in short",
        r"(?<![\w~./\\:])~(?P<secret>[A-Za-z_][\w-]{0,31})(?=/)",
        "cd ~alice/ComfyUI",
        "A shell's short form of a home folder.",
    ),
    user_rule(
        "profile folder of a cluster",
        rf"(?<![\w./\\-])/users/(?P<secret>{NAME})(?=/)",
        "/users/alice/ComfyUI/main.py",
        "The home folder on machines that many people share.",
    ),
    Rule(
        name="company drive",
        kind=Kind.ORGANISATION,
        pattern=re.compile(rf"(?:OneDrive - |Dropbox \()(?P<secret>[^\\/:*?\"'<>|()\r\n]{{1,80}})\)?(?={_SEP})"),
        example=r"D:\OneDrive - Example Works\ComfyUI",
        meaning="OneDrive and Dropbox put the company's name into the folder.",
    ),
    Rule(
        name="volume",
        kind=Kind.SHARE,
        pattern=re.compile(
            r"(?<![\w.-])/Volumes/(?P<secret>(?!(?:Macintosh HD|System|Data|Preboot)/)[^/:*?\"'<>|\r\n]{1,60})(?=/)"
        ),
        example="/Volumes/Alices Disk/models/flux1-dev.safetensors",
        meaning="Disks on macOS, mostly called after their owner.",
    ),
)
