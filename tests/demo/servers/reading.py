"""A demo of its own for one scenario, and what the console's readers and rules make of its real servers."""

import asyncio
import json
import re
import urllib.parse
import urllib.request
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import psycopg
from redis import Redis

from opsconsole.config.loading import load
from opsconsole.demo.launch import RunningDemo
from opsconsole.demo.settings_file import PROFILE
from opsconsole.model import reading
from opsconsole.model.postgres import HealthCheck, ServerFacts
from opsconsole.model.redis import CacheCounters
from opsconsole.model.statements import StatementRate
from opsconsole.poller.board import Board
from opsconsole.poller.connections import ConnectionsDesk
from opsconsole.poller.postgres import ServerReader
from opsconsole.poller.redis import CacheReader
from opsconsole.poller.topics import PG_CONNECTIONS, PG_HEALTH, PG_SESSIONS, PG_STATEMENTS, REDIS, Topic
from opsconsole.rules import cache
from opsconsole.rules.blocking import Forest, forest
from opsconsole.text import clock
from tests.demo.servers.conftest import console_dsn
from tests.demo.servers.waiting import until
from tests.screens import tabs

T = TypeVar("T")
SPEED = 5.0
"""Of the scenarios' scripts in tests."""
LOOKUPS = 200
"""From so many on a share of hits means something."""


class Reading:
    """One console's eyes on a running demo."""

    def __init__(self, demo: RunningDemo) -> None:
        self.demo = demo
        profile = load(str(demo.settings_path)).settings.profiles[PROFILE]
        self._profile = msgspec.structs.replace(profile, postgres=profile.postgres[:1], redis=profile.redis[:1])
        self._runner = asyncio.Runner()
        self._database = ServerReader(profile.postgres[0], "", None)
        self._cache = CacheReader(profile.redis[0], REDIS, None)
        connections = ConnectionsDesk(self._database.server)
        self._behind: dict[str, tuple[Topic[Any], Callable[[], Coroutine[Any, Any, tuple[Any, str]]]]] = {
            "statements": (PG_STATEMENTS, self._database.statements),
            "locks": (PG_SESSIONS, self._database.sessions),
            "health": (PG_HEALTH, self._database.health),
            "connections": (PG_CONNECTIONS, connections.read),
            "redis": (REDIS, self._cache.read),
        }
        """What a view of the Queries tab is made of, by the view."""

    def close(self) -> None:
        self._run(self._database.server.close())
        self._run(self._cache.server.close())
        self._runner.close()

    def _run(self, reading: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(reading)

    def facts(self) -> ServerFacts:
        return self._run(self._database.facts())[0]

    def locks(self) -> Forest:
        """Who blocks whom."""
        return forest(self._run(self._database.sessions())[0].rows, clock.now())

    def by_application(self) -> dict[str, int]:
        names = [session.application for session in self._run(self._database.sessions())[0].rows]
        return {name: names.count(name) for name in names}

    def health(self) -> tuple[HealthCheck, ...]:
        """All checks, what fails first."""
        return self._run(self._database.health())[0].checks

    def check(self, id: str) -> HealthCheck:
        return next(check for check in self.health() if check.id == id)

    def remember_statements(self) -> None:
        """Take the reading that later ones are compared with."""
        self._run(self._database.statements())

    def heaviest(self) -> StatementRate | None:
        """The shop's statement with the largest share of the time since the first reading, once there are two."""
        rows = self._run(self._database.statements())[0].rows
        return max((row for row in rows if row.user == "shop_app"), key=lambda row: row.share, default=None)

    def hit_ratio(self) -> tuple[float, float]:
        """The cache's hit ratio and evictions per second over an interval with enough lookups."""
        before = self._run(self._cache.server.read())
        after = seen(
            lambda: self._run(self._cache.server.read()),
            lambda now: _lookups(now) >= _lookups(before) + LOOKUPS,
            "the shop asks the cache",
        )
        now = cache.figures(before, after)
        assert now.hit_ratio is not None
        assert now.evictions_s is not None
        return now.hit_ratio, now.evictions_s

    def says(self, view: str, headline: str, row: str, within_s: float = 60.0) -> None:
        """Wait until that view of the Queries tab begins with these words, and its first row with those: patterns."""
        said: list[str] = []

        def looked() -> bool:
            said[:] = self._run(self._shown(view))
            return re.match(headline, said[0]) is not None and re.match(row, said[1]) is not None

        try:
            until(looked, f"{view} says {headline!r} and {row!r}", within_s)
        except AssertionError as late:
            late.add_note(f"it says {said}")
            raise

    async def _shown(self, view: str) -> tuple[str, str]:
        """The headline and the first row of a view over a reading that is taken now."""
        topic, read = self._behind[view]
        value, source = await read()
        board = Board()
        board.publish(topic, reading.Reading(value, reading.State.OK, clock.now(), 0.0, source))
        app = tabs.console(board, start=3)
        app.context.profile = self._profile
        async with app.run_test(size=(160, 45)) as pilot:
            tab = await tabs.settled(pilot, view)
            (first, *_) = [*tabs.rows(tab.table), ""]
            return tabs.headline(app), first.strip()

    def prometheus(self, query: str) -> float | None:
        address = f"{self.demo.facts['prometheus']}/api/v1/query?query={urllib.parse.quote(query)}"
        with urllib.request.urlopen(address) as answer:
            result = json.load(answer)["data"]["result"]
        return float(result[0]["value"][1]) if result else None

    def p95(self, service: str) -> float:
        series = f'http_request_duration_seconds_bucket{{service="{service}"}}'
        return self.prometheus(f"histogram_quantile(0.95, sum by (le) (rate({series}[15s])))") or 0.0

    def errors(self, service: str) -> float:
        """Share of requests answered 5xx in the last seconds."""
        asked = f'sum(rate(http_requests_total{{service="{service}"}}[15s]))'
        failed = f'sum(rate(http_requests_total{{service="{service}",status=~"5.."}}[15s]))'
        return self.prometheus(f"{failed} / {asked}") or 0.0

    def administrator(self, application: str = "") -> psycopg.Connection[Any]:
        """A session from outside that may mend things."""
        password = Path(self.demo.facts["secrets"], "superuser").read_text()
        dsn = console_dsn(self.demo, user="postgres", password=password, application_name=application)
        return psycopg.connect(dsn, autocommit=True)

    def cache_administrator(self) -> "Redis":
        password = Path(self.demo.facts["secrets"], "valkey").read_text()
        return Redis(port=self.demo.facts["valkey_port"], password=password, decode_responses=True)


def _lookups(now: CacheCounters) -> int:
    return (now.hits or 0) + (now.misses or 0)


def seen(read: Callable[[], T], wanted: Callable[[T], bool], what: str, within_s: float = 90.0) -> T:
    """The first reading that is as wanted."""
    found: list[T] = []

    def looked() -> bool:
        found[:] = [read()]
        return wanted(found[0])

    until(looked, what, within_s)
    return found[0]
