"""The feed of Valkey against a real server, with a store between two consoles."""

from pathlib import Path

from opsconsole.poller.redis import RedisFeeds
from opsconsole.poller.topics import REDIS
from opsconsole.store.store import Store
from tests.servers.valkey import ValkeyUnderTest


async def test_figures_and_those_of_an_earlier_console(valkey_server: ValkeyUnderTest, tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store.db")
    earlier = RedisFeeds([valkey_server.settings()], store)
    first, _ = await earlier.readers[0].read()
    await earlier.close()
    valkey_server.client.get("missed")
    later = RedisFeeds([valkey_server.settings()], store)
    second, origin = await later.readers[0].read()
    await later.close()
    await store.close()
    assert later.feeds[0].topic == REDIS
    assert first.hit_ratio is None
    assert second.hit_ratio == 0
    assert "INFO" in origin
