"""One cluster's API server: signs in when first needed, sends requests, signs in again when it is refused."""

import asyncio
import contextlib
import importlib
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

import aiohttp
import msgspec

from ...config import settings
from ...model.reading import ProblemKind
from ...text import clock
from ..errors import SourceError
from . import problems

if TYPE_CHECKING:
    from ..http import Reach

Query = Sequence[tuple[str, str]]
JSON = "application/json"
_LONGEST_BODY = 64 * 2**20
_RENEW_AT_MOST_EVERY_S = 30.0


class Answer(msgspec.Struct, frozen=True, gc=False):
    status: int
    body: bytes
    headers: dict[str, str]
    took_s: float


class TooLong(SourceError):
    """An answer that was broken off because it is longer than it may be."""

    def __init__(self, longest: int) -> None:
        super().__init__(
            ProblemKind.BAD_ANSWER, f"the API server's answer is longer than {longest // 2**20} MiB",
            "name fewer `namespaces` in the settings",
        )  # fmt: skip


class Cluster:
    """A connection to one API server; making one costs nothing, the first request signs in.

    All methods run on one event loop and raise SourceError. `connect` signs in at once.
    """

    def __init__(self, wanted: settings.Kubernetes) -> None:
        self.settings = wanted
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="kubernetes-sign-in")
        self._login: Any = None
        self._api: Any = None
        self._generation = 0
        self._renewed_at = float("-inf")
        self._failure: SourceError | None = None
        self._failed_at = float("-inf")
        self._signing: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, wanted: settings.Kubernetes) -> Self:
        """Sign in (kubeconfig, helper, TLS material); sends nothing to the server yet."""
        cluster = cls(wanted)
        try:
            await cluster.ready()
        except BaseException:
            await cluster.close()
            raise
        return cluster

    async def ready(self) -> None:
        """Signed in, with a credential that has not run out."""
        if self._api is None or self._run_out():
            await self._together(self._sign_in)

    async def close(self) -> None:
        if self._signing is not None:
            self._signing.cancel()
            await asyncio.gather(self._signing, return_exceptions=True)
        if self._api is not None:
            await self._api.close()
        self._executor.shutdown(wait=False, cancel_futures=True)

    @property
    def context(self) -> str:
        """The context's full name; before the sign-in what the settings name."""
        return self._login.context if self._login else self.settings.context or ""

    @property
    def user(self) -> str:
        return self._login.user if self._login else ""

    @property
    def namespace(self) -> str:
        """The context's own namespace."""
        return self._login.namespace if self._login else "default"

    @property
    def server(self) -> str:
        return self._api.configuration.host if self._api else ""

    @property
    def proxy(self) -> str | None:
        """The proxy that the kubeconfig names for this cluster."""
        return self._api.configuration.proxy if self._api else None

    @property
    def remedy(self) -> str:
        """What the operator does when the credentials are refused."""
        return self._login.remedy if self._login else ""

    def retry_sign_in(self) -> None:
        """Somebody asked for a refresh: the next request may sign in again at once."""
        self._renewed_at = float("-inf")
        self._failure = None

    async def request(
        self,
        method: str,
        path: str,
        query: Query = (),
        *,
        needs: str,
        body: Any = None,
        accept: str = JSON,
        content_type: str = JSON,
        timeout_s: float = 15.0,
        longest: int | None = None,
    ) -> Answer:
        """One request and its whole answer; `needs` is the right it takes, as in `list pods in shop`.

        Raises TooLong for an answer of more than `longest` bytes, however it was compressed.
        """
        started = time.perf_counter()
        timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=5)
        async with self._open(method, path, query, needs, timeout, body, accept, content_type) as response:
            try:
                content = await _body(response, longest or _LONGEST_BODY)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise problems.unreachable(error, self.server) from error
            return Answer(response.status, content, dict(response.headers), time.perf_counter() - started)

    async def get(
        self, path: str, query: Query = (), *, needs: str, accept: str = JSON, timeout_s: float = 15.0,
        longest: int | None = None,
    ) -> Answer:  # fmt: skip
        return await self.request("GET", path, query, needs=needs, accept=accept, timeout_s=timeout_s, longest=longest)

    @contextlib.asynccontextmanager
    async def stream(
        self, path: str, query: Query, *, needs: str, accept: str = JSON, silence_s: float = 150.0
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer without an end; a read fails with TimeoutError after `silence_s` without a byte."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=silence_s)
        async with self._open("GET", path, query, needs, timeout, None, accept, JSON) as response:
            yield response

    async def tls(self) -> tuple[Any, str]:
        """(an SSLContext of its own or None for plain http, the name to ask the server for or "")."""
        await self.ready()
        configuration = await self._login.configuration()
        name = configuration.tls_server_name or ""
        if not self.server.startswith("https"):
            return None, name
        return await self._in_thread(lambda: self._login.ssl_context(configuration)), name

    async def authorization(self) -> str:
        """The Authorization header in force, "" where certificates do it."""
        await self.ready()
        return str(self._api.configuration.api_key.get("BearerToken", ""))

    async def proxy_target(self, url: str) -> "Reach":
        """How another HTTP client reaches `kube://NAMESPACE/SERVICE:PORT` with the same credentials."""
        from .proxy import proxy_target  # proxy builds on this module

        return await proxy_target(self, url)

    @contextlib.asynccontextmanager
    async def _open(
        self, method: str, path: str, query: Query, needs: str, timeout: aiohttp.ClientTimeout, body: Any,
        accept: str, content_type: str,
    ) -> AsyncIterator[aiohttp.ClientResponse]:  # fmt: skip
        """The response of a request that was accepted; signs in again once after a 401."""
        await self.ready()
        generation = self._generation
        response = await self._send(method, path, query, timeout, body, accept, content_type)
        if response.status == 401:
            response.release()
            await self._renew(generation)
            response = await self._send(method, path, query, timeout, body, accept, content_type)
        try:
            if response.status == 410:
                raise problems.Gone
            if response.status >= 400:
                raise await self._refused(response, needs)
            yield response
        finally:
            # an answer that was not read to its end must not go back to the pool
            response.close()

    async def _send(
        self, method: str, path: str, query: Query, timeout: aiohttp.ClientTimeout, body: Any, accept: str,
        content_type: str,
    ) -> aiohttp.ClientResponse:  # fmt: skip
        try:
            prepared = await self._api.param_serialize(
                method, path, query_params=list(query), body=body, auth_settings=["BearerToken"],
                header_params={"Accept": accept, "Content-Type": content_type},
            )  # fmt: skip
            answer = await self._api.call_api(*prepared, _request_timeout=timeout)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if isinstance(error, aiohttp.ServerDisconnectedError) and self._login.ran_out:
                # a server that asks for certificates hangs up without a word
                raise self._unauthorized() from error
            raise problems.unreachable(error, self.server) from error
        response: aiohttp.ClientResponse = answer.response
        return response

    async def _refused(self, response: aiohttp.ClientResponse, needs: str) -> SourceError:
        try:
            body = await response.content.read(65536)
        except (aiohttp.ClientError, TimeoutError, OSError):
            body = b""
        retry_after = response.headers.get("Retry-After")
        return problems.refused(
            response.status, body, needs, retry_after=retry_after, remedy=self.remedy, reason=self._login.ran_out
        )

    def _unauthorized(self) -> SourceError:
        return problems.unauthorized(self.remedy, self._login.ran_out)

    async def _renew(self, generation: int) -> None:
        """Sign in again after a 401, unless another request just did; not more often than every 30 s."""
        if self._generation == generation:
            await self._together(self._sign_in_again)

    async def _together(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """One sign-in for all who wait for one; it goes on when one of them gives up, as a helper may take its time."""
        if self._signing is None or self._signing.done():
            self._signing = asyncio.create_task(work())
            self._signing.add_done_callback(_heed)
        await asyncio.shield(self._signing)

    async def _sign_in(self) -> None:
        if self._failure is not None and clock.boottime() - self._failed_at < _RENEW_AT_MOST_EVERY_S:
            # ten feeds must not run a helper that fails, or asks in a browser, ten times
            raise self._failure
        try:
            if self._login is None:
                self._login = await self._in_thread(self._new_login)
            await self._take_credentials()
        except SourceError as error:
            self._failure, self._failed_at = error, clock.boottime()
            if self._api is None:
                self._login = None
            raise
        self._failure = None

    async def _sign_in_again(self) -> None:
        """With new credentials: the server refused those in force."""
        if clock.boottime() - self._renewed_at < _RENEW_AT_MOST_EVERY_S:
            raise self._failure or self._unauthorized()
        self._renewed_at = clock.boottime()
        self._failure = None
        helper = self._login.helper
        if helper is None:
            # the files may have been written anew
            self._login = await self._in_thread(self._new_login)
        else:
            helper.forget()
        await self._sign_in()

    async def _take_credentials(self) -> None:
        before, certificate = self._api, self._login.certificate
        configuration = await self._login.configuration()
        self._generation += 1
        same = before is not None and (certificate, _place(before.configuration)) == (
            self._login.certificate,
            _place(configuration),
        )
        if same:
            # only the token changed: open watches stay
            before.configuration.api_key = configuration.api_key
            return
        self._api = await self._in_thread(lambda: self._login.client(configuration))
        if before is not None:
            await before.close()

    def _run_out(self) -> bool:
        helper = self._login.helper
        return helper is not None and not helper.holds

    def _new_login(self) -> Any:
        loader = importlib.import_module(".loader", __package__)
        # once signed in it stays this context: `kubectl config use-context` must not show another cluster's rows here
        return loader.Login(self.settings.kubeconfig, self.context or None)

    async def _in_thread(self, work: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


async def _body(response: aiohttp.ClientResponse, longest: int) -> bytes:
    """The whole answer, which arrives decompressed in pieces: no more of it is read than may be kept."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > longest:
            raise TooLong(longest)
    return b"".join(parts)


def _heed(signing: "asyncio.Task[None]") -> None:
    """Nobody may be left to hear how it ended."""
    if not signing.cancelled():
        signing.exception()


def _place(configuration: Any) -> tuple[Any, ...]:
    return (
        configuration.host, configuration.ca_cert_data, configuration.verify_ssl, configuration.tls_server_name,
        configuration.proxy,
    )  # fmt: skip


async def post(cluster: Cluster, path: str, body: dict[str, Any], *, needs: str) -> Any:
    """Create a review object and return the server's answer as plain data."""
    answer = await cluster.request("POST", path, needs=needs, body=body)
    return json.loads(answer.body)
