"""The simulated Prometheus: its HTTP API over the shop's series."""

import asyncio
import hmac
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from aiohttp import web

from opsconsole.demo.promql import parse
from opsconsole.demo.promql.answers import instant_answer, range_answer
from opsconsole.demo.promql.engine import evaluate_instant, evaluate_range
from opsconsole.demo.promql.series import NAME, Labels, PromQLError, Selection, Storage
from opsconsole.demo.shop.metrics import METRICS
from opsconsole.demo.shop.shop import Shop
from opsconsole.text import clock

MOST_POINTS = 11_000
VERSION = "2.53.0"
_STATUS = {"bad_data": 400, "execution": 422}
_ALWAYS = (-(2**53), 2**53)
_BODY_LIMIT = 4 * 1024 * 1024
Parameters = Mapping[str, list[str]]
Answer = Callable[["_Api", Parameters], str]


@dataclass(frozen=True, slots=True)
class RunningPrometheus:
    """A server that listens; `stop` ends it."""

    url: str
    _runner: web.AppRunner
    _executor: ThreadPoolExecutor

    async def stop(self) -> None:
        await self._runner.cleanup()
        self._executor.shutdown(wait=False, cancel_futures=True)


async def start_prometheus(
    shop: Shop, host: str = "127.0.0.1", port: int = 0, token: str | None = None
) -> RunningPrometheus:
    """Serve the shop's series; port 0 takes a free one.

    With a token, every request must carry it as `Authorization: Bearer`. Queries are evaluated in threads of their own.
    """
    return await serve_storage(shop.series, METRICS, host, port, token)


async def serve_storage(
    storage: Storage,
    metrics: Mapping[str, tuple[str, str]],
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
) -> RunningPrometheus:
    """Serve any storage and what its metrics mean (name → type and help)."""
    executor = ThreadPoolExecutor(2, "demo-prometheus")
    api = _Api(storage, metrics, clock.now())
    runner = web.AppRunner(_application(api, executor, token), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    bound = runner.addresses[0][1]
    return RunningPrometheus(f"http://{host}:{bound}", runner, executor)


def _application(api: "_Api", executor: ThreadPoolExecutor, token: str | None) -> web.Application:
    application = web.Application(client_max_size=_BODY_LIMIT, middlewares=[_authorized(token)])

    def serve(path: str, answer: Answer, *, post: bool = False) -> None:
        async def handle(request: web.Request) -> web.StreamResponse:
            parameters = await _parameters(request)
            loop = asyncio.get_running_loop()
            status, body = await loop.run_in_executor(executor, _attempt, api, answer, parameters)
            response = web.Response(status=status, text=body, content_type="application/json")
            response.enable_compression()
            return response

        application.router.add_get(path, handle)
        if post:
            application.router.add_post(path, handle)

    serve("/api/v1/query", _Api.query, post=True)
    serve("/api/v1/query_range", _Api.query_range, post=True)
    serve("/api/v1/labels", _Api.labels, post=True)
    serve("/api/v1/label/{label}/values", _Api.label_values)
    serve("/api/v1/series", _Api.series, post=True)
    serve("/api/v1/metadata", _Api.metadata)
    serve("/api/v1/rules", lambda _api, _parameters: _success({"groups": []}))
    serve("/api/v1/alerts", lambda _api, _parameters: _success({"alerts": []}))
    serve("/api/v1/status/buildinfo", _Api.build)
    serve("/api/v1/status/runtimeinfo", _Api.runtime)
    application.router.add_get("/", _says("The simulated Prometheus of the opsconsole demo. See /api/v1/query.\n"))
    application.router.add_get("/-/healthy", _says("Prometheus Server is Healthy.\n"))
    application.router.add_get("/-/ready", _says("Prometheus Server is Ready.\n"))
    return application


def _says(text: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return web.Response(text=text)

    return handle


def _authorized(token: str | None) -> Callable[..., Awaitable[web.StreamResponse]]:
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def check(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if token is not None and not hmac.compare_digest(given, expected):
            return web.Response(status=401, text="Unauthorized\n", headers={"WWW-Authenticate": "Bearer"})
        return await handler(request)

    return check


async def _parameters(request: web.Request) -> Parameters:
    """Parameters of the path, the query string and a form, in this order."""
    parameters: dict[str, list[str]] = {name: [value] for name, value in request.match_info.items()}
    for name, value in request.query.items():
        parameters.setdefault(name, []).append(value)
    if request.method == "POST":
        for name, field in (await request.post()).items():
            if isinstance(field, str):
                parameters.setdefault(name, []).append(field)
    return parameters


def _attempt(api: "_Api", answer: Answer, parameters: Parameters) -> tuple[int, str]:
    try:
        return 200, answer(api, parameters)
    except PromQLError as error:
        kind, sentence = error.kind, str(error)
    except RecursionError:
        kind, sentence = "bad_data", "the query is nested too deeply"
    return _STATUS[kind], json.dumps({"status": "error", "errorType": kind, "error": sentence})


def _success(data: object) -> str:
    return json.dumps({"status": "success", "data": data}, ensure_ascii=False)


class _Api:
    """The answers, from parameters to the body's text; PromQLError for what has none."""

    def __init__(self, storage: Storage, metrics: Mapping[str, tuple[str, str]], started: datetime) -> None:
        self._storage = storage
        self._metrics = metrics
        self._started = started

    def query(self, parameters: Parameters) -> str:
        at = _time(parameters, "time", round(clock.now().timestamp() * 1000))
        return instant_answer(evaluate_instant(_first(parameters, "query"), self._storage, at), at)

    def query_range(self, parameters: Parameters) -> str:
        start, end = _time(parameters, "start"), _time(parameters, "end")
        if end < start:
            raise PromQLError('invalid parameter "end": end timestamp must not be before start time')
        step = _step(_first(parameters, "step"))
        if (end - start) // step > MOST_POINTS:
            raise PromQLError(
                "exceeded maximum resolution of 11,000 points per timeseries."
                " Try decreasing the query resolution (?step=XX)"
            )
        value = evaluate_range(_first(parameters, "query"), self._storage, start, end, step)
        return range_answer(value, np.arange(start, end + 1, step, dtype=np.int64))

    def labels(self, parameters: Parameters) -> str:
        found = {name for labels in self._matching(parameters, required=False) for name, _ in labels}
        return _success(sorted(found))

    def label_values(self, parameters: Parameters) -> str:
        wanted = _first(parameters, "label")
        if not wanted.replace("_", "a").isalnum() or not wanted.isascii() or wanted[0].isdigit():
            raise PromQLError(f'invalid label name: "{wanted}"')
        if wanted == NAME and "match[]" not in parameters:
            return _success(self._storage.names())
        series = self._matching(parameters, required=False)
        return _success(sorted({value for labels in series for name, value in labels if name == wanted}))

    def series(self, parameters: Parameters) -> str:
        return _success([dict(labels) for labels in self._matching(parameters, required=True)])

    def metadata(self, parameters: Parameters) -> str:
        only = parameters.get("metric", [""])[0]
        limit = _whole(parameters, "limit")
        chosen = [(name, kind, text) for name, (kind, text) in self._metrics.items() if only in ("", name)]
        found = chosen if limit is None or limit < 0 else chosen[:limit]
        return _success({name: [{"type": kind, "help": text, "unit": ""}] for name, kind, text in found})

    def build(self, parameters: Parameters) -> str:
        return _success(
            {
                "version": VERSION,
                "revision": "simulated",
                "branch": "opsconsole-demo",
                "buildUser": "opsconsole",
                "buildDate": "",
                "goVersion": "",
            }
        )

    def runtime(self, parameters: Parameters) -> str:
        started = self._started.strftime("%Y-%m-%dT%H:%M:%SZ")
        return _success(
            {
                "startTime": started,
                "CWD": "/",
                "reloadConfigSuccess": True,
                "lastConfigTime": started,
                "corruptionCount": 0,
                "goroutineCount": 1,
                "GOMAXPROCS": 1,
                "GOMEMLIMIT": 0,
                "GOGC": "",
                "GODEBUG": "",
                "storageRetention": "15d",
            }
        )

    def _matching(self, parameters: Parameters, *, required: bool) -> list[Labels]:
        queries = parameters.get("match[]", [])
        if required and not queries:
            raise PromQLError("no match[] parameter provided")
        low, high = _time(parameters, "start", _ALWAYS[0]), _time(parameters, "end", _ALWAYS[1])
        selections = [Selection(parse.series_matchers(query)) for query in queries] or [Selection([])]
        found = {labels for selection in selections for labels in self._storage.series(selection, low, high)}
        return sorted(found)


def _first(parameters: Parameters, name: str) -> str:
    return parameters.get(name, [""])[0]


def _whole(parameters: Parameters, name: str) -> int | None:
    text = _first(parameters, name)
    if not text:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise PromQLError(f"{name} must be a number") from error


def _time(parameters: Parameters, name: str, default: int | None = None) -> int:
    """A time in ms, given as unix seconds or RFC 3339."""
    text = _first(parameters, name)
    if not text and default is not None:
        return default
    refusal = f'invalid parameter "{name}": cannot parse "{text}" to a valid timestamp'
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise PromQLError(refusal) from error
        if moment.tzinfo is None:
            raise PromQLError(refusal) from None
        seconds = moment.timestamp()
    if not abs(seconds) < 2**43:
        raise PromQLError(refusal)
    return round(seconds * 1000)


def _step(text: str) -> int:
    """A step in ms, given as seconds or as a duration."""
    refusal = f'invalid parameter "step": cannot parse "{text}" to a valid duration'
    try:
        seconds = float(text)
    except ValueError:
        seconds = parse.duration(text, refusal) / 1000
    if not math.isfinite(seconds):
        raise PromQLError(refusal)
    step = round(seconds * 1000)
    if step <= 0:
        raise PromQLError(
            'invalid parameter "step": zero or negative query resolution step widths are not accepted.'
            " Try a positive integer"
        )
    return step
