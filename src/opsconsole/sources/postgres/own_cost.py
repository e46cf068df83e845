"""Our own queries among the statements that a server counts, found by the tag that each carries."""

import time

from ...model.reading import ProblemKind
from ...text import clock
from ..errors import SourceError
from .server import PostgresServer

FIRST_S = 25.0
LONGEST_S = 600.0
SPARED = 1000
"""Looking through the texts rests so many times as long as it took."""


class OwnQueries:
    """Knows which entries are ours: looked up often at first, when ours come by and by, then ever more rarely."""

    def __init__(self, server: PostgresServer, first_s: float = FIRST_S) -> None:
        """`first_s`: how long after connecting it looks for the first time; before, hardly one is there."""
        self._server = server
        self._first_s = first_s
        self._ids: frozenset[int] = frozenset()
        self.settled = False
        """Whether a second look found nothing new: before that a sum over those known would be too small."""
        self._opened = -1
        self._due = 0.0
        self._rest_s = first_s

    async def ids(self) -> frozenset[int]:
        """Their query ids; none where the server does not count. Raises SourceError where it does not answer."""
        server = self._server
        if (await server.identity()).schema is None:
            return frozenset()
        opened, now = server.connection.opened, clock.boottime()
        if opened != self._opened:
            # another session, maybe another server: its ids are others
            self._opened, self._ids, self.settled = opened, frozenset(), False
            self._due, self._rest_s = now + self._first_s, FIRST_S * 2
        if now >= self._due:
            try:
                await self._look(now)
            except SourceError as error:
                if error.problem.kind is ProblemKind.UNREACHABLE:
                    raise
        return self._ids

    async def _look(self, now: float) -> None:
        start = time.perf_counter()
        try:
            rows = await self._server.ask("which queries are the console's own", "own_ids")
            ids = frozenset(row[0] for row in rows)
            self.settled = self.settled or (bool(ids) and ids <= self._ids)
            self._ids = ids
        finally:
            self._due = now + max(self._rest_s, (time.perf_counter() - start) * SPARED)
            self._rest_s = min(LONGEST_S, self._rest_s * 2)
