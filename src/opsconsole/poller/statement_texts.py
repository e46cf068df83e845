"""What is known of statements beside their counters: text and tags, asked for once, and who was seen running them."""

from collections import Counter, OrderedDict
from collections.abc import Sequence

import msgspec

from ..model.sessions import Sessions
from ..model.statements import NOT_READ, StatementRate
from ..sources.postgres import statement_texts
from ..sources.postgres.server import PostgresServer
from ..sources.postgres.statement_texts import StatementText
from ..text import clock

MOST_TEXTS = 5000
MOST_APPLICATIONS = 2000
MOST_NAMES = 20
"""Names kept for one statement: some programs write their process id into theirs."""
UNKNOWN, PENDING = StatementText(), StatementText(NOT_READ)
SPARED, LONGEST_REST_S = 4000, 60.0
"""After texts were read it rests so many times as long as the server needed, at most so long: it must read them all."""
AGAIN_S = 300.0
"""Texts that the server did not tell are asked for again after this time: what stood in their way may have gone, the
statement may have been evicted just then, or the right to see it granted since."""


class StatementTexts:
    """Hand in sessions as they are read; `labelled` fills in the rows."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self.applications = Applications()
        self.problem = ""
        """Why texts could not be read; "" where they could."""
        self._known: dict[str, StatementText] = {}
        self._unread: set[str] = set()
        self._again_at = 0.0
        self._rests_until = 0.0
        self._opened = server.connection.opened

    def learn(self, sessions: Sessions) -> None:
        self.applications.learn(sessions)

    async def labelled(self, rows: Sequence[StatementRate]) -> tuple[StatementRate, ...]:
        """The rows with text, tags, user, database and application.

        Texts are asked for once per new statement: at once, unless that was dear for the server a moment ago.
        """
        self._renew()
        again = self._unread if clock.boottime() >= self._again_at else ()
        unknown = [row for row in rows if row.key not in self._known or row.key in again]
        if unknown and clock.boottime() >= self._rests_until:
            await self._read(unknown)
            self._forget(rows)
        return tuple(self._label(row, self._known.get(row.key, PENDING)) for row in rows)

    def _renew(self) -> None:
        """Another session is maybe another server, where the same numbers stand for other statements."""
        if self._opened != self.server.connection.opened:
            self._opened = self.server.connection.opened
            self._known, self._unread, self.applications = {}, set(), Applications()
            self._rests_until, self.problem = 0.0, ""

    async def _read(self, rows: Sequence[StatementRate]) -> None:
        texts = await statement_texts.read(self.server, {row.query_id for row in rows})
        for row in rows:
            user, database, query, _ = row.key.split("/")
            self._known[row.key] = texts.known.get((int(user), int(database), int(query)), UNKNOWN)
        asked = {row.key for row in rows}
        again = not self._unread.isdisjoint(asked)
        if again or texts.problem:
            self.problem = texts.problem
        if again or not self._unread:
            self._again_at = clock.boottime() + AGAIN_S
        self._unread = {key for key in self._unread | asked if not self._known[key].text}
        self._rests_until = clock.boottime() + min(LONGEST_REST_S, texts.took_s * SPARED)

    def _forget(self, rows: Sequence[StatementRate]) -> None:
        """Once there are too many only those of the rows at hand stay."""
        if len(self._known) > MOST_TEXTS:
            keep = {row.key for row in rows}
            self._known = {key: text for key, text in self._known.items() if key in keep}
            self._unread &= keep

    def _label(self, row: StatementRate, known: StatementText) -> StatementRate:
        application = known.application or self.applications.of(row.query_id)
        return msgspec.structs.replace(
            row, text=known.text, user=known.user, database=known.database, application=application, tags=known.tags
        )


class Applications:
    """Which application runs which statement, learnt from sessions caught running it (query ids: 14 and later)."""

    def __init__(self) -> None:
        self._seen: OrderedDict[int, Counter[str]] = OrderedDict()

    def learn(self, sessions: Sessions) -> None:
        for session in sessions.rows:
            if session.query_id is not None and session.application:
                seen = self._seen.setdefault(session.query_id, Counter())
                if session.application in seen or len(seen) < MOST_NAMES:
                    seen[session.application] += 1
                self._seen.move_to_end(session.query_id)
        while len(self._seen) > MOST_APPLICATIONS:
            self._seen.popitem(last=False)

    def of(self, query_id: int) -> str:
        """The application seen most, with `+n` for the others; "" while none was."""
        seen = self._seen.get(query_id)
        if not seen:
            return ""
        name = seen.most_common(1)[0][0]
        return name if len(seen) == 1 else f"{name} +{len(seen) - 1}"
