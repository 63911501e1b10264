"""Rules for keys, passwords and other text that opens something, where a label or their place gives them away."""

import re

from analyzer.redaction.keys import KEY_RULES
from analyzer.redaction.rule import Kind, Rule

_SECRET_KEYS = (
    r"(?:(?:api|access|secret|private|account|subscription|shared[_-]?access)[_-]?key(?:_comfy_org)?|client[_-]?secret|secret"
    r"|(?:auth|access|refresh|id|bot|hf|github|civitai|session)?[_-]?token(?:_comfy_org)?|session[_-]?id|csrf|credentials?)"
)
_PASSWORD_KEYS = r"(?:password|passwd|passphrase|pgpassword|pwd)"
# A tokenizer's special tokens are words of the model, not secrets.
_NOT_TOKENIZER = r"(?<!(?:pad|eos|bos|unk|sep|cls|end|max|num)_)(?<!mask_)(?<!image_)(?<!start_)"
_PARAMETERS = (
    r"(?:x-(?:amz|goog)-(?:signature|credential|security-token)"
    r"|signature|sig|policy|key-pair-id|key|code|auth|hash|hmac|jwt|pw|pwd)"
)
_END_QUOTE = r"(?:\\{0,4}[\"'])?"
_ASSIGN = rf"{_END_QUOTE}[ \t]{{0,3}}(?:=|:)[ \t]{{0,3}}{_END_QUOTE}"
_NOTHING = re.compile(r"(?i)none|null|true|false|\*+|\.+|x{3,}|required|missing|str|int|optional|os\.environ")


def _is_no_secret(match: re.Match[str]) -> bool:
    return _NOTHING.fullmatch(match["secret"]) is not None


def _is_word(match: re.Match[str]) -> bool:
    """Whether the text is an ordinary word of a sentence (`invalid token: unexpected`)."""
    return match["secret"].isalpha() and len(match["secret"]) < 24


TOKEN_RULES = (
    Rule(
        name="login in an address",
        kind=Kind.TOKEN,
        pattern=re.compile(r"://(?P<secret>[^\s/?#\"'<>\\]{1,256})@"),
        example="Cloning https://alice:s3cret@git.example.com/nodes.git",
        meaning="User name and password in front of a URL's host.",
    ),
    Rule(
        name="webhook",
        kind=Kind.TOKEN,
        pattern=re.compile(
            r"(?i)(?:/api/webhooks/|hooks\.slack\.com/(?:services|workflows)/|/webhookb2/)(?P<secret>[\w:/@-]{8,300})"
        ),
        example="POST https://discord.com/api/webhooks/1234567890/abcDEF_ghi-jkl",
        meaning="The part of a webhook's URL that lets everybody post.",
    ),
    Rule(
        name="authorization header",
        kind=Kind.TOKEN,
        pattern=re.compile(
            rf"(?i)(?<![a-z])authorization{_ASSIGN}(?:(?:bearer|basic|token|digest|key)[ \t]{{1,3}})?+"
            r"(?P<secret>[^\s\"',<>\\][^\s\"',<>\\]{3,})"
        ),
        example="Authorization: Bearer abcdef0123456789",
        meaning="What an Authorization header carries.",
    ),
    Rule(
        name="bearer",
        kind=Kind.TOKEN,
        pattern=re.compile(r"(?i)(?<![a-z])(?:bearer|basic)[ \t]{1,3}(?P<secret>[\w.+/=~-]{16,})"),
        example="sent Bearer abcdef0123456789",
        meaning="A bearer token or a basic login outside a header line.",
        keep=_is_word,
    ),
    Rule(
        name="cookie",
        kind=Kind.TOKEN,
        pattern=re.compile(rf"(?i)(?<![a-z])(?:set-)?cookies?{_ASSIGN}(?P<secret>[^\s\"'<>{{\[(\\][^\"'<>\r\n]{{2,}})"),
        example="Cookie: sid=8f14e45f; theme=dark",
        meaning="A cookie header: everything up to the quote or the line's end.",
        keep=_is_word,
    ),
    *KEY_RULES,
    Rule(
        name="quoted secret",
        kind=Kind.TOKEN,
        pattern=re.compile(
            rf"(?i)(?<![a-z0-9]){_NOT_TOKENIZER}(?:{_SECRET_KEYS}|{_PASSWORD_KEYS}){_END_QUOTE}"
            r"[ \t]{0,3}[=:][ \t]{0,3}"
            r"(?P<quote>\\{0,4}[\"'])(?P<secret>(?:(?!(?P=quote))[^\r\n])++)"
        ),
        example="login with password='hunter2, not 1'",
        meaning="The whole value of a password or key in quotes, whatever characters it has.",
        keep=_is_no_secret,
    ),
    Rule(
        name="password",
        kind=Kind.TOKEN,
        pattern=re.compile(
            rf"(?i)(?<![a-z0-9]){_PASSWORD_KEYS}"
            rf"{_ASSIGN}(?P<secret>[^\s\"'<>&,;(){{}}\\]{{1,256}})"
        ),
        example="login with password=hunter2 failed",
        meaning="The value of a password.",
        keep=_is_no_secret,
    ),
    Rule(
        name="secret argument",
        kind=Kind.TOKEN,
        pattern=re.compile(
            rf"(?i)(?<![a-z0-9]){_NOT_TOKENIZER}{_SECRET_KEYS}{_END_QUOTE}"
            rf"(?:[ \t]{{0,3}}=[ \t]{{0,3}}|[\"']:[ \t]{{0,3}}){_END_QUOTE}"
            r"(?P<secret>[^\s\"'<>&,;(){}\[\]\\]{3,})"
        ),
        example="For direct API calls, use token=$2b$12$abcdefghijklmnopqrstuv",
        meaning="The value after `token=`, `api_key=`, `'secret':` and the like, in arguments, URLs and settings.",
        keep=_is_no_secret,
    ),
    Rule(
        name="secret after a label",
        kind=Kind.TOKEN,
        pattern=re.compile(
            rf"(?i)(?<![a-z0-9]){_NOT_TOKENIZER}(?:{_SECRET_KEYS}|(?:api|civitai|civitai api|access) key)(?:: ?|[ \t])"
            r"[ \t]{0,3}(?P<secret>[\w.+/$~-]{8,}+={0,2}+)(?![\w=])"
        ),
        example="Civitai API key: 0123456789abcdef0123456789abcdef",
        meaning="A value after `token:` or `--api-key`; ordinary words stay, so that error messages do.",
        keep=lambda match: not any(char.isdigit() for char in match["secret"]),
    ),
    Rule(
        name="signed address",
        kind=Kind.TOKEN,
        pattern=re.compile(rf"(?i)[?&]{_PARAMETERS}=(?P<secret>[^\s&\"'<>\\]+)"),
        example="GET https://cdn.example.com/m.safetensors?X-Amz-Signature=0123abcd&X-Amz-Expires=60",
        meaning="URL parameters that sign a download.",
    ),
    Rule(
        name="environment key",
        kind=Kind.TOKEN,
        pattern=re.compile(
            r"(?<![A-Za-z0-9])[A-Z][A-Z0-9_]{0,40}_(?:KEY|TOKEN|SECRET|PASS|PAT)(?:[\"'])?(?:=|: ?)[\"']?"
            r"(?P<secret>[^\s\"'<>&,;(){}\[\]\\]{8,})"
        ),
        example="FAL_KEY=0123abcd:4567efab",
        meaning="The value of an environment variable that is named as a key.",
        keep=lambda match: not any(char.isdigit() for char in match["secret"]) or match["secret"].startswith("os.environ"),
    ),
    Rule(
        name="session",
        kind=Kind.TOKEN,
        pattern=re.compile(
            r"(?i)(?<![a-z0-9])(?:phpsessid|jsessionid|asp\.net_sessionid|connect\.sid|session)(?:[\"'])?(?:=|: ?)[\"']?"
            r"(?P<secret>[\w%.+/=-]{16,})"
        ),
        example="connect.sid=s%3A0123456789abcdef.ABCDEF",
        meaning="A session's id outside of a cookie's line.",
        keep=lambda match: not any(char.isdigit() for char in match["secret"]),
    ),
    Rule(
        name="key and secret",
        kind=Kind.TOKEN,
        pattern=re.compile(r"[\"']key[\"']: ?[\"'](?P<secret>[^\"'\r\n]{8,200})[\"'], ?[\"'](?:secret|token)[\"']"),
        example="{'key': 'abcd1234', 'secret': '<token-1>'}",
        meaning="The key in front of its secret, as clients of object stores have them.",
    ),
    Rule(
        name="login on a command line",
        kind=Kind.TOKEN,
        pattern=re.compile(
            r"(?i)(?:\bsshpass -p ?|\blogin (?=[0-9a-z]{0,40}[0-9])(?=[0-9a-z]{32})|\bauthtoken |\bcurl (?:[^\r\n]{0,200} )?-u )"
            r"[\"']?(?P<secret>[^\s\"']{4,400})"
        ),
        example="wandb login 0123456789abcdef0123456789abcdef01234567",
        meaning="A password or key as an argument without a name.",
    ),
)
