"""The source against Debian's Prometheus 2 and against Prometheus 3."""

import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from opsconsole.config.catalogue import Catalogue, presumed_for
from opsconsole.config.settings import Http, Metrics
from opsconsole.model.reading import ProblemKind
from opsconsole.sources.errors import SourceError
from opsconsole.sources.http import reach
from opsconsole.sources.prometheus import Prometheus
from tests.demo.promql.real import real_prometheus
from tests.prometheus3.build import PROMETHEUS
from tests.require import require

START = 1_700_000_000
SAMPLES = "".join(
    f'http_requests_total{{status="{status}"}} {count * (step + 1)} {START + 15 * step}\n'
    for status, count in (("200", 100), ("500", 1))
    for step in range(20)
)
OPENMETRICS = f"# TYPE http_requests counter\n{SAMPLES}# EOF\n"


@pytest.fixture(scope="module", params=["2", "3"])
def major(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def url(major: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    found = all(shutil.which(program) for program in ("prometheus", "promtool"))
    require("prometheus", found, "install the Debian package prometheus")
    program = "prometheus"
    if major == "3":
        PROMETHEUS.have()
        program = str(PROMETHEUS.binary("prometheus"))
    with real_prometheus(tmp_path_factory.mktemp("prometheus"), OPENMETRICS, program) as server:
        yield server.url


def source(url: str) -> Prometheus:
    return Prometheus(lambda: reach(Http(url=url)))


async def test_an_instant_query_gives_samples_and_a_range_gives_series(url: str) -> None:
    prometheus = source(url)
    now = await prometheus.query("sum by (status) (http_requests_total)", START + 285)
    assert {sample.labels: sample.value for sample in now.samples} == {
        (("status", "200"),): 2000.0,
        (("status", "500"),): 20.0,
    }
    course = await prometheus.query_range('http_requests_total{status="500"}', START, START + 60, 30)
    assert course.series[0].times == (START, START + 30, START + 60)
    assert course.series[0].values == (1.0, 3.0, 5.0)
    assert (await prometheus.query("scalar(vector(7))")).samples[0].value == 7.0
    assert (await prometheus.query("0 / vector(0)")).samples[0].value is None
    prometheus.close()


async def test_the_server_s_own_sentence_reaches_the_operator(url: str) -> None:
    prometheus = source(url)
    with pytest.raises(SourceError) as caught:
        await prometheus.query("sum(")
    assert caught.value.problem.kind is ProblemKind.REFUSED
    assert "parse error" in caught.value.problem.sentence
    prometheus.close()


async def test_a_query_above_a_limit_of_the_server_is_told_to_be_narrowed(url: str) -> None:
    prometheus = source(url)
    with pytest.raises(SourceError) as caught:
        await prometheus.query_range("vector(1)", START, START + 20_000, 1)
    assert "exceeded maximum resolution of 11,000 points" in caught.value.problem.sentence
    assert caught.value.problem.remedy.startswith("narrow the query: a shorter range")
    prometheus.close()


async def test_names_and_labels_that_exist_are_told_without_asking_for_samples(url: str) -> None:
    prometheus = source(url)
    assert await prometheus.names(["http_requests_total", "up"]) == frozenset()
    assert await prometheus.names(["http_requests_total", "up"], START + 285) == {"http_requests_total"}
    assert await prometheus.label_names("http_requests_total", START + 285) == {"__name__", "status"}
    prometheus.close()


async def test_expressions_of_native_histograms_are_taken_by_both(url: str) -> None:
    prometheus = source(url)
    native = presumed_for(Metrics(names={"buckets": "http_request_duration_seconds"}))
    catalogue = Catalogue(Metrics(names={"buckets": "http_request_duration_seconds"}), native)
    for id in ("services.buckets", "services.buckets.last_week", "split.buckets"):
        await prometheus.query(catalogue.query(id, label="version"))
    await prometheus.query(catalogue.tile("p95").value)
    prometheus.close()


async def test_the_probe_tells_version_round_trip_and_clock(url: str, major: str) -> None:
    prometheus = source(url)
    probe = await prometheus.probe()
    assert probe.version.startswith(f"{major}.")
    assert probe.product == "Prometheus"
    assert probe.round_trip_s > 0
    assert probe.clock_difference_s is not None
    assert abs(probe.clock_difference_s) < 60
    prometheus.close()


def test_the_slow_client_is_imported_only_when_asked() -> None:
    code = (
        "import sys, opsconsole.sources.prometheus, opsconsole.poller.metrics;"
        "sys.exit(any(name in sys.modules for name in ('requests', 'prometheus_api_client')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
