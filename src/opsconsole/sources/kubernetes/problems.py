"""Failures of the API server and of the way to it as typed errors in an operator's words."""

import ssl

import aiohttp
import msgspec

from ...model.reading import ProblemKind
from ...text.clean import clean
from ...text.redact import redact
from ..errors import SourceError
from .wire import Status


class Gone(SourceError):
    """410: the version asked for is too old; list again."""

    def __init__(self) -> None:
        super().__init__(ProblemKind.BAD_ANSWER, "the API server no longer has the version that was asked for")


def unreachable(error: Exception, server: str) -> SourceError:
    """What stopped a request on its way."""
    if isinstance(error, TimeoutError):
        return SourceError(
            ProblemKind.TIMEOUT, f"the API server {server} does not answer", "check the network or the VPN; press r"
        )
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLCertVerificationError):
        inner = getattr(error, "certificate_error", error)
        reason = getattr(inner, "verify_message", "") or "its certificate is not trusted"
        return SourceError(
            ProblemKind.MISCONFIGURED,
            f"the API server's certificate was refused: {clean(str(reason), 160)}",
            "check certificate-authority and server in the kubeconfig",
        )
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, OSError):
        reason = error.os_error.strerror or str(error.os_error)
        return SourceError(
            ProblemKind.UNREACHABLE,
            f"the API server {server} cannot be reached: {clean(reason, 160)}",
            "check the network or the VPN; press r",
        )
    # a payload error tells of bytes and encodings, which says no more than that the connection ended
    told = "" if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError) else str(error)
    reason = f": {clean(redact(told), 160)}" if told else ""
    return SourceError(
        ProblemKind.UNREACHABLE,
        f"the connection to the API server broke off{reason}",
        "check the network or the VPN; press r",
    )


def refused(status: int, body: bytes, what: str, *, retry_after: str | None = None, remedy: str = "") -> SourceError:
    """An error status; `what` is the right that the request needs, such as `list pods in shop`."""
    said = message(body)
    error = _refused(status, said, what, retry_after, remedy)
    error.status, error.said = status, said.removeprefix(": ")
    return error


def _refused(status: int, said: str, what: str, retry_after: str | None, remedy: str) -> SourceError:
    match status:
        case 401:
            return SourceError(ProblemKind.UNAUTHORIZED, "the API server does not accept the credentials", remedy)
        case 403:
            return SourceError(
                ProblemKind.FORBIDDEN,
                f"forbidden: needs {what}",
                f"ask for the right: `kubectl auth can-i {_asked(what)}`",
            )
        case 404:
            return SourceError(ProblemKind.MISSING, f"nothing there to {what}{said}", "")
        case 429 | 503:
            return SourceError(
                ProblemKind.REFUSED,
                f"the API server is too busy ({status}){said}",
                "",
                retry_after_s=_seconds(retry_after),
            )
    return SourceError(ProblemKind.BAD_ANSWER, f"the API server answered {status} to {what}{said}", "")


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
    """Retry-After in seconds, at most five minutes; None for a date or nonsense."""
    try:
        return min(300.0, max(0.0, float(text))) if text else None
    except ValueError:
        return None
