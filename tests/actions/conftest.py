"""The planners against both API servers: the simulated one, and the real one where it is built."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.actions.planning import Planning, planning
from tests.demo.kubernetes.conftest import shared, target
from tests.demo.kubernetes.target import Target

__all__ = ["desk", "shared", "target"]


@pytest_asyncio.fixture(loop_scope="module")
async def desk(target: Target, tmp_path: Path) -> AsyncIterator[Planning]:
    """The desk of somebody who may do everything."""
    async with planning(target, tmp_path) as found:
        yield found
