"""Tab 1, Metrics: what the platform serves and how; its views are in metric_views, one file each."""

from functools import partial
from typing import Any, ClassVar

from textual.widget import Widget

from ..model.action import Target
from ..model.collection import Delta
from ..model.finding import Finding
from ..model.reading import Reading
from ..poller.topics import Topic
from ..rules.links import Link
from ..text.clean import clean
from ..widgets.live_table import LiveTable
from . import targets
from .base import View
from .links import link_words, links_of, show_links
from .log_target import service_logs
from .metric_views.alerts import AlertsView
from .metric_views.logs import LogsView
from .metric_views.probes import ProbesView
from .metric_views.services import ServicesView
from .metric_views.slo import SloView
from .metric_views.view import MetricView
from .tab_views import ViewsTab

VIEWS: tuple[type[MetricView], ...] = (ServicesView, SloView, AlertsView, ProbesView, LogsView)


class MetricsTab(ViewsTab[MetricView]):
    """Views: Services, SLO, Alerts, Probes, Logs."""

    LAZY: ClassVar[bool] = True
    digit: ClassVar[int] = 1
    title: ClassVar[str] = "Metrics"
    views: ClassVar[tuple[View, ...]] = tuple(kind.view for kind in VIEWS)
    further_views: ClassVar[tuple[View, ...]] = tuple(view for kind in VIEWS for view in kind.further)
    SORTS: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        pane: sorts for kind in VIEWS for pane, sorts in kind.sorts.items()
    }
    DEFAULT_CSS = """
    MetricsTab .metrics-above { height: 55%; }
    MetricsTab .tiles { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    MetricsTab.chart-only .metrics-above { height: 1fr; }
    MetricsTab.chart-only LiveTable { height: 0; }
    """

    def build(self) -> dict[str, Widget]:
        self.kinds = {kind.view.id: kind(self) for kind in VIEWS}
        return {pane: widget for kind in self.kinds.values() for pane, widget in kind.panes().items()}

    def on_mount(self) -> None:
        for kind in self.kinds.values():
            for topic in kind.topics:
                self.follow(topic, partial(self._hear, kind, topic))
            kind.mounted()

    def _hear(self, kind: MetricView, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        kind.take(topic, reading, delta)
        self.changed()

    def on_show(self) -> None:
        for kind in self.kinds.values():
            kind.show()
        self._look()

    def on_hide(self) -> None:
        for kind in self.kinds.values():
            kind.hide()
            kind.looked_at(False)

    def on_unmount(self) -> None:
        super().on_unmount()
        for kind in self.kinds.values():
            kind.looked_at(False)

    def show_view(self, view_id: str) -> None:
        for kind in self.kinds.values():
            if any(view.id == view_id for view in kind.further):
                kind.show_further(view_id)
                view_id = kind.id
            elif kind.id == view_id:
                kind.leave()
        super().show_view(view_id)
        self._look()

    def _look(self) -> None:
        """What is dear to read is read for the view on the screen only."""
        for kind in self.kinds.values():
            kind.looked_at(self.shown and kind.id == self.view)

    def on_live_table_moved(self, message: LiveTable.Moved) -> None:
        if message.table is self.table:
            self.shown_view.moved(self.row)

    # ---- keys -----------------------------------------------------------------------------------------------------

    def act(self, action_id: str) -> bool:
        if action_id == "related" and self._related():
            return True
        return self.shown_view.act(action_id, self.row) or self._logs(action_id) or super().act(action_id)

    def _related(self) -> bool:
        """Where the settings name other tools: a list of their pages about this service, after its workload."""
        service, found = self.subject(), self._links()
        if found:
            workload = (f"workload {clean(service)}", lambda: self.console.go(2, "workloads", service))
            show_links(self.console, service, found, [workload])
        return bool(found)

    def _links(self) -> list[Link]:
        service = self.subject()
        return links_of(self.context, service) if service else []

    def _logs(self, action_id: str) -> bool:
        """The logs of exactly the service under the cursor."""
        service = self.subject() if action_id == "logs" else ""
        if service:
            service_logs(self.console, service)
        return bool(service)

    def go_to(self, identity: str) -> bool:
        """A row of the view that is shown, else of the first that has it."""
        for kind in (self.shown_view, *self.kinds.values()):
            if kind.find(identity):
                if kind.id != self.view:
                    self.show_view(kind.id)
                return True
        return False

    def target(self) -> Target | None:
        """The workload of the service's name, where there is exactly one."""
        return targets.workload_target(self.context, self.subject())

    def finding(self) -> Finding | None:
        return self.shown_view.finding(self.row)

    def snapshot(self) -> tuple[str, ...]:
        return targets.rows_in_view(self.headline(), self.table)

    # ---- words ----------------------------------------------------------------------------------------------------

    def scope_note(self) -> str:
        return self.shown_view.scope_note()

    def describe(self) -> str:
        words = self.shown_view.describe(self.row) or super().describe()
        return "\n\n".join(part for part in (words, link_words(self._links())) if part)
