"""Rules for where a server stands and who talks to it: addresses, host names, ids."""

import ipaddress
import re

from analyzer.redaction.names import is_public_host
from analyzer.redaction.rule import Kind, Rule

_HOST = r"(?P<secret>\w[\w.-]{0,252}\w|\w)"
_SUFFIXES = (
    r"(?:lan|localdomain|fritz\.box|home\.arpa|ts\.net|ec2\.internal|compute\.internal|svc\.cluster\.local|proxy\.runpod\.net"
    r"|trycloudflare\.com|gradio\.live|ngrok(?:-free)?\.(?:io|app|dev)|loca\.lt|database\.windows\.net"
    r"|(?:local|internal|intranet|corp)(?=[:/]))"
)
# Four numbers with dots are an address unless something in front says that they are a version.
_VERSION_BEFORE = re.compile(
    r"(?i)(?:version|versions|ver|release|driver|revision|cudnn|opencv[\w-]*|installed|installation:? \S+|[=<>~!]=|[<>]"
    r"|[a-z]-)[\s:='\"(v]*$"
)
_VERSION_AFTER = re.compile(r"(?: requires | is installed|\.(?:tar|zip|whl)|[+_])")


def _is_version(match: re.Match[str]) -> bool:
    text, start = match.string, match.start("secret")
    return (
        _VERSION_BEFORE.search(text[max(0, start - 32) : start]) is not None
        or _VERSION_AFTER.match(text, match.end("secret")) is not None
    )


def _stays_ipv4(match: re.Match[str]) -> bool:
    numbers = [int(part) for part in match["secret"].split(".")]
    everywhere = numbers[0] == 127 or set(numbers) in ({0}, {255})
    return everywhere or max(numbers) > 255 or _is_version(match)


def _stays_ipv6(match: re.Match[str]) -> bool:
    """Also whatever is no address: clocks, `std::` of C++."""
    try:
        address = ipaddress.IPv6Address(match["secret"])
    except ValueError:
        return True
    return address.is_loopback or address.is_unspecified or not any(char.isdigit() for char in match["secret"])


def _stays_host(match: re.Match[str]) -> bool:
    return is_public_host(match["secret"]) or re.fullmatch(r"[0-9.]+", match["secret"]) is not None


def _host(name: str, pattern: str, example: str, meaning: str) -> Rule:
    compiled = re.compile(pattern)
    return Rule(name=name, kind=Kind.HOST, pattern=compiled, example=example, meaning=meaning, keep=_stays_host)


_ADDRESS_RULES = (
    Rule(
        name="id",
        kind=Kind.ID,
        pattern=re.compile(
            r"(?i)(?<![0-9a-f])(?P<secret>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?![0-9a-f-])"
        ),
        example="Interrupting prompt 0f8fad5b-d9cb-469f-a165-70867728950e",
        meaning="A UUID: ids of prompts, clients and GPUs.",
    ),
    Rule(
        name="client id without dashes",
        kind=Kind.ID,
        pattern=re.compile(
            r"(?i)(?:(?:client_?id|prompt_?id|sid)(?:\\{0,4}[\"'])?[ \t]{0,3}[:=][ \t]{0,3}(?:\\{0,4}[\"'])?|for client )"
            r"(?P<secret>[0-9a-f]{32})(?![0-9a-z])"
        ),
        example="GET /ws?clientId=0f8fad5bd9cb469fa16570867728950e",
        meaning="The same ids as 32 digits, where their key says so; a bare hash stays.",
    ),
    Rule(
        name="hardware address",
        kind=Kind.HARDWARE,
        pattern=re.compile(r"(?<![\w:-])(?P<secret>(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})(?![\w:-])"),
        example="eth0 ether 02:42:ac:11:00:02",
        meaning="A network card's MAC address.",
    ),
    Rule(
        name="mail",
        kind=Kind.MAIL,
        pattern=re.compile(
            r"(?<![\w.+%-])(?P<secret>[\w+%-][\w.+%-]*+@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[A-Za-z]{2,24})(?![\w-])"
        ),
        example="Author: alice@example.com",
        meaning="An e-mail address; `nodes.git@v1.2.3` is none.",
        keep=lambda match: match["secret"].startswith("git@"),
    ),
    Rule(
        name="ipv4",
        kind=Kind.HOST,
        pattern=re.compile(r"(?<![\w.])(?P<secret>[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?!\w|\.[0-9])"),
        example="To see the GUI go to: http://192.168.1.20:8188",
        meaning="An address, except loopback, 0.0.0.0 and what reads like a version.",
        keep=_stays_ipv4,
    ),
    Rule(
        name="ipv4 in a name",
        kind=Kind.HOST,
        pattern=re.compile(r"(?<=_)(?P<secret>(?:10|192\.168|172\.(?:1[6-9]|2[0-9]|3[01]))(?:\.[0-9]{1,3}){2,3})(?!\w|\.[0-9])"),
        example="comfyui_192.168.1.20.log",
        meaning="An address of a private network behind an underscore, where others are mostly versions.",
        keep=lambda match: match["secret"].count(".") != 3,
    ),
    Rule(
        name="phone",
        kind=Kind.PHONE,
        pattern=re.compile(
            r"(?<![\w.+(-])(?P<secret>\+[1-9][0-9]{9,14}|\+[1-9][0-9]{0,2}(?:[ ./-]?\([0-9]{1,4}\))?(?:[ ./-][0-9]{2,9}){2,5}"
            r"|\([2-9][0-9]{2}\) [0-9]{3}-[0-9]{4})(?![\w-]|\.[0-9])"
        ),
        example="call +49 151 23456789",
        meaning="A telephone number, with its country or as Americans write it.",
    ),
    Rule(
        name="phone behind a label",
        kind=Kind.PHONE,
        pattern=re.compile(
            r"(?i)(?<![a-z])(?:tele)?(?:phone|tel|mobile|fax|whatsapp|sms)(?: number)?[\"']?[.:=]{0,2} {0,2}[\"']?"
            r"(?P<secret>[(0-9][0-9 ()./-]{5,20}[0-9])(?![\w.])"
        ),
        example="phone: 0151 23456789",
        meaning="Any number that is called a phone's.",
    ),
    Rule(
        name="ipv6",
        kind=Kind.HOST,
        pattern=re.compile(r"(?<![\w:.])(?P<secret>[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:%\w{1,16})?)(?![\w:])"),
        example="To see the GUI go to: http://[fd00::1:20]:8188",
        meaning="An address, except ::1 and ::.",
        keep=_stays_ipv6,
    ),
)

_NAME_RULES = (
    _host(
        "url host",
        rf"://(?:<token-[0-9]+>@)?{_HOST}",
        "Server listening at http://render-box.example:8188",
        "The host in a URL, except well-known public ones.",
    ),
    _host(
        "network share",
        r"(?:(?<![\\\w:])\\\\(?:\?\\UNC\\)?(?=[\w.-]{1,64}\\[^\\])|(?<![\\\w:])\\\\\\\\(?=[\w.-]{1,64}\\\\[^\\]))"
        rf"{_HOST}",
        r"\\studio-nas\models\flux1-dev.safetensors",
        "The server of a Windows share.",
    ),
    Rule(
        name="share name",
        kind=Kind.SHARE,
        pattern=re.compile(r"\\\\host-[0-9]+\\{1,2}(?P<secret>[\w.$-](?:[\w.$ -]{0,78}[\w.$-])?)(?=\\|[\s\"',;)]|$)"),
        example=r"\\host-1\models\flux1-dev.safetensors",
        meaning="The share on that server; it runs behind the rule before, which put the alias there.",
    ),
    _host(
        "request origin",
        r"non matching host and origin (?:<?host-[0-9]+(?::[0-9]+)? != )?(?!host-[0-9])" + _HOST,
        "WARNING: request with non matching host and origin render-box:8188 != evil.example, returning 403",
        "The host in ComfyUI's warning about a foreign origin.",
    ),
    _host(
        "other origin",
        rf"non matching host and origin [\w.:\[\]-]{{1,300}} != {_HOST}",
        "WARNING: request with non matching host and origin 127.0.0.1:8188 != evil.example, returning 403",
        "The origin in that warning.",
    ),
    _host(
        "host argument",
        r"(?i)(?<![a-z])(?:(?:host(?:name)?|computername)[\"']?(?:=|: ?(?=[\"']))|hostname: |connect to host "
        r"|resolve host:? |(?:resolve|server at) (?=[\"'])|machine name: "
        rf"|--listen[ =](?=[\w-]{{0,64}}[.\d-]))[\"']?{_HOST}",
        "HTTPConnectionPool(host='render-box', port=8188): Max retries exceeded",
        "A host in an argument or a connection's error.",
    ),
    _host(
        "private domain",
        rf"(?i)(?<![\w.-])(?P<secret>[\w-][\w.-]{{0,200}}\.{_SUFFIXES})(?![\w-])",
        "connected to render-box.lan:8188",
        "A name under a domain of private networks or tunnels.",
    ),
    _host(
        "windows computer",
        r"(?<![\w-])(?P<secret>(?:DESKTOP|LAPTOP|WIN)-[A-Z0-9]{6,12})(?![\w-])",
        "running on DESKTOP-0A1B2C3",
        "The name that Windows gives to a computer.",
    ),
    _host(
        "mac computer",
        r"(?<![\w-])(?P<secret>[\w-]{1,60}-(?:MacBook|MBP|MBA|iMac|Mac-(?:mini|Studio|Pro))(?:-[\w-]{1,30})?(?:\.local)?)(?![\w-])",
        "Alices-MacBook-Pro.local is up",
        "The name that macOS gives to a computer: its owner's.",
    ),
    _host(
        "server of a database",
        rf"(?i)(?<![a-z])(?:server|data source)=(?:tcp:)?{_HOST}(?=[,;])",
        "Server=tcp:render-db.example,1433;Password=<token-1>",
        "The server in the words by which a database is opened.",
    ),
    _host(
        "uname",
        r"(?:uname_result\(system='\w{1,20}', node='|(?<![\w.])(?:Linux|Darwin) (?!(?i:version|kernel|python|glibc) )"
        rf"(?=\S{{1,64}} [0-9]+\.[0-9]+\.[0-9])){_HOST}",
        "Linux workstation 6.8.0-45-generic #45-Ubuntu SMP x86_64 GNU/Linux",
        "The computer's name as `uname` and Python tell it.",
    ),
    _host(
        "shell prompt host",
        r"(?<![\w.+@/:-])[\w-]{1,32}@" + _HOST + r"(?=:[~/]| [^\s%]{1,100} %(?:\s|$))",
        "alice@workstation:~/ComfyUI$ python main.py",
        "The host in a shell's prompt.",
    ),
    _host(
        "syslog host",
        r"(?m)^(?:[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.,]{8,18}(?:Z|[+-][0-9:]{4,5})) "
        + _HOST
        + r"(?= [\w.@/-]{1,64}\[[0-9]{1,10}\]: )",
        "Jul 18 16:24:42 workstation python[86116]: got prompt",
        "The host that journald and syslog write in front of each line.",
    ),
)

HOST_RULES = (*_ADDRESS_RULES, *_NAME_RULES)
