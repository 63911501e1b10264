"""Rules for keys that are known by their own form, whatever stands around them."""

import re

from analyzer.redaction.rule import Kind, Rule

# A digit within the first letters tells a key from an identifier of that beginning.
_WITH_DIGIT = r"(?=[\w-]{0,64}\d)"


def _key(name: str, pattern: str, example: str, meaning: str) -> Rule:
    compiled = re.compile(rf"(?<![A-Za-z0-9])(?P<secret>{pattern})")
    return Rule(name=name, kind=Kind.TOKEN, pattern=compiled, example=example, meaning=meaning)


# Examples are put together from parts where a whole one would alarm those who look for lost keys in code.
KEY_RULES = (
    _key("hugging face", r"(?:hf|api_org)_[A-Za-z0-9]{20,}", "HF_TOKEN is hf_AbCdEfGhIjKlMnOpQrStUvWx", "A Hugging Face token."),
    _key(
        "sk key",
        rf"[sr]k(?:-{_WITH_DIGIT}|_(?:live|test)_|_(?=[0-9a-f]{{48}}))[\w-]{{20,}}",
        "Incorrect API key provided: sk-proj-abcd1234abcd1234abcd",
        "A key of OpenAI, Anthropic, OpenRouter, Stability, DeepSeek, Stripe, ElevenLabs and others that write `sk`.",
    ),
    _key(
        "code host",
        r"(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{20,}|gl(?:pat|dt|rt|cbt|soat|ptt)-[\w-]{20,}|dckr_pat_[\w-]{20,})",
        "remote: ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "A token of GitHub, GitLab or Docker Hub.",
    ),
    _key("aws", r"A(?:KIA|SIA)[0-9A-Z]{16}(?![0-9A-Za-z])", "key AKIAIOSFODNN7EXAMPLE", "An AWS key id."),
    _key(
        "google",
        r"(?:AIza[\w-]{30,}|ya29\.[\w.-]{20,}|GOCSPX-[\w-]{20,})",
        "key AIzaSyA0123456789abcdefghijklmnopqrstuv",
        "A Google API key, access token or client secret.",
    ),
    _key(
        "comfy account",
        r"comfyui-[A-Za-z0-9]{32,}",
        "key comfyui-0123456789abcdef0123456789abcdef",
        "An API key of a Comfy account.",
    ),
    _key(
        "other services",
        r"(?:r8_|rpa_|gsk_|xai-|nvapi-|npm_|dop_v1_|pypi-|xox[abeprs]-|xapp-|tskey-|pplx-|ntn_|glsa_|hvs\.|wandb_v1_|AGE-SECRET-KEY-1"
        rf"|shpat_|lin_api_|figd_|nfp_|PMAK-|ATATT3x){_WITH_DIGIT}[\w-]{{20,}}",
        "key r8_0123456789abcdefghijABCDEFGHIJ",
        "Keys of Replicate, RunPod, Groq, xAI, NVIDIA, npm, PyPI, Slack, Tailscale, Perplexity, Notion, Grafana, Vault, ...",
    ),
    _key(
        "key of a fixed length",
        r"(?:(?:dapi|AC|SK|key-)[0-9a-f]{32}|sbp_[0-9a-f]{40}|fw_[A-Za-z0-9]{22,26}|pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"
        r"|SG\.[\w-]{16,32}\.[\w-]{32,64}|(?=[A-Za-z]{0,26}[0-9])[0-9A-Za-z]{27}_[0-9A-Za-z]{21,22})(?![\w-])",
        "databricks: dapi" + "0123456789abcdef0123456789abcdef",
        "Keys of Databricks, Twilio, Mailgun, Supabase, Fireworks, Airtable, SendGrid, ngrok.",
    ),
    Rule(
        name="bot",
        kind=Kind.TOKEN,
        pattern=re.compile(
            r"(?:(?<![A-Za-z0-9])|(?<=/bot))(?P<secret>[0-9]{8,10}:AA[\w-]{33}"
            # A Discord token begins with the bot's number in base64.
            r"|(?:[MNO][DTjz][AEIMQUYcgk][w-z0-5]){5,6}\w{0,3}\.[\w-]{6}\.[\w-]{27,45})(?![\w-])"
        ),
        example="bot 0123456789:AA" + "abcdefghijklmnopqrstuvwxyz0123456",
        meaning="A token of a Telegram or Discord bot.",
    ),
    _key(
        "jwt",
        r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?",
        "session eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "A JSON web token.",
    ),
    _key(
        "key file",
        r"(?:MI[IG][A-Za-z]|b3BlbnNzaC1rZXkt|AAAA[BCE])[A-Za-z0-9+/]{40,}={0,3}",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIabcdefghijklmnopqrstuvwxyz",
        "The text of an SSH key or of a certificate's key.",
    ),
    Rule(
        name="key block",
        kind=Kind.TOKEN,
        pattern=re.compile(r"-----BEGIN [A-Z ]{0,40}KEY(?: BLOCK)?-----(?P<secret>(?:(?!-----)[^\"'\r\n]){16,})"),
        example="-----BEGIN PRIVATE KEY-----\\nMAcGBSuBBAAKoUQ\\n-----END PRIVATE KEY-----",
        meaning="A key between its BEGIN and END on one line.",
    ),
    Rule(
        name="line of a key",
        kind=Kind.TOKEN,
        pattern=re.compile(
            r"(?m)^[ \t]{0,8}(?=[A-Za-z+/]{0,70}[0-9])(?=[a-z0-9+/]{0,70}[A-Z])(?=[A-Z0-9+/]{0,70}[a-z])"
            r"(?P<secret>[A-Za-z0-9+/]{60,76}={0,2})[ \t]{0,8}\r?$"
        ),
        example="  MAcGBSuBBAAKoUQDQgAE0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH",
        meaning="A line of nothing but the text of a key or a certificate (base64).",
    ),
    Rule(
        name="password hash",
        kind=Kind.TOKEN,
        pattern=re.compile(r"(?P<secret>\$(?:2[abxy]|argon2id?|[156])\$[\w./$=,+-]{8,256})"),
        example="stored $2b$12$abcdefghijklmnopqrstuv",
        meaning="A hashed password; ComfyUI-Login takes it as the token itself.",
    ),
)
