"""Every query of the catalogue, asked through the console's own source, of Debian's Prometheus and of the demo's."""

import contextlib
import math
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from opsconsole.config.catalogue import Catalogue, flavours
from opsconsole.config.settings import Http, Metrics
from opsconsole.demo.prometheus import start_prometheus
from opsconsole.demo.promql.answers import openmetrics
from opsconsole.demo.promql.series import Selection
from opsconsole.demo.scenarios import SCENARIOS
from opsconsole.demo.shop.shop import Shop
from opsconsole.model.metrics import Answer
from opsconsole.sources.http import reach
from opsconsole.sources.prometheus import Prometheus
from tests.demo.clusters import FakeCluster
from tests.demo.promql.real import real_prometheus
from tests.require import require

LACKING = re.compile("queue_oldest_age|queue_dead_letters|queue_workers")
"""Of the demo's queues the depth alone is known."""
STARTED = 1_795_290_003.0
PLAYED_S = 60
SPAN_S = 420
WEEK_S, DAY_S, HOUR_S = 7 * 86400, 86400, 3600
END = STARTED + PLAYED_S
CATALOGUE = Catalogue(Metrics(), flavours()[0])
QUERIES = {
    **CATALOGUE.all(),
    **{f"charts.{kind} of api": CATALOGUE.chart(kind, "api").value for kind in ("p99", "p95", "requests", "errors")},
    **{
        f"split by {label}": CATALOGUE.query(
            id, label=CATALOGUE.label(label), **CATALOGUE.selection("api", "/checkout")
        )
        for id in ("split.buckets", "split.requests")
        for label in CATALOGUE.splits.labels
    },
}


@pytest.fixture(scope="module")
def shop() -> Shop:
    shop, cluster = Shop(7, STARTED, SCENARIOS["calm"]), FakeCluster()
    for second in range(PLAYED_S + 1):
        shop.step(STARTED + second, cluster)
    return shop


@pytest.fixture(scope="module")
def real_url(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    found = all(shutil.which(program) for program in ("prometheus", "promtool"))
    require("prometheus", found, "install the Debian package prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    for before_s in (WEEK_S, DAY_S, HOUR_S):
        load(folder, dump(shop, END - before_s))
    with real_prometheus(folder, dump(shop, END)) as server:
        yield server.url


def dump(shop: Shop, end: float) -> str:
    return openmetrics(shop.series, Selection([]), round((end - SPAN_S) * 1000), round(end * 1000))


def load(folder: Path, text: str) -> None:
    """Spans far apart, loaded one by one: a single file would be read once per two hours between them."""
    (folder / "before.om").write_text(text)
    source, data = str(folder / "before.om"), str(folder / "data")
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", source, data]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


@contextlib.asynccontextmanager
async def asked(shop: Shop, real_url: str) -> AsyncIterator[tuple[Prometheus, Prometheus]]:
    """The demo's server and the real one, each behind a source of the console."""
    running = await start_prometheus(shop)
    ours, theirs = (Prometheus(lambda url=url: reach(Http(url=url))) for url in (running.url, real_url))  # type: ignore[misc]
    try:
        yield ours, theirs
    finally:
        ours.close()
        theirs.close()
        await running.stop()


def flat(answer: Answer) -> dict[tuple[object, float], float | None]:
    """(labels, time) → value of every sample."""
    found: dict[tuple[object, float], float | None] = {(s.labels, s.time): s.value for s in answer.samples}
    for series in answer.series:
        found |= {(series.labels, at): v for at, v in zip(series.times, series.values, strict=True)}
    return found


def differences(one: Answer, other: Answer) -> list[str]:
    ours, theirs = flat(one), flat(other)
    wrong = [f"only one has {key}" for key in ours.keys() ^ theirs.keys()]
    for key in ours.keys() & theirs.keys():
        a, b = ours[key], theirs[key]
        if (a is None) != (b is None) or (a is not None and b is not None and not math.isclose(a, b, rel_tol=1e-9)):
            wrong.append(f"{key}: {a} and {b}")
    return wrong


async def test_every_query_runs_on_both_and_agrees(shop: Shop, real_url: str) -> None:
    wrong: dict[str, list[str]] = {}
    empty: list[str] = []
    async with asked(shop, real_url) as (ours, theirs):
        for id, promql in QUERIES.items():
            one, other = await ours.query(promql, END), await theirs.query(promql, END)
            found = differences(one, other)
            start, end = END - 120, END
            one_course = await ours.query_range(promql, start, end, 30)
            found += differences(one_course, await theirs.query_range(promql, start, end, 30))
            if found:
                wrong[id] = found[:3]
            if not one.samples and not LACKING.search(promql):
                empty.append(id)
    assert wrong == {}
    assert empty == [], "every query of the catalogue finds something in the demo"


async def test_both_refuse_a_query_with_the_same_kind_of_error(shop: Shop, real_url: str) -> None:
    from opsconsole.sources.errors import SourceError

    kinds = []
    async with asked(shop, real_url) as servers:
        for server in servers:
            with pytest.raises(SourceError) as caught:
                await server.query("sum(")
            kinds.append(caught.value.problem.kind)
    assert kinds[0] == kinds[1]
