"""The scenarios on the demo's real PostgreSQL and Valkey: what the console's readings say first, and what mends it."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import psycopg
import pytest

from opsconsole.demo.launch import start_demo
from opsconsole.demo.scenarios.vacuum_behind import TRANSACTION
from opsconsole.model.postgres import ServerHealth
from opsconsole.rules.blocking import Forest
from opsconsole.rules.health_findings import health_findings, ills
from opsconsole.text import clock
from tests.demo.servers.conftest import console_dsn
from tests.demo.servers.reading import SPEED, Reading, seen
from tests.demo.servers.waiting import until

Played = Callable[[str], AbstractContextManager[Reading]]


@pytest.fixture
def played() -> Played:
    @contextmanager
    def begin(scenario: str) -> Iterator[Reading]:
        with start_demo(scenario, speed=SPEED) as demo:
            reading = Reading(demo)
            try:
                yield reading
            finally:
                reading.close()

    return begin


def victims(locks: Forest) -> int:
    return len(locks.trees[0].victims) if locks.trees else 0


def test_a_forgotten_commit_a_migration_and_dozens_behind_it(played: Played) -> None:
    with played("lock-pileup") as console:
        usual_s = seen(lambda: console.p95("api"), lambda p95: p95 > 0, "the API answers")
        locks = seen(console.locks, lambda found: victims(found) >= 24, "dozens wait for one session")
        (tree, *_) = locks.trees
        root = tree.root
        assert root is not None
        assert (root.application, root.state, root.query[:14]) == ("worker", "idle in transaction", "UPDATE orders ")
        blocks = rf"{root.pid} of worker \(idle in tx [^)]+\) blocks \d\d, longest [^,]+, holds orders"
        console.says("locks", blocks, rf"▲ {root.pid} .* holds orders .* worker ")
        migration = next(one for one in tree.victims if one.application == "alembic")
        assert (migration.lock_mode, migration.blocked_by) == ("AccessExclusiveLock", (root.pid,))
        behind = [one for one in tree.victims if migration.pid in one.blocked_by]
        assert {"api", "payments-gateway"} <= {one.application for one in behind}
        assert len([one for one in behind if one.application == "api"]) >= 15
        bestseller = [one for one in tree.victims if one.query.startswith("UPDATE products SET stock")]
        assert len(bestseller) >= 3, "who wants the same product waits for one that waits for the migration"
        assert not {one.pid for one in bestseller} & {one.pid for one in behind}
        until(lambda: console.errors("api") > 0.03, "checkouts fail", 60)
        until(lambda: console.p95("api") > 5 * usual_s, "and are slow", 60)

        with console.administrator() as outside, closing(console.administrator("alembic")) as again:
            # Without the migration the queue goes, and the forgotten transaction stays.
            outside.execute("SELECT pg_cancel_backend(%s)", (migration.pid,))
            locks = seen(console.locks, lambda found: victims(found) <= 3, "those behind the migration go on")
            left = locks.sessions[root.pid]
            assert (left.application, left.state) == (root.application, root.state)

            # Without the forgotten transaction everything goes on, the migration too.
            again.pgconn.send_query(b"ALTER TABLE orders ADD COLUMN delivery_note text")
            seen(console.locks, lambda found: victims(found) >= 8, "the next attempt is waited for as well")
            # Of the statistics: whoever asks the table itself waits with the others.
            orders = "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'orders'"
            (before,) = outside.execute(orders).fetchone() or (0,)
            outside.execute("SELECT pg_terminate_backend(%s)", (root.pid,))
            until(lambda: victims(console.locks()) <= 1, "nobody waits any more")
            until(lambda: (outside.execute(orders).fetchone() or (0,))[0] > before + 20, "customers order again")
        until(lambda: console.errors("api") < 0.02, "checkouts succeed", 60)


def test_a_leak_takes_all_connections_and_the_console_still_answers(played: Played) -> None:
    with played("pool-exhaustion") as console:
        calm = console.facts()
        assert calm.connections < 60
        full = seen(
            console.facts, lambda now: now.connections >= now.max_connections - now.reserved, "no connection is free"
        )
        assert full.max_connections - full.reserved == 95
        console.says("connections", r"9\d of 95 \(\d+ %\) used · full", r"▲ server +connections +9\d of 95")
        assert max(console.by_application().items(), key=lambda row: row[1])[0] == "api"
        with psycopg.connect(console_dsn(console.demo)) as another:
            assert another.execute("SELECT 1").fetchone() == (1,), "a place is kept for who looks"
        until(lambda: console.errors("api") > 0.2, "requests find no connection", 60)
        assert console.errors("search") < 0.02, "others have theirs"

        with console.administrator() as outside:
            outside.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'api' "
                "AND state = 'idle' AND state_change < now() - interval '3 s'"
            )
        until(lambda: console.facts().connections < 90, "terminated sessions make room, for a while")


def test_a_small_cache_evicts_misses_and_leaves_the_work_to_the_database(played: Played) -> None:
    with played("cache-collapse") as console:
        console.remember_statements()
        collapsed, evictions_s = seen(console.hit_ratio, lambda now: now[0] < 0.4, "the hit ratio falls")
        assert evictions_s > 50
        console.says("redis", r"\S+ valkey \S+ primary · work hit ratio: \d", r"▲ work +hit ratio +\d")
        heaviest = seen(
            console.heaviest,
            lambda row: row is not None and (row.calls_s or 0) > 20 and row.share > 0.1,
            "what was cached is asked",
        )
        assert heaviest is not None
        assert "AS followers" in heaviest.text
        with console.cache_administrator() as outside:
            outside.config_set("maxmemory", "64mb")
        seen(console.hit_ratio, lambda now: now[1] == 0 and now[0] > collapsed + 0.1, "it fills again")


PLAN = (
    "EXPLAIN (GENERIC_PLAN) SELECT p.id FROM follows f JOIN posts p ON p.author_id = f.followee_id "
    "WHERE f.user_id = $1 ORDER BY p.created_at DESC LIMIT 20"
)


def test_dropped_indexes_turn_the_feeds_plan_into_a_scan(played: Played) -> None:
    with played("missing-index") as console, console.administrator() as outside:

        def plan() -> str:
            return "\n".join(line for (line,) in outside.execute(PLAN.encode(), prepare=False).fetchall())

        until(lambda: "Seq Scan on posts" in plan(), "the indexes are gone", within_s=90.0)
        console.remember_statements()
        seen(
            console.heaviest,
            lambda row: row is not None and "JOIN posts p ON" in row.text and row.mean_ms > 5,
            "the feed's statement is slow",
        )
        grown = r"slower x[\d.]+: \S+ ms each, \d+ % of the time|takes \d+ % of the time of all statements"
        console.says("statements", rf"[0-9a-f]{{4}} ({grown})", r".*SELECT p\.id, .* feed ")
        scans = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'posts' AND idx_scan < 15 * seq_scan"
        until(lambda: (outside.execute(scans).fetchone() or (0,))[0] > 50, "most reads of it are scans")
        seen(
            lambda: console.check("missing-indexes"),
            lambda check: check.state == "warn" and "public.posts" in check.value,
            "the table is suspected",
        )

        outside.execute("CREATE INDEX CONCURRENTLY posts_author_created_idx ON posts (author_id, created_at DESC)")
        assert "Seq Scan on posts" not in plan()
        assert "posts_author_created_idx" in plan()


def test_a_prepared_transaction_keeps_the_dead_rows_of_a_busy_table(played: Played) -> None:
    with played("vacuum-behind") as console, console.administrator() as outside:
        dead = seen(lambda: console.check("dead-rows"), lambda check: check.state == "crit", "most rows are dead")
        assert "user_sessions" in dead.value
        fails = r"\d+ of \d+ checks fails?, \d+ unknown"
        worst = r"1 table, worst public\.user_sessions: \d+ % "
        console.says("health", rf"{fails} · Dead rows: {worst}of rows", rf"▲ Dead rows +crit +{worst}")
        (told,) = health_findings("pg-primary", ills(ServerHealth("pg-primary", (dead,)), clock.now(), None))
        assert re.fullmatch(r"pg-primary dead rows: \d+ % of user_sessions", told.what)
        assert console.check("vacuum-behind").state == "warn"
        holders = console.check("oldest-snapshot").details[0].rows
        assert ("prepared", TRANSACTION) in {row[:2] for row in holders}

        def left() -> int:
            outside.execute("VACUUM user_sessions")
            row = outside.execute("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'user_sessions'")
            return int((row.fetchone() or (0,))[0])

        assert left() > 10_000, "vacuum may not take them"
        until(lambda: console.check("prepared").state in ("warn", "crit"), "it is old enough to be told", 60)
        outside.execute(f"ROLLBACK PREPARED '{TRANSACTION}'".encode())
        until(lambda: left() < 6_000, "now it may", 60)
