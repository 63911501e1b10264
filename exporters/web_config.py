"""TLS and passwords for our own pages, in the form of Prometheus's web configuration files."""

import asyncio
import base64
import hashlib
import hmac
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analyzer.errors import SettingsError, unreadable
from analyzer.yaml_trouble import NotYamlError, load_yaml

_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_TLS_KEYS = ("cert_file", "key_file", "client_ca_file", "client_auth_type", "min_version")
_KEYS = ("tls_server_config", "basic_auth_users")
_BEGINNINGS = ("$2a$", "$2b$", "$2y$")
_MOST_KNOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """`tls`: how to speak; None: in the clear. `users`: bcrypt hashes by name; none: everybody may look."""

    tls: ssl.SSLContext | None = None
    users: Mapping[str, str] = field(default_factory=dict)

    @property
    def knows_visitors(self) -> bool:
        """Whether only those are let in who have a password or a certificate."""
        return bool(self.users) or (self.tls is not None and self.tls.verify_mode is ssl.CERT_REQUIRED)


def load_web_config(path: str) -> WebConfig:
    """Reads such a file. Raises SettingsError, also for keys that it does not know: they may be meant to protect something."""
    try:
        document = load_yaml(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, NotYamlError) as error:
        reason = str(error) if isinstance(error, NotYamlError) else unreadable(error)
        raise SettingsError(f"{path}: cannot read the web configuration: {reason}") from error
    values = _table(path, "the file", {} if document is None else document, _KEYS)
    tls = _table(path, "tls_server_config", values.get("tls_server_config") or {}, _TLS_KEYS)
    users = _table(path, "basic_auth_users", values.get("basic_auth_users") or {}, None)
    return WebConfig(tls=_tls(path, tls) if tls else None, users=_users(path, users))


def _table(path: str, what: str, value: Any, known: tuple[str, ...] | None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"{path}: {what} must be a table of keys and values")
    for key in value:
        if known is not None and key not in known:
            raise SettingsError(f"{path}: {what}: unknown key {key!r}; known keys are {', '.join(known)}")
    return value


def _tls(path: str, values: Mapping[str, Any]) -> ssl.SSLContext:
    files = {key: str(Path(path).parent / str(values[key])) for key in _TLS_KEYS[:3] if values.get(key)}
    if "cert_file" not in files or "key_file" not in files:
        raise SettingsError(f"{path}: tls_server_config needs cert_file and key_file")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.minimum_version = _VERSIONS[str(values.get("min_version", "TLS12"))]
        context.load_cert_chain(files["cert_file"], files["key_file"])
        if "client_ca_file" in files:
            context.load_verify_locations(files["client_ca_file"])
    except KeyError as error:
        raise SettingsError(f"{path}: min_version must be one of {', '.join(_VERSIONS)}") from error
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"{path}: tls_server_config: these certificates cannot be used: {error}") from error
    wanted = values.get("client_auth_type", "NoClientCert")
    if wanted not in ("NoClientCert", "RequireAndVerifyClientCert") or (wanted != "NoClientCert") != ("client_ca_file" in files):
        raise SettingsError(f"{path}: client_auth_type must be RequireAndVerifyClientCert, with client_ca_file, or NoClientCert")
    if wanted != "NoClientCert":
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _users(path: str, users: Mapping[Any, Any]) -> dict[str, str]:
    if not users:
        return {}
    try:
        import bcrypt  # noqa: F401
    except ImportError as error:
        raise SettingsError(f"{path}: basic_auth_users needs more: pip install 'comfymeter[auth]'") from error
    for name, hashed in users.items():
        if not isinstance(hashed, str) or not hashed.startswith(_BEGINNINGS):
            raise SettingsError(f"{path}: basic_auth_users: {name}: no bcrypt hash; make one with `htpasswd -nBC 10 {name}`")
    return {str(name): hashed for name, hashed in users.items()}


class Doorkeeper:
    """Who may look. A password that was right is remembered, as a keyed hash, since bcrypt is slow on purpose."""

    def __init__(self, users: Mapping[str, str]) -> None:
        self._users = dict(users)
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, None] = {}
        self._one_by_one = asyncio.Semaphore(2)

    async def admits(self, authorization: str | None) -> bool:
        """Whether this header opens the door."""
        if not self._users:
            return True
        given = _given(authorization)
        if given is None:
            return False
        mark = hmac.digest(self._key, b"\0".join(given), hashlib.sha256)
        if any(hmac.compare_digest(mark, known) for known in self._known):
            return True
        async with self._one_by_one:
            right = await asyncio.to_thread(self._check, *given)
        if right:
            self._known[mark] = None
            while len(self._known) > _MOST_KNOWN:
                del self._known[next(iter(self._known))]
        return right

    def _check(self, name: bytes, password: bytes) -> bool:
        """Takes as long for a name that is not known."""
        import bcrypt

        hashed = self._users.get(name.decode("utf-8", "replace"))
        anybody = next(iter(self._users.values()))
        try:
            # bcrypt looks at 72 bytes; newer versions of the library refuse more.
            right = bcrypt.checkpw(password[:72], (hashed or anybody).encode())
        except ValueError:
            return False
        return right and hashed is not None


def _given(authorization: str | None) -> tuple[bytes, bytes] | None:
    kind, _, value = (authorization or "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(value.strip(), validate=True).partition(b":")
    except ValueError:
        return None
    return (name, password) if colon else None
