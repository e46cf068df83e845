"""What a probe's target may be: a web address, a port, a name, or a port with its certificate."""

from typing import NamedTuple
from urllib.parse import urlsplit

HOW = (
    "write it as https://HOST/PATH, kube://NAMESPACE/SERVICE:PORT/PATH, tcp://HOST:PORT, tls://HOST:PORT or dns://NAME"
)
WEB = ("http", "https", "kube")


class Target(NamedTuple):
    """A target taken apart; `port` is 0 where there is none to name."""

    kind: str
    """http, tcp, tls or dns."""
    host: str
    port: int
    url: str


def target_of(text: str) -> Target:
    """Raises ValueError with a sentence that says how to write it."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port or 0
    except ValueError:
        raise ValueError(f"is no address: {HOW}") from None
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user or password: give headers or `bearer` instead")
    if not host:
        raise ValueError(f"names no host: {HOW}")
    if parts.scheme in WEB:
        return Target("http", host, port, text)
    if parts.scheme in ("tcp", "tls"):
        if not port and parts.scheme == "tcp":
            raise ValueError(f"names no port: {HOW}")
        return Target(parts.scheme, host, port or 443, text)
    if parts.scheme == "dns":
        return Target("dns", host, 0, text)
    raise ValueError(f"is of no kind that can be asked: {HOW}")
