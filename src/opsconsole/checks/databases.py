"""Checks PostgreSQL (rights, pg_stat_statements), PgBouncer (SHOW) and Redis or Valkey (rights of the user)."""

import time
from collections.abc import AsyncIterator

from ..config.settings import Pgbouncer, Postgres, Redis
from ..rules.connection_rows import lets_in
from ..sources.errors import SourceError
from ..sources.pgbouncer import PgbouncerServer
from ..sources.postgres.connections import ConnectionReader
from ..sources.postgres.server import PostgresServer
from ..sources.redis_server import RedisServer
from ..sources.way import NoWay, Ways
from ..text.units import plural
from .check import Check, Verdict, clock_check, closing, failure

RESERVED_FROM = 160000
"""reserved_connections came with 16."""


async def postgres(settings: Postgres, ways: Ways = NoWay) -> AsyncIterator[Check]:
    """Version, clock, membership in pg_monitor, pg_stat_statements loaded and installed, a way in when it is full."""
    source = f"postgres {settings.name}"
    server = PostgresServer(settings, ways)
    try:
        who = await server.identity()
        before = time.monotonic()
        rows = await server.connection.fetch("its clock", "SELECT extract(epoch FROM clock_timestamp())::float8")
        took_s = time.monotonic() - before
        difference = float(rows[0][0]) - time.time()
        said = f"database {who.database} as {who.user}" + (", a replica" if who.is_replica else "")
        said += ", through a pooler" if server.connection.pooled else ""
        yield Check(source, Verdict.FINE, said, "", took_s * 1000, who.version_text, difference)
        for check in clock_check(source, difference):
            yield check
        if not who.monitors:
            said = f"{who.user} is not in pg_monitor: sessions and statements of others are hidden"
            yield Check(source, Verdict.DEGRADED, said, f"GRANT pg_monitor TO {_quoted(who.user)};")
        yield await _statements(source, server, who.schema, who.database)
        yield await _reserve(source, server, who.version)
    finally:
        await closing(server.close)


async def _reserve(source: str, server: PostgresServer, version: int) -> Check:
    """Whether the role gets in when all ordinary connections are taken: that is when it is needed most."""
    try:
        now = await ConnectionReader(server).read()
    except SourceError as error:
        return failure(source, error, Verdict.DEGRADED)
    used = f"{now.used} of {now.limit} connections in use"
    if lets_in(now):
        return Check(source, Verdict.FINE, f"{used}; with all of them taken {now.role} still gets in: {now.reserve}")
    remedy = ""
    if version >= RESERVED_FROM:
        remedy = f"reserved_connections = 2 and GRANT pg_use_reserved_connections TO {_quoted(now.role)}; let it in"
    return Check(source, Verdict.FINE, f"{used}; with all of them taken {now.role} does not get in", remedy)


async def forward(through: str, ways: Ways) -> AsyncIterator[Check]:
    """Whether the way into the cluster opens; whoever answers at its end is checked for itself."""
    before = time.monotonic()
    host, port = await ways(through).address()
    took_ms = (time.monotonic() - before) * 1000
    yield Check(through, Verdict.FINE, f"kubectl port-forward listens on {host}:{port}", "", took_ms)


async def _statements(source: str, server: PostgresServer, schema: str | None, database: str) -> Check:
    """Installed is not enough: without the preload the view answers with an error."""
    if schema is None:
        said = f"pg_stat_statements is not installed in {database}: no statements"
        return Check(source, Verdict.DEGRADED, said, "CREATE EXTENSION pg_stat_statements; in that database")
    try:
        await server.ask("pg_stat_statements", "counting")
    except SourceError as error:
        return failure(source, error, Verdict.DEGRADED)
    return Check(source, Verdict.FINE, "pg_stat_statements is loaded and installed")


async def pgbouncer(settings: Pgbouncer, ways: Ways = NoWay) -> AsyncIterator[Check]:
    """Its admin console: SHOW, which a user of stats_users may."""
    source = f"pgbouncer {settings.name}"
    server = PgbouncerServer(settings, ways)
    try:
        await server.read()  # signs in, and asks for what it asks only once
        before = time.monotonic()
        sample = await server.read()
        took_ms = (time.monotonic() - before) * 1000
        said = f"{plural(len(sample.pools), 'pool')}, SHOW is allowed"
        yield Check(source, Verdict.FINE, said, "", took_ms, sample.version)
    finally:
        await closing(server.close)


async def redis(settings: Redis, ways: Ways = NoWay) -> AsyncIterator[Check]:
    """INFO, which it cannot do without; SLOWLOG and LATENCY as far as the ACL allows."""
    source = f"redis {settings.name}"
    server = RedisServer(settings, ways)
    try:
        await server.read()  # signs in, so that the second reading is one round trip of each command
        counters = await server.read()
        took_s = next((asked.took_s for asked in counters.asked if asked.name == "info"), 0.0)
        if counters.role:
            yield Check(source, Verdict.FINE, f"{counters.role}, INFO is allowed", "", took_s * 1000, counters.version)
        for part in counters.unread:
            yield Check(source, Verdict.DEGRADED, f"{part.part} is unknown: {part.why}", part.remedy)
    finally:
        await closing(server.close)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
