"""`watch`, `serve`, `demo`, `init`: options, targets, web configurations, who is told."""

import errno
import socket
from pathlib import Path

import pytest

from tests.error_messages.case import ERROR, USAGE, Case, without

TLS = Path(__file__).parents[1] / "tls"
FILES = f"cert_file: {TLS / 'certificate.pem'}, key_file: {TLS / 'key.pem'}"


def targets(text: str | bytes, words: str) -> Case:
    return Case(arguments="serve --targets t.yaml", code=ERROR, words=f"t.yaml: {words}", files={"t.yaml": text})


def one(entry: str, words: str) -> Case:
    return targets(f"targets:\n  - {{{entry}}}\n", f"target 1: {words}")


def web(text: str | bytes, words: str, **more: object) -> Case:
    arguments = "serve --log x.log --web-config w.yaml"
    return Case(arguments=arguments, code=ERROR, words=f"w.yaml: {words}", files={"w.yaml": text}, **more)  # type: ignore[arg-type]


def taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody listens there."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr(socket, "create_server", refuse)


TARGETS = (
    Case(
        arguments="serve --targets none.yaml", code=ERROR, words="none.yaml: cannot read the targets: No such file or directory"
    ),
    targets(b"\xff\xff", "cannot read the targets: not UTF-8 text; save it as UTF-8"),
    targets("targets:\n  - [", "cannot read the targets: line "),
    targets("a: 1", "must be a list `targets:` of 1 to 1000 entries with name and url or log"),
    targets("targets:\n  - {name: a, url: b}\n  - {name: a, url: c}", "two targets have the name 'a'"),
    one("url: a", "needs a name"),
    one("name: a, password: b", "unknown key 'password'; known keys are name, url"),
    one("name: a", "needs url or log"),
    one("name: a, log: '-'", "log: the standard input is for one server; use --log -"),
    one("name: a, url: b, insecure: 1", "insecure must be true or false"),
    one("name: a, url: 'ftp://u:hush@b'", "b: is no address of a server; write it like http://127.0.0.1:8188"),
    one("name: a, url: b, token_file: none", "none: cannot be read: No such file or directory"),
    one("name: a, url: b, token_env: NO_SUCH", "the environment has no NO_SUCH; set it where comfymeter runs"),
    one("name: a, url: 8188", "url must be text in quotes"),
    one("name: a, url: b, timeout: soon", "timeout: 'soon' is not a duration: write it like 90s"),
)
WEB = (
    Case(arguments="serve --log x --web-config none", code=ERROR, words="none: cannot read the web configuration: No such file"),
    web("a: [", "cannot read the web configuration: line 1: "),
    web("- a", "the file must be a table of keys and values"),
    web("http_server_config: {}", "the file: unknown key 'http_server_config'; known keys are tls_server_config"),
    web("tls_server_config: {cert_file: a}", "tls_server_config needs cert_file and key_file"),
    web(f"tls_server_config: {{{FILES}, min_version: SSL3}}", "min_version must be one of TLS12, TLS13"),
    web("tls_server_config: {cert_file: a, key_file: b}", "tls_server_config: these certificates cannot be used: "),
    web(f"tls_server_config: {{{FILES}, client_auth_type: Any}}", "client_auth_type must be RequireAndVerifyClientCert"),
    web("basic_auth_users: {a: hush}", "basic_auth_users: a: no bcrypt hash; make one with `htpasswd -nBC 10 a`"),
    web("basic_auth_users: {a: b}", "basic_auth_users needs more: pip install 'comfymeter[auth]'", patch=without("bcrypt")),
)
SERVING = (
    Case(arguments="serve", code=USAGE, words="serve: what is to be watched? give --url http://127.0.0.1:8188, or --log FILE"),
    Case(
        arguments="serve --log x --targets t", code=USAGE, words="serve: --targets names the servers; leave --url and --log out"
    ),
    Case(arguments="serve --log x --listen here", code=USAGE, words="--listen: 'here' must be HOST:PORT, like 127.0.0.1:9189"),
    Case(arguments="serve --log x --timeout a=b", code=USAGE, words="--timeout: 'b' is not a duration: write it like 90s"),
    Case(
        arguments="serve --log x --listen 127.0.0.1:1 --no-gpu",
        code=ERROR,
        words="127.0.0.1:1: cannot listen there: Address already in use; --listen names another place",
        patch=taken,
    ),
    Case(arguments="demo --listen here", code=USAGE, words="--listen: 'here' must be HOST:PORT"),
    Case(
        arguments="serve --url ftp://a",
        code=USAGE,
        words="ftp://a: is no address of a server; write it like http://127.0.0.1:8188",
    ),
    Case(arguments="serve --url http://a --ca-file good.log", code=USAGE, words="good.log: no certificates can be read there ("),
    Case(
        arguments="serve --url http://a --token-file none", code=ERROR, words="--token-file: none: cannot be read: No such file"
    ),
)
TELLING = (
    Case(arguments="watch --notify-on pain", code=USAGE, words="--notify-on: 'pain' must be made of risk, stall"),
    Case(arguments="watch --webhook hush", code=USAGE, words="--webhook: this is no address to post to; write it like https"),
    Case(arguments="watch --webhook env:NO_SUCH", code=USAGE, words="--webhook: the environment has no NO_SUCH; env:NAME names"),
    Case(arguments="watch --notify hush", code=USAGE, words="--notify: this is no address of a service; write it like ntfy://"),
    Case(
        arguments="watch --notify nosuch://hush", code=USAGE, words="--notify: Apprise does not know this nosuch:// address; see"
    ),
    Case(
        arguments="watch --notify ntfy://hush",
        code=ERROR,
        words="--notify needs Apprise: pip install 'comfymeter[notify]'",
        patch=without("apprise"),
    ),
    Case(
        arguments="watch --once --on-risk true", code=USAGE, words="--once: prints the state and ends, so that nobody can be told"
    ),
    Case(
        arguments="watch here",
        code=ERROR,
        words="here: is a directory; give the file that ComfyUI writes to",
        files={"here/a": ""},
    ),
    Case(arguments="watch no/x.log", code=ERROR, words="no/x.log: the directory for it is not there; is the path right?"),
)
KITS = (
    Case(arguments="init nothing out", code=USAGE, words="init: there is no kit 'nothing'; there are dashboards"),
    Case(arguments="init alerts out --runbooks here", code=USAGE, words="--runbooks: 'here' must be an address like https://"),
    Case(
        arguments="init config .",
        code=ERROR,
        words=".: comfymeter.toml would be overwritten (--force does that); nothing was written",
        files={"comfymeter.toml": ""},
    ),
    Case(
        arguments="init config . --force",
        code=ERROR,
        words="comfymeter.toml: is a folder; nothing was written",
        files={"comfymeter.toml/x": ""},
    ),
    Case(arguments="init config good.log/x", code=ERROR, words="good.log/x: cannot be written: Not a directory"),
)
CASES = TARGETS + WEB + SERVING + TELLING + KITS
