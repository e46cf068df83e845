"""Restarts, fail-overs and an emptied cache reach the list of changes, each once."""

from datetime import timedelta

import msgspec

from opsconsole.model.reading import Reading, State
from opsconsole.model.redis import CacheEvent, CacheFigures, Database
from opsconsole.poller.redis import RedisFeeds
from opsconsole.poller.redis_watch import CacheWatch
from opsconsole.poller.topics import REDIS, Topic
from opsconsole.rules.cache import figures
from opsconsole.text import clock
from tests.rules.test_cache import FIRST, later
from tests.servers.ports import until
from tests.servers.valkey import PlainValkey, Valkeys

OTHER: Topic[CacheFigures] = Topic("redis.figures.other", "redis")


def whats(watch: CacheWatch) -> list[tuple[str, str]]:
    return [(change.kind, change.what) for change in watch.changes(clock.now())]


async def told(feeds: RedisFeeds, watch: CacheWatch) -> list[tuple[str, str]]:
    """The changes after one reading of the first server."""
    value, source = await feeds.readers[0].read()
    watch.changed(REDIS, Reading(value, State.OK, clock.now(), 0.0, source), None)
    return whats(watch)


async def test_a_replica_takes_over_is_emptied_and_starts_again(valkeys: Valkeys) -> None:
    primary = valkeys.start("repl-diskless-sync-delay 0")
    replica = valkeys.start(f"replicaof 127.0.0.1 {primary.port}")
    until(lambda: follows(replica), "the replica to follow")
    name = replica.settings.name
    feeds, watch = RedisFeeds([replica.settings]), CacheWatch([REDIS])
    try:
        assert await told(feeds, watch) == [("restart", f"{name} started")]
        replica.client.replicaof("NO", "ONE")
        replica.client.set("k", "v")
        fail_over = ("fail-over", f"{name} fail-over: was replica and is primary now")
        assert await told(feeds, watch) == [("restart", f"{name} started"), fail_over]
        replica.client.flushall()
        emptied = ("setting", f"{name} FLUSHALL ran: 1 key before, 0 now")
        assert await told(feeds, watch) == [("restart", f"{name} started"), emptied, fail_over]
    finally:
        await feeds.close()


def follows(server: PlainValkey) -> bool:
    return bool(server.client.info("replication").get("master_link_status") == "up")


def test_one_fail_over_that_two_nodes_tell_is_one_change() -> None:
    at = clock.now()
    event = CacheEvent(at, "failover", "fail-over: 10.0.0.4:6379 serves the slots of 10.0.0.1:6379 (epoch 7)")
    watch = CacheWatch([REDIS, OTHER])
    for topic, server, when in ((REDIS, "a", at), (OTHER, "b", at + timedelta(seconds=4))):
        now = figures(None, msgspec.structs.replace(FIRST, server=server), (msgspec.structs.replace(event, at=when),))
        watch.changed(topic, Reading(now, State.OK, at), None)
    assert whats(watch) == [("fail-over", event.what)], "the starts are long ago"


def test_a_start_that_wobbles_is_one_start() -> None:
    watch, at = CacheWatch([REDIS]), clock.now()
    for second in range(3):
        now = msgspec.structs.replace(later(databases=(Database(0, 1, 0),)), taken=at, uptime_s=60 + second % 2)
        watch.changed(REDIS, Reading(figures(None, now), State.OK, at), None)
    assert whats(watch) == [("restart", "cache started")]
