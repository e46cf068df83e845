"""Lends the real control plane to tests: one for the whole session, or a skip where it is not built."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from opsconsole.config.settings import Kubernetes
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.forward import Forwards
from tests.cluster.build import CannotBuild, binary, build, is_built
from tests.cluster.plane import Plane
from tests.require import require

HINT = "build it with: make cluster"


def have_binaries() -> None:
    """Builds the binaries where OPSCONSOLE_REQUIRE asks for them; skips the running test where they are missing."""
    hint = HINT
    if not is_built() and _is_promised():
        try:
            build()
        except CannotBuild as error:
            hint = str(error)
    require("cluster", is_built(), hint)


def _is_promised() -> bool:
    """Whether OPSCONSOLE_REQUIRE names the cluster: then a build of some minutes is wanted."""
    promised = {part.strip() for part in os.environ.get("OPSCONSOLE_REQUIRE", "").split(",")}
    return bool(promised & {"cluster", "all"})


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
