"""A primary and its replica, seen from both: bytes behind, a link that is down, a replica that becomes the primary."""

import signal

import redis

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


async def row(server: PlainValkey, part: str) -> CacheRow:
    found = cache_rows(figures(None, await read(server)))
    return next(row for row in found if row.part == part)


def pair(valkeys: Valkeys, *options: str) -> tuple[PlainValkey, PlainValkey]:
    primary = valkeys.start("repl-diskless-sync-delay 0")
    replica = valkeys.start(f"replicaof 127.0.0.1 {primary.port}", *options)
    until(lambda: replica.client.info("replication")["master_link_status"] == "up", "the replica to follow")
    until(lambda: primary.client.info("replication").get("slave0", {}).get("state") == "online", "it to be seen")
    return primary, replica


async def test_bytes_behind_are_told_by_the_primary(valkeys: Valkeys) -> None:
    primary, replica = pair(valkeys)
    assert (await row(replica, "replication")).name == f"from 127.0.0.1:{primary.port}"
    assert (await row(replica, "replication")).value.startswith("up, heard ")
    replica.child.process.send_signal(signal.SIGSTOP)
    try:
        primary.client.set("k", "v" * 200_000)
        (behind,) = (await read(primary)).replication.replicas
        shown = await row(primary, "replication")
    finally:
        replica.child.process.send_signal(signal.SIGCONT)
    assert behind.behind_bytes is not None
    assert behind.behind_bytes > 200_000
    assert shown.name == f"to 127.0.0.1:{replica.port}"
    assert shown.value.startswith("195")


async def test_a_lost_primary_is_said_first_and_masterdown_hides_nothing_else(valkeys: Valkeys) -> None:
    primary, replica = pair(valkeys, "replica-serve-stale-data no")
    primary.stop()
    until(lambda: replica.client.info("replication")["master_link_status"] == "down", "the link to be down")
    try:
        replica.client.get("k")
        said = ""
    except redis.ResponseError as error:
        said = str(error)
    assert "down" in said, "it answers its clients MASTERDOWN"
    shown = cache_rows(figures(None, await read(replica)))
    assert next(row.value for row in shown if row.key == "ping") == "refused: MASTERDOWN"
    first = shown[0]
    assert (first.part, first.state) == ("replication", "crit")
    assert first.value.startswith("down for ")


async def test_a_replica_that_becomes_the_primary_is_noticed(valkeys: Valkeys) -> None:
    _, replica = pair(valkeys)
    before = await read(replica)
    replica.client.replicaof("NO", "ONE")
    now = await read(replica)
    assert [event.what for event in events_between(before, now)] == ["fail-over: was replica and is primary now"]
