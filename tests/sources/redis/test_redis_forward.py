"""Redis and Valkey inside a cluster: through the real kubectl and a pod that leads to the real server."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from opsconsole.config.settings import Redis
from opsconsole.demo import children
from opsconsole.model.reading import Problem, ProblemKind
from opsconsole.model.redis import CacheCounters, KeySearch
from opsconsole.sources.errors import SourceError
from opsconsole.sources.kubernetes.forward import Forwards
from opsconsole.sources.redis_keys import search_keys
from opsconsole.sources.redis_server import RedisServer
from tests.cluster.behind import Behind
from tests.cluster.plane import Plane
from tests.servers.ports import free_port
from tests.servers.valkey import Valkeys, ValkeyUnderTest
from tests.sources.redis.test_redis_tls import Encrypted

ON_VALKEY = pytest.mark.parametrize("valkeys", ["valkey"], indirect=True)
ON_THE_SHARED_VALKEY = pytest.mark.parametrize("valkey_server", ["valkey"], indirect=True)


async def read(server: RedisServer) -> CacheCounters:
    """The first reading that is answered: kwok takes a moment to learn where a pod leads."""
    for _ in range(100):
        try:
            return await server.read()
        except SourceError as error:
            await asyncio.sleep(min(error.retry_after_s or 0.05, 2.0))
    raise AssertionError("it never came back")


async def says(server: RedisServer, words: str) -> Problem:
    for _ in range(100):
        try:
            await server.read()
        except SourceError as error:
            if words in error.problem.sentence:
                return error.problem
            await asyncio.sleep(min(error.retry_after_s or 0.05, 2.0))
    raise AssertionError(f"it never said {words}")


@ON_VALKEY
async def test_a_server_inside_the_cluster_and_the_pod_that_replaces_it(
    real_cluster: Plane, forwards: Forwards, valkeys: Valkeys
) -> None:
    first, second = valkeys.start(), valkeys.start()
    behind = Behind(real_cluster, first.port)
    server = RedisServer(Redis(name="cache", url="redis://nobody.invalid", through=behind.through), forwards.to)
    before = await read(server)
    behind.lead_to(second.port)
    first.stop()
    after = await read(server)
    assert after.run_id != before.run_id
    await server.close()


@ON_VALKEY
async def test_big_keys_are_looked_for_there_too(real_cluster: Plane, forwards: Forwards, valkeys: Valkeys) -> None:
    valkey = valkeys.start()
    valkey.client.set("basket:1", "x" * 1000)
    settings = Redis(name="cache", through=Behind(real_cluster, valkey.port).through)
    server = RedisServer(settings, forwards.to)
    await read(server)
    await server.close()
    told: list[KeySearch] = []
    await search_keys(settings, told.append, forwards.to)
    assert [key.name for key in told[-1].keys] == ["basket:1"]


@ON_THE_SHARED_VALKEY
async def test_what_does_not_listen_is_said_in_kubectls_own_words(
    real_cluster: Plane, forwards: Forwards, valkey_server: ValkeyUnderTest
) -> None:
    behind = Behind(real_cluster, free_port())
    server = RedisServer(msgspec.structs.replace(valkey_server.settings(), through=behind.through), forwards.to)
    problem = await says(server, "connection refused")
    assert problem.kind is ProblemKind.UNREACHABLE
    assert problem.sentence.startswith(f"cache cannot be reached through {behind.through}: ")


async def test_tls_still_checks_the_name_that_the_url_gives(
    real_cluster: Plane, forwards: Forwards, tmp_path: Path
) -> None:
    encrypted = Encrypted(tmp_path, "cache.internal")
    try:
        behind = Behind(real_cluster, encrypted.port)
        there = msgspec.structs.replace(encrypted.settings, url="rediss://cache.internal", through=behind.through)
        server = RedisServer(there, forwards.to)
        assert (await read(server)).role == "master"
        await server.close()
        other = RedisServer(msgspec.structs.replace(there, url="rediss://other.internal"), forwards.to)
        problem = await says(other, "has a certificate for another name than the url's")
        assert problem.kind is ProblemKind.MISCONFIGURED
        await other.close()
    finally:
        children.stop_all([encrypted.child])


@ON_THE_SHARED_VALKEY
async def test_a_socket_in_the_url_is_not_gone_to_instead(
    real_cluster: Plane, forwards: Forwards, valkey_server: ValkeyUnderTest
) -> None:
    """It would be a server of this machine."""
    behind = Behind(real_cluster, valkey_server.port)
    server = RedisServer(Redis(name="cache", url="unix:///run/redis.sock", through=behind.through), forwards.to)
    with pytest.raises(SourceError, match="the url of cache cannot be understood"):
        await server.read()
