"""Reads what the console costs one server: over the last minutes, as the server counts it, else by our own clock."""

from collections import deque

from ..model.own_cost import OwnCalls, OwnCost
from ..rules.own_cost import clocked, counted
from ..sources.postgres.own_cost import OwnQueries
from ..sources.postgres.server import SPENT_S, PostgresServer
from ..text import clock

EVERY_S = 30.0


class CostDesk:
    """One server's; call `read` every half minute."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._queries = OwnQueries(server)
        self._before: deque[OwnCalls] = deque()
        self._began = clock.boottime()

    async def read(self) -> tuple[OwnCost, str]:
        name = self._server.name
        calls = await self._queries.calls()
        cost = None
        if calls is not None:
            while self._before and self._before[0].at < calls.at - SPENT_S:
                self._before.popleft()
            if self._queries.settled:
                cost = next((made for before in self._before if (made := counted(name, before, calls))), None)
            self._before.append(calls)
        if cost is None:
            now = clock.boottime()
            cost = clocked(name, self._server.spent, max(self._began, now - SPENT_S), now)
        return cost, f"{name}: pg_stat_statements, or our own clock"
