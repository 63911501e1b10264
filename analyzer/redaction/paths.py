"""Rules for what paths tell about people: user names and companies."""

import re

from analyzer.redaction.names import is_generic_user
from analyzer.redaction.rule import Kind, Rule

# One separator as it stands in paths, in escaped strings and in URLs.
_SEP = r"(?:[\\/]{1,8}|%5[Cc]|%2[Ff])"
_PART = r"[\w.+@~$-]{1,40}(?:'\w{1,40})?"
# A name with spaces counts only with a separator behind it; otherwise the sentence around the path would go too.
_NAME = r"[\w+@~$-](?:[\w.+@~$-]{0,62}[\w~$-])?"
_WINDOWS_NAME = rf"(?P<secret>(?!\.){_PART}(?: {_PART}){{0,3}}(?={_SEP})|{_NAME})"

# Files of code in a package that happens to be called `home` or `users`.
_CODE_FILE = re.compile(r"(?i)__\w+|.*\.(?:py|pyc|js|ts|css|html?|json|log|txt|md)")


def _is_no_person(match: re.Match[str]) -> bool:
    return is_generic_user(match["secret"]) or _CODE_FILE.fullmatch(match["secret"]) is not None


def _user(name: str, pattern: str, example: str, meaning: str) -> Rule:
    return Rule(
        name=name,
        kind=Kind.USER,
        pattern=re.compile(pattern),
        example=example,
        meaning=meaning,
        keep=_is_no_person,
        learned=True,
    )


PATH_RULES = (
    _user(
        "profile folder",
        rf"{_SEP}(?:Users|USERS|Documents and Settings){_SEP}{_WINDOWS_NAME}",
        r"C:\Users\Alice Smith\ComfyUI\main.py",
        "The profile folder on Windows, in WSL and on macOS; also with escaped separators and short names.",
    ),
    _user(
        "profile folder in lower case",
        rf"(?i)(?:(?<![a-z])[a-z]:{_SEP}|/(?:mnt|cygdrive|host_mnt)/[a-z]/|(?<!\S)/[a-z]/|\\{{1,8}})"
        rf"users{_SEP}{_WINDOWS_NAME}",
        "/mnt/c/users/alice/ComfyUI/main.py",
        "The same where the folder is written in lower case: only behind a drive, or between backslashes.",
    ),
    _user(
        "home folder",
        rf"(?<!\.){_SEP}home{_SEP}(?P<secret>{_NAME})",
        "/home/alice/ComfyUI/main.py",
        "The home folder on Linux, whatever stands before it.",
    ),
    _user(
        "mounted by",
        rf"(?<![\w.])(?:/run)?/media/(?P<secret>{_NAME})(?=/)",
        "/media/alice/disk/flux1-dev.safetensors",
        "Removable drives are mounted under their user's name.",
    ),
    _user(
        "home in short",
        r"(?<![\w~./\\:])~(?P<secret>[A-Za-z_][\w-]{0,31})(?=/)",
        "cd ~alice/ComfyUI",
        "A shell's short form of a home folder.",
    ),
    _user(
        "user variable",
        rf"(?<![A-Za-z])(?:USER|USERNAME|LOGNAME|SUDO_USER)=[\"']?(?P<secret>{_NAME})",
        "USER=alice",
        "The environment variables that name the account.",
    ),
    _user(
        "shell prompt",
        r"(?<![\w.+@/:-])(?P<secret>[a-z_][\w-]{0,31})@(?=[\w.-]{1,64}:[~/])",
        "alice@workstation:~/ComfyUI$ python main.py",
        "A shell's prompt in a copied terminal.",
    ),
    Rule(
        name="company drive",
        kind=Kind.ORGANISATION,
        pattern=re.compile(rf"OneDrive - (?P<secret>[^\\/:*?\"'<>|\r\n]{{1,80}})(?={_SEP})"),
        example=r"D:\OneDrive - Example Works\ComfyUI",
        meaning="OneDrive puts the company's name into the folder.",
    ),
)
