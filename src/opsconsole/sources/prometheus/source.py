"""A Prometheus server (or Thanos, Mimir): instant and range queries, what it is, and whether it answers."""

import asyncio
import re
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec

from ...config.flavours import quoted
from ...model.asked import Asked
from ...model.metrics import Answer, Sample
from ...model.reading import ProblemKind
from ...text import clock
from ...text.clean import clean
from ..asking import GIVEN_UP, note
from ..errors import SourceError
from ..executor import DaemonExecutor
from ..http import Reach, timed_out

if TYPE_CHECKING:
    from .wire import Body, Wire

S = TypeVar("S")
T = TypeVar("T")
THREADS = 4
SHOWN = 5
"""So many series of an answer are kept for whoever asks where a number came from."""
NAMES_AT_ONCE = 20
"""So many names fit into an address that no proxy cuts."""
REACH_BACK_S = 3600.0
"""A name counts as existing that had a sample within this time."""


_NO_PAGE = (ProblemKind.MISCONFIGURED, ProblemKind.FORBIDDEN, ProblemKind.BAD_ANSWER, ProblemKind.REFUSED)


class BuildInfo(msgspec.Struct, frozen=True, gc=False):
    """What the server says of itself."""

    version: str = ""
    revision: str = ""
    goVersion: str = ""
    application: str = ""
    """Mimir names itself."""


class Probe(msgspec.Struct, frozen=True, gc=False):
    """The answer to "is it there?" for the doctor."""

    version: str
    """"" where the server does not tell (Thanos and Mimir may not)."""
    product: str
    """Prometheus, Thanos, Grafana Mimir, VictoriaMetrics: what gives itself away as it."""
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
        self.clock_difference_s: float | None = None
        """The server's clock less ours, as of its newest answer."""
        self._opening = asyncio.Lock()

    async def query(self, promql: str, at: float | None = None) -> Answer:
        """The value of an expression now, or at a unix time; `samples` is filled."""
        params = {} if at is None else {"time": f"{at:.3f}"}
        what = "a value" if at is None else f"a value of {_moment(at)}"

        def ask(wire: "Wire") -> Answer:
            from .decode import answer

            wire.client.custom_query(promql, params=params)
            return answer(promql, _body(wire))

        return await self._noted(promql, what, "sample", ask, params)

    async def query_range(self, promql: str, start: float, end: float, step: float) -> Answer:
        """An expression's course from `start` to `end` (unix seconds) every `step` seconds; `series` is filled."""
        exact = {"query": promql, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}"}

        def ask(wire: "Wire") -> Answer:
            from .decode import answer

            # The client's own range helper rounds start and end to whole seconds: the endpoint is asked directly.
            wire.request("GET", f"{wire.reach.base}/api/v1/query_range", params=exact, headers=wire.client.headers)
            return answer(promql, _body(wire))

        what = f"a course {_moment(start)}–{_moment(end)}, every {step:g} s"
        return await self._noted(promql, what, "course", ask, exact)

    async def names(self, wanted: Iterable[str], at: float | None = None) -> frozenset[str]:
        """Which of these metrics exist: had a sample within the hour before. Asks the index, not the samples."""
        listed = list(wanted)
        found: set[str] = set()
        for first in range(0, len(listed), NAMES_AT_ONCE):
            regex = "|".join(re.escape(name) for name in listed[first : first + NAMES_AT_ONCE])
            matcher = f"{{__name__=~{quoted(regex)}}}"
            found |= await self._index("label/__name__/values", matcher, at)
        return frozenset(found)

    async def label_names(self, metric: str, at: float | None = None) -> frozenset[str]:
        """The names of the labels that a metric has."""
        return await self._index("labels", f"{{__name__={quoted(metric)}}}", at)

    async def _index(self, path: str, matcher: str, at: float | None) -> frozenset[str]:
        end = at or time.time()
        params = {"match[]": matcher, "start": f"{end - REACH_BACK_S:.0f}", "end": f"{end:.0f}"}

        def ask(wire: "Wire") -> frozenset[str]:
            from .decode import decoded

            wire.request("GET", f"{wire.reach.base}/api/v1/{path}", params=params, headers=wire.client.headers)
            return frozenset(decoded(_body(wire), list[str] | None) or ())

        return await self._call(ask)

    async def build_info(self) -> BuildInfo:
        """Version of the server; BuildInfo() with empty fields where it has no such page, or not for everybody."""

        def ask(wire: "Wire") -> BuildInfo:
            from .decode import decoded

            try:
                wire.request("GET", f"{wire.reach.base}/api/v1/status/buildinfo", headers=wire.client.headers)
                found: BuildInfo = decoded(_body(wire), BuildInfo)
            except SourceError as error:
                if error.problem.kind in _NO_PAGE:
                    return BuildInfo()
                raise
            return msgspec.structs.replace(found, application="VictoriaMetrics") if _body(wire).victoria else found

        return await self._call(ask)

    async def page(self, path: str, shape: type[S], take: Callable[[S, str], T]) -> T:
        """Any other page of the API: its `data` as `shape`, made into a value by `take` (in a thread, which is also
        told the server's address)."""

        def ask(wire: "Wire") -> T:
            from .decode import decoded

            wire.request("GET", f"{wire.reach.base}{path}", headers=wire.client.headers)
            return take(decoded(_body(wire), shape), wire.reach.base)

        return await self._call(ask)

    async def probe(self) -> Probe:
        """Ask the cheapest query there is, and the version: round trip, and how far the two clocks are apart."""

        def ask(wire: "Wire") -> tuple[float, float | None]:
            before = time.monotonic()
            wire.client.custom_query("time()")
            return time.monotonic() - before, _body(wire).clock_difference_s

        round_trip_s, difference = await self._call(ask)
        info = await self.build_info()
        return Probe(info.version, product(info), round_trip_s, difference)

    def close(self) -> None:
        """Let go of the threads; a call under way is left to its own deadline."""
        self._threads.shutdown()

    async def _noted(
        self, promql: str, what: str, counted: str, ask: Callable[["Wire"], Answer], params: Mapping[str, str]
    ) -> Answer:
        """The answer; what was asked, and the beginning of what came, is noted for whoever takes the reading."""
        taken, before = clock.now(), time.monotonic()
        rows, problem, shown = 0, GIVEN_UP, ""
        try:
            found = await self._call(ask)
            rows, problem = len(found.series) or len(found.samples), ""
            shown = beginning(found)
            return found
        except SourceError as error:
            problem = error.problem.sentence
            raise
        finally:
            took = time.monotonic() - before
            beside = tuple((name, value) for name, value in params.items() if name != "query")
            note(Asked("promql", what, promql, self.name, taken, took, rows, problem, counted, shown, beside))

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
        answer = ask(held[1])
        if held[1].body is not None:
            self.clock_difference_s = held[1].body.clock_difference_s
        return answer


def _body(wire: "Wire") -> "Body":
    if wire.body is None:
        raise SourceError(ProblemKind.INTERNAL, f"{wire.name} was not asked", "report this as a bug")
    return wire.body


def product(info: BuildInfo) -> str:
    """What the server is, as far as its build gives it away: Thanos has versions below 1, Mimir says its name."""
    if info.application:
        return clean(info.application, 40)
    return "Thanos" if info.version.startswith("0.") else "Prometheus" if info.version else ""


def beginning(answer: Answer) -> str:
    """The first series of an answer as Prometheus writes them, and what the server said beside them."""
    lines = [_line(sample) for sample in answer.samples[:SHOWN]]
    lines += [f"{_selector(series.labels)} {len(series.times)} points" for series in answer.series[:SHOWN]]
    more = len(answer.samples) + len(answer.series) - len(lines)
    lines += [f"… {more:,} more"] if more > 0 else []
    return "\n".join(
        [*lines, *(f"warning: {line}" for line in answer.warnings), *(f"info: {line}" for line in answer.infos)]
    )


def _line(sample: Sample) -> str:
    value = "NaN" if sample.value is None else f"{sample.value:.10g}"
    if sample.histogram is not None:
        value = f"a native histogram of {len(sample.histogram)} buckets"
    return f"{_selector(sample.labels)} {value}"


def _selector(labels: tuple[tuple[str, str], ...]) -> str:
    return "{" + ", ".join(f"{name}={quoted(clean(value, 80))}" for name, value in labels) + "}"


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}Z"
