"""A Cluster of three: its table of nodes, a slot that moves, a fail-over, a node that takes its slots with it."""

from typing import Any

import pytest
import redis

from opsconsole.model.redis import CacheCounters, KeySearch
from opsconsole.rules.cache import events_between, figures
from opsconsole.rules.cache_cluster import slot_count
from opsconsole.rules.cache_row import CacheRow
from opsconsole.rules.cache_rows import cache_rows
from opsconsole.sources.redis_keys import search_keys
from opsconsole.sources.redis_server import RedisServer
from tests.servers.ports import until
from tests.servers.valkey import PlainValkey, Valkeys

ON_VALKEY = pytest.mark.parametrize("valkeys", ["valkey"], indirect=True)


async def read(server: PlainValkey) -> CacheCounters:
    reader = RedisServer(server.settings)
    try:
        return await reader.read()
    finally:
        await reader.close()


def rows(now: CacheCounters) -> list[CacheRow]:
    return [row for row in cache_rows(figures(None, now)) if row.part == "cluster"]


async def test_nodes_slots_and_a_slot_that_moves(valkeys: Valkeys) -> None:
    nodes = valkeys.cluster()
    first = nodes[0]
    now = await read(first)
    assert now.cluster is not None
    assert sum(slot_count(node) for node in now.cluster.nodes) == 16384
    assert [row.state for row in rows(now)] == [""] * 4
    assert rows(now)[0].value == "ok"
    assert {row.name for row in rows(now)[1:]} == {f"127.0.0.1:{node.port}" for node in nodes}
    other = next(node for node in now.cluster.nodes if node.address.endswith(str(nodes[1].port)))
    first.client.cluster("SETSLOT", 93, "MIGRATING", other.id)
    moving = rows(await read(first))[0]
    assert (moving.name, moving.state, moving.value) == ("slot 93", "warn", f"moving to {other.address}")


@ON_VALKEY
async def test_a_slot_that_is_moving_with_half_of_its_keys(valkeys: Valkeys) -> None:
    nodes = valkeys.cluster()
    source, target = nodes[0], nodes[1]
    tag = next(f"{{{n}}}" for n in range(1000) if int(_told(source, "CLUSTER", "KEYSLOT", f"{{{n}}}")) < 5461)
    slot = int(_told(source, "CLUSTER", "KEYSLOT", tag))
    for number in range(4):
        source.client.set(f"{tag}{number}", "v")
    _told(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", _told(source, "CLUSTER", "MYID"))
    _told(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", _told(target, "CLUSTER", "MYID"))
    before = await read(source)
    _told(source, "MIGRATE", "127.0.0.1", target.port, f"{tag}0", 0, 5000)
    with pytest.raises(redis.ResponseError, match=f"{slot} 127.0.0.1:{target.port}"):
        source.client.get(f"{tag}0")
    with pytest.raises(redis.ResponseError):
        source.client.mget(f"{tag}0", f"{tag}1")
    now = await read(source)
    shown = {row.key: row for row in cache_rows(figures(before, now))}
    (moving,) = (row for key, row in shown.items() if key.startswith("moving:"))
    assert (moving.name, moving.state) == (f"slot {slot}", "warn")
    assert moving.value == f"moving to 127.0.0.1:{target.port}"
    assert {"error:ASK", "error:TRYAGAIN"} <= set(shown), "what its clients are told is counted"
    assert not shown["error:ASK"].state, "a client that knows Clusters follows it"
    assert (rows(now)[0].name, rows(await read(target))[0].value) == (
        f"slot {slot}", f"moving from 127.0.0.1:{source.port}"
    )  # fmt: skip
    told: list[KeySearch] = []
    await search_keys(source.settings, told.append)
    assert (told[-1].whole, told[-1].scanned) == (True, 3), "one node's keys are looked at while a slot moves"


@ON_VALKEY
async def test_a_fail_over_is_noticed_and_the_lost_node_is_named(valkeys: Valkeys) -> None:
    primary, second, _, replica = valkeys.cluster("cluster-node-timeout 1000", replicas=1)
    before = await read(second)
    primary.stop()
    until(lambda: replica.client.info("replication")["role"] == "master", "the replica to take over")
    until(lambda: _serves(second, replica.port), "the others to know")
    now = await read(second)
    (event,) = events_between(before, now)
    assert event.what.startswith(f"fail-over: 127.0.0.1:{replica.port} serves the slots of 127.0.0.1:{primary.port}")
    lost = rows(now)[0]
    assert (lost.name, lost.state) == (f"127.0.0.1:{primary.port}", "crit")
    assert lost.value.startswith("FAILED")


@ON_VALKEY
async def test_slots_that_nobody_serves(valkeys: Valkeys) -> None:
    primary, second, _ = valkeys.cluster("cluster-node-timeout 1000")
    primary.stop()
    until(lambda: second.client.cluster("INFO")["cluster_state"] == "fail", "the cluster to be down")
    state, node, *_ = rows(await read(second))
    assert state.value == "fail, 5,461 slots served by no node"
    assert (node.name, node.state) == (f"127.0.0.1:{primary.port}", "crit")


def _serves(server: PlainValkey, port: int) -> bool:
    nodes = server.client.cluster("NODES")
    return any(address.endswith(f":{port}") and node["slots"] for address, node in nodes.items())


def _told(server: PlainValkey, *command: object) -> str:
    answer: Any = server.client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py has no type
    return answer.decode() if isinstance(answer, bytes) else str(answer)
