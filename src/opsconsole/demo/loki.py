"""The simulated Loki: as much of its HTTP API as the console asks for, over what the simulated pods have written."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from opsconsole.demo.kubernetes.logs import Line, LogBook
from opsconsole.demo.logql import LogQLError, Query, parse
from opsconsole.model.logs import Level
from opsconsole.rules.log_lines import level_of
from opsconsole.rules.log_patterns import pattern

VERSION = "3.7.8"
MOST_LINES = 5_000
MOST_POINTS = 11_000
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warn", Level.INFO: "info", Level.DEBUG: "debug"}
_FOUND = "detected_level"
_GATHER_S = 0.2
Labels = dict[str, str]
LabelsOf = Callable[[str, str], Mapping[str, str]]
"""(namespace, pod) → the labels of its stream."""


@dataclass(frozen=True, slots=True)
class RunningLoki:
    """A server that listens; `stop` ends it."""

    url: str
    _runner: web.AppRunner

    async def stop(self) -> None:
        await self._runner.cleanup()


async def start_loki(book: LogBook, labels_of: LabelsOf, host: str = "127.0.0.1", port: int = 0) -> RunningLoki:
    """Serve what stands in the log book; port 0 takes a free one."""
    api = _Api(book, labels_of)
    application = web.Application()
    for path, answer in (
        ("query_range", api.query_range), ("query", api.query), ("labels", api.labels), ("patterns", api.patterns),
        ("label/{name}/values", api.values), ("tail", api.tail), ("status/buildinfo", api.build),
    ):  # fmt: skip
        application.router.add_get(f"/loki/api/v1/{path}", _in_words(answer))
    application.router.add_get("/ready", api.ready)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return RunningLoki(f"http://{host}:{runner.addresses[0][1]}", runner)


def _in_words(answer: Callable[[web.Request], Any]) -> Callable[[web.Request], Any]:
    """Loki says what is wrong as plain text."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            said: web.StreamResponse = await answer(request)
        except LogQLError as error:
            return web.Response(status=400, text=f"{error}\n")
        return said

    return handle


class _Api:
    def __init__(self, book: LogBook, labels_of: LabelsOf) -> None:
        self._book = book
        self._labels_of = labels_of

    async def ready(self, request: web.Request) -> web.Response:
        return web.Response(text="ready\n")

    async def build(self, request: web.Request) -> web.Response:
        return web.json_response({"version": VERSION, "revision": "simulated", "branch": "opsconsole-demo"})

    async def labels(self, request: web.Request) -> web.Response:
        names = {name for place in self._book.places() for name in self._labels_of(*place)}
        return _success(sorted(names))

    async def values(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        picks = parse(request.query["query"]).picks if "query" in request.query else lambda labels, line: True
        streams = [self._labels_of(*place) for place in self._book.places()]
        return _success(sorted({labels[name] for labels in streams if name in labels and picks(labels, "")}))

    async def query_range(self, request: web.Request) -> web.Response:
        query, (start, end) = parse(request.query.get("query", "")), _span(request)
        if query.window_s is not None:
            return _success({"resultType": "matrix", "result": self._matrix(query, start, end, _step(request))})
        limit = int(request.query.get("limit", "100"))
        if limit > MOST_LINES:
            raise LogQLError(
                f"max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > {MOST_LINES})"
            )
        newest = request.query.get("direction", "backward") == "backward"
        found = sorted(self._found(query, start, end), key=lambda one: one[1].at, reverse=newest)[:limit]
        return _success({"resultType": "streams", "result": _streams(found)})

    async def query(self, request: web.Request) -> web.Response:
        query, at = parse(request.query.get("query", "")), _seconds(request.query.get("time", ""), time.time())
        if query.window_s is None:
            raise LogQLError("log queries are not supported as an instant query type, please change your query")
        counts = self._counts(query, at)
        result = [{"metric": dict(labels), "value": [at, str(count)]} for labels, count in counts.items()]
        return _success({"resultType": "vector", "result": result})

    async def patterns(self, request: web.Request) -> web.Response:
        query, (start, end), step = parse(request.query.get("query", "")), _span(request), _step(request)
        counts: dict[tuple[str, str], dict[float, int]] = defaultdict(lambda: defaultdict(int))
        for labels, line in self._found(query, start, end):
            counts[pattern(line.text), labels[_FOUND]][line.at // step * step] += 1
        return _success(
            [
                {"pattern": text, "level": level, "samples": sorted([int(at), count] for at, count in samples.items())}
                for (text, level), samples in counts.items()
            ]
        )

    async def tail(self, request: web.Request) -> web.StreamResponse:
        """What was written since `start`, then lines as they come, gathered for a moment."""
        query = parse(request.query.get("query", ""))
        socket = web.WebSocketResponse(heartbeat=20.0)
        queue = self._book.hear()
        try:
            await socket.prepare(request)
            start = _seconds(request.query.get("start", ""), time.time())
            limit = min(MOST_LINES, int(request.query.get("limit", "100")))
            found = sorted(self._found(query, start, time.time() + 1), key=lambda one: one[1].at)[-limit:]
            while not socket.closed:
                if found:
                    await socket.send_json({"streams": _streams(found)})
                found = []
                try:
                    async with asyncio.timeout(1.0):
                        place, line = await queue.get()
                except TimeoutError:
                    continue
                await asyncio.sleep(_GATHER_S)
                news = [(place, line)]
                while not queue.empty():
                    news.append(queue.get_nowait())
                labelled = ((self._labelled(place, line), line) for place, line in news)
                found = [(labels, line) for labels, line in labelled if query.picks(labels, line.text)]
        except ConnectionResetError:
            return socket
        finally:
            self._book.unhear(queue)
        return socket

    # ---- what is there ----------------------------------------------------------------------------------------------

    def _labelled(self, place: tuple[str, str], line: Line) -> Labels:
        return {**self._labels_of(*place), _FOUND: _LEVELS.get(Level(level_of(line.text.encode())), "unknown")}

    def _found(self, query: Query, start: float, end: float) -> Iterator[tuple[Labels, Line]]:
        for place in self._book.places():
            for line in self._book.whole(*place, start):
                labels = self._labelled(place, line)
                if line.at < end and query.picks(labels, line.text):
                    yield labels, line

    def _counts(self, query: Query, at: float) -> dict[tuple[tuple[str, str], ...], int]:
        counts: dict[tuple[tuple[str, str], ...], int] = defaultdict(int)
        for labels, _ in self._found(query, at - (query.window_s or 0.0), at):
            counts[tuple((name, labels[name]) for name in query.by if name in labels)] += 1
        return counts

    def _matrix(self, query: Query, start: float, end: float, step: float) -> list[dict[str, Any]]:
        if (end - start) / step > MOST_POINTS:
            raise LogQLError("exceeded maximum resolution of 11,000 points per time series")
        window, points = query.window_s or step, int((end - start) / step) + 1
        courses: dict[tuple[tuple[str, str], ...], dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for labels, line in self._found(query, start - window, end):
            key = tuple((name, labels[name]) for name in query.by if name in labels)
            # of each point that window which reaches back from it
            first = max(0, int(-(-(line.at - start) // step)))
            for place in range(first, min(points, first + max(1, round(window / step)))):
                courses[key][place] += 1
        return [
            {"metric": dict(key), "values": [[start + place * step, str(course[place])] for place in sorted(course)]}
            for key, course in courses.items()
        ]


def _streams(found: list[tuple[Labels, Line]]) -> list[dict[str, Any]]:
    streams: dict[tuple[tuple[str, str], ...], list[list[str]]] = {}
    for labels, line in found:
        key = tuple(sorted(labels.items()))
        streams.setdefault(key, []).append([str(round(line.at * 1e6) * 1000), line.text])
    return [{"stream": dict(key), "values": values} for key, values in streams.items()]


def _success(data: Any) -> web.Response:
    return web.json_response({"status": "success", "data": data})


def _span(request: web.Request) -> tuple[float, float]:
    now = time.time()
    return _seconds(request.query.get("start", ""), now - 3600), _seconds(request.query.get("end", ""), now)


def _seconds(text: str, default: float) -> float:
    """Unix time of nanoseconds or seconds."""
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise LogQLError(f"could not parse {text!r} as a time") from None
    return value / 1e9 if value > 1e12 else value


def _step(request: web.Request) -> float:
    try:
        return max(1.0, float(request.query.get("step", "60").removesuffix("s")))
    except ValueError:
        raise LogQLError("could not parse step") from None
