"""The Health view: the checks of the server that is looked at, those that fail first."""

from typing import Any, ClassVar

from textual.widget import Widget

from ...model.postgres import HealthCheck, ServerHealth
from ...rules.health_findings import health_object
from ...widgets.live_table import LiveTable
from .. import health_view as shown
from ..base import Option, View
from ..table_tab import show_trust, sure
from ..table_view import TableView
from .desk import Desk
from .view import QueryView

PASSED = shown.FINE


class HealthView(QueryView):
    view: ClassVar[View] = View("health", "Health", "h")
    made_of: ClassVar[str] = "health"
    hints: ClassVar[tuple[str, ...]] = ("enter", "view.next", "filter", "why", "wrong", "raw", "options", "help")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.passed = False
        """Whether the checks that passed are listed."""
        self.table: LiveTable[HealthCheck] = LiveTable(shown.columns(), order=shown.place, mark=shown.mark)

    def panes(self) -> dict[str, Widget]:
        return {self.id: TableView(self.table, shown.explain, rows=12, short_rows=3)}

    def take(self, name: str, server: str) -> None:
        reading = self.reading
        show_trust(self.table, reading, "every check passed")
        if reading.value is not None:
            self.table.set_rows(shown.rows(reading.value, self.passed, sure(reading)))

    def enter(self, row: Any) -> bool:
        if not isinstance(row, HealthCheck) or row.id != PASSED:
            return False
        self.set_option(PASSED, not self.passed)
        self.table.settle()
        return True

    def find(self, identity: str) -> bool:
        return self.table.go_to(identity) if identity in self.table.rows else False

    def words(self) -> str:
        return shown.words(self.value)

    def note(self) -> str:
        value = self.value
        if not isinstance(value, ServerHealth):
            return super().note()
        return super().note() or str(sum(1 for check in value.checks if check.state in ("crit", "warn")) or "")

    def options(self) -> tuple[Option, ...]:
        return (Option(PASSED, "checks that passed", self.passed),)

    def set_option(self, option_id: str, on: bool) -> None:
        self.passed = on
        self.take(self.made_of, self.desk.server)
        self.desk.tab.changed()

    def is_wrong(self, row: Any) -> bool:
        return isinstance(row, HealthCheck) and row.state != "ok"

    def raw(self, row: Any) -> str:
        value = self.value
        if not isinstance(row, HealthCheck) or not isinstance(value, ServerHealth):
            return ""
        return "\n\n".join(one.text.strip() for one in shown.asked(value, row))

    def why(self, row: Any) -> str:
        value = self.value
        if isinstance(row, HealthCheck) and isinstance(value, ServerHealth):
            return shown.why(value, row)
        return super().why(row)

    def about(self, row: Any) -> list[str]:
        return [health_object(self.desk.server, row.id)] if isinstance(row, HealthCheck) else []
