"""The simulated Prometheus over HTTP: the API's paths, forms, errors and compression, as clients know them."""

import math
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from opsconsole.demo.prometheus import serve_storage, start_prometheus
from opsconsole.demo.promql.series import NAME, make_labels
from opsconsole.demo.scenarios import SCENARIOS
from opsconsole.demo.shop.shop import Shop
from tests.demo.clusters import FakeCluster
from tests.demo.promql.memory import MemoryStorage

START = 1_700_000_000
METRICS = {"hits_total": ("counter", "Hits."), "level": ("gauge", "Level.")}


def storage() -> MemoryStorage:
    times = [START * 1000 + 15_000 * index for index in range(41)]
    counts = [float(5 * index) for index in range(41)]
    odd = [math.nan, math.inf, -math.inf, 0.5, *counts[4:]]
    return MemoryStorage(
        {
            make_labels({NAME: "hits_total", "job": "a", "path": 'say "ü"\n'}): (times, counts),
            make_labels({NAME: "hits_total", "job": "b"}): (times, counts),
            make_labels({NAME: "level"}): (times, odd),
        }
    )


class Client:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(self, path: str, parameters: Mapping[str, str] | list[tuple[str, str]] | None = None) -> Any:
        async with self._session.get(path, params=parameters) as response:
            return response.status, await response.json()

    async def post(self, path: str, form: Mapping[str, str]) -> Any:
        async with self._session.post(path, data=form) as response:
            return response.status, await response.json()


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Client]:
    server = await serve_storage(storage(), METRICS)
    async with aiohttp.ClientSession(server.url) as session:
        yield Client(session)
    await server.stop()


async def test_an_instant_query_by_get_and_by_form(client: Client) -> None:
    asked = {"query": 'rate(hits_total{job="a"}[5m])', "time": str(START + 600)}
    status, body = await client.get("/api/v1/query", asked)
    assert status == 200
    assert body == {
        "status": "success",
        "data": {
            "resultType": "vector",
            "result": [{"metric": {"job": "a", "path": 'say "ü"\n'}, "value": [START + 600, body_value(body)]}],
        },
    }
    assert float(body_value(body)) == pytest.approx(1 / 3)
    assert await client.post("/api/v1/query", asked) == (status, body)


def body_value(body: Any) -> str:
    return str(body["data"]["result"][0]["value"][1])


async def test_a_range_query_writes_odd_numbers_as_prometheus_does(client: Client) -> None:
    asked = {"query": "level", "start": "2023-11-14T22:13:20Z", "end": str(START + 60), "step": "15s"}
    status, body = await client.get("/api/v1/query_range", asked)
    assert status == 200
    assert [value for _, value in body["data"]["result"][0]["values"]] == ["NaN", "+Inf", "-Inf", "0.5", "20"]
    assert await client.post("/api/v1/query_range", asked) == (status, body)


async def test_times_between_seconds_keep_their_milliseconds(client: Client) -> None:
    _, body = await client.get("/api/v1/query", {"query": "time()", "time": f"{START}.25"})
    assert body["data"] == {"resultType": "scalar", "result": [START + 0.25, f"{START}.25"]}


@pytest.mark.parametrize(
    ("path", "parameters", "status", "kind", "words"),
    [
        ("query", {"query": "sum("}, 400, "bad_data", "parse error"),
        ("query", {}, 400, "bad_data", "no expression found in input"),
        ("query", {"query": "up", "time": "noon"}, 400, "bad_data", 'cannot parse "noon" to a valid timestamp'),
        ("query", {"query": "up[5m:1m]"}, 400, "bad_data", "subqueries are not supported"),
        ("query", {"query": "count_values('x', level)"}, 400, "bad_data", "count_values is not supported"),
        ("query", {"query": "predict_linear(level[5m], 60)"}, 400, "bad_data", "predict_linear is not supported"),
        ("query", {"query": 'level{a=~"("}'}, 400, "bad_data", ""),
        ("query", {"query": "level / on() hits_total", "time": str(START)}, 422, "execution", "found duplicate series"),
        ("query", {"query": "(" * 2000 + "1" + ")" * 2000}, 400, "bad_data", "more than 1000 operators"),
        ("query", {"query": "-" * 999 + "level"}, 400, "bad_data", "nested too deeply"),
        ("query_range", {"query": "up"}, 400, "bad_data", 'invalid parameter "start"'),
        ("query_range", {"query": "up", "start": "9", "end": "8", "step": "1"}, 400, "bad_data", "must not be before"),
        ("query_range", {"query": "up", "start": "1", "end": "8", "step": "0"}, 400, "bad_data", "zero or negative"),
        ("query_range", {"query": "up", "start": "1", "end": "8", "step": "x"}, 400, "bad_data", "valid duration"),
        ("query_range", {"query": "up", "start": "0", "end": "11001", "step": "1"}, 400, "bad_data", "11,000 points"),
        ("query_range", {"query": "level[5m]", "start": "1", "end": "8", "step": "1"}, 400, "bad_data", "range vector"),
        ("series", {}, 400, "bad_data", "no match[] parameter provided"),
        ("series", {"match[]": "rate(x[5m])"}, 400, "bad_data", "only a series selector"),
        ("label/0x/values", {}, 400, "bad_data", "invalid label name"),
        ("metadata", {"limit": "x"}, 400, "bad_data", "limit must be a number"),
    ],
)  # fmt: skip
async def test_what_has_no_answer_gets_a_sentence(
    client: Client, path: str, parameters: dict[str, str], status: int, kind: str, words: str
) -> None:
    code, body = await client.get(f"/api/v1/{path}", parameters)
    assert (code, body["status"], body["errorType"]) == (status, "error", kind)
    assert words in body["error"]


async def test_eleven_thousand_points_are_allowed(client: Client) -> None:
    asked = {"query": "vector(1)", "start": "0", "end": "11000", "step": "1"}
    status, body = await client.get("/api/v1/query_range", asked)
    assert status == 200
    assert len(body["data"]["result"][0]["values"]) == 11_001


async def test_labels_series_and_metadata(client: Client) -> None:
    assert (await client.get("/api/v1/labels"))[1]["data"] == ["__name__", "job", "path"]
    assert (await client.get("/api/v1/label/job/values"))[1]["data"] == ["a", "b"]
    assert (await client.get("/api/v1/label/__name__/values"))[1]["data"] == ["hits_total", "level"]
    chosen = [("match[]", 'hits_total{job="b"}'), ("match[]", "level")]
    assert (await client.get("/api/v1/label/__name__/values", chosen))[1]["data"] == ["hits_total", "level"]
    expected = [{"__name__": "hits_total", "job": "b"}, {"__name__": "level"}]
    assert (await client.get("/api/v1/series", chosen))[1]["data"] == expected
    assert (await client.get("/api/v1/series", [*chosen, ("end", "10")]))[1]["data"] == []
    gauge = {"level": [{"type": "gauge", "help": "Level.", "unit": ""}]}
    assert (await client.get("/api/v1/metadata", {"metric": "level"}))[1]["data"] == gauge
    assert len((await client.get("/api/v1/metadata", {"limit": "1"}))[1]["data"]) == 1


async def test_rules_alerts_and_status(client: Client) -> None:
    assert (await client.get("/api/v1/rules"))[1]["data"] == {"groups": []}
    assert (await client.get("/api/v1/alerts"))[1]["data"] == {"alerts": []}
    assert (await client.get("/api/v1/status/buildinfo"))[1]["data"]["version"] == "2.53.0"
    assert (await client.get("/api/v1/status/runtimeinfo"))[1]["data"]["storageRetention"] == "15d"


async def test_health_compression_and_unknown_paths() -> None:
    server = await serve_storage(storage(), METRICS)
    headers = {"Accept-Encoding": "gzip"}
    async with aiohttp.ClientSession(server.url, auto_decompress=False, headers=headers) as session:
        for path, words in (("/-/healthy", "is Healthy"), ("/-/ready", "is Ready"), ("/", "simulated")):
            async with session.get(path) as response:
                assert response.status == 200
                assert words in await response.text()
        async with session.get("/api/v1/labels") as response:
            assert response.headers["Content-Encoding"] == "gzip"
            assert (await response.read())[:2] == b"\x1f\x8b"
        async with session.get("/api/v1/nothing") as response:
            assert response.status == 404
    await server.stop()


async def test_a_token_is_asked_for_where_one_is_set() -> None:
    server = await serve_storage(storage(), METRICS, token="opens")
    async with aiohttp.ClientSession(server.url) as session:
        for headers, status in (
            ({}, 401),
            ({"Authorization": "Bearer no"}, 401),
            ({"Authorization": "Bearer opens"}, 200),
        ):
            async with session.get("/api/v1/labels", headers=headers) as response:
                assert response.status == status
    await server.stop()


async def test_a_shop_is_served_while_it_lives() -> None:
    cluster = FakeCluster()
    shop = Shop(7, START, SCENARIOS["calm"])
    shop.step(START, cluster)
    server = await start_prometheus(shop)
    async with aiohttp.ClientSession(server.url) as session:
        client = Client(session)
        asked = {"query": 'sum(rate(http_requests_total{service="api"}[5m]))', "time": str(START - 7 * 86_400)}
        _, body = await client.get("/api/v1/query", asked)
        assert float(body_value(body)) == pytest.approx(39, rel=0.16)
        for second in range(1, 11):
            shop.step(START + second, cluster)
        _, body = await client.get("/api/v1/query", {"query": "count(up)", "time": str(START + 10)})
        assert body_value(body) == "42"
        _, body = await client.get("/api/v1/metadata", {"metric": "orders_total"})
        assert body["data"]["orders_total"][0]["type"] == "counter"
    await server.stop()
