"""Reads what the console costs one server: over the last minutes, as the server counts it, else by our own clock."""

from ..model.own_cost import OwnCost
from ..rules.own_cost import clocked, counted
from ..sources.postgres.own_cost import OwnQueries
from ..sources.postgres.server import SPENT_S, PostgresServer
from ..text import clock
from .statement_history import StatementHistory

EVERY_S = 30.0


class CostDesk:
    """One server's; call `read` every half minute. The samples of the statements hold ours, too: nothing is asked."""

    def __init__(self, server: PostgresServer, history: StatementHistory) -> None:
        self._server = server
        self._queries = OwnQueries(server)
        self._history = history
        self._began = clock.boottime()

    async def read(self) -> tuple[OwnCost, str]:
        name, now = self._server.name, clock.boottime()
        own = await self._queries.ids()
        cost = None
        # while not all of ours are known a sum over them would be too small
        if self._queries.settled:
            cost = counted(reversed(self._history.samples), own, min(SPENT_S, now - self._began))
        if cost is None:
            cost = clocked(name, self._server.spent, max(self._began, now - SPENT_S), now)
        return cost, f"{name}: pg_stat_statements, or our own clock"
