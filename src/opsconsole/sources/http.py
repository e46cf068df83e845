"""How an HTTP source is reached (URL or service proxy, credentials, TLS), and what its refusals mean in plain words."""

import asyncio
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from ..config.settings import Http
from ..model.reading import ProblemKind
from ..text.clean import clean
from ..text.redact import redact, remember
from .errors import SourceError
from .executor import DaemonExecutor
from .secret import reveal

BODY_LIMIT = 64 * 1024 * 1024
"""Bytes of an answer that are read at most; a longer one is an error, not a crash."""
SENTENCE_LIMIT = 240
LONGEST_REFUSAL = 65536
"""Bytes of a refusal in which its sentence is looked for."""
_readers = DaemonExecutor("tls", 1)
"""A bundle of authorities takes longer to load than the loop may wait."""
_TOO_MUCH = re.compile(
    r"too many (samples|points|time ?series|chunks|series|bytes|unique)|exceeded maximum resolution"
    r"|exceed\w* (the |a )?(maximum|limit|max)|max-(samples|series|chunks|estimated|fetched)|maxSamplesPer|maxUnique",
    re.IGNORECASE,
)
"""How Prometheus, Thanos, Mimir and VictoriaMetrics say that a query is above a limit of theirs."""
_KUBE = re.compile(r"kube://(?P<namespace>[^/:]+)/(?P<service>(?:https?:)?[^/:]+):(?P<port>[^/:]+)(?P<path>/.*)?")


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a source is and how to be let in. Headers hold secrets: they stay out of its repr."""

    base: str
    """URL without a trailing slash."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)
    timeout_s: float = 10.0
    shown: str = ""
    """The address as the settings name it, without user and password."""
    server_hostname: str = ""
    """The name to ask for and to verify in TLS where it is not the URL's own."""
    proxy: str | None = field(default=None, repr=False)
    """The proxy on the way; None: the one that the environment names."""


class ServiceProxy(Protocol):
    """The way through a Kubernetes API server to a service in its cluster, with the console's own credentials."""

    async def service(self, namespace: str, service: str, port: str) -> Reach: ...


async def reach(settings: Http, proxy: ServiceProxy | None = None) -> Reach:
    """Resolve the settings of a source: secrets, files and, for `kube://`, the API server's service proxy.

    Raises SourceError (misconfigured) naming the file, reference or URL that cannot be used.
    """
    headers = dict(settings.headers)
    if settings.tenant:
        headers["X-Scope-OrgID"] = settings.tenant
    if settings.bearer is not None:
        token = await reveal(settings.bearer)
        remember(token)
        headers["Authorization"] = f"Bearer {token}"
    elif settings.user is not None:
        headers["Authorization"] = await _basic(settings)
    if settings.url.startswith("kube://"):
        return await _through_cluster(settings, headers, proxy)
    parts = urlsplit(settings.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SourceError(
            ProblemKind.MISCONFIGURED,
            f"{clean(redact(settings.url), 120)} is not an http, https or kube URL",
            "write it as https://HOST[:PORT][/PATH] or kube://NAMESPACE/SERVICE:PORT",
        )
    if "@" in parts.netloc:
        raise SourceError(
            ProblemKind.MISCONFIGURED,
            f"the URL of {parts.hostname} holds a user or password",
            "take them out and give user and password (a reference) in the settings",
        )
    context = None
    if parts.scheme == "https":
        context = await asyncio.get_running_loop().run_in_executor(_readers, _tls, settings)
    base = settings.url.rstrip("/")
    return Reach(base, headers, context, settings.timeout_s, base)


def proxy_for(way: Reach) -> str | None:
    """The proxy to go through: the source's own, else the environment's.

    A .netrc is not looked at: it may hold others' credentials.
    """
    parts = urlsplit(way.base)
    if way.proxy is not None:
        return way.proxy
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)


def request_options(way: Reach) -> dict[str, Any]:
    """What every request of an aiohttp session to this source is given. Redirects would carry the headers elsewhere."""
    options: dict[str, Any] = {"headers": dict(way.headers), "allow_redirects": False, "proxy": proxy_for(way)}
    if way.context is not None:  # without one the library's own default must stay
        options["ssl"] = way.context
    if way.server_hostname:
        options["server_hostname"] = way.server_hostname
    return options


def refusal(name: str, status: int, body: bytes, location: str = "") -> SourceError:
    """The typed error for an answer that is not a success; the server's own sentence is quoted where it gives one."""
    said = _sentence(body)
    quoted = f": {said}" if said else ""
    if 300 <= status < 400:
        where = clean(redact(location.split("?")[0]), 120)
        return SourceError(
            ProblemKind.UNAUTHORIZED,
            f"{name} sends the console to another page ({where}), most likely a login",
            "give bearer, user and password, or headers that the login accepts, or the address behind it",
        )
    if status == 401:
        return SourceError(
            ProblemKind.UNAUTHORIZED, f"{name} does not accept the credentials{quoted}", "renew the token or password"
        )
    if status == 403:
        return SourceError(
            ProblemKind.FORBIDDEN, f"{name} forbids it{quoted}", "ask for the right to read, or use other credentials"
        )
    if status == 404:
        return SourceError(
            ProblemKind.MISCONFIGURED,
            f"{name} has nothing at this address{quoted}",
            "check the URL and its path prefix in the settings",
        )
    if status in (400, 413, 422) and _TOO_MUCH.search(said):
        return SourceError(
            ProblemKind.REFUSED,
            f"{name} refuses to look at so much{quoted}",
            "narrow the query: a shorter range, one service, or a recording rule",
        )
    if status in (400, 422):
        return SourceError(ProblemKind.REFUSED, f"{name} refuses the query{quoted}", "correct the query")
    if status in (502, 503, 504):
        return SourceError(
            ProblemKind.UNREACHABLE,
            f"{name} is not available now (HTTP {status}){quoted}",
            "it is asked again by itself",
        )
    if status == 429:
        return SourceError(
            ProblemKind.REFUSED, f"{name} is asked too often{quoted}", "it is asked again by itself, more slowly"
        )
    return SourceError(
        ProblemKind.BAD_ANSWER, f"{name} answers HTTP {status}{quoted}", "look into the server's own log"
    )


def not_json(name: str, content_type: str, body: bytes) -> SourceError:
    """The typed error for a success that is no JSON: most often a login page or another program's web page."""
    if b"<html" in body[:2000].lower() or "html" in content_type:
        return SourceError(
            ProblemKind.BAD_ANSWER,
            f"{name} answers with a web page instead of data",
            "check that the URL is the server's own, not its user interface's or a login's",
        )
    return SourceError(
        ProblemKind.BAD_ANSWER,
        f"{name} answers with something that is no JSON",
        "check that the URL is the right server's",
    )


def too_long(name: str) -> SourceError:
    return SourceError(
        ProblemKind.BAD_ANSWER,
        f"the answer of {name} is longer than {BODY_LIMIT // 2**20} MiB",
        "narrow the query, for example by a recording rule",
    )


def timed_out(name: str, timeout_s: float) -> SourceError:
    return SourceError(
        ProblemKind.TIMEOUT, f"{name} did not answer within {timeout_s:g} s", "it is asked again by itself; r asks now"
    )


def unreachable(name: str, shown: str, why: BaseException) -> SourceError:
    """The typed error for a connection that did not come about, from the innermost cause's words."""
    reason = clean(redact(_cause(why)), SENTENCE_LIMIT)
    if "certificate" in reason.lower() or "SSL" in reason:
        return SourceError(
            ProblemKind.MISCONFIGURED,
            f"the TLS connection to {name} at {shown} fails: {reason}",
            "give its certificate authority as ca_file in the settings",
        )
    return SourceError(
        ProblemKind.UNREACHABLE, f"{name} at {shown} cannot be reached: {reason}", "check the address and the network"
    )


async def _basic(settings: Http) -> str:
    from base64 import b64encode

    password = await reveal(settings.password) if settings.password is not None else ""
    encoded = b64encode(f"{settings.user}:{password}".encode()).decode()
    remember(password)
    remember(encoded)
    return f"Basic {encoded}"


async def _through_cluster(settings: Http, headers: dict[str, str], proxy: ServiceProxy | None) -> Reach:
    matched = _KUBE.fullmatch(settings.url)
    if matched is None:
        raise SourceError(
            ProblemKind.MISCONFIGURED,
            f"{clean(settings.url, 120)} is no service of a cluster",
            "write it as kube://NAMESPACE/SERVICE:PORT",
        )
    if proxy is None:
        raise SourceError(
            ProblemKind.MISCONFIGURED,
            f"{settings.url} needs a cluster, and this profile has none",
            "give the profile a [kubernetes] table",
        )
    found = await proxy.service(matched["namespace"], matched["service"], matched["port"])
    # The service's own Authorization header would replace the API server's: the cluster's credentials go first.
    merged = {**headers, **found.headers}
    base = found.base.rstrip("/") + (matched["path"] or "").rstrip("/")
    return replace(found, base=base, headers=merged, timeout_s=settings.timeout_s, shown=settings.url)


def _tls(settings: Http) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=_path(settings.ca_file))
    except (OSError, ssl.SSLError) as error:
        raise _unusable("ca_file", settings.ca_file, error) from None
    if settings.cert_file is not None:
        try:
            context.load_cert_chain(str(_path(settings.cert_file)), _path(settings.key_file), password=_no_passphrase)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise _unusable("cert_file or key_file", settings.cert_file, error) from None
    return context


def _no_passphrase() -> str:
    """An encrypted key must not stop the program at a prompt that the screen hides."""
    raise ValueError("the key is encrypted, and no passphrase can be asked for here")


def _path(name: str | None) -> str | None:
    return None if name is None else str(Path(name).expanduser())


def _unusable(key: str, name: str | None, error: Exception) -> SourceError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return SourceError(
        ProblemKind.MISCONFIGURED, f"{key} {name} cannot be used: {reason}", f"correct {key} in the settings"
    )


def _sentence(body: bytes) -> str:
    """What a server says in its error: `error` or `message` of JSON, else a short plain text, never a page of HTML."""
    try:
        said = json.loads(body[:LONGEST_REFUSAL])
    except ValueError:
        text = body[:2000].decode("utf-8", "replace").strip()
        said = "" if "<" in text else text
    if isinstance(said, dict):
        said = said.get("error") or said.get("message") or ""
    return clean(redact(str(said)[:2000]).strip(), SENTENCE_LIMIT) if said else ""


def _cause(error: BaseException) -> str:
    """The innermost cause's words: the outer ones only repeat addresses and object numbers."""
    while True:
        inner = getattr(error, "reason", None)
        if not isinstance(inner, BaseException):
            inner = error.__cause__ or error.__context__
        if inner is None or inner is error:
            break
        error = inner
    return (
        (error.strerror if isinstance(error, OSError) and error.strerror else "") or str(error) or type(error).__name__
    )
