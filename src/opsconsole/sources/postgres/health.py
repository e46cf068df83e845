"""Gathers the signs of a PostgreSQL server's health, part by part: what the role may not see stays unknown."""

from collections.abc import Awaitable, Callable
from typing import Any

from ...model.counters import Checkpoints, DatabaseSign, HealthSigns, IndexSign, SlotSign, TableSign
from ...model.reading import ProblemKind
from ...text import clock
from ...text.clean import clean
from ..errors import SourceError
from .server import PostgresServer, utc

Part = Callable[[PostgresServer], Awaitable[dict[str, Any]]]


async def signs(server: PostgresServer) -> HealthSigns:
    """All parts of one instant; raises SourceError only where the server itself cannot be asked."""
    who = await server.identity()
    found: dict[str, Any] = {}
    unknown = []
    for name, part in _PARTS.items():
        try:
            found |= await part(server)
        except SourceError as error:
            if error.problem.kind is ProblemKind.UNREACHABLE:
                raise
            unknown.append((name, error.problem.sentence))
    return HealthSigns(
        server=server.name,
        taken=clock.now(),
        version=who.version,
        unknown=tuple(unknown),
        database=who.database,
        is_replica=who.is_replica,
        **found,
    )


async def _counters(server: PostgresServer) -> dict[str, Any]:
    on, freeze, hit, read, deadlocks, reset = (await server.ask("its settings and counters", "vacuum"))[0]
    return {
        "autovacuum": on,
        "freeze_max_age": freeze,
        "blocks_hit": hit,
        "blocks_read": read,
        "deadlocks": deadlocks,
        "stats_reset": utc(reset),
    }


async def _databases(server: PostgresServer) -> dict[str, Any]:
    rows = await server.ask("its databases", "databases")
    return {"databases": tuple(DatabaseSign(clean(name), xid, mxid) for name, xid, mxid in rows)}


async def _transactions(server: PostgresServer) -> dict[str, Any]:
    oldest, idle, hidden = (await server.ask("its transactions", "transactions"))[0]
    return {"oldest_transaction_s": oldest, "idle_in_transaction_s": idle, "hidden_sessions": hidden}


async def _tables(server: PostgresServer) -> dict[str, Any]:
    rows = await server.ask("its tables", "tables")
    made = (TableSign(clean(r[0]), r[1], r[2], r[3], utc(r[4]), r[5]) for r in rows)
    return {"tables": tuple(made)}


async def _indexes(server: PostgresServer) -> dict[str, Any]:
    rows = await server.ask("its indexes", "indexes")
    return {"indexes": tuple(IndexSign(clean(r[0]), clean(r[1]), r[2] or 0, r[3], r[4], r[5]) for r in rows)}


async def _slots(server: PostgresServer) -> dict[str, Any]:
    rows = await server.ask("its replication slots", "slots")
    return {"slots": tuple(SlotSign(clean(r[0]), r[1], r[2], r[3]) for r in rows)}


async def _checkpoints(server: PostgresServer) -> dict[str, Any]:
    timed, requested = (await server.ask("its checkpoints", "checkpoints"))[0]
    return {"checkpoints": Checkpoints(timed, requested)}


async def _statements(server: PostgresServer) -> dict[str, Any]:
    who = await server.identity()
    if who.schema is None:
        return {"statements": f"not installed in database {who.database}"}
    try:
        await server.ask("pg_stat_statements", "calls")
    except SourceError as error:
        if error.problem.kind in (ProblemKind.UNREACHABLE, ProblemKind.TIMEOUT):
            raise
        return {"statements": error.problem.sentence}
    return {"statements": "ok"}


_PARTS: dict[str, Part] = {
    "counters": _counters,
    "databases": _databases,
    "transactions": _transactions,
    "tables": _tables,
    "indexes": _indexes,
    "slots": _slots,
    "checkpoints": _checkpoints,
    "statements": _statements,
}
