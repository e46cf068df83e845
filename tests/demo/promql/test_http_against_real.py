"""The HTTP API beside the queries' values: the simulated and the real Prometheus answer and refuse alike."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from opsconsole.demo.prometheus import serve_storage
from tests.demo.promql.memory import MemoryStorage
from tests.demo.promql.real import RealPrometheus
from tests.demo.promql.samples import LENGTH, START

_FROM, _TO = str(START // 1000), str((START + LENGTH) // 1000)
_SPAN = [("start", _FROM), ("end", _TO)]
_QUERY = [("query", "t_gauge")]


@pytest_asyncio.fixture
async def ours(storage: MemoryStorage) -> AsyncIterator[str]:
    server = await serve_storage(storage, {})
    yield server.url
    await server.stop()


async def _ask(method: str, url: str, parameters: list[tuple[str, str]]) -> tuple[int, Any]:
    sent: dict[str, Any] = {"params": parameters} if method == "GET" else {"data": parameters}
    async with aiohttp.request(method, url, **sent) as response:
        return response.status, await response.json()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("labels", [*_SPAN, ("match[]", "t_requests_total")]),
        ("labels", [*_SPAN, ("match[]", "t_single"), ("match[]", 't_info{job="api"}')]),
        ("labels", [*_SPAN, ("match[]", "nothing")]),
        ("labels", _SPAN),
        ("series", [*_SPAN, ("match[]", 't_requests_total{job="api",code!="200"}')]),
        ("series", [*_SPAN, ("match[]", '{__name__=~"t_(gauge|other)"}')]),
        ("series", [("start", _TO), ("end", _FROM), ("match[]", "t_gauge")]),
        ("series", _SPAN),
        ("series", [*_SPAN, ("match[]", "sum(t_gauge)")]),
        ("series", [*_SPAN, ("match[]", "{")]),
        ("query", []),
        ("query", [*_QUERY, ("time", "soon")]),
        ("query", [*_QUERY, ("time", "2023-11-14T22:23:20Z")]),
        ("query", [*_QUERY, ("time", "2023-11-14T23:23:20.5+01:00")]),
        ("query_range", _QUERY),
        ("query_range", [*_QUERY, *_SPAN]),
        ("query_range", [*_QUERY, *_SPAN, ("step", "0")]),
        ("query_range", [*_QUERY, *_SPAN, ("step", "-5")]),
        ("query_range", [*_QUERY, *_SPAN, ("step", "later")]),
        ("query_range", [*_QUERY, *_SPAN, ("step", "0.001")]),
        ("query_range", [*_QUERY, *_SPAN, ("step", "0.25")]),
        ("query_range", [*_QUERY, *_SPAN, ("step", "1m30s")]),
        ("query_range", [*_QUERY, ("start", _TO), ("end", _FROM), ("step", "1")]),
        ("query_range", [("query", "t_gauge[5m]"), *_SPAN, ("step", "60")]),
        ("query_range", [("query", "t_gauge / on() t_gauge"), *_SPAN, ("step", "60")]),
    ],
)  # fmt: skip
async def test_the_api_answers_alike(
    ours: str, real: RealPrometheus, method: str, path: str, parameters: list[tuple[str, str]]
) -> None:
    status, body = await _ask(method, f"{ours}/api/v1/{path}", parameters)
    real_status, real_body = await _ask(method, f"{real.url}/api/v1/{path}", parameters)
    assert (status, body["status"], body.get("errorType")) == (
        real_status,
        real_body["status"],
        real_body.get("errorType"),
    )
    if path in ("labels", "series"):
        assert _sorted(body.get("data")) == _sorted(real_body.get("data"))


@pytest.mark.parametrize("label", ["job", "le", "__name__", "nothing", "a-b"])
async def test_values_of_a_label_agree(ours: str, real: RealPrometheus, label: str) -> None:
    matching = [*_SPAN, ("match[]", '{__name__=~"t_.*"}')]
    answers = [await _ask("GET", f"{url}/api/v1/label/{label}/values", matching) for url in (ours, real.url)]
    assert answers[0][0] == answers[1][0]
    assert answers[0][1].get("data") == answers[1][1].get("data")


def _sorted(data: Any) -> Any:
    return None if data is None else sorted(data, key=str)
