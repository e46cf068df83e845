"""What libpq and the server say when something is wrong, as the console's typed error."""

from typing import TYPE_CHECKING

from ...model.reading import ProblemKind
from ...rules.connection_words import FULL
from ...text.clean import clean
from ...text.redact import redact
from ..errors import SourceError

if TYPE_CHECKING:
    import psycopg

# A refused connection carries no SQLSTATE in libpq, only its text (English unless the server is told otherwise).
_CONNECTING: tuple[tuple[tuple[str, ...], ProblemKind, str, str], ...] = (
    (
        ("starting up", "not yet accepting", "not accepting connections", "in recovery mode"),
        ProblemKind.REFUSED,
        "is starting up or recovering",
        "wait: it is asked again by itself",
    ),
    (("shutting down",), ProblemKind.REFUSED, "is shutting down", "wait until it is back"),
    (
        ("too many connections for role",),
        ProblemKind.REFUSED,
        f"{FULL} for this role",
        "end what the role holds, or raise its limit: ALTER ROLE … CONNECTION LIMIT",
    ),
    (
        ("too many connections for database",),
        ProblemKind.REFUSED,
        f"{FULL} for this database",
        "end what is open there, or raise its limit: ALTER DATABASE … CONNECTION LIMIT",
    ),
    (
        ("no more connections allowed",),
        ProblemKind.REFUSED,
        f"{FULL} in PgBouncer",
        "raise max_client_conn, or find who opens so many (SHOW CLIENTS)",
    ),
    (
        ("remaining connection slots",),
        ProblemKind.REFUSED,
        f"{FULL} but those kept back",
        "16 and later: set reserved_connections and GRANT pg_use_reserved_connections to the console's role; else only "
        "a superuser gets in",
    ),
    (
        ("too many clients", "too many connections"),
        ProblemKind.REFUSED,
        f"{FULL}, those kept back taken too",
        "stop clients where they run: nobody gets in before one leaves",
    ),
    (
        ("password authentication failed", "authentication failed"),
        ProblemKind.UNAUTHORIZED,
        "refuses the user name or password",
        "check user and the password reference in the settings, or .pgpass",
    ),
    (
        ("no password supplied", "password not supplied"),
        ProblemKind.UNAUTHORIZED,
        "wants a password and none was given",
        "give [[…postgres]] a password reference, or add a line to .pgpass",
    ),
    (
        ("no pg_hba.conf entry", "pg_hba.conf rejects"),
        ProblemKind.FORBIDDEN,
        "allows no connection from this machine for this user and database",
        "add a line to its pg_hba.conf, or connect from an allowed host",
    ),
    (
        ("permission denied for database", "not permitted to log in"),
        ProblemKind.FORBIDDEN,
        "does not let this user connect",
        "GRANT CONNECT on the database, and LOGIN to the role",
    ),
    (
        ("does not support ssl", "ssl error", "certificate", "sslmode"),
        ProblemKind.MISCONFIGURED,
        "and the settings disagree about TLS",
        "check sslmode and sslrootcert",
    ),
    (
        ("failed to resolve", "could not translate host name", "name or service not known"),
        ProblemKind.UNREACHABLE,
        "has a host name that cannot be resolved",
        "check host in the dsn, and the name server",
    ),
    (
        ("connection refused", "no such file or directory"),
        ProblemKind.UNREACHABLE,
        "refuses the connection: nothing listens there",
        "check host and port, and that the server runs",
    ),
)


_SILENT = ("timeout expired", "timed out")


def silent(name: str) -> SourceError:
    """A server from which nothing comes: one problem, whatever was asked for and however long it was waited."""
    remedy = "check that it runs and is not stopped, then the network and the firewall"
    return SourceError(ProblemKind.TIMEOUT, f"{name} does not answer", remedy)


def connecting(name: str, error: "psycopg.Error") -> SourceError:
    """The error of a connection that did not come about."""
    said = str(error).lower()
    if any(mark in said for mark in _SILENT):
        return silent(name)
    if "does not exist" in said and 'database "' in said:
        return SourceError(
            ProblemKind.MISCONFIGURED, f"{name} has no such database: {_last(error)}", "check dbname in the dsn"
        )
    if "does not exist" in said and 'role "' in said:
        return SourceError(ProblemKind.UNAUTHORIZED, f"{name} knows no such user: {_last(error)}", "check user")
    for marks, kind, sentence, remedy in _CONNECTING:
        if any(mark in said for mark in marks):
            return SourceError(kind, f"{name} {sentence} ({_last(error)})", remedy)
    return SourceError(ProblemKind.UNREACHABLE, f"{name} cannot be reached: {_last(error)}", "check the dsn")


def with_usage(error: SourceError, last_seen: str) -> SourceError:
    """Where no connection is free also how many were in use, and that the console is among those left out."""
    problem = error.problem
    if FULL not in problem.sentence:
        return error
    seen = last_seen or "how many are in use was not seen"
    head, bracket, said = problem.sentence.partition(" (")  # the server's own words are long: they come last
    sentence = f"{head}: {seen}; the console holds none{bracket}{said}"
    return SourceError(problem.kind, sentence, problem.remedy, retry_after_s=error.retry_after_s)


def asking(name: str, what: str, error: "psycopg.Error", timeout_s: float) -> SourceError:
    """The error of a query on a connection that stood."""
    state = error.sqlstate or ""
    said = _last(error)
    if state == "57014":
        sentence = f"{name}: {what} took longer than {timeout_s:g} s"
        return SourceError(ProblemKind.TIMEOUT, sentence, "raise statement_timeout_s, or look at the server's load")
    if state == "55P03":
        sentence = f"{name}: {what} waited for a lock longer than a second"
        return SourceError(ProblemKind.TIMEOUT, sentence, "look at Locks for who holds it")
    if state == "42501":
        return SourceError(
            ProblemKind.FORBIDDEN, f"{name}: {what} is not allowed: {said}", "GRANT pg_monitor to the role"
        )
    if state in ("42P01", "42883", "42703", "55000"):
        return SourceError(ProblemKind.BAD_ANSWER, f"{name}: {what} is not there: {said}", "")
    if state in ("57P01", "57P02", "57P03") or not state:
        return SourceError(
            ProblemKind.UNREACHABLE, f"{name} ended the connection: {said}", "it is asked again by itself"
        )
    return SourceError(ProblemKind.BAD_ANSWER, f"{name}: {what} failed: {said}", "")


def _last(error: "psycopg.Error") -> str:
    """The last line says what is wrong, those before it where; in words fit for the screen."""
    primary = error.diag.message_primary
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and "Multiple connection" not in line]
    text = primary or (lines[-1] if lines else type(error).__name__)
    return clean(redact(text.rpartition("FATAL:")[2].strip() or text), 300)
