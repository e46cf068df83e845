"""A local API server per test, a cluster that points at it, and a way to wait for what should become true."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from opsconsole.config.settings import Kubernetes
from opsconsole.sources.kubernetes.cluster import Cluster

from .server import ApiServer


async def until(condition: Callable[[], object], within_s: float = 15.0) -> None:
    """Wait until the condition holds; fails when it never does."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "the condition never became true"
        await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def private_runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    running = ApiServer()
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def cluster(server: ApiServer, tmp_path: Path) -> AsyncIterator[Cluster]:
    (tmp_path / "kubeconfig").write_text(server.kubeconfig(), encoding="utf-8")
    connection = Cluster(Kubernetes(kubeconfig=str(tmp_path / "kubeconfig")))
    yield connection
    await connection.close()
