"""A reverse proxy before an API server, simulated or real, that a test tells which request is to go wrong, and how.

    async with faulty(server.url, server.ca_pem, server.tokens) as proxy:
        proxy.on(is_write, cut_after)              # the next real write happens, its answer is lost
        cluster = Cluster(Kubernetes(kubeconfig=str(proxy.kubeconfig(tmp_path))))

A fault is used up by the request that it strikes (`times`); everything else is forwarded as it came, watches too.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import aiohttp
import trustme
from aiohttp import web

from tests.cluster.credentials import kubeconfig

_OWN_HEADERS = {"host", "connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came."""

    method: str
    path: str
    query: str
    body: bytes

    @property
    def dry_run(self) -> bool:
        return "dryRun=All" in self.query


class Held:
    """One request, not yet sent on."""

    def __init__(self, request: web.Request, session: aiohttp.ClientSession, upstream: str, body: bytes) -> None:
        self._request = request
        self._session = session
        self._upstream = upstream
        self._body = body

    async def ask(self) -> bytes:
        """Send it on and keep the whole answer back."""
        async with self._send() as answer:
            return await answer.read()

    async def forward(self, for_s: float | None = None) -> web.StreamResponse:
        """Send it on and give back what comes, piece by piece; an answer without end is ended after `for_s`."""
        try:
            async with self._send() as answer:
                headers = {name: value for name, value in answer.headers.items() if name.lower() not in _OWN_HEADERS}
                response = web.StreamResponse(status=answer.status, headers=headers)
                await response.prepare(self._request)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(for_s):
                        async for piece in answer.content.iter_any():
                            await response.write(piece)
                await response.write_eof()
                return response
        except (aiohttp.ClientError, ConnectionResetError):
            self.cut()

    async def say(self, *pieces: bytes, cut: bool = False) -> web.StreamResponse:
        """200 and these bytes of a stream, which then ends, or breaks off."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(self._request)
        for piece in pieces:
            await response.write(piece)
        if cut:
            self.cut()
        await response.write_eof()
        return response

    def cut(self) -> NoReturn:
        """Break the connection without an answer."""
        self.abort()
        raise asyncio.CancelledError

    def abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    def _send(self) -> aiohttp.client._RequestContextManager:
        asked = self._request
        headers = {name: value for name, value in asked.headers.items() if name.lower() not in _OWN_HEADERS}
        return self._session.request(
            asked.method, self._upstream + asked.raw_path, headers=headers, data=self._body or None
        )


Fault = Callable[[Held], Awaitable[web.StreamResponse]]
Match = Callable[[Seen], bool]


def is_write(seen: Seen) -> bool:
    """A request that changes something: neither a dry run nor a review."""
    return seen.method in ("PATCH", "PUT", "POST", "DELETE") and not seen.dry_run and not is_review(seen)


def is_dry_run(seen: Seen) -> bool:
    return seen.dry_run


def is_review(seen: Seen) -> bool:
    """A question about one's own rights or name."""
    return "/authorization.k8s.io/" in seen.path or "/authentication.k8s.io/" in seen.path


def is_read_of(part: str) -> Match:
    """A GET whose path contains `part`."""
    return lambda seen: seen.method == "GET" and part in seen.path


def is_any(seen: Seen) -> bool:
    return True


async def cut_before(held: Held) -> web.StreamResponse:
    """The connection breaks, the server has never heard of it."""
    held.cut()


async def cut_after(held: Held) -> web.StreamResponse:
    """The server has done it, the connection breaks before its answer."""
    await held.ask()
    held.cut()


async def hang(held: Held) -> web.StreamResponse:
    """No answer ever; the server has never heard of it."""
    await asyncio.Event().wait()
    raise AssertionError


async def hang_after(held: Held) -> web.StreamResponse:
    """The server has done it, and no answer ever comes."""
    await held.ask()
    return await hang(held)


async def garbage(held: Held) -> web.StreamResponse:
    """200 and something that no API server says."""
    return web.Response(text="<html>\x1b[31mYour session has timed out</html>", content_type="text/html")


def answers(code: int, reason: str, message: str) -> Fault:
    """A Status that refuses; the server has never heard of the request."""

    async def fault(held: Held) -> web.StreamResponse:
        return web.json_response(status(code, reason, message), status=code)

    return fault


def after(work: Callable[[], Awaitable[object]]) -> Fault:
    """Somebody else is quicker: `work` is done first, then the request is forwarded."""

    async def fault(held: Held) -> web.StreamResponse:
        await work()
        return await held.forward()

    return fault


def status(code: int, reason: str, message: str) -> dict[str, object]:
    return {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
        "reason": reason, "code": code,
    }  # fmt: skip


conflict = answers(409, "Conflict", "the object has been modified; please apply your changes to the latest version")
forbidden = answers(403, "Forbidden", "deployments.apps is forbidden: not any more")
broken = answers(500, "InternalError", "Internal error occurred: etcdserver: request timed out")
unauthorized = answers(401, "Unauthorized", "Unauthorized")
webhook_refuses = answers(
    400, "", 'admission webhook "policy.example.com" denied the request: replicas are frozen until Monday'
)
webhook_fails = answers(
    500, "InternalError",
    'Internal error occurred: failed calling webhook "policy.example.com": failed to call webhook: Post '
    '"https://policy.example.svc:443/?timeout=10s": context deadline exceeded',
)  # fmt: skip


@dataclass(slots=True)
class _Planned:
    match: Match
    fault: Fault
    left: int


class FaultyApi:
    """The proxy while it runs; `seen` are all requests in order."""

    def __init__(self, upstream: str, upstream_ca: str, tokens: Mapping[str, str]) -> None:
        self._upstream = upstream
        self._upstream_ca = upstream_ca
        self._tokens = tokens
        self._planned: list[_Planned] = []
        self._open: set[Held] = set()
        self._down = self._revoked = False
        self.url = self.ca_pem = ""
        self.seen: list[Seen] = []

    def on(self, match: Match, fault: Fault, *, times: int = 1) -> None:
        """The next `times` requests that match go wrong so; of several planned faults the first one counts."""
        self._planned.append(_Planned(match, fault, times))

    def well(self) -> None:
        """No fault any more: up, and the tokens hold."""
        self._planned.clear()
        self._down = self._revoked = False

    def die(self) -> None:
        """From now on every connection breaks, open ones and watches too."""
        self._down = True
        self.break_off()

    def revoke(self) -> None:
        """From now on every request is answered 401, and open streams end: the token has expired."""
        self._revoked = True
        self.break_off()

    @property
    def writes(self) -> list[Seen]:
        """The requests that were to change something, in order."""
        return [each for each in self.seen if is_write(each)]

    def kubeconfig(self, folder: Path, user: str = "admin") -> Path:
        """A file that leads `user` through this proxy."""
        path = folder / f"through-proxy-{user}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(kubeconfig(self.url, self.ca_pem, user, self._tokens[user]), encoding="utf-8")
        return path

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FaultyApi"]:
        """Serve on a free port of loopback."""
        authority = trustme.CA()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        self.ca_pem = authority.cert_pem.bytes().decode()
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cadata=self._upstream_ca), limit=0)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session:

            async def handle(request: web.Request) -> web.StreamResponse:
                return await self._handle(request, session)

            application = web.Application(client_max_size=2**24)
            application.router.add_route("*", "/{path:.*}", handle)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
            await runner.setup()
            try:
                await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
                self.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
                yield self
            finally:
                await runner.cleanup()

    async def _handle(self, request: web.Request, session: aiohttp.ClientSession) -> web.StreamResponse:
        body = await request.read()
        seen = Seen(request.method, request.path, request.query_string, body)
        self.seen.append(seen)
        held = Held(request, session, self._upstream, body)
        if self._down:
            held.cut()
        if self._revoked:
            return await unauthorized(held)
        self._open.add(held)
        try:
            fault = self._struck(seen)
            return await (held.forward() if fault is None else fault(held))
        finally:
            self._open.discard(held)

    def _struck(self, seen: Seen) -> Fault | None:
        planned = next((each for each in self._planned if each.left and each.match(seen)), None)
        if planned is None:
            return None
        planned.left -= 1
        return planned.fault

    def break_off(self) -> None:
        """Break every open connection, watches too."""
        for held in list(self._open):
            held.abort()


@asynccontextmanager
async def faulty(upstream: str, upstream_ca: str, tokens: Mapping[str, str]) -> AsyncIterator[FaultyApi]:
    """A running proxy before the API server at `upstream`; `tokens`: user → bearer token."""
    async with FaultyApi(upstream, upstream_ca, tokens).running() as proxy:
        yield proxy
