"""One real Prometheus per session, loaded with the samples that the simulated one holds too."""

import shutil
from collections.abc import Iterator

import pytest

from opsconsole.demo.promql.answers import openmetrics
from opsconsole.demo.promql.memory import MemoryStorage
from opsconsole.demo.promql.series import Selection
from tests.demo.promql.real import RealPrometheus, real_prometheus
from tests.demo.promql.samples import LENGTH, START, make_samples
from tests.require import require


@pytest.fixture(scope="session")
def storage() -> MemoryStorage:
    return MemoryStorage(make_samples())


@pytest.fixture(scope="session")
def real(storage: MemoryStorage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPrometheus]:
    found = all(shutil.which(program) for program in ("prometheus", "promtool"))
    require("prometheus", found, "install the Debian package prometheus")
    text = openmetrics(storage, Selection([]), START, START + 2 * LENGTH)
    with real_prometheus(tmp_path_factory.mktemp("prometheus"), text) as server:
        yield server
