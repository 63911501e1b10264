"""Names and addresses of this machine, as others use them to reach it."""

import ipaddress
from urllib.parse import urlsplit

# What ends so cannot be bought by a stranger.
_OWN_ENDINGS = (".localhost", ".local", ".internal", ".home.arpa")


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_own_name(header: str) -> bool:
    """Whether a Host header names an address, or a name that no stranger can make lead here."""
    try:
        name = (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if "." not in name or name.endswith(_OWN_ENDINGS):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
