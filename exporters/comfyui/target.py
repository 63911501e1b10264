"""Which server to watch and how to get to it: URL with path prefix, credentials, certificates."""

import base64
import ssl
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from analyzer.errors import UsageError

_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server. `ca_file`: certificates to trust beside the system's; `insecure`: trust any. Secrets do not show in its repr."""

    base: str
    user: str | None = None
    password: str = field(default="", repr=False)
    token: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    insecure: bool = False

    def http(self, path: str) -> str:
        """The URL of an endpoint."""
        return self.base + path

    def socket(self, client_id: str) -> str:
        """The URL of the WebSocket."""
        return f"ws{self.base.removeprefix('http')}/ws?clientId={client_id}"

    @property
    def authorization(self) -> str | None:
        """The header that gets us in; a token goes before a user."""
        if self.token is not None:
            return f"Bearer {self.token}"
        if self.user is None:
            return None
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    def tls(self) -> ssl.SSLContext | bool:
        """How its certificate is checked. Raises UsageError where `ca_file` cannot be used."""
        if self.insecure:
            return False
        if self.ca_file is None:
            return True
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"{self.ca_file}: no certificates can be read there ({error})") from None


def target_of(
    url: str,
    *,
    user: str | None = None,
    password: str = "",
    token: str | None = None,
    ca_file: str | None = None,
    insecure: bool = False,
) -> Target:
    """The target of a URL such as `127.0.0.1:8188`, `https://user:password@gpu/comfy/`. Raises UsageError where it is none."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        usable, port = parts.scheme in _SCHEMES and bool(parts.hostname), parts.port
    except ValueError:
        usable = False
    if not usable or parts.hostname is None:
        raise UsageError(f"{_shown(url)}: is no address of a server; write it like http://127.0.0.1:8188")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    base = f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
    if user is None and parts.username is not None:
        user, password = unquote(parts.username), unquote(parts.password or "")
    return Target(base=base, user=user, password=password, token=token, ca_file=ca_file, insecure=insecure)


def _shown(url: str) -> str:
    """Without credentials."""
    return url.rpartition("@")[2]
