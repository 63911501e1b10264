"""Rules for keys, passwords and other text that opens something."""

import re

from analyzer.redaction.rule import Kind, Rule

_SECRET_KEYS = (
    r"(?:api[_-]?key|apikey|access[_-]?key|secret[_-]?key|private[_-]?key|client[_-]?secret|secret|auth[_-]?token"
    r"|access[_-]?token|refresh[_-]?token|token|session[_-]?id|csrf|credentials?)"
)
_PASSWORD_KEYS = r"(?:password|passwd|passphrase|pwd)"
# A tokenizer's special tokens are words of the model, not secrets.
_NOT_TOKENIZER = r"(?<!pad_)(?<!eos_)(?<!bos_)(?<!unk_)(?<!sep_)(?<!cls_)(?<!mask_)(?<!image_)(?<!start_)(?<!end_)"
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


def _token(name: str, pattern: str, example: str, meaning: str) -> Rule:
    """A rule for keys that are known by their own form."""
    compiled = re.compile(rf"(?<![A-Za-z0-9])(?P<secret>{pattern})")
    return Rule(name=name, kind=Kind.TOKEN, pattern=compiled, example=example, meaning=meaning)


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
            r"(?i)(?:/api/webhooks/|hooks\.slack\.com/(?:services|workflows)/|api\.telegram\.org/bot)"
            r"(?P<secret>[\w:/-]{8,200})"
        ),
        example="POST https://discord.com/api/webhooks/1234567890/abcDEF_ghi-jkl",
        meaning="The part of a webhook's URL that lets everybody post.",
    ),
    Rule(
        name="authorization header",
        kind=Kind.TOKEN,
        pattern=re.compile(
            rf"(?i)(?<![a-z])authorization{_ASSIGN}(?:(?:bearer|basic|token|digest)[ \t]{{1,3}})?+"
            r"(?P<secret>[^\s\"',<>\\][^\s\"',<>\\]{3,4096})"
        ),
        example="Authorization: Bearer abcdef0123456789",
        meaning="What an Authorization header carries.",
    ),
    Rule(
        name="bearer",
        kind=Kind.TOKEN,
        pattern=re.compile(r"(?i)(?<![a-z])(?:bearer|basic)[ \t]{1,3}(?P<secret>[\w.+/=~-]{16,4096})"),
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
    Rule(
        name="quoted secret",
        kind=Kind.TOKEN,
        pattern=re.compile(
            rf"(?i)(?<![a-z0-9]){_NOT_TOKENIZER}(?:{_SECRET_KEYS}|{_PASSWORD_KEYS}){_END_QUOTE}"
            r"[ \t]{0,3}[=:][ \t]{0,3}"
            r"(?P<quote>\\{0,4}[\"'])(?P<secret>(?:(?!(?P=quote))[^\r\n]){1,2048}+)"
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
            r"(?P<secret>[^\s\"'<>&,;(){}\[\]\\]{3,2048})"
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
            r"[ \t]{0,3}(?P<secret>[\w.+/=$~-]{8,2048})"
        ),
        example="Civitai API key: 0123456789abcdef0123456789abcdef",
        meaning="A value after `token:` or `--api-key`; ordinary words stay, so that error messages do.",
        keep=lambda match: not any(char.isdigit() for char in match["secret"]),
    ),
    Rule(
        name="signed address",
        kind=Kind.TOKEN,
        pattern=re.compile(rf"(?i)[?&]{_PARAMETERS}=(?P<secret>[^\s&\"'<>\\]{{1,4096}})"),
        example="GET https://cdn.example.com/m.safetensors?X-Amz-Signature=0123abcd&X-Amz-Expires=60",
        meaning="URL parameters that sign a download.",
    ),
    _token("hugging face", r"hf_[A-Za-z0-9]{20,}", "HF_TOKEN is hf_AbCdEfGhIjKlMnOpQrStUvWx", "A Hugging Face token."),
    _token(
        "sk key",
        r"sk-(?=[\w-]{0,64}\d)[\w-]{20,}",
        "Incorrect API key provided: sk-proj-abcd1234abcd1234abcd",
        "A key of OpenAI, Anthropic, OpenRouter and others that write `sk-`.",
    ),
    _token(
        "github",
        r"(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{20,}|glpat-[\w-]{20,})",
        "remote: ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "A token of GitHub or GitLab.",
    ),
    _token("aws", r"A(?:KIA|SIA)[0-9A-Z]{16}(?![0-9A-Za-z])", "key AKIAIOSFODNN7EXAMPLE", "An AWS key id."),
    _token("google", r"AIza[\w-]{30,}", "key AIzaSyA0123456789abcdefghijklmnopqrstuv", "A Google API key."),
    _token(
        "comfy account",
        r"comfyui-[A-Za-z0-9]{32,}",
        "key comfyui-0123456789abcdef0123456789abcdef",
        "An API key of a Comfy account.",
    ),
    _token(
        "other services",
        r"(?:r8_|rpa_|gsk_|xai-|nvapi-|npm_|dop_v1_|pypi-|xox[abeprs]-|tskey-)(?=[\w-]{0,64}\d)[\w-]{20,}",
        "key r8_0123456789abcdefghijABCDEFGHIJ",
        "Keys of Replicate, RunPod, Groq, xAI, NVIDIA, npm, PyPI, Slack, Tailscale.",
    ),
    _token(
        "jwt",
        r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]{0,4096})?",
        "session eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "A JSON web token.",
    ),
    Rule(
        name="password hash",
        kind=Kind.TOKEN,
        pattern=re.compile(r"(?P<secret>\$(?:2[abxy]|argon2id?|[156])\$[\w./$=,+-]{8,256})"),
        example="stored $2b$12$abcdefghijklmnopqrstuv",
        meaning="A hashed password; ComfyUI-Login takes it as the token itself.",
    ),
)
