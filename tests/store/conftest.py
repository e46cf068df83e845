"""A store in a temporary folder, and incidents to put into it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from opsconsole.store.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "store.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    opened = Store.open(path)
    yield opened
    await opened.close()
