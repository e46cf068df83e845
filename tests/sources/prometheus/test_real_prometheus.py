"""The source against Debian's Prometheus."""

import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from opsconsole.config.settings import Http
from opsconsole.model.reading import ProblemKind
from opsconsole.sources.errors import SourceError
from opsconsole.sources.http import reach
from opsconsole.sources.prometheus import Prometheus
from tests.demo.promql.real import real_prometheus
from tests.require import require

START = 1_700_000_000
SAMPLES = "".join(
    f'http_requests_total{{status="{status}"}} {count * (step + 1)} {START + 15 * step}\n'
    for status, count in (("200", 100), ("500", 1))
    for step in range(20)
)
OPENMETRICS = f"# TYPE http_requests counter\n{SAMPLES}# EOF\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    found = all(shutil.which(program) for program in ("prometheus", "promtool"))
    require("prometheus", found, "install the Debian package prometheus")
    with real_prometheus(tmp_path_factory.mktemp("prometheus"), OPENMETRICS) as server:
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


async def test_the_probe_tells_version_round_trip_and_clock(url: str) -> None:
    prometheus = source(url)
    probe = await prometheus.probe()
    assert probe.version.startswith("2.")
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
