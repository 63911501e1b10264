"""What `watch` and `serve` have in common: how a server is reached, whose GPUs are looked at, where its history is."""

import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from exporters.comfyui import Target, target_of
from exporters.hosts import is_loopback
from exporters.targets import secret

if TYPE_CHECKING:
    from exporters.keeper import Keeper
    from exporters.nvml import NvmlSampler

TOKEN, PASSWORD = "COMFYMETER_TOKEN", "COMFYMETER_PASSWORD"


def target_from(
    url: str,
    *,
    user: str | None = None,
    password_file: str | None = None,
    token_file: str | None = None,
    ca_file: str | None = None,
    insecure: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> Target:
    """A server by its options. Secrets come from files or the environment: everybody on the machine can read command lines."""
    token = secret(token_file, TOKEN if TOKEN in environment else None, environment, "--token-file")
    password = secret(password_file, PASSWORD if PASSWORD in environment else None, environment, "--password-file")
    target = target_of(url, user=user, password=password or "", token=token, ca_file=ca_file, insecure=insecure)
    target.tls()
    return target


def port_here(target: Target) -> int | None:
    """The port of a server on this machine; None: it is elsewhere, also behind a tunnel that begins here."""
    from exporters.listener import is_forwarded

    parts = urlsplit(target.base)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return port if is_loopback(parts.hostname or "") and not is_forwarded(port) else None


def sampler_of(target: Target | None, pid: int | None) -> "NvmlSampler | None":
    """Of this machine's GPUs, where the server is on it, or its log is. None also where there is no driver at all; one that is
    away may come back."""
    from exporters.nvml import find_facts, sampler_for

    port = port_here(target) if target is not None else None
    if target is not None and port is None:
        return None
    return sampler_for(pid, port) if find_facts().visible else None


def keeper_of(place: str | None) -> "Keeper | None":
    """The history at a place, opened when it is asked."""
    if place is None:
        return None
    from analyzer.history import open_store
    from exporters.keeper import Keeper

    return Keeper(partial(open_store, place))
