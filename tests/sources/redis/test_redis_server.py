"""What the console reads of a real Valkey, and how that fails."""

import signal
from collections.abc import AsyncIterator

import pytest

from opsconsole.config.settings import Redis
from opsconsole.model.reading import Problem, ProblemKind
from opsconsole.rules.cache import figures
from opsconsole.rules.cache_rows import cache_rows
from opsconsole.sources.errors import SourceError
from opsconsole.sources.redis_rights import READING
from opsconsole.sources.redis_server import RedisServer
from opsconsole.sources.redis_slow_log import redacted_command
from tests.servers.ports import free_port, until
from tests.servers.valkey import ValkeyUnderTest


@pytest.fixture
async def server(valkey_server: ValkeyUnderTest) -> AsyncIterator[RedisServer]:
    opened = RedisServer(valkey_server.settings())
    yield opened
    await opened.close()


async def problem_of(settings: Redis) -> Problem:
    server = RedisServer(settings)
    try:
        with pytest.raises(SourceError) as caught:
            await server.read()
    finally:
        await server.close()
    return caught.value.problem


async def test_hits_of_the_interval_and_not_since_start(server: RedisServer, valkey_server: ValkeyUnderTest) -> None:
    client = valkey_server.client
    client.set("here", "x")
    for _ in range(100):
        client.get("here")
    first = await server.read()
    for _ in range(3):
        client.get("here")
    client.get("nowhere")
    second = figures(first, await server.read())
    assert figures(None, first).hit_ratio is None
    assert second.hit_ratio == pytest.approx(0.75)
    assert second.max_memory_bytes == 64 * 2**20
    assert second.policy == "allkeys-lru"
    assert second.version.startswith(("valkey 9", "redis 7"))
    assert second.keys == 1
    assert second.commands_s is not None
    assert second.commands_s > 0
    assert second.evictions_s == 0
    assert second.notes == ()
    assert figures(first, first).hit_ratio is None


async def test_every_figure_is_told(server: RedisServer, valkey_server: ValkeyUnderTest) -> None:
    client = valkey_server.client
    client.set("lives", "x", ex=1000)
    until(lambda: bool(client.info("keyspace")["db0"]["avg_ttl"]), "the server to sample its times to live")
    now = await server.read()
    # Not loading, no replica and in no Cluster: these have no value.
    without = {"cluster", "sentinel", "persistence", "replication", "asked"}
    told = {name: getattr(now, name) for name in now.__struct_fields__ if name not in without}
    assert [name for name, value in told.items() if value is None] == []
    disk = now.persistence
    assert None not in (disk.changes, disk.saved, disk.save_rules, disk.aof, disk.loaded_keys)
    assert None not in (now.replication.offset, now.replication.backlog_bytes, now.replication.full_copies)
    (database,) = now.databases
    assert (database.keys >= 1, database.expires >= 1, bool(database.mean_ttl_ms)) == (True, True, True)
    info = next(count for count in now.by_command or () if count.name == "set")
    assert (info.rejected, info.failed, len(info.percentiles_us)) == (0, 0, 3)
    assert now.ping_s is not None
    assert now.ping_s > 0
    asked = {one.name: one for one in now.asked}
    assert [one.text for one in now.asked[:4]] == ["INFO ALL", "PING", "SLOWLOG GET 128", "LATENCY LATEST"]
    assert asked["info"].rows > 100
    assert all(one.took_s > 0 and not one.problem for one in now.asked)


async def test_slow_log_by_id_and_redacted(server: RedisServer, valkey_server: ValkeyUnderTest) -> None:
    client = valkey_server.client
    before = await server.read()
    client.config_set("slowlog-log-slower-than", 0)
    client.set("customer:7", "credit card 4111")
    client.config_set("slowlog-log-slower-than", 1_000_000)
    first = await server.read()
    again = await server.read()
    shown = [entry.command for entry in first.slow or ()]
    assert "SET customer:7 (+1 redacted)" in shown
    assert not any("4111" in command for command in shown)
    assert figures(before, first).slow_new >= 1
    assert figures(first, again).slow_new == 0


def test_arguments_are_counted_and_not_shown() -> None:
    assert redacted_command(["AUTH", "ada", "secret"]) == "AUTH (+2 redacted)"
    assert redacted_command(["set", "k", "v", "EX", "3"]) == "SET k (+3 redacted)"
    assert redacted_command(["CONFIG", "SET", "requirepass", "secret"]) == "CONFIG SET requirepass (+1 redacted)"
    assert redacted_command(["PING"]) == "PING"


async def test_latency_latest(server: RedisServer, valkey_server: ValkeyUnderTest) -> None:
    client = valkey_server.client
    client.config_set("latency-monitor-threshold", 1)
    client.eval("for i = 1, 5000000 do end", 0)
    latest = {event.name: event for event in (await server.read()).latency or ()}
    assert latest["command"].most_ms >= latest["command"].latest_ms >= 1


async def test_no_password_and_a_wrong_one(valkey_server: ValkeyUnderTest) -> None:
    missing = await problem_of(valkey_server.settings(user=None, password=None))
    wrong = await problem_of(valkey_server.settings(password="bad-Words"))
    assert (missing.kind, wrong.kind) == (ProblemKind.UNAUTHORIZED, ProblemKind.UNAUTHORIZED)
    assert "none was given" in missing.sentence
    assert "bad-Words" not in wrong.sentence


async def test_a_user_without_slowlog_loses_only_the_slow_log(valkey_server: ValkeyUnderTest) -> None:
    valkey_server.client.acl_setuser("poor", enabled=True, passwords=["+poor-Words"], commands=["+info"])
    server = RedisServer(valkey_server.settings("poor", "poor-Words"))
    try:
        read = figures(None, await server.read())
    finally:
        await server.close()
    assert (read.memory_bytes or 0) > 0
    assert (read.slow, read.latency, read.monitor_ms, read.persistence.save_rules) == (None, None, None, None)
    assert [(part.part, part.why, part.remedy) for part in read.unread] == [
        ("PING", "needs +ping", "ACL SETUSER poor +ping"),
        ("slow log", "needs +slowlog|get", "ACL SETUSER poor +slowlog|get"),
        ("latency events", "needs +latency|latest", "ACL SETUSER poor +latency|latest"),
    ]
    unknown = [row.name for row in cache_rows(read) if row.state == "unknown"]
    assert unknown == ["PING", "slow log", "latency events"], "what may not be read is said first, and nothing else"


async def test_a_user_who_may_read_nothing_is_a_problem(valkey_server: ValkeyUnderTest) -> None:
    valkey_server.client.acl_setuser("blind", enabled=True, passwords=["+blind-Words"], commands=["+ping"])
    problem = await problem_of(valkey_server.settings("blind", "blind-Words"))
    assert problem.kind is ProblemKind.FORBIDDEN
    assert problem.remedy == f"ACL SETUSER blind {' '.join(READING)}"


async def test_no_client_slot_left(valkey_server: ValkeyUnderTest) -> None:
    client = valkey_server.client
    client.config_set("maxclients", 1)
    try:
        problem = await problem_of(valkey_server.settings())
    finally:
        client.config_set("maxclients", 1000)
    assert problem.kind is ProblemKind.REFUSED
    assert "no free connection" in problem.sentence


async def test_gone() -> None:
    port = free_port()
    problem = await problem_of(Redis(name="cache", url=f"redis://127.0.0.1:{port}"))
    assert (problem.kind, problem.sentence) == (
        ProblemKind.UNREACHABLE, f"cache does not listen at 127.0.0.1:{port}"
    )  # fmt: skip
    nowhere = await problem_of(Redis(name="cache", url="redis://nowhere.invalid"))
    assert nowhere.sentence == "cache cannot be reached: no address for nowhere.invalid"


async def test_a_url_that_cannot_be_read_is_not_quoted() -> None:
    problem = await problem_of(Redis(name="cache", url="http://:hidden-Words@x"))
    assert problem.kind is ProblemKind.MISCONFIGURED
    assert "hidden-Words" not in problem.sentence


async def test_a_restart_between_two_readings_is_another_epoch(
    server: RedisServer, valkey_server: ValkeyUnderTest
) -> None:
    before = await server.read()
    valkey_server.stop(signal.SIGKILL)
    with pytest.raises(SourceError):
        await server.read()
    valkey_server.start()
    after = figures(before, await server.read())
    assert after.commands_s is None
    assert after.hit_ratio is None
    assert "the server started again since the last reading" in after.notes


@pytest.mark.parametrize("valkey_server", ["valkey"], indirect=True)
async def test_a_stopped_server_is_given_up(server: RedisServer, valkey_server: ValkeyUnderTest) -> None:
    await server.read()
    valkey_server.child.process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(SourceError) as caught:
            await server.read()
    finally:
        valkey_server.child.process.send_signal(signal.SIGCONT)
    assert caught.value.problem.kind is ProblemKind.TIMEOUT
