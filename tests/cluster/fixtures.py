"""Lends the real control plane to tests: one for the whole session, or a skip where it is not built."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from opsconsole.config.settings import Kubernetes
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.forward import Forwards
from tests.cluster.build import binary, have_binaries
from tests.cluster.plane import Plane


@pytest.fixture(scope="session")
def real_cluster() -> Iterator[Plane]:
    """A running control plane with three nodes; tests share it, so each uses names of its own."""
    have_binaries()
    with Plane() as plane:
        yield plane


@pytest.fixture(scope="session")
def kubectl() -> Path:
    """The real kubectl."""
    have_binaries()
    return binary("kubectl")


@pytest.fixture
def kubectl_on_path(kubectl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which kubectl is installed."""
    monkeypatch.setenv("PATH", f"{kubectl.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
async def forwards(real_cluster: Plane, kubectl_on_path: None) -> AsyncIterator[Forwards]:
    """The ways to servers inside the real cluster, as admin."""
    async with forwards_as(real_cluster, "admin") as opened:
        yield opened


@asynccontextmanager
async def forwards_as(plane: Plane, user: str) -> AsyncIterator[Forwards]:
    cluster = Cluster(Kubernetes(kubeconfig=str(plane.folder / f"{user}.kubeconfig")))
    opened = Forwards(cluster)
    try:
        yield opened
    finally:
        await opened.close()
        await cluster.close()
