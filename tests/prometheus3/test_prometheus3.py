"""The Metrics tab's queries against Prometheus 3: native histograms, and OpenTelemetry's names with dots."""

import time
from collections.abc import Iterator

import pytest

from opsconsole.checks import metrics as checks
from opsconsole.config.settings import Http, Metrics
from opsconsole.poller.metrics import ServicesReader
from opsconsole.poller.prometheus import Desk
from opsconsole.rules.histogram import bounds_words
from opsconsole.sources.asking import gathering
from opsconsole.sources.http import reach
from opsconsole.sources.prometheus import Prometheus
from tests.prometheus3.build import PROMETHEUS
from tests.prometheus3.server import point, prometheus3, push

ROUTES = {"/cart": {0.02: 90, 0.3: 9, 1.7: 1}, "/checkout": {0.04: 50, 0.45: 45, 3.0: 5}}
"""Of each route: how often which duration comes in a quarter of a minute."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    PROMETHEUS.have()
    with prometheus3(tmp_path_factory.mktemp("prometheus3")) as url:
        now = time.time()
        began = now - 180
        for quarter in range(1, 13):
            points = []
            for route, seconds in ROUTES.items():
                so_far = {value: count * quarter for value, count in seconds.items()}
                labels = {"http.route": route, "http.response.status_code": "500" if route == "/cart" else "200"}
                points.append(point(began + 15 * quarter, began, so_far, labels))
            push(url, "shop", points)
        yield url


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    source = Prometheus(lambda: reach(Http(url=url)))
    yield Desk(source, Metrics())
    source.close()


async def test_names_with_dots_and_native_histograms_are_recognised(desk: Desk) -> None:
    flavour = (await desk.catalogue()).flavour
    assert (flavour.name, flavour.native) == ("opentelemetry-dotted", True)
    assert [(part.of, part.metrics) for part in flavour.parts] == [("requests", ("http.server.request.duration",))]
    assert (flavour.labels["service"], flavour.labels["endpoint"]) == ("job", "http.route")


async def test_doctor_says_which_names_fit_and_which_tiles_have_no_series(url: str) -> None:
    metrics = Metrics(tiles=("p95", "queue", "users"))
    said = [check.said async for check in checks.prometheus(Http(url=url), None, metrics)]
    assert said[1] == (
        "requests: OpenTelemetry HTTP conventions, names with dots (http.server.request.duration), native histograms; "
        "service = job, endpoint = http.route, status = http.response.status_code"
    )
    assert said[2:4] == ["1 of 3 tiles have a series", "tiles without a series: QUEUE, USERS"]


async def test_every_expression_of_the_catalogue_is_one_that_the_server_takes(desk: Desk) -> None:
    catalogue = await desk.catalogue()
    for id, promql in catalogue.all().items():
        _, refused = await desk.ask_or_say(promql)
        assert not refused, id
    _, refused = await desk.ask_or_say(catalogue.chart("p95", "shop", "/cart").value)
    assert not refused


async def test_percentiles_of_native_histograms_are_the_server_s_own_and_lie_in_their_bucket(desk: Desk) -> None:
    with gathering() as asked:
        services, _ = await ServicesReader(desk).read()
    rows = {row.endpoint: row for row in services.figures}
    assert list(rows) == ["", "/cart", "/checkout"]
    assert rows["/cart"].server_errors == 1.0
    assert rows[""].requests_s == pytest.approx(200 / 15, rel=0.1)
    selector = '{__name__="http.server.request.duration"}'
    for endpoint, q in (("", 0.95), ("/cart", 0.95), ("/checkout", 0.99)):
        row = rows[endpoint]
        found = f'sum by ("http.route") (rate({selector}[2m]))' if endpoint else f"sum(rate({selector}[2m]))"
        theirs = await desk.ask(f"histogram_quantile({q}, {found})")
        expected = {dict(s.labels).get("http.route", ""): s.value for s in theirs.samples}[endpoint]
        ours, inside = (row.p95_s, row.p95_in) if q == 0.95 else (row.p99_s, row.p99_in)
        assert ours == pytest.approx(expected, rel=1e-6)
        assert ours is not None
        assert inside is not None
        assert inside.high is not None
        assert inside.low <= ours <= inside.high
        assert inside.high / inside.low == pytest.approx(2 ** (1 / 8))
    assert bounds_words(rows["/checkout"].p99_s, rows["/checkout"].p99_in).startswith("2.83–3.08 s, est. ")
    of_buckets = next(one for one in asked if 'by (job, "http.route", )' in one.text)
    assert of_buckets.rows == 2
    assert "a native histogram of" in of_buckets.answer
