"""TLS to a Redis or Valkey server: what the settings name is looked at first, and what fails is said in words."""

import asyncio
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..config.settings import Redis
from ..model.reading import ProblemKind
from .errors import SourceError
from .executor import DaemonExecutor

_readers = DaemonExecutor("redis tls", 1)

_FAILURES = (
    (("certificate has expired",), "has a certificate that has expired", "renew it on the server; then r asks again"),
    (
        ("not yet valid",),
        "has a certificate that is not valid yet",
        "compare the clocks of the server and of this machine",
    ),
    (
        ("hostname mismatch", "ip address mismatch", "is not valid for"),
        "has a certificate for another name than the url's",
        "write a name of the certificate as the host of url",
    ),
    (
        ("self-signed", "self signed", "unable to get local issuer", "unable to get issuer"),
        "has a certificate of an authority that is not trusted here",
        "give that authority's certificate as ca_file in the settings",
    ),
    (
        ("wrong_version_number", "wrong version number", "record layer failure", "packet length too long"),
        "does not speak TLS at this port",
        "write redis:// in url, or the port of tls-port",
    ),
    (
        ("certificate_required", "certificate required"),
        "asks for a client certificate and none was given",
        "give cert_file and key_file in the settings",
    ),
    (
        ("alert_unknown_ca", "alert unknown ca", "alert_bad_certificate", "alert bad certificate", "alert certificate",
         "alert_certificate"),
        "does not accept the client certificate",
        "one that has not expired, of an authority that the server trusts (tls-ca-cert-file)",
    ),
)  # fmt: skip


async def tls_context(settings: Redis) -> ssl.SSLContext | None:
    """What `rediss://` is checked with; None where the url is not encrypted, or says itself how (`?ssl_…`).

    Raises SourceError for a file of the settings that cannot be used.
    """
    named = {"ca_file": settings.ca_file, "cert_file": settings.cert_file, "key_file": settings.key_file}
    url = urlsplit(settings.url)
    if url.scheme != "rediss":
        for given in (each for each in named if named[each] is not None):
            sentence = f"{settings.name} has a {given}, and its url is not encrypted"
            raise SourceError(ProblemKind.MISCONFIGURED, sentence, "write rediss:// in url")
        return None
    if "ssl_" in url.query and not any(named.values()):
        return None
    # Reading the authorities that this machine trusts takes tens of milliseconds.
    return await asyncio.get_running_loop().run_in_executor(_readers, _context, settings)


def encrypted(kind: type[Any], context: ssl.SSLContext) -> type[Any]:
    """A connection class of redis that uses this context in place of one of its own."""

    class Encrypted(kind):  # type: ignore[misc]  # which of redis' classes it is, its URL says
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.ssl_context.context = context

    return Encrypted


def _context(settings: Redis) -> ssl.SSLContext:
    ca, cert, key = map(_path, (settings.ca_file, settings.cert_file, settings.key_file))
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise _unusable("ca_file", settings.ca_file, error) from None
    if cert is not None:
        try:
            context.load_cert_chain(cert, key, password=_no_passphrase)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise _unusable("cert_file or key_file", settings.cert_file, error) from None
    elif key is not None:
        sentence = f"{settings.name} has a key_file without a cert_file"
        raise SourceError(ProblemKind.MISCONFIGURED, sentence, "give cert_file in the settings")
    return context


def tls_failure(said: str) -> tuple[str, str] | None:
    """Sentence and remedy for an error of OpenSSL; None where it is none."""
    lower = said.lower()
    for words, sentence, remedy in _FAILURES:
        if any(word in lower for word in words):
            return sentence, remedy
    if "ssl" in lower or "certificate" in lower:
        return f"cannot be reached over TLS: {said}", "check ca_file, cert_file and key_file in the settings"
    return None


def _path(name: str | None) -> str | None:
    return None if name is None else str(Path(name).expanduser())


def _no_passphrase() -> str:
    """An encrypted key must not stop the program at a prompt that the screen hides."""
    raise ValueError("the key is encrypted, and no passphrase can be asked for here")


def _unusable(key: str, name: str | None, error: Exception) -> SourceError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return SourceError(
        ProblemKind.MISCONFIGURED, f"{key} {name} cannot be used: {reason}", f"correct {key} in the settings"
    )
