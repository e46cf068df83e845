"""The Redis view: every configured Redis or Valkey, what fails first."""

from typing import Any, ClassVar

from textual.widget import Widget

from ...model.redis import CacheFigures
from ...rules.cache_keys import ASK as ASK_KEYS
from ...rules.cache_row import CacheRow
from ...sources.way import NoWay
from .. import redis_view as shown
from ..base import View
from .desk import Desk
from .view import QueryView


class RedisView(QueryView):
    view: ClassVar[View] = View("redis", "Redis", "r")
    made_of: ClassVar[str] = "redis"
    hints: ClassVar[tuple[str, ...]] = ("enter", "view.next", "filter", "sort", "why", "wrong", "options", "help")
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {"redis": shown.SORTS}

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.lines = shown.RedisView(desk.caches)

    def panes(self) -> dict[str, Widget]:
        return {self.id: self.lines}

    def take(self, name: str, server: str) -> None:
        if name == self.made_of:
            self.lines.show_reading(self.desk.reading(name, server), server)

    def enter(self, row: Any) -> bool:
        if not isinstance(row, CacheRow):
            return False
        if row.key == ASK_KEYS:
            context = self.desk.context
            self.lines.ask_keys(context.profile.redis, row, getattr(context.services, "way", NoWay))
        else:
            self.desk.tab.tell(f"{row.part} {row.name}", shown.page(row))
        return True

    def find(self, identity: str) -> bool:
        """The first line of that server."""
        keys = self.lines.table.rows
        first = next((key for key, row in keys.items() if identity and identity == row.server), "")
        return bool(first) and self.lines.table.go_to(first)

    def words(self) -> str:
        value = self.value
        return self.lines.words(value) if isinstance(value, CacheFigures) else ""

    def note(self) -> str:
        return super().note() or self.lines.note()

    def is_wrong(self, row: Any) -> bool:
        return isinstance(row, CacheRow) and bool(row.state)

    def why(self, row: Any) -> str:
        return self.lines.why(row) if isinstance(row, CacheRow) else super().why(row)

    def raw(self, row: Any) -> str:
        return row.text if isinstance(row, CacheRow) else ""

    def copy_command(self, row: Any) -> str:
        return shown.command(row) if isinstance(row, CacheRow) else ""
