"""The least rights of a user: with them everything is read, without one of them that part alone is unknown."""

from pathlib import Path
from typing import Any

import pytest

from opsconsole.config.settings import Redis
from opsconsole.model.redis import CacheCounters
from opsconsole.rules.cache import figures
from opsconsole.rules.cache_rows import cache_rows
from opsconsole.sources.redis_rights import KEYS, READING, SENTINEL, right_for
from opsconsole.sources.redis_server import RedisServer
from opsconsole.text import clock
from tests.servers.ports import free_port, until
from tests.servers.valkey import PlainValkey, Valkeys

SHIPPED = Path(__file__).parents[3] / "config" / "redis-user.acl"
PARTS = {
    "+ping": "PING",
    "+slowlog|get": "slow log",
    "+latency|latest": "latency events",
    "+cluster|info": "CLUSTER INFO",
    "+cluster|nodes": "CLUSTER NODES",
}
"""+client|setname gives the connection its name and is no part of a reading."""


def reader_with(server: PlainValkey, *rights: str) -> RedisServer:
    """As a user with these rights and no key."""
    admin: Any = server.client
    admin.execute_command("ACL", "SETUSER", "least", "on", "nopass", "resetkeys", "resetchannels", "-@all", *rights)
    admin.execute_command("ACL", "LOG", "RESET")
    return RedisServer(Redis(name="cache", url=f"redis://least:any@127.0.0.1:{server.port}"))


async def read(server: PlainValkey, *rights: str) -> CacheCounters:
    reader = reader_with(server, *rights)
    try:
        return await reader.read()
    finally:
        await reader.close()


def refused(server: PlainValkey) -> set[str]:
    """What the server's own log of refusals holds."""
    admin: Any = server.client
    return {entry["object"] for entry in admin.acl_log()}


def test_the_shipped_user_has_these_rights() -> None:
    line = SHIPPED.read_text().splitlines()[-1].split()
    assert tuple(word for word in line if word.startswith("+")) == READING
    assert f"~* {' '.join(KEYS[1:])}" in SHIPPED.read_text()
    assert " ".join(SENTINEL) in SHIPPED.read_text()


async def test_the_least_rights_are_enough_and_each_is_needed(valkeys: Valkeys) -> None:
    server = valkeys.start("cluster-enabled yes", f"cluster-port {free_port()}")
    now = await read(server, *READING)
    assert now.unread == ()
    assert refused(server) == {"config|get"}, "asked for, not needed"
    assert None not in (now.slow, now.latency, now.cluster, now.ping_s)
    for right, part in PARTS.items():
        less = await read(server, *(each for each in READING if each != right))
        (unread,) = less.unread
        assert (unread.part, unread.why, unread.remedy) == (part, f"needs {right}", f"ACL SETUSER least {right}")
        (row,) = (row for row in cache_rows(figures(None, less)) if row.state == "unknown")
        assert (row.name, row.value, row.remedy) == (part, f"unknown: needs {right}", unread.remedy)
        assert less.memory_bytes, "everything else is read"


async def test_what_is_refused_is_not_asked_all_the_time(valkeys: Valkeys, monkeypatch: pytest.MonkeyPatch) -> None:
    server = valkeys.start()
    reader = reader_with(server, "+info", "+latency|latest", "+config|get")
    try:
        first, second = await reader.read(), await reader.read()
        assert [part.part for part in first.unread] == [part.part for part in second.unread] == ["PING", "slow log"]
        calls = server.client.info("commandstats")
        assert calls["cmdstat_slowlog|get"]["rejected_calls"] == 1, "no error more in its own figures"
        reader_with(server, *READING)
        monkeypatch.setattr(clock, "boottime", lambda: 1e9)
        assert (await reader.read()).unread == (), "a right that was given is used"
    finally:
        await reader.close()


async def test_a_user_without_client_has_no_name_and_reads_all(valkeys: Valkeys) -> None:
    server = valkeys.start()
    assert (await read(server, *(each for each in READING if not each.startswith("+client")))).unread == ()


async def test_without_info_the_rest_is_read(valkeys: Valkeys) -> None:
    server = valkeys.start("slowlog-log-slower-than 0")
    now = await read(server, "+ping", "+slowlog|get", "+latency|latest")
    assert [unread.part for unread in now.unread] == ["INFO"]
    assert now.slow
    shown = figures(None, now)
    first, ping, *_ = cache_rows(shown)
    assert (first.value, first.remedy) == ("unknown: needs +info", "ACL SETUSER least +info")
    assert ping.key == "ping"
    assert (shown.hit_ratio, shown.clients, shown.keys, shown.memory_bytes) == (None, None, None, None)


async def test_config_get_tells_more(valkeys: Valkeys) -> None:
    server = valkeys.start("latency-monitor-threshold 20")
    now = await read(server, *READING, "+config|get")
    assert (now.monitor_ms, now.persistence.save_rules) == (20, ())
    assert (await read(server, *READING)).monitor_ms is None


async def test_a_sentinel_needs_its_own(valkeys: Valkeys) -> None:
    primary = valkeys.start()
    server = valkeys.start(f"sentinel monitor shop 127.0.0.1 {primary.port} 1", sentinel=True)
    until(lambda: bool(server.client.info("sentinel")["sentinel_masters"]), "the Sentinel to watch")
    now = await read(server, *SENTINEL)
    assert (now.unread, len(now.sentinel or ())) == ((), 1)
    assert now.sentinel is not None
    assert now.sentinel[0].quorum_reached
    less = await read(server, *SENTINEL[:-1])
    assert [unread.why for unread in less.unread] == ["needs +sentinel|ckquorum"]
    none = await read(server, "+info", "+ping")
    assert [unread.why for unread in none.unread] == ["needs +sentinel|masters"]


@pytest.mark.parametrize(
    ("command", "said", "right"),
    [
        (("SLOWLOG", "GET", 128), "User x has no permissions to run the 'slowlog|get' command", "+slowlog|get"),
        # Redis 6 does not tell which subcommand.
        (("SLOWLOG", "GET", 128), "this user has no permissions to run the 'slowlog' command", "+slowlog|get"),
        (("INFO", "ALL"), "User x has no permissions to run the 'select' command", "+select"),
        (("INFO", "ALL"), "", "+info"),
    ],
)
def test_the_right_that_is_missing(command: tuple[object, ...], said: str, right: str) -> None:
    assert right_for(command, said) == right
