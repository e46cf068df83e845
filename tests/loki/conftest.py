"""Lends tests a store of logs: the real Loki, one for the session, and the demo's simulated one, by turns."""

import itertools
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from opsconsole.config.settings import Http
from opsconsole.config.settings import Loki as LokiSettings
from opsconsole.demo.kubernetes.logs import LogBook
from opsconsole.demo.loki import RunningLoki, start_loki
from opsconsole.poller.board import Board
from opsconsole.poller.loki import LogStoreDesk
from opsconsole.sources.http import reach
from opsconsole.sources.loki import Loki
from tests.loki.build import LOKI
from tests.loki.server import RealLoki

_number = itertools.count(1)


@pytest.fixture(scope="session")
def real_loki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealLoki]:
    """A running Loki; tests share it, so each uses a namespace of its own."""
    LOKI.have()
    with RealLoki(tmp_path_factory.mktemp("loki")) as server:
        yield server


@dataclass
class Store:
    """A Loki with a namespace of its own, into which `write` writes as a service's pod."""

    url: str
    namespace: str
    _real: RealLoki | None = None
    book: LogBook | None = None

    def write(self, service: str, lines: Sequence[tuple[float, str]], pod: str = "") -> None:
        """(unix seconds, text)."""
        pod = pod or f"{service}-0"
        if self.book is not None:
            for at, text in lines:
                self.book.append(self.namespace, pod, at, text)
        elif self._real is not None:
            labels = {"namespace": self.namespace, "pod": pod, "container": "app", "app": service}
            self._real.push(labels, [(round(at * 1e6) * 1000, text) for at, text in lines])

    def settings(self, **more: Any) -> LokiSettings:
        return LokiSettings(url=self.url, timeout_s=10.0, **more)

    def source(self) -> Loki:
        return Loki(lambda: reach(Http(url=self.url, timeout_s=10.0)))


def labels_of(namespace: str, pod: str) -> dict[str, str]:
    app = pod.rpartition("-")[0]
    return {"namespace": namespace, "pod": pod, "container": "app", "app": app, "service_name": app}


async def simulated() -> tuple[RunningLoki, Store]:
    book = LogBook()
    server = await start_loki(book, labels_of)
    return server, Store(server.url, f"ns-{next(_number)}", book=book)


@pytest.fixture(params=["simulated", "real"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """The same of both."""
    if request.param == "real":
        real: RealLoki = request.getfixturevalue("real_loki")
        yield Store(real.url, f"ns-{next(_number)}", real)
        return
    server, made = await simulated()
    yield made
    await server.stop()


@pytest.fixture
async def desk(store: Store) -> AsyncIterator[LogStoreDesk]:
    source = store.source()
    yield LogStoreDesk(source, store.settings(), Board(), (store.namespace,))
    await source.close()


def minutes_ago(minutes: float) -> float:
    return time.time() - 60 * minutes
