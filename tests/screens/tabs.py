"""A console with its real tabs over a board that a test fills by hand, and how a test drives it."""

from typing import Any

import msgspec
from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.cli.console import LOADERS
from opsconsole.config.policies import builtin
from opsconsole.config.settings import Documents, Http, Kubernetes, Metrics, Profile, Settings
from opsconsole.model.chart import Chart
from opsconsole.model.metrics import Series
from opsconsole.model.reading import Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.charts import ChartRequest, axis_of
from opsconsole.poller.topics import Topic
from opsconsole.screens.base import Context
from opsconsole.screens.chart_look import KINDS
from opsconsole.screens.metric_views.services import ServicesView
from opsconsole.screens.metrics import MetricsTab
from opsconsole.screens.table_tab import TableTab
from opsconsole.widgets.chart import ChartView
from opsconsole.widgets.live_table import LiveTable

from .driving import shown, until
from .story import NAMESPACE, NOW


class HandCharts:
    """Answers every chart at once: a flat course that jumps twelve minutes ago."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def want(self, request: ChartRequest) -> Topic[Chart]:
        topic: Topic[Chart] = Topic(f"chart {msgspec.json.encode(request).decode()}", "prom")
        time_axis = axis_of(request, NOW.timestamp())
        times = tuple(at for at in time_axis.times if at <= NOW.timestamp())
        ahead = tuple(at for at in time_axis.times if at > NOW.timestamp())
        jump = NOW.timestamp() - 12 * 60
        high, low = {"p99": (1.9, 0.3), "errors": (0.003, 0.002)}.get(request.kind, (412.0, 400.0))
        values = tuple(high if at > jump else low for at in times)
        title = KINDS[request.kind]
        unit = {"p99": "s", "p95": "s", "errors": "ratio", "requests": "per_s"}[request.kind]
        limit = {"p99": 0.5, "errors": 0.01}.get(request.kind)
        series = Series((), time_axis.times, (*values, *(None for _ in ahead)))
        name = f"{title} {request.service}".strip()
        chart = Chart(name, unit, (series,), limit, step=time_axis.step, until=times[-1])
        self._board.publish(topic, Reading(chart, State.OK, NOW, 0.01, f"histogram of {request.service or 'all'}"))
        return topic

    def drop(self, request: ChartRequest) -> None:
        pass

    def rest(self, resting: bool) -> None:
        pass


def console(board: Board, *, start: int = 0) -> Console:
    profile = Profile(
        production=True,
        kubernetes=Kubernetes(namespaces=(NAMESPACE,), alias="prod-eu"),
        prometheus=Http(url="http://prometheus:9090"),
        metrics=Metrics(critical_path=("web", "api")),
    )
    settings = Settings(documents=Documents(folder="postmortems"))
    context = Context(board, settings, profile, builtin("default"), profile_name="prod-eu", cluster="shop-prod")
    context.services.charts = HandCharts(board)
    return Console(context, LOADERS, start=start)


async def settled(pilot: Pilot[Any], view: str = "") -> TableTab:
    """The active tab with everything that it does by itself done: rows taken in, charts drawn, texts shown."""
    app = pilot.app
    assert isinstance(app, Console)
    await until(pilot, lambda: app.frame.active is not None and app.focused is not None)
    tab = app.tab
    assert isinstance(tab, TableTab)
    if view and tab.view != view:
        tab.show_view(view)
    await pilot.pause()
    await until(pilot, lambda: not getattr(tab, "busy", False))
    if tab.table is not None:
        tab.table.settle()
    if isinstance(tab, MetricsTab):
        await until(pilot, lambda: follows(tab))
    await until(pilot, lambda: all(drawn(chart) for chart in tab.query(ChartView)))
    await pilot.pause()
    return tab


def follows(tab: MetricsTab) -> bool:
    """Whether the charts show the row under the cursor."""
    services = tab.kinds["services"]
    assert isinstance(services, ServicesView)
    row, charts = services.table.cursor_row, services.charts
    asked = (charts.service, charts.endpoint) == ((row.service, row.endpoint) if row else ("", ""))
    return asked and all(chart._spec is not None for chart in tab.query(ChartView) if chart.size.width)


def drawn(chart: ChartView) -> bool:
    """Whether what the chart was given is on the screen, in its size."""
    size = chart.size
    if chart._spec is None or not size.width:
        return True
    return chart._drawn is not None and chart._drawn[:3] == (chart._spec, size.width, size.height)


def lines(app: Console) -> list[str]:
    """Every line of the screen as plain text."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


def text(app: Console) -> str:
    return "\n".join(line.rstrip() for line in lines(app))


def headline(app: Console) -> str:
    return shown(app, "headline").strip()


def rows(table: LiveTable[Any] | None) -> list[str]:
    """The rows of a table as they are laid out."""
    assert table is not None
    return table.as_text().splitlines()[1:]
