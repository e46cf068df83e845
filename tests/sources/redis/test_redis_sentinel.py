"""A Sentinel: the primaries that it watches, its quorum, and what it does when one is down."""

from opsconsole.model.redis import CacheCounters
from opsconsole.rules.cache import events_between, figures
from opsconsole.rules.cache_row import CacheRow
from opsconsole.rules.cache_rows import cache_rows
from opsconsole.sources.redis_server import RedisServer
from tests.servers.ports import until
from tests.servers.valkey import PlainValkey, Valkeys


async def read(server: PlainValkey) -> CacheCounters:
    reader = RedisServer(server.settings)
    try:
        return await reader.read()
    finally:
        await reader.close()


def rows(now: CacheCounters) -> dict[str, CacheRow]:
    return {row.name: row for row in cache_rows(figures(None, now))}


def watching(valkeys: Valkeys, primary: PlainValkey, quorum: int) -> PlainValkey:
    about = f"sentinel monitor shop 127.0.0.1 {primary.port} {quorum}"
    return valkeys.start(about, "sentinel down-after-milliseconds shop 300", sentinel=True)


async def test_a_quorum_that_cannot_be_reached(valkeys: Valkeys) -> None:
    primary = valkeys.start()
    alone = rows(await read(watching(valkeys, primary, quorum=2)))
    assert set(alone) == {"answers PING in", "shop", "shop quorum"}, "it holds no data: no hit ratio, no memory"
    assert (alone["shop"].value, alone["shop"].limit) == (f"127.0.0.1:{primary.port}", "0 replicas · epoch 0")
    assert (alone["shop quorum"].state, alone["shop quorum"].value) == ("crit", "not reachable")
    assert alone["shop quorum"].limit == "2 of 1 Sentinel known"


async def test_a_primary_that_is_down_and_the_fail_over(valkeys: Valkeys) -> None:
    primary = valkeys.start("repl-diskless-sync-delay 0")
    replica = valkeys.start(f"replicaof 127.0.0.1 {primary.port}")
    until(lambda: replica.client.info("replication")["master_link_status"] == "up", "the replica to follow")
    lonely = valkeys.start()
    sentinel, other = watching(valkeys, primary, quorum=1), watching(valkeys, lonely, quorum=1)
    until(lambda: sentinel.client.info("sentinel")["master0"]["slaves"] == 1, "the replica to be known")
    before = await read(sentinel)
    assert rows(before)["shop quorum"].value == "reachable"
    primary.stop()
    lonely.stop()
    until(lambda: other.client.info("sentinel")["master0"]["status"] == "odown", "the lonely one to be down")
    down = rows(await read(other))["shop"]
    assert (down.state, down.value.split(",")[0]) == ("crit", f"127.0.0.1:{lonely.port} is down")
    address = f"127.0.0.1:{replica.port}"
    until(lambda: sentinel.client.info("sentinel")["master0"]["address"] == address, "the fail-over")
    (event,) = events_between(before, await read(sentinel))
    assert event.what == f"fail-over of shop: {address} is the primary now, before 127.0.0.1:{primary.port}"
