"""Measures of databases that only Prometheus tells, each by the query that the server's own settings name."""

from collections.abc import Iterable

from .catalogue import Measured, quoted
from .settings import Postgres


def server_measures(servers: Iterable[Postgres]) -> dict[str, Measured]:
    """By id; all servers in one expression, so that each is asked once and its history with it."""
    known = tuple(servers)
    told = {
        "pg.cpu": [(one.name, one.cpu) for one in known if one.cpu],
        "statement.p95": [(one.name, one.statement_p95) for one in known if one.statement_p95],
    }
    return {id: Measured(value=_together(queries), objects=("server",)) for id, queries in told.items() if queries}


def _together(queries: Iterable[tuple[str, str]]) -> str:
    """Of several series of one server the worst counts."""
    return " or ".join(
        f'label_replace(max({promql}), "server", {quoted(name.replace("$", "$$"))}, "", "")' for name, promql in queries
    )
