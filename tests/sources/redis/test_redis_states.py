"""What the Redis view says first of a real server in trouble, and of its commands, keys and disk."""

import contextlib
import os
import threading
from collections.abc import Callable

import pytest
import redis
import redis.exceptions

from opsconsole.model.reading import ProblemKind
from opsconsole.model.redis import CacheFigures
from opsconsole.rules.cache import figures
from opsconsole.rules.cache_row import CacheRow
from opsconsole.rules.cache_rows import cache_rows
from opsconsole.sources.errors import SourceError
from opsconsole.sources.redis_server import RedisServer
from opsconsole.sources.redis_words import STATES, state_of
from tests.servers.ports import until
from tests.servers.valkey import PlainValkey, Valkeys


async def interval(server: PlainValkey, between: Callable[[], object]) -> CacheFigures:
    """The figures of two readings around what `between` does."""
    reader = RedisServer(server.settings)
    try:
        before = await reader.read()
        between()
        return figures(before, await reader.read())
    finally:
        await reader.close()


def rows(read: CacheFigures) -> dict[str, CacheRow]:
    return {row.key: row for row in cache_rows(read)}


async def test_commands_by_difference_and_keys_by_database(valkeys: Valkeys) -> None:
    server = valkeys.start()
    for number in range(50):
        server.client.get(f"before:{number}")

    def work() -> None:
        for number in range(10):
            server.client.set(f"k{number}", "v", ex=1000 if number < 4 else None)
        with pytest.raises(redis.ResponseError):
            server.client.incr("k1")

    read = await interval(server, work)
    by_name = {rate.name: rate for rate in read.by_command or ()}
    assert (by_name["get"].calls_s, by_name["get"].mean_us) == (0, None), "it did not run in the interval"
    assert by_name["set"].calls_s == pytest.approx(10 * (by_name["incrby"].calls_s or 0))
    assert sum(rate.share or 0 for rate in by_name.values()) == pytest.approx(1)
    assert [name for name, _ in by_name["set"].percentiles_us] == ["p50", "p99", "p99.9"]
    assert (by_name["incrby"].failed_s or 0) > 0
    assert [name for name, _ in read.errors_s] == ["ERR"]
    shown = rows(read)
    assert (shown["command:get"].value, shown["command:get"].limit[:11]) == ("0/s", "did not run")
    assert shown["db:0"].value == "10 keys"
    assert shown["db:0"].limit.startswith("40 % expire")
    assert shown["memory"].limit == "unlimited: maxmemory is 0"
    assert shown["aof"].value == "off: nothing is kept on disk"
    assert shown["latency"].value == "not recorded"
    assert not [row.name for row in shown.values() if row.state], "nothing fails, and nothing is unknown"


async def test_a_full_server_that_refuses_writes(valkeys: Valkeys) -> None:
    server = valkeys.start("maxmemory 4mb", "maxmemory-policy noeviction")

    def fill() -> None:
        with contextlib.suppress(redis.exceptions.OutOfMemoryError):
            for number in range(100_000):
                server.client.set(f"k{number}", "v" * 10_000)

    first, second, *_ = cache_rows(await interval(server, fill))
    assert {first.key, second.key} == {"memory", "error:OOM"}
    assert {first.state, second.state} == {"crit"}


async def test_a_snapshot_that_fails(valkeys: Valkeys) -> None:
    server = valkeys.start("save 3600 1")
    server.client.set("a", "b")

    def fail() -> None:
        for path in server.folder.iterdir():
            path.unlink()
        server.folder.rmdir()
        server.client.bgsave()
        until(lambda: server.client.info()["rdb_last_bgsave_status"] == "err", "the snapshot to fail")

    first = cache_rows(await interval(server, fail))[0]
    assert (first.key, first.state) == ("snapshot", "crit")
    assert first.value.startswith("the last one failed; none since start")
    assert first.limit == "due after 1h at most"


async def test_a_script_that_does_not_end(valkeys: Valkeys) -> None:
    server = valkeys.start("busy-reply-threshold 50")
    other = redis.Redis(port=server.port)

    def script() -> None:
        with pytest.raises(redis.ResponseError):
            other.eval("while true do end", 0)

    def busy() -> bool:
        try:
            return not server.client.ping()
        except redis.ResponseError:
            return True

    thread = threading.Thread(target=script)
    thread.start()
    until(busy, "the script to hold the server")
    reader = RedisServer(server.settings)
    try:
        with pytest.raises(SourceError) as caught:
            await reader.read()
    finally:
        await reader.close()
        server.client.script_kill()
        thread.join()
    assert caught.value.problem.kind is ProblemKind.REFUSED
    assert "script or function that does not end" in caught.value.problem.sentence
    assert "SCRIPT KILL" in caught.value.problem.remedy


async def test_a_server_that_loads_its_data_says_how_far_it_is(valkeys: Valkeys) -> None:
    server = valkeys.start("save 3600 1")
    for number in range(300):
        server.client.set(f"k{number}", os.urandom(3000))
    server.client.save()
    server.stop()
    with (server.folder / "valkey.conf").open("a") as config:
        # Each key takes so many µs to load: long enough to look at it.
        config.write("key-load-delay 50000\nloading-process-events-interval-bytes 1024\n")
    server.start()
    reader = RedisServer(server.settings)
    try:
        first, ping, *_ = cache_rows(figures(None, await reader.read()))
    finally:
        await reader.close()
    assert (ping.key, ping.value) == ("ping", "refused: LOADING")
    assert (first.name, first.state) == ("loading", "crit")
    assert "% loaded" in first.value


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("LOADING Valkey is loading the dataset in memory", "LOADING"),
        ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "MASTERDOWN"),
        ("NOAUTH Authentication required.", "NOAUTH"),
        ("NOPERM User x has no permissions to run the 'get' command", "NOPERM"),
        ("MOVED 3999 127.0.0.1:6381", "MOVED"),
        ("CROSSSLOT Keys in request don't hash to the same slot", "CROSSSLOT"),
        ("Keys in request don't hash to the same slot", "CROSSSLOT"),
        ("CLUSTERDOWN The cluster is down", "CLUSTERDOWN"),
        ("something else", ""),
    ],
)
def test_every_state_has_words_and_a_remedy(said: str, state: str) -> None:
    assert state_of(said) == state
    assert not state or all(STATES[state])
