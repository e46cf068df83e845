"""A Prometheus server (or Thanos, Mimir): instant and range queries, what it is, and whether it answers."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import msgspec

from ...model.metrics import Answer
from ...model.reading import ProblemKind
from ..errors import SourceError
from ..executor import DaemonExecutor
from ..http import Reach, timed_out

if TYPE_CHECKING:
    from .wire import Body, Wire

T = TypeVar("T")
THREADS = 4


class BuildInfo(msgspec.Struct, frozen=True, gc=False):
    """What the server says of itself."""

    version: str = ""
    revision: str = ""
    goVersion: str = ""


class Probe(msgspec.Struct, frozen=True, gc=False):
    """The answer to "is it there?" for the doctor."""

    version: str
    """"" where the server does not tell (Thanos and Mimir may not)."""
    round_trip_s: float
    clock_difference_s: float | None
    """Server's Date header less our clock."""


class Prometheus:
    """Asks one server. Every method raises SourceError; no call lasts longer than the settings' `timeout_s`.

    `open` resolves address, credentials and TLS. It is called before the first query and again after a 401: tokens of
    clusters and files are renewed under way.
    """

    def __init__(self, open: Callable[[], Awaitable[Reach]], *, name: str = "Prometheus") -> None:
        self.name = name
        self._open = open
        self._reach: Reach | None = None
        self._threads = DaemonExecutor("prometheus", THREADS)
        self._local = threading.local()
        self._opening = asyncio.Lock()

    async def query(self, promql: str, at: float | None = None) -> Answer:
        """The value of an expression now, or at a unix time; `samples` is filled."""
        params = {} if at is None else {"time": f"{at:.3f}"}

        def ask(wire: "Wire") -> Answer:
            from .decode import answer

            wire.client.custom_query(promql, params=params)
            return answer(promql, _body(wire))

        return await self._call(ask)

    async def query_range(self, promql: str, start: float, end: float, step: float) -> Answer:
        """An expression's course from `start` to `end` (unix seconds) every `step` seconds; `series` is filled."""
        exact = {"query": promql, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}"}

        def ask(wire: "Wire") -> Answer:
            from .decode import answer

            # The client's own range helper rounds start and end to whole seconds: the endpoint is asked directly.
            wire.request("GET", f"{wire.reach.base}/api/v1/query_range", params=exact, headers=wire.client.headers)
            return answer(promql, _body(wire))

        return await self._call(ask)

    async def build_info(self) -> BuildInfo:
        """Version of the server; BuildInfo() with empty fields where it has no such page."""

        def ask(wire: "Wire") -> BuildInfo:
            from .decode import decoded

            try:
                wire.request("GET", f"{wire.reach.base}/api/v1/status/buildinfo", headers=wire.client.headers)
            except SourceError as error:
                if error.problem.kind is ProblemKind.MISCONFIGURED:
                    return BuildInfo()
                raise
            return decoded(_body(wire), BuildInfo)  # type: ignore[no-any-return]  # decoded to exactly this type

        return await self._call(ask)

    async def probe(self) -> Probe:
        """Ask the cheapest query there is, and the version: round trip, and how far the two clocks are apart."""

        def ask(wire: "Wire") -> tuple[float, float | None]:
            before = time.monotonic()
            wire.client.custom_query("time()")
            return time.monotonic() - before, _body(wire).clock_difference_s

        round_trip_s, difference = await self._call(ask)
        return Probe((await self.build_info()).version, round_trip_s, difference)

    def close(self) -> None:
        """Let go of the threads; a call under way is left to its own deadline."""
        self._threads.shutdown()

    async def _call(self, ask: Callable[["Wire"], T]) -> T:
        try:
            return await self._once(ask)
        except SourceError as error:
            if error.problem.kind is not ProblemKind.UNAUTHORIZED:
                raise
            self._reach = None
        return await self._once(ask)

    async def _once(self, ask: Callable[["Wire"], T]) -> T:
        async with self._opening:
            if self._reach is None:
                self._reach = await self._open()
            reach = self._reach
        loop = asyncio.get_running_loop()
        waiting = loop.run_in_executor(self._threads, self._in_thread, reach, ask)
        try:
            # The thread keeps the deadline itself; a little more here covers a server that drips its headers.
            async with asyncio.timeout(reach.timeout_s + 1.0):
                return await waiting
        except TimeoutError:
            raise timed_out(self.name, reach.timeout_s) from None

    def _in_thread(self, reach: Reach, ask: Callable[["Wire"], T]) -> T:
        """Runs in a thread, each of which has a session of its own: requests' are not made to be shared."""
        from .wire import Wire  # imports requests and the client: too slow for the loop

        held: tuple[Reach, Wire] | None = getattr(self._local, "held", None)
        if held is None or held[0] is not reach:
            if held is not None:
                held[1].close()
            held = (reach, Wire(self.name, reach))
            self._local.held = held
        return ask(held[1])


def _body(wire: "Wire") -> "Body":
    if wire.body is None:
        raise SourceError(ProblemKind.INTERNAL, f"{wire.name} was not asked", "report this as a bug")
    return wire.body
