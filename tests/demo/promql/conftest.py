"""One real Prometheus per session, loaded with the samples that the simulated one holds too."""

import shutil
from collections.abc import Iterator

import pytest

from opsconsole.demo.promql.answers import openmetrics
from opsconsole.demo.promql.series import Selection
from opsconsole.demo.scenarios import SCENARIOS
from opsconsole.demo.shop.shop import Shop
from tests.demo.clusters import FakeCluster
from tests.demo.promql.memory import MemoryStorage
from tests.demo.promql.real import RealPrometheus, real_prometheus
from tests.demo.promql.samples import LENGTH, SHOP_FROM, SHOP_STARTED, START, make_samples
from tests.require import require


@pytest.fixture(scope="session")
def storage() -> MemoryStorage:
    return MemoryStorage(make_samples())


@pytest.fixture(scope="session")
def shop() -> Shop:
    """A small shop that has run for five minutes, hours after the other samples."""
    cluster = FakeCluster()
    cluster.scale("api", 3)
    shop = Shop(7, SHOP_STARTED, SCENARIOS["calm"])
    for second in range(0, 301, 5):
        shop.step(SHOP_STARTED + second, cluster)
    return shop


@pytest.fixture(scope="session")
def real(storage: MemoryStorage, shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPrometheus]:
    found = all(shutil.which(program) for program in ("prometheus", "promtool"))
    require("prometheus", found, "install the Debian package prometheus")
    samples = openmetrics(storage, Selection([]), START, START + 2 * LENGTH)
    shops = openmetrics(shop.series, Selection([]), SHOP_FROM, shop.series.newest)
    text = samples.removesuffix("# EOF\n") + shops
    with real_prometheus(tmp_path_factory.mktemp("prometheus"), text) as server:
        yield server
