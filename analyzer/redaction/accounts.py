"""Rules for user names outside of paths: shells, the environment, lists of files, databases, settings."""

import re

from analyzer.redaction.paths import NAME, user_rule

_DATABASE = re.compile(r"(?i)(?:password|dbname|server|host)=")
# The beginning of a line of `ls -l`.
_RIGHTS = r"(?<!\S)[dl-](?:[r-][w-][xsStT-]){3}[.+@]? {1,4}[0-9]{1,6} {1,8}"

ACCOUNT_RULES = (
    user_rule(
        "user variable",
        rf"(?<![A-Za-z])(?:USER|USERNAME|LOGNAME|SUDO_USER)(?:=[\"']?|[\"']: ?[\"'])(?P<secret>{NAME})",
        "USER=alice",
        "The environment variables that name the account.",
    ),
    user_rule(
        "shell prompt",
        r"(?<![\w.+@/:-])(?P<secret>[a-z_][\w-]{0,31})@(?=[\w.-]{1,64}(?::[~/]| [^\s%]{1,100} %(?:\s|$)))",
        "alice@workstation:~/ComfyUI$ python main.py",
        "A shell's prompt in a copied terminal.",
    ),
    user_rule(
        "old shell prompt",
        r"(?<!\S)[\w.-]{1,64}:[^\s:]{1,100} (?P<secret>[a-z_][\w.-]{0,31})\$(?=\s|$)",
        "workstation:ComfyUI alice$ python main.py",
        "The same as older versions of macOS had it.",
    ),
    user_rule(
        "logged in",
        rf"(?i)logged in(?: to \S{{1,80}})? as:? (?:user )?[\"'`]?(?P<secret>{NAME})",
        "wandb: Currently logged in as: alice (example)",
        "Services that greet their user.",
    ),
    user_rule(
        "system log",
        rf"\bsudo: +(?P<secret>{NAME})(?= : )",
        "sudo: alice : TTY=pts/0 ; COMMAND=/usr/bin/nvidia-smi",
        "Who became root.",
    ),
    user_rule(
        "user id",
        rf"(?:\b(?:uid|gid)=|groups=|,)[0-9]{{1,10}}\((?P<secret>{NAME})\)",
        "uid=1000(alice) gid=1000(alice) groups=1000(alice)",
        "The answer of `id`.",
    ),
    user_rule(
        "owner of a file",
        rf"{_RIGHTS}(?P<secret>{NAME})(?= )",
        "drwxr-xr-x 2 alice render 4096 Aug  1 10:00 loras",
        "Lists of files.",
    ),
    user_rule(
        "group of a file",
        rf"{_RIGHTS}\S{{1,64}} {{1,8}}(?P<secret>{NAME})(?= +[0-9])",
        "drwxr-xr-x 2 root alice 4096 Aug  1 10:00 loras",
        "A group is often called like its only user.",
    ),
    user_rule(
        "user key",
        r"(?i)(?<![a-z])(?:user_?name|login_?name|full_?name|display_?name|account_?name)(?:\\{0,4}[\"']): ?(?:\\{0,4}[\"'])"
        r"(?P<secret>[^\"'\\\r\n]{1,80})",
        "{'username': 'Alice Smith'}",
        "Settings and requests that name a person.",
    ),
    user_rule(
        "user header",
        rf"(?i)comfy-user(?:[\"'])?: ?[\"']?(?P<secret>{NAME})",
        "Comfy-User: alice_0f8f",
        "The header of a server with several users.",
    ),
    user_rule(
        "database user",
        rf"(?i)(?<![a-z])user(?: ?id|name)?=[\"']?(?P<secret>{NAME})",
        "host=db user=alice dbname=runs",
        "The user in the words by which a database is opened.",
        within=_DATABASE,
    ),
    user_rule(
        "refused user",
        rf"(?i)(?:for|invalid) user [\"'](?P<secret>{NAME})",
        'FATAL:  password authentication failed for user "alice"',
        "A database that refuses a user.",
    ),
)
