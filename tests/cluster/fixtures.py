"""Lends the real control plane to tests: one for the whole session, or a skip where it is not built."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

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
