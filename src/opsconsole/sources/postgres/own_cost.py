"""Our own queries as a server counts them, found by the tag that each carries."""

import time

from ...model.own_cost import OwnCalls
from ...model.reading import ProblemKind
from ...text import clock
from ..errors import SourceError
from .server import PostgresServer, utc

FIRST_S = 25.0
LONGEST_S = 600.0
SPARED = 1000
"""Looking through the texts rests so many times as long as it took."""


class OwnQueries:
    """Knows which entries are ours: looked up often at first, when ours come by and by, then ever more rarely."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._ids: list[int] = []
        self.settled = False
        """Whether a second look found nothing new: before that a sum over those known would be too small."""
        self._opened = -1
        self._due = 0.0
        self._rest_s = FIRST_S

    async def calls(self) -> OwnCalls | None:
        """None where the server does not count, or knows none of ours. Raises SourceError where it does not answer."""
        server = self._server
        if (await server.identity()).schema is None:
            return None
        try:
            await self._look()
            if not self._ids:
                return None
            rows = await server.ask("the console's own queries", "own_calls", ids=self._ids)
        except SourceError as error:
            if error.problem.kind is ProblemKind.UNREACHABLE:
                raise
            return None
        if not rows:
            return None
        return OwnCalls(clock.boottime(), utc(rows[0][3]), tuple((row[0], row[1], row[2]) for row in rows))

    async def _look(self) -> None:
        opened, now = self._server.connection.opened, clock.boottime()
        if opened != self._opened:
            # another session, maybe another server: its ids are others
            self._opened, self._due, self._rest_s, self._ids, self.settled = opened, now, FIRST_S, [], False
        if now < self._due:
            return
        start = time.perf_counter()
        try:
            ids = [row[0] for row in await self._server.ask("which queries are the console's own", "own_ids")]
            self.settled = self.settled or (bool(ids) and set(ids) <= set(self._ids))
            self._ids = ids
        finally:
            self._due = now + max(self._rest_s, (time.perf_counter() - start) * SPARED)
            self._rest_s = min(LONGEST_S, self._rest_s * 2)
