"""Asks one probe's target once: a web page, a port, a certificate, a name. What goes wrong is an answer, no error."""

import asyncio
import contextlib
import os
import re
import socket
import ssl
import time
from datetime import UTC, datetime
from typing import Any

import aiohttp

from ..config.probe_targets import Target, target_of
from ..config.settings import Http, Probe
from ..model.probe import ProbeAnswer
from ..text import clock
from ..text.clean import clean
from ..text.redact import redact
from .errors import SourceError
from .executor import DaemonExecutor
from .http import Reach, ServiceProxy, reach, request_options

BODY_BYTES = 64 * 1024
"""Of a page so much is searched for the words that it must hold."""
NAME_THREADS = 4


class Prober:
    """Holds what several askings of one probe share. Nothing is kept open between two of them: that a connection can
    be made is what is asked."""

    def __init__(self, settings: Probe, proxy: ServiceProxy | None = None) -> None:
        """Raises ValueError for a target or an expression that the settings should not have let in."""
        self.settings = settings
        self.target: Target = target_of(settings.target)
        self._wanted = re.compile(settings.body) if settings.body else None
        self._proxy = proxy
        self._reach: Reach | None = None
        self._names = DaemonExecutor("probe names", NAME_THREADS)

    async def ask(self) -> ProbeAnswer:
        """Ends within the probe's timeout; never raises but CancelledError."""
        at, started = clock.now(), time.perf_counter()
        ways = {"http": self._web, "tcp": self._port, "tls": self._certificate, "dns": self._name}
        try:
            async with asyncio.timeout(self.settings.timeout_s):
                good, said, expires = await ways[self.target.kind]()
        except TimeoutError:
            self._reach = None
            return ProbeAnswer(at, False, f"no answer within {self.settings.timeout_s:g} s", None)
        except SourceError as error:
            self._reach = None
            return ProbeAnswer(at, None, error.problem.sentence, remedy=error.problem.remedy)
        except (OSError, ssl.SSLError, aiohttp.ClientError, ValueError) as error:
            self._reach = None
            return ProbeAnswer(at, False, _why(error), time.perf_counter() - started)
        return ProbeAnswer(at, good, said, time.perf_counter() - started, expires)

    def close(self) -> None:
        self._names.shutdown()

    async def _web(self) -> tuple[bool, str, datetime | None]:
        settings = self.settings
        if self._reach is None:
            http = Http(
                url=settings.target, bearer=settings.bearer, headers=settings.headers, ca_file=settings.ca_file,
                timeout_s=settings.timeout_s,
            )  # fmt: skip
            self._reach = await reach(http, self._proxy)
        way = self._reach
        connector = aiohttp.TCPConnector(force_close=True)
        async with (
            aiohttp.ClientSession(connector=connector, response_class=_Page) as session,
            session.get(way.base, **request_options(way)) as response,
        ):
            expires = response.certificate_ends if isinstance(response, _Page) else None
            wanted = settings.status
            if response.status not in wanted if wanted else not 200 <= response.status < 300:
                expected = ", ".join(map(str, wanted)) or "200-299"
                return False, f"HTTP {response.status}, wanted {expected}", expires
            if self._wanted is not None:
                page = (await _beginning(response.content)).decode("utf-8", "replace")
                if not self._wanted.search(page):
                    words = clean(settings.body, 60)
                    return False, f"HTTP {response.status}, but {words!r} is not in the page", expires
            return True, f"HTTP {response.status}", expires

    async def _port(self) -> tuple[bool, str, datetime | None]:
        writer = await self._connected()
        await _let_go(writer)
        return True, "takes connections", None

    async def _certificate(self) -> tuple[bool, str, datetime | None]:
        context = await asyncio.get_running_loop().run_in_executor(self._names, _context, self.settings.ca_file)
        writer = await self._connected(ssl=context, server_hostname=self.target.host)
        expires = _expiry(writer.transport)
        version = writer.get_extra_info("ssl_object").version()
        await _let_go(writer)
        return True, f"{version}, certificate accepted", expires

    async def _name(self) -> tuple[bool, str, datetime | None]:
        found = await self._addresses()
        missing = [one for one in self.settings.addresses if one not in found]
        shown = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
        if missing:
            return False, f"is {shown}, not {', '.join(missing)}", None
        return True, f"is {shown}", None

    async def _connected(self, **tls: Any) -> asyncio.StreamWriter:
        """A connection to the first of its addresses that takes one, as every client tries them; each has its share of
        the time."""
        addresses = await self._addresses()
        for address in addresses:
            try:
                async with asyncio.timeout(self.settings.timeout_s / len(addresses)):
                    _, writer = await asyncio.open_connection(address, self.target.port, **tls)
                    return writer
            except OSError:  # a time-out is one, too
                if address == addresses[-1]:
                    raise
        raise OSError("the name has no address")

    async def _addresses(self) -> list[str]:
        """In threads of our own: a resolver that hangs holds nothing else, nor the end of the program."""
        look = asyncio.get_running_loop().run_in_executor(self._names, _look_up, self.target.host)
        return await look


class _Page(aiohttp.ClientResponse):
    """Looks at the certificate while there is a connection: a short answer has let go of it before anyone reads."""

    certificate_ends: datetime | None = None

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        self.certificate_ends = _expiry(connection.transport)
        return await super().start(connection)


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    """At most BODY_BYTES of a page, however it comes in."""
    read = bytearray()
    while len(read) < BODY_BYTES and (chunk := await content.read(BODY_BYTES - len(read))):
        read += chunk
    return bytes(read)


def _look_up(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _context(ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def _expiry(transport: Any) -> datetime | None:
    """When the certificate of the other side ends; None without TLS."""
    shown = transport.get_extra_info("peercert") if transport is not None else None
    ends = (shown or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if ends else None


async def _let_go(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, ssl.SSLError):
        await writer.wait_closed()


def _why(error: BaseException) -> str:
    """The innermost cause in plain words."""
    cause: BaseException = error
    while isinstance(inner := getattr(cause, "os_error", None) or cause.__cause__, BaseException):
        cause = inner
    if isinstance(cause, socket.gaierror):
        return f"the name is not known: {clean(cause.strerror or str(cause), 120)}"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate is refused: {clean(cause.verify_message, 160)}"
    if isinstance(cause, ssl.SSLError):
        return f"no TLS: {clean(cause.reason or str(cause), 120)}"
    if isinstance(cause, OSError) and (cause.errno or cause.strerror):
        # asyncio's own words name the address once more
        return f"no connection: {os.strerror(cause.errno) if cause.errno else clean(cause.strerror or '', 160)}"
    return f"no usable answer: {clean(redact(str(cause) or type(cause).__name__), 160)}"
