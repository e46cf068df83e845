"""Loki: lines, counts, patterns, labels and a live tail of one server; every answer bounded, every error in words."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime

import aiohttp

from ..model.asked import Asked
from ..model.logs import StoredPattern, StreamLines
from ..model.metrics import Series
from ..model.reading import ProblemKind
from ..text import clock
from ..text.clean import clean_lines
from ..text.redact import redact
from .asking import GIVEN_UP, note
from .errors import SourceError
from .http import Reach, request_options, timed_out, unreachable
from .loki_answers import Wire, refused, too_much

BODY_LIMIT = 24 * 1024 * 1024
"""Bytes of an answer: lines may be long, so one asks for fewer of them when it is more."""
MESSAGE_LIMIT = 8 * 1024 * 1024
"""Bytes of one message of a tail."""
CHUNK = 65536
SHOWN = 1_000
"""Bytes of an answer that are kept for `w`."""
REFUSAL_LIMIT = 65536
MOST_LINES = 5_000
"""Of one query: what servers allow unless they are set up otherwise."""
TAIL_SILENCE_S = 90.0
"""A tail that does not even answer a ping for so long has lost its server."""


class Loki:
    """Asks one server. Methods raise SourceError and keep the settings' `timeout_s` as a whole.

    `open` resolves address, credentials and TLS; it is called before the first query and again after a 401.
    """

    def __init__(self, open: Callable[[], Awaitable[Reach]], *, name: str = "Loki") -> None:
        self.name = name
        self._open = open
        self._reach: Reach | None = None
        self._session: aiohttp.ClientSession | None = None
        self._most = MOST_LINES

    # ---- what it is asked -------------------------------------------------------------------------------------------

    async def version(self) -> tuple[str, float, float | None]:
        """Its version ("" where it does not tell), the round trip in seconds, its clock less ours."""
        before = time.monotonic()
        body, date = await self._get("/loki/api/v1/status/buildinfo", {})
        took = time.monotonic() - before
        return Wire.version(self.name, body), took, _difference(date)

    async def ready(self) -> str:
        """What it says while it starts or ends; "" when it is ready. A gateway may not have that page."""
        try:
            await self._get("/ready", {})
        except SourceError as error:
            return error.said or error.problem.sentence if error.status == 503 else ""
        return ""

    async def labels(self, start: float, end: float) -> tuple[str, ...]:
        """Names of the labels of all streams between two unix times."""
        body, _ = await self._get("/loki/api/v1/labels", _span(start, end), "labels", "the names of all labels")
        return Wire.names(self.name, body)

    async def values(self, label: str, start: float, end: float, selector: str = "") -> tuple[str, ...]:
        """Values of one label, of the streams that a selector picks."""
        asked = {**_span(start, end), **({"query": selector} if selector else {})}
        body, _ = await self._get(f"/loki/api/v1/label/{label}/values", asked, selector or label, f"values of {label}")
        return Wire.names(self.name, body)

    async def lines(
        self, query: str, start: int, end: int, most: int, *, newest: bool = True
    ) -> tuple[StreamLines, ...]:
        """At most so many lines from `start` on, before `end` (nanoseconds): the newest of them, or the first."""
        wanted = most
        while True:
            limit = min(wanted, self._most)
            asked = {
                "query": query, "start": str(start), "end": str(end), "limit": str(limit),
                "direction": "backward" if newest else "forward",
            }  # fmt: skip
            try:
                body, _ = await self._get("/loki/api/v1/query_range", asked, query, "lines", Wire.count_lines)
                return Wire.streams(self.name, body)
            except SourceError as error:
                allowed = too_much(error)
                if allowed is None or limit <= 1:
                    raise
                # fewer at once: what the server allows, or half where the lines are too long
                self._most = min(allowed or limit // 2, limit - 1)

    async def counts(self, query: str, start: float, end: float, step: float) -> tuple[Series, ...]:
        """An expression of counts over time, every `step` seconds (unix times)."""
        asked = {**_span(start, end), "query": query, "step": f"{step:g}"}
        body, _ = await self._get("/loki/api/v1/query_range", asked, query, "counts over time")
        return Wire.matrix(self.name, body)

    async def count(self, query: str, at: float) -> float:
        """An expression that gives one number, at a unix time; 0 where nothing counts."""
        asked = {"query": query, "time": str(_nanoseconds(at))}
        body, _ = await self._get("/loki/api/v1/query", asked, query, "a count")
        return Wire.vector_sum(self.name, body)

    async def patterns(self, selector: str, start: float, end: float, step: float) -> tuple[StoredPattern, ...] | None:
        """The patterns that it has found by itself; None where this server has no such page."""
        asked = {**_span(start, end), "query": selector, "step": f"{step:g}s"}
        try:
            body, _ = await self._get("/loki/api/v1/patterns", asked, selector, "patterns")
        except SourceError as error:
            if error.status in (404, 405, 501):
                return None
            raise
        return Wire.patterns(self.name, body)

    async def tail(self, query: str, start: int, most: int) -> AsyncIterator[tuple[tuple[StreamLines, ...], int]]:
        """Lines as they come, from `start` (nanoseconds) on: (lines, how many the server dropped).

        Raises SourceError when the stream breaks or cannot be had; `status` then is what the server answered.
        """
        reach, session = await self._way()
        params = {"query": query, "start": str(start), "limit": str(min(most, self._most))}
        options = request_options(reach)
        options.pop("allow_redirects")
        try:
            async with asyncio.timeout(reach.timeout_s):
                socket = await session.ws_connect(
                    reach.base + "/loki/api/v1/tail", params=params, max_msg_size=MESSAGE_LIMIT,
                    heartbeat=TAIL_SILENCE_S / 2, **options,
                )  # fmt: skip
        except TimeoutError:
            raise timed_out(self.name, reach.timeout_s) from None
        except aiohttp.WSServerHandshakeError as error:
            raise refused(self.name, error.status, b"", "") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise unreachable(self.name, reach.shown, error) from None
        try:
            async for message in socket:
                if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                    break
                data = message.data
                yield Wire.tailed(self.name, data.encode() if isinstance(data, str) else data)
        finally:
            # a server that is gone does not answer a farewell
            with_end = asyncio.timeout(1.0)
            try:
                async with with_end:
                    await socket.close()
            except (TimeoutError, aiohttp.ClientError, OSError):
                pass
        raise SourceError(ProblemKind.UNREACHABLE, f"{self.name} ended the stream of lines", "it is opened again")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    # ---- one request ------------------------------------------------------------------------------------------------

    async def _get(
        self, path: str, params: Mapping[str, str], text: str = "", what: str = "",
        rows: Callable[[bytes], int] | None = None,
    ) -> tuple[bytes, str]:  # fmt: skip
        """Body and Date of an answer; a token that has run out is renewed once. What was asked is noted for `w`."""
        began, before = clock.now(), time.monotonic()
        problem, count, shown = GIVEN_UP, 0, ""
        try:
            try:
                body, date = await self._once(path, params)
            except SourceError as error:
                if error.problem.kind is not ProblemKind.UNAUTHORIZED:
                    raise
                self._reach = None
                body, date = await self._once(path, params)
            problem, count, shown = "", rows(body) if rows is not None else 1, beginning(body)
        except SourceError as error:
            problem = error.problem.sentence
            raise
        finally:
            if text:
                took, counted = time.monotonic() - before, "answer" if rows is None else "line"
                beside = tuple((name, value) for name, value in params.items() if name != "query")
                note(Asked(path, what, text, self.name, began, took, count, problem, counted, shown, beside))
        return body, date

    async def _way(self) -> tuple[Reach, aiohttp.ClientSession]:
        if self._reach is None:
            self._reach = await self._open()
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._reach, self._session

    async def _once(self, path: str, params: Mapping[str, str]) -> tuple[bytes, str]:
        reach, session = await self._way()
        try:
            async with (
                asyncio.timeout(reach.timeout_s),
                session.get(reach.base + path, params=params, **request_options(reach)) as answer,
            ):
                most = BODY_LIMIT if answer.status == 200 else REFUSAL_LIMIT
                body = bytearray()
                async for part in answer.content.iter_chunked(CHUNK):
                    body += part
                    if len(body) > most:
                        break
                if answer.status != 200:
                    raise refused(self.name, answer.status, bytes(body[:most]), answer.headers.get("Location", ""))
                if len(body) > most:
                    raise refused(self.name, 413, b"", "")
                return bytes(body), answer.headers.get("Date", "")
        except TimeoutError:
            raise timed_out(self.name, reach.timeout_s) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise unreachable(self.name, reach.shown, error) from None


def beginning(body: bytes) -> str:
    """As much of an answer as tells what kind of answer it was."""
    return clean_lines(redact(body[:SHOWN].decode("utf-8", "replace"))) + (" …" if len(body) > SHOWN else "")


def _span(start: float, end: float) -> dict[str, str]:
    return {"start": str(_nanoseconds(start)), "end": str(_nanoseconds(end))}


def _nanoseconds(at: float) -> int:
    return round(at * 1000) * 10**6


def _difference(date: str) -> float | None:
    try:
        return (parsedate_to_datetime(date) - clock.now()).total_seconds() + 0.5
    except (TypeError, ValueError):
        return None
