"""What the views of tab 3 know: the servers of the platform, which of them is looked at, and their newest readings."""

from typing import TYPE_CHECKING, Any, Protocol

from ...model.reading import Reading
from ...model.statements import USUAL, WINDOWS
from ...poller.pgbouncer import pooler_topic
from ...poller.postgres import server_topic
from ...poller.redis import cache_topic
from ...poller.statement_feed import window_topic
from ...poller.topics import PG_CONNECTIONS, PG_COST, PG_FACTS, PG_HEALTH, PG_SESSIONS, PG_STATEMENTS, REDIS, Topic

if TYPE_CHECKING:
    from ...app import Console
    from ..base import Context

DATABASE: dict[str, Topic[Any]] = {
    "facts": PG_FACTS,
    "statements": PG_STATEMENTS,
    "sessions": PG_SESSIONS,
    "health": PG_HEALTH,
    "connections": PG_CONNECTIONS,
    "cost": PG_COST,
    **{f"window.{window}": window_topic(window) for window in WINDOWS if window != USUAL},
}
"""What each PostgreSQL server tells, by the name under which the views ask for it."""
CACHE: dict[str, Topic[Any]] = {"redis": REDIS}
POOLER = "pgbouncer"


class Frame(Protocol):
    """What the views ask of their tab."""

    context: "Context"

    @property
    def console(self) -> "Console": ...

    def in_strip(self) -> str: ...

    def changed(self) -> None: ...

    def show_view(self, view_id: str) -> None: ...
    def jump(self, view_id: str) -> None: ...

    def tell(self, title: str, text: str) -> None: ...

    def look_at(self, server: str) -> None: ...

    def go_to(self, identity: str) -> bool: ...


class Desk:
    """The views read here; the tab puts in what its topics bring."""

    def __init__(self, tab: Frame) -> None:
        self.tab = tab
        profile = tab.context.profile
        self.databases = tuple(server.name for server in profile.postgres) or ("",)
        self.caches = tuple(server.name for server in profile.redis) or ("",)
        self.poolers = tuple(pooler.name for pooler in profile.pgbouncer) or ("",)
        self.server = self.databases[0]
        """The PostgreSQL server that Statements, Sessions, Locks and Health are about."""
        self._readings: dict[tuple[str, str], Reading[Any]] = {}

    @property
    def further(self) -> str:
        """Name of the server that is looked at where it is not the first: findings about its rows begin with it."""
        return "" if self.server == self.databases[0] else self.server

    @property
    def context(self) -> "Context":
        return self.tab.context

    def topics(self) -> list[tuple[str, str, Topic[Any]]]:
        """(server, name, topic) of everything that is told; the first server of each kind has the plain topics."""
        found = []
        for number, server in enumerate(self.databases):
            found += [(server, name, server_topic(t, server if number else "")) for name, t in DATABASE.items()]
        for number, server in enumerate(self.caches):
            found += [(server, name, cache_topic(server if number else "")) for name in CACHE]
        for number, pooler in enumerate(self.poolers):
            found.append((pooler, POOLER, pooler_topic(pooler if number else "")))
        return found

    def put(self, server: str, name: str, reading: Reading[Any]) -> None:
        self._readings[server, name] = reading

    def reading(self, name: str, server: str | None = None) -> Reading[Any]:
        """The newest of that name from the server that is looked at, or from another; of caches from the first."""
        if server is None:
            server = self.caches[0] if name in CACHE else self.server
        return self._readings.get((server, name), Reading())

    def tells(self, name: str) -> bool:
        """Whether servers tell it, rather than the rules."""
        return name in DATABASE or name in CACHE or name == POOLER

    def each(self, name: str) -> list[tuple[str, Reading[Any]]]:
        """That of every server, in the order of the settings."""
        servers = self.caches if name in CACHE else self.poolers if name == POOLER else self.databases
        return [(server, self.reading(name, server)) for server in servers]

    def named(self, kind: str, name: str) -> str | None:
        """The server of that name among those that tell `kind`; None where there is none."""
        for server, reading in self.each(kind):
            if name and name in (server, getattr(reading.value, "server", "")):
                return server
        return None
