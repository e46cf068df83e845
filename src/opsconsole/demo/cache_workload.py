"""Plays the shop's cache traffic on the demo's real Valkey: reads that hit and miss, writes, and a slow command."""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from opsconsole.demo.platform import Load, Observed
from opsconsole.demo.shop.dependence import CACHE_HIT_RATIO

TICKS_PER_SECOND = 5
_POSTS, _PROFILES, _QUEUE = 30_000, 3_000, 60_000
_CLIENTS = {"api": 8, "feed": 4, "auth": 3, "web": 3, "worker": 2}
_REMEMBERED_S = 10
_ENOUGH = 200
_TOGETHER = 6
"""Posts that are read and cached at once when one of them is missed."""
_FILL = """
for i = 1, tonumber(ARGV[1]) do
  redis.call('SET', 'post:' .. i, string.rep('p', 700 + (i * 37) % 900), 'EX', 86400)
end
for i = 1, tonumber(ARGV[2]) do
  redis.call('HSET', 'profile:' .. i, 'name', 'user ' .. i, 'plan', 'free', 'seen', i)
  redis.call('ZADD', 'trending', (i * 7919) % 1000, i)
end
local ids = {}
for i = 1, tonumber(ARGV[3]) do
  ids[#ids + 1] = (i * 7919) % 100003
  if #ids == 500 then redis.call('RPUSH', 'queue:thumbnails', unpack(ids)); ids = {} end
end
"""


class CacheWorkload:
    """Runs until cancelled; `load` is asked each second for what the shop does now."""

    def __init__(
        self, url: str, password: str, load: Callable[[], Load], seed: int, observed: Observed | None = None
    ) -> None:
        """`observed` is told how many of the lookups hit."""
        self._load = load
        self._observed = observed or Observed()
        self._lookups: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED_S * TICKS_PER_SECOND)
        """Of the last ticks: (hits, lookups)."""
        self._missed: list[int] = []
        """Posts to be cached again."""
        self._rng = random.Random(seed)
        self._clients = [
            Redis.from_url(url, password=password, client_name=name, max_connections=1)
            for name, count in _CLIENTS.items()
            for _ in range(count)
        ]
        self._owed = 0.0

    async def open(self) -> None:
        """Fill the cache inside the server; raises RedisError when it does not answer."""
        await self._clients[0].eval(_FILL, 0, str(_POSTS), str(_PROFILES), str(_QUEUE))
        await self._clients[0].config_resetstat()
        await self._clients[0].slowlog_reset()
        await self._clients[0].latency_reset()
        for client in self._clients:
            await client.ping()

    async def run(self) -> None:
        """One second after the other; a server that is gone costs a second, never the workload."""
        try:
            while True:
                load = self._load()
                for _ in range(TICKS_PER_SECOND):
                    tick = asyncio.create_task(self._tick(load))
                    await asyncio.sleep(1 / TICKS_PER_SECOND)
                    await tick
                if self._rng.random() < 1 / 40:
                    await self._slow()
        finally:
            for client in self._clients:
                await client.aclose()

    async def _tick(self, load: Load) -> None:
        self._owed += load.cache_commands_s / TICKS_PER_SECOND * self._rng.uniform(0.85, 1.15)
        count = int(self._owed)
        self._owed -= count
        rng, client = self._rng, self._rng.choice(self._clients)
        pipeline = client.pipeline(transaction=False)
        for post in self._missed:
            pipeline.setex(f"post:{post}", 86400, "p" * rng.randint(700, 1600))
        stored = len(self._missed)
        asked: list[tuple[int, int]] = []
        for _ in range(count):
            kind = rng.random()
            if kind < 0.82:
                # Some posts are read more than others; those that nobody has written yet are never there.
                known = rng.random() < CACHE_HIT_RATIO
                post = int(rng.random() ** 2 * _POSTS) + 1 if known else rng.randint(_POSTS + 1, 10 * _POSTS)
                asked.append((len(pipeline) - stored, post))
                pipeline.get(f"post:{post}")
            elif kind < 0.90:
                pipeline.setex(f"post:{rng.randint(1, _POSTS)}", 86400, "p" * rng.randint(700, 1600))
            elif kind < 0.95:
                pipeline.incr(f"rate:{rng.randint(1, 500)}")
            elif kind < 0.98:
                pipeline.hset(f"profile:{rng.randint(1, _PROFILES)}", "seen", str(rng.randint(1, 10**9)))
            else:
                pipeline.zrevrange("trending", 0, 9)
        try:
            answers = (await pipeline.execute())[stored:]
        except RedisError:
            await client.aclose()
        else:
            self._learn((post, answers[place] is not None) for place, post in asked)

    def _learn(self, found: Iterable[tuple[int, bool]]) -> None:
        """Keep the hit ratio of the last seconds; what was missed is made again from the database, and cached."""
        looked = list(found)
        missed = {post for post, hit in looked if not hit}
        self._missed = [near for post in missed for near in range(post, min(post + _TOGETHER, _POSTS + 1))]
        self._lookups.append((sum(hit for _, hit in looked), len(looked)))
        hits, lookups = (sum(column) for column in zip(*self._lookups, strict=True))
        # Of the first ten lookups anything may be true.
        self._observed.cache_hit_ratio = hits / lookups if lookups >= _ENOUGH else None

    async def _slow(self) -> None:
        """A command over a big value: what the slow log is for."""
        client = self._rng.choice(self._clients)
        try:
            await client.sort("queue:thumbnails", start=0, num=10, desc=True, alpha=self._rng.random() < 0.3)
        except RedisError:
            await client.aclose()
