"""Tab 3, Queries: what the databases and caches do now; its views are in query_views, one file each."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple

from textual.widget import Widget

from ..model.collection import Delta
from ..model.finding import Finding
from ..model.reading import Reading
from ..poller.topics import FINDINGS
from ..widgets.live_table import LiveTable
from ..widgets.view_strip import room_beside
from . import targets
from .base import View
from .query_views.connections import ConnectionsView
from .query_views.desk import DATABASE, Desk
from .query_views.health import HealthView
from .query_views.locks import LocksView
from .query_views.redis import RedisView
from .query_views.scope import beside_window, server_words
from .query_views.servers import ServersView
from .query_views.sessions import SessionsView
from .query_views.statements import StatementsView
from .query_views.view import QueryView
from .tab_views import ViewsTab

VIEWS: tuple[type[QueryView], ...] = (
    StatementsView, SessionsView, LocksView, HealthView, RedisView, ConnectionsView, ServersView,
)  # fmt: skip


LONGEST = 30
"""Jumps that `esc` goes back over."""


class Place(NamedTuple):
    """Where one stood when a key led to another view."""

    view: str
    server: str
    opened: Any
    row: str | None


class QueriesTab(ViewsTab[QueryView]):
    """Views: Statements, Sessions, Locks, Health, Redis, Connections, Servers."""

    digit: ClassVar[int] = 3
    title: ClassVar[str] = "Queries"
    LAZY: ClassVar[bool] = True
    views: ClassVar[tuple[View, ...]] = tuple(kind.view for kind in VIEWS)
    further_views: ClassVar[tuple[View, ...]] = tuple(view for kind in VIEWS for view in kind.further)
    SORTS: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        pane: sorts for kind in VIEWS for pane, sorts in kind.sorts.items()
    }

    def build(self) -> dict[str, Widget]:
        self.desk = Desk(self)
        self._way: list[Place] = []
        self.kinds = {kind.view.id: kind(self.desk) for kind in VIEWS}
        self._panes = {kind.id: kind.panes() for kind in self.kinds.values()}
        return {pane: widget for panes in self._panes.values() for pane, widget in panes.items()}

    def on_mount(self) -> None:
        self.follow(FINDINGS, self._hear_findings)
        for server, name, topic in self.desk.topics():
            self.follow(topic, partial(self._hear, server, name))

    def _hear_findings(self, reading: Reading[Any], delta: Delta[Any] | None) -> None:
        self._hand_out("findings", "")

    def _hear(self, server: str, name: str, reading: Reading[Any], delta: Delta[Any] | None) -> None:
        self.desk.put(server, name, reading)
        self._hand_out(name, server)

    def _hand_out(self, name: str, server: str) -> None:
        """To the views made of it; what only the server at hand shows is not told of the others."""
        others = server in self.desk.databases and server != self.desk.server and name != "redis"
        for kind in self.kinds.values():
            if name in kind.hears or (name == kind.made_of and not others):
                kind.take(name, server)
        self.changed()

    def look_at(self, server: str) -> None:
        """Let the views show another PostgreSQL server."""
        if server not in self.desk.databases or server == self.desk.server:
            return
        self.desk.server = server
        for kind in self.kinds.values():
            kind.leave()
            if kind.made_of in DATABASE:
                self._clear(kind)
            for name in (kind.made_of, *kind.hears):
                if name and name != "redis":
                    kind.take(name, server)
        self.changed()

    def _clear(self, kind: QueryView) -> None:
        """No row of the server before may stand under the name of another, not even as one that is gone."""
        for widget in self._panes[kind.id].values():
            for table in widget.query(LiveTable):
                table.clear()

    # ---- keys -----------------------------------------------------------------------------------------------------

    def show_view(self, view_id: str) -> None:
        if view_id != self.view:
            self._way.clear()  # who picks a view does not come back from it
        self._turn_to(view_id)

    def jump(self, view_id: str) -> None:
        if view_id != self.view:
            self._way.append(Place(self.view, self.desk.server, self.shown_view.opened_rows(), self._key()))
            del self._way[:-LONGEST]
        self._turn_to(view_id)

    def _key(self) -> str | None:
        return self.table.cursor_key if self.table is not None else None

    def _come_back(self) -> None:
        """To the row from which a key led here."""
        place = self._way.pop()
        if place.view != "servers":
            self.look_at(place.server)
        self.kinds[place.view].open_again(place.opened)
        self._turn_to(place.view)
        if self.table is not None and place.row is not None:
            self.table.go_to(place.row)

    def _turn_to(self, view_id: str) -> None:
        for kind in self.kinds.values():
            if any(view.id == view_id for view in kind.further):
                kind.show_further(view_id)
                view_id = kind.id
        if view_id != self.view:
            self.shown_view.leave()
        super().show_view(view_id)

    def act(self, action_id: str) -> bool:
        row = self.row
        if action_id == "enter":
            if row is not None and not self.shown_view.enter(row):
                self.tell("describe", self.describe())
            return row is not None
        if action_id == "back" and self.shown_view.back():
            return True
        if action_id == "back" and self._way and not self.filter_text:
            self._come_back()
            return True
        if self.shown_view.act(action_id, row):
            return True
        if action_id == "related" and self.subject():
            self.console.go(2, "workloads", self.subject())
            return True
        return super().act(action_id)

    def go_to(self, identity: str) -> bool:
        """A row by its key; a server by its name."""
        name = identity.strip()
        if self.kinds["locks"].find(name):  # who blocks others is looked for among those, not in the list of everyone
            self._turn_to("locks")
            return True
        server, _, row = name.partition(" ")
        if row and server in self.desk.databases:
            self.look_at(server)
            name = row
        for kind in self.kinds.values():
            if kind.find(name):
                self._turn_to(kind.id)
                return True
        database = self.desk.named("facts", name)
        if database is not None:
            self.look_at(database)
            self._turn_to("servers" if len(self.desk.databases) > 1 else "statements")
            servers = self.kinds["servers"]
            if isinstance(servers, ServersView):
                servers.stand_on(name)
            return True
        if self.desk.named("redis", name) is not None:
            self._turn_to("redis")
            return True
        return False

    def finding(self) -> Finding | None:
        """The worst about the row; of a server's sessions and checks, the worst about the server."""
        about = self.shown_view.about(self.row) if self.row is not None else []
        server = self.desk.caches[0] if self.view == "redis" else self.desk.server
        if self.view not in ("statements", "servers"):
            about = [*about, server]
        return targets.worst_about(self.context.board.get(FINDINGS).value or (), about)

    def snapshot(self) -> tuple[str, ...]:
        return targets.rows_in_view(self.headline(), self.table)

    # ---- words ----------------------------------------------------------------------------------------------------

    def scope_notes(self) -> Sequence[str]:
        return beside_window(server_words(self.desk) if self.view != "redis" else (), self.shown_view.windows())

    def in_strip(self) -> str:
        """What stands beside the views: as much as there is room for."""
        return self.strip_note(room_beside(self.console.size.width, self))
