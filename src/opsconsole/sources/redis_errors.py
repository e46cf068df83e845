"""What went wrong with a Redis or Valkey server as a typed error: a sentence, and what one does about it."""

from socket import gaierror
from urllib.parse import urlsplit

from ..config.settings import Redis
from ..model.reading import ProblemKind
from ..text.clean import clean
from ..text.redact import redact
from .errors import SourceError
from .redis_rights import grant, right_for
from .redis_tls import tls_failure
from .redis_words import STATES, state_of


def error_of(settings: Redis, error: BaseException, timeout_s: float, command: tuple[object, ...]) -> SourceError:
    """`command` is what was asked when it went wrong."""
    import redis.exceptions as failures

    said = clean(redact(str(error)), 200)
    if isinstance(error, failures.NoPermissionError):
        return _forbidden(settings, said, command)
    found = _known(settings, error, timeout_s, said)
    found.said = said
    return found


def _forbidden(settings: Redis, said: str, command: tuple[object, ...]) -> SourceError:
    right = right_for(command, said)
    user = clean(settings.user or urlsplit(settings.url).username or "default")
    refused = right[1:].replace("|", " ").upper()
    if "access a key" in said or "the keys" in said:
        refused, right = "its keys", "~*"
    found = SourceError(
        ProblemKind.FORBIDDEN, f"{settings.name} refuses {refused} to its user {user}", grant(user, right)
    )
    found.said = right
    return found


def _known(settings: Redis, error: BaseException, timeout_s: float, said: str) -> SourceError:
    import redis.exceptions as failures

    has_password = settings.password is not None or bool(urlsplit(settings.url).password)
    state = state_of(str(error))
    if isinstance(error, failures.AuthenticationError) and not state:
        state = "WRONGPASS"
    if state == "WRONGPASS" and not has_password:
        state = "NOAUTH"
    if isinstance(error, failures.BusyLoadingError):
        state = "LOADING"
    if state:
        return _problem(settings, *STATES[state])
    if "max number of clients" in said.lower():
        return _problem(settings, ProblemKind.REFUSED, "has no free connection", "see who holds them: CLIENT LIST")
    if isinstance(error, (TimeoutError, failures.TimeoutError)):
        over_tls = urlsplit(settings.url).scheme == "rediss"
        remedy = "check that it runs" + (", and that it speaks TLS at this port" if over_tls else "")
        return _problem(settings, ProblemKind.TIMEOUT, f"gave no answer within {timeout_s:g} s", remedy)
    if isinstance(error, (failures.ConnectionError, OSError)):
        return _unreachable(settings, error, said)
    return _problem(settings, ProblemKind.BAD_ANSWER, f"answers with an error: {said}", "")


def _unreachable(settings: Redis, error: BaseException, said: str) -> SourceError:
    over_tls = tls_failure(said)
    if over_tls is not None:
        return _problem(settings, ProblemKind.MISCONFIGURED, *over_tls)
    if any(word in said.lower() for word in ("closed", "reset by peer", "broken pipe")):
        # Of what TLS did not like its last word may be lost with the connection.
        remedy = "see its log; a port that speaks TLS needs rediss:// in url"
        if urlsplit(settings.url).scheme == "rediss":
            given = settings.cert_file is not None
            remedy = "see its log; " + (
                "it may not accept the client certificate (cert_file)"
                if given
                else "where it asks for a client certificate: cert_file and key_file in the settings"
            )
        return _problem(settings, ProblemKind.UNREACHABLE, "closed the connection", remedy)
    sentence, remedy = _network(settings, error.__cause__ or error.__context__ or error, said)
    return _problem(settings, ProblemKind.UNREACHABLE, sentence, remedy)


def _network(settings: Redis, cause: BaseException, said: str) -> tuple[str, str]:
    place = clean(urlsplit(settings.url).netloc.rpartition("@")[2], 120)
    if isinstance(cause, ConnectionRefusedError):
        return f"does not listen at {place}", "check that it runs, then host and port of url"
    if isinstance(cause, gaierror):
        return f"cannot be reached: no address for {place}", "check the host of url and the name server"
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else said
    return f"cannot be reached at {place}: {clean(reason, 120)}", "check host, port and the network between"


def _problem(settings: Redis, kind: ProblemKind, sentence: str, remedy: str) -> SourceError:
    return SourceError(kind, f"{settings.name} {sentence}", remedy)
