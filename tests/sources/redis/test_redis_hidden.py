"""Servers and proxies that hide commands or know RESP2 only, and servers that answer slowly: the rest is read."""

import asyncio
import signal

import pytest

from opsconsole.model.redis import CacheCounters
from opsconsole.rules.cache import figures
from opsconsole.rules.cache_rows import cache_rows
from opsconsole.rules.cache_work import SLOW_INFO_S
from opsconsole.sources import redis_server
from opsconsole.sources.redis_server import RedisServer
from tests.servers.valkey import PlainValkey, Valkeys


async def read(server: PlainValkey) -> CacheCounters:
    reader = RedisServer(server.settings)
    try:
        return await reader.read()
    finally:
        await reader.close()


async def test_hello_is_not_needed(valkeys: Valkeys) -> None:
    server = valkeys.start('rename-command HELLO ""')
    now = await read(server)
    assert now.unread == ()
    assert now.slow == ()


async def test_hidden_commands_are_named_and_nothing_else_is_missing(valkeys: Valkeys) -> None:
    # CLIENT is asked on connecting: without it the connection has no name.
    server = valkeys.start(*(f'rename-command {name} ""' for name in ("SLOWLOG", "LATENCY", "CONFIG", "CLIENT")))
    now = await read(server)
    assert [(part.part, part.why) for part in now.unread] == [
        ("slow log", "not known to this server"),
        ("latency events", "not known to this server"),
    ]
    assert (now.monitor_ms, now.persistence.save_rules) == (None, None)
    assert now.memory_bytes
    assert now.hits == 0


async def test_a_server_that_answers_slowly_is_asked_for_less(
    valkeys: Valkeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_server, "ENOUGH_S", 0.2)
    server = valkeys.start()
    reader = RedisServer(server.settings)
    try:
        before = await reader.read()
        server.child.process.send_signal(signal.SIGSTOP)
        asyncio.get_running_loop().call_later(
            SLOW_INFO_S + 0.1, lambda: server.child.process.send_signal(signal.SIGCONT)
        )
        now = await reader.read()
        after = await reader.read()
    finally:
        await reader.close()
    assert [part.part for part in now.unread] == ["slow log", "latency events"]
    assert all(part.why.startswith("not asked: the server took 1.") for part in now.unread)
    asked = [one.text for one in now.asked]
    assert asked[:2] == ["INFO ALL", "PING"]
    assert "SLOWLOG GET 128" not in asked
    first = cache_rows(figures(before, now))[0]
    assert (first.key, first.state) == ("ping", "warn")
    assert ", INFO 1.1 s" in first.value
    assert figures(before, now).commands_s is not None, "the interval is as long as it was"
    assert after.unread == ()
