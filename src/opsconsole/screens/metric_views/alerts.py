"""The Alerts view: what an Alertmanager holds."""

from typing import Any, ClassVar

from rich.text import Text
from textual.widget import Widget

from ...model.alerts import Alert
from ...model.collection import Delta
from ...model.reading import Reading
from ...poller.topics import ALERTS, Topic
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from ..base import View
from ..table_tab import show_trust, sure
from ..table_view import TableView
from .view import MetricView

ACTIVE = ("active", "firing")


class AlertsView(MetricView):
    view: ClassVar[View] = View("alerts", "Alerts", "a")
    made_of = ALERTS
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        "alerts": {"n": ("name", "name"), "t": ("state", "state"), "a": ("since", "since")},
    }

    def panes(self) -> dict[str, Widget]:
        self.table: LiveTable[Alert] = LiveTable(
            [
                Column("name", "ALERT", 24, lambda a: clean(a.name), flex=1, most=40),
                Column("state", "STATE", 11, _alert_state),
                Column("severity", "SEVERITY", 9, lambda a: clean(a.severity) or units.DASH, from_width=60),
                Column("since", "SINCE", 6, lambda a: units.age(a.since, clock.now()), right=True,
                       sort=lambda a: -(a.since.timestamp() if a.since else 0)),
                Column("summary", "SUMMARY", 24, lambda a: clean(a.summary) or units.DASH, flex=3),
            ],
            order=lambda a: (a.state not in ACTIVE, -(a.since.timestamp() if a.since else 0)),
            mark=lambda a: ("▲", "crit") if a.state in ACTIVE else "",
        )  # fmt: skip
        return {self.id: TableView(self.table, _explain_alert, rows=4, short_rows=1)}

    def take(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        show_trust(self.table, reading, "no alert is active")
        if reading.value is not None:
            self.table.set_rows({alert.fingerprint: alert for alert in reading.value})

    def act(self, action_id: str, row: Any) -> bool:
        """An alert shows all that it says."""
        if action_id in ("enter", "related") and isinstance(row, Alert):
            self.tab.tell("alert", self.tab.describe())
            return True
        return False

    def find(self, identity: str) -> bool:
        return self.table.go_to(identity)

    def words(self) -> str:
        none = "no alert is active" if sure(self.reading) else "no active alert is seen"
        return f"{units.plural(self._active, 'alert')} active" if self._active else none

    def note(self) -> str:
        return str(self._active or "")

    @property
    def _active(self) -> int:
        return sum(alert.state in ACTIVE for alert in self.value or ())

    def is_wrong(self, row: Any) -> bool:
        return isinstance(row, Alert) and row.state in ACTIVE

    def subject(self, row: Any) -> str:
        labels = dict(row.labels) if isinstance(row, Alert) else {}
        return labels.get("service") or labels.get("deployment") or ""

    def why(self, row: Any) -> str:
        return self.tab.describe()


def _alert_state(alert: Alert) -> Cell:
    return clean(alert.state), "crit" if alert.state in ACTIVE else "dim"


def _explain_alert(alert: Alert, width: int) -> list[Text]:
    labels = "  ".join(f"{clean(key)}={clean(value)}" for key, value in alert.labels)
    silenced = f"silenced by {', '.join(alert.silenced_by)}" if alert.silenced_by else ""
    return [Text(clean(alert.summary)), Text(labels, style="dim"), Text(silenced)]
