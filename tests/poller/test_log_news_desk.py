"""What the pane asks of the logs: after a rest, of one workload at a time, kept for a while."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from opsconsole.config.settings import Kubernetes
from opsconsole.model.logs import LogTarget
from opsconsole.poller import log_news_desk
from opsconsole.poller.log_news import LogNews
from opsconsole.poller.log_news_desk import LogNewsDesk
from opsconsole.sources.kubernetes.cluster import Cluster
from tests.sources.kubernetes.containers import Containers, at
from tests.sources.kubernetes.server import ApiServer

from .test_logs import WORKER, pod, until

FEED = LogTarget("Deployment", "shop", "feed")
PODS = (pod("worker-1"),)


class Looking:
    """A desk, and what it was told."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.changes = 0
        self.looks = True
        self.desk = LogNewsDesk(lambda: self.looks, self._changed)

    def _changed(self) -> None:
        self.changes += 1

    def at(self, target: LogTarget = WORKER, second: int = 40) -> LogNews | None:
        return self.desk.look(self.cluster, target, lambda: PODS, at(second))


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    running = ApiServer()
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def looking(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Looking]:
    monkeypatch.setattr(log_news_desk, "RESTS_S", 0.02)
    (tmp_path / "kubeconfig").write_text(server.kubeconfig(), encoding="utf-8")
    cluster = Cluster(Kubernetes(kubeconfig=str(tmp_path / "kubeconfig")))
    one = Looking(cluster)
    yield one
    one.desk.leave()
    await cluster.close()


def asked(server: ApiServer) -> int:
    return sum("/log" in str(path) for path in server.requests)


async def test_it_is_read_once_and_kept(server: ApiServer, looking: Looking) -> None:
    written = Containers(server)["worker-1/app"]
    written.write(1, "INFO  GET /feed 200 4ms")
    written.write(41, "WARN  slow checkout 812 ms order=9941")
    assert looking.at() is None  # reading
    await until(lambda: looking.changes)
    news = looking.at()
    assert news is not None
    assert [(one.count, one.pattern) for one in news.patterns] == [(1, "WARN slow checkout <N> ms order=<N>")]
    before = asked(server)
    assert looking.at() is news
    assert looking.at(second=41) is None  # since another moment: read anew
    await until(lambda: looking.changes == 2)
    assert asked(server) == before + 2


async def test_a_cursor_that_goes_on_asks_nothing(server: ApiServer, looking: Looking) -> None:
    looking.at(FEED)
    looking.at(WORKER)
    looking.desk.leave()
    looking.looks = False
    looking.at(WORKER)
    await asyncio.wait({task for task in asyncio.all_tasks() if "new log lines" in task.get_name()}, timeout=20)
    assert (asked(server), looking.changes) == (0, 0)


async def test_what_may_not_be_read_is_said(server: ApiServer, looking: Looking) -> None:
    Containers(server)["worker-1/app"].refuses = (403, "pods is forbidden")
    looking.at()
    await until(lambda: looking.changes)
    news = looking.at()
    assert news is not None
    assert news.problem == "forbidden: needs get pods/log in shop"
