"""Failures of the API server and of the way to it as typed errors in an operator's words."""

import ssl
from datetime import UTC
from email.utils import parsedate_to_datetime

import aiohttp
import msgspec

from ...model.reading import ProblemKind
from ...text import clock, units
from ...text.clean import clean
from ...text.redact import redact
from ..errors import SourceError
from .wire import Status

_OUT_OF_TIME = (9, 10)
"""What the TLS library calls a certificate that holds not yet, and no longer."""
_BY_ITSELF = "it is asked again by itself"
_IN_BETWEEN = "a proxy may stand in between: check `server` in the kubeconfig"


class Gone(SourceError):
    """410: the version asked for is too old; list again."""

    def __init__(self) -> None:
        super().__init__(
            ProblemKind.BAD_ANSWER, "the API server forgot the list before it was read to its end (410)",
            f"{_BY_ITSELF}; name fewer `namespaces` in the settings",
        )  # fmt: skip


def unreachable(error: Exception, server: str) -> SourceError:
    """What stopped a request on its way."""
    if isinstance(error, TimeoutError):
        return SourceError(
            ProblemKind.TIMEOUT, f"the API server {server} does not answer", "check the network or the VPN; press r"
        )
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLCertVerificationError):
        inner = getattr(error, "certificate_error", error)
        reason = getattr(inner, "verify_message", "") or "its certificate is not trusted"
        remedy = (
            "renew the API server's certificate, or set the clock of this machine right"
            if getattr(inner, "verify_code", None) in _OUT_OF_TIME
            else "check certificate-authority and server in the kubeconfig"
        )
        return SourceError(
            ProblemKind.MISCONFIGURED, f"the API server's certificate was refused: {clean(str(reason), 160)}", remedy
        )
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, OSError):
        reason = error.os_error.strerror or str(error.os_error)
        return SourceError(
            ProblemKind.UNREACHABLE,
            f"the API server {server} cannot be reached: {clean(reason, 160)}",
            "check the network or the VPN; press r",
        )
    if isinstance(error, aiohttp.ClientError) and "content-encoding" in str(error).lower():
        return SourceError(
            ProblemKind.BAD_ANSWER,
            "the API server's answer is not compressed as it says",
            f"{_BY_ITSELF}; {_IN_BETWEEN}",
        )
    # a payload error tells of bytes and encodings, which says no more than that the connection ended
    told = "" if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError) else str(error)
    reason = f": {clean(redact(told), 160)}" if told else ""
    return SourceError(
        ProblemKind.UNREACHABLE,
        f"the connection to the API server broke off{reason}",
        "check the network or the VPN; press r",
    )


def refused(
    status: int, body: bytes, what: str, *, retry_after: str | None = None, remedy: str = "", reason: str = ""
) -> SourceError:
    """An error status; `what` is the right that the request needs, such as `list pods in shop`.

    `remedy` and `reason` are for refused credentials: what to do, and why, where we know it.
    """
    said = message(body)
    error = unauthorized(remedy, reason) if status == 401 else _refused(status, said, what, retry_after)
    error.status, error.said = status, said.removeprefix(": ")
    return error


def _refused(status: int, said: str, what: str, retry_after: str | None) -> SourceError:
    match status:
        case 403:
            return SourceError(
                ProblemKind.FORBIDDEN,
                f"forbidden: needs {what}",
                f"ask for the right: `kubectl auth can-i {_asked(what)}`",
            )
        case 404:
            return SourceError(ProblemKind.MISSING, f"nothing there to {what}{said}", "")
        case 429 | 503:
            rest = _seconds(retry_after)
            remedy = f"{_BY_ITSELF} after {units.span(rest)}, as it wants; r asks at once" if rest else _BY_ITSELF
            return SourceError(
                ProblemKind.REFUSED, f"the API server is too busy ({status}){said}", remedy, retry_after_s=rest
            )
    remedy = f"{_BY_ITSELF}; `kubectl get --raw '/readyz?verbose'` tells what fails in it" if status >= 500 else ""
    return SourceError(ProblemKind.BAD_ANSWER, f"the API server answered {status} to {what}{said}", remedy)


def unauthorized(remedy: str, reason: str = "") -> SourceError:
    """401; `reason` where we know why."""
    return SourceError(ProblemKind.UNAUTHORIZED, reason or "the API server does not accept the credentials", remedy)


def _asked(what: str) -> str:
    """The right as kubectl takes it: `list pods in shop` is `list pods -n shop`."""
    right, _, scope = what.partition(" in ")
    if not scope:
        return right
    return f"{right} --all-namespaces" if scope == "all namespaces" else f"{right} -n {scope}"


def message(body: bytes) -> str:
    """`: ` and the message of a Status body; nothing for a web page."""
    try:
        status = msgspec.json.decode(body[:65536], type=Status)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return f": {clean(redact(status.message), 200)}" if status.message else ""


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds, at most five minutes; None for nonsense. It may be a date (RFC 9110, 10.2.3)."""
    if not text:
        return None
    try:
        seconds = float(text) if text.strip().isdecimal() else _until(text)
    except (ValueError, OverflowError):
        return None
    return min(300.0, max(0.0, seconds))


def _until(date: str) -> float:
    moment = parsedate_to_datetime(date)
    return (moment.astimezone(UTC) - clock.now()).total_seconds()
