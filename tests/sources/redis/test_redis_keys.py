"""Big and hot keys on request: within a budget, abortable, and without rights only that part is unknown."""

import asyncio

import pytest

from opsconsole.model.reading import ProblemKind
from opsconsole.model.redis import KeySearch
from opsconsole.rules.cache_keys import key_rows
from opsconsole.sources.errors import SourceError
from opsconsole.sources.redis_keys import search_keys
from tests.servers.valkey import PlainValkey, Valkeys, ValkeyUnderTest


def filled(server: PlainValkey | ValkeyUnderTest, count: int) -> None:
    pipeline = server.client.pipeline(transaction=False)
    for number in range(count):
        pipeline.set(f"k{number}", "v")
    pipeline.rpush("queue", *range(20_000))
    pipeline.execute()


async def test_the_biggest_key_by_size_and_type(valkeys: Valkeys) -> None:
    server = valkeys.start("maxmemory-policy allkeys-lfu")
    filled(server, 1000)
    told: list[KeySearch] = []
    await search_keys(server.settings, told.append)
    last = told[-1]
    assert (last.ended, last.whole, last.scanned, last.total) == (True, True, 1001, 1001)
    assert (last.keys[0].name, last.keys[0].type) == ("queue", "list")
    assert (last.keys[0].bytes or 0) > 10_000
    assert last.keys[0].frequency is not None
    used = server.client.info("commandstats")
    assert not {"cmdstat_keys", "cmdstat_monitor", "cmdstat_flushall", "cmdstat_get"} & set(used)


async def test_the_budget_ends_it_and_it_is_called_a_sample(valkeys: Valkeys) -> None:
    server = valkeys.start()
    filled(server, 2000)
    told: list[KeySearch] = []
    await search_keys(server.settings, told.append, most_keys=300)
    assert (told[-1].ended, told[-1].whole) == (True, False)
    assert told[-1].scanned < 600
    first, *_, hot = key_rows(told[-1], stopped=False)
    assert first.limit.startswith("a sample")
    assert (hot.name, hot.value) == ("hot keys", "unknown")


async def test_it_can_be_stopped(valkeys: Valkeys) -> None:
    server = valkeys.start()
    filled(server, 5000)
    begun, told = asyncio.Event(), []

    def tell(search: KeySearch) -> None:
        told.append(search)
        begun.set()

    task = asyncio.create_task(search_keys(server.settings, tell))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not told[-1].ended


async def test_a_user_without_scan(valkey_server: ValkeyUnderTest) -> None:
    rights = ["+info", "+dbsize"]
    valkey_server.client.acl_setuser("keyless", enabled=True, passwords=["+keyless-Words"], commands=rights)
    with pytest.raises(SourceError) as caught:
        await search_keys(valkey_server.settings("keyless", "keyless-Words"), lambda search: None)
    assert caught.value.problem.kind is ProblemKind.FORBIDDEN


async def test_what_is_refused_for_one_key_is_not_asked_for_the_next(valkey_server: ValkeyUnderTest) -> None:
    filled(valkey_server, 500)
    rights = ["+dbsize", "+scan", "+type", "+memory|usage"]
    valkey_server.client.acl_setuser("cold", enabled=True, passwords=["+cold-Words-1"], commands=rights, keys=["*"])
    told: list[KeySearch] = []
    before = refusals(valkey_server)
    await search_keys(valkey_server.settings("cold", "cold-Words-1"), told.append)
    assert refusals(valkey_server) - before < 10  # that its connection may not have a name is one, too
    *_, hot = key_rows(told[-1], stopped=False)
    assert (hot.name, hot.limit) == ("hot keys", "needs +object|freq")


def refusals(server: PlainValkey | ValkeyUnderTest) -> int:
    return sum(count["count"] for count in server.client.info("errorstats").values())
