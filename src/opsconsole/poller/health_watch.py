"""What the judge knows of the health lists of PostgreSQL servers: their critical checks, from reading to reading."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from ..config.settings import Policy
from ..model.collection import Delta
from ..model.finding import Change, Finding
from ..model.postgres import ServerHealth
from ..model.reading import Reading
from ..model.sessions import Sessions
from ..rules.blocking_findings import blocking_findings
from ..rules.health_findings import Ill, health_findings, ills
from ..rules.health_once import Place, once
from ..rules.measures import trusted
from .topics import Topic


class HealthWatch:
    """A watcher of the judge (see judge.Watcher) for the health and the sessions of all servers."""

    def __init__(self, topics: Sequence[Topic[Any]], policy: Policy) -> None:
        self.topics: Sequence[Topic[Any]] = tuple(topics)
        self._policy = policy
        self._held: dict[str, dict[str, Ill]] = {}
        """By server: what is told of it; it stands while nothing trusted is read."""
        self._places: dict[str, Place] = {}
        self._sessions: dict[str, Sessions] = {}
        """By server: who blocks others there is a finding of its own."""

    def changed(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        now = reading.value
        if not trusted(reading) or reading.taken is None:
            return
        if isinstance(now, ServerHealth):
            self._held[now.server] = ills(now, reading.taken, self._held.get(now.server))
            self._places[now.server] = Place(now.system, now.is_replica)
        elif isinstance(now, Sessions):
            self._sessions[now.server] = now

    async def findings(self, now: datetime) -> Iterable[Finding]:
        found: list[Finding] = []
        for server, held in once(self._held, self._places).items():
            blocking = blocking_findings(self._sessions.get(server), self._policy, now) if held else ()
            found += health_findings(server, held, blocking)
        return found

    def changes(self, now: datetime) -> Iterable[Change]:
        return ()

    def place(self, finding: Finding) -> Finding:
        return finding
