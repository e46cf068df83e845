"""The SLO view: every objective with its budget, how fast that burns, and what used it up."""

import shlex
from math import inf
from typing import Any, ClassVar

from rich.text import Text
from textual.widget import Widget

from ...model.collection import Delta
from ...model.finding import Finding
from ...model.reading import Reading
from ...model.slo import SloFigures, Slos
from ...poller.topics import CHANGES, INCIDENTS, SLOS, Topic
from ...rules import slo as sums
from ...rules import slo_words
from ...rules.slo_findings import burn_words, slo_object
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from ...widgets.theme import UNICODE
from .. import targets
from ..asked_words import asked_words
from ..base import View
from ..table_tab import show_trust
from ..table_view import TableView
from .view import MetricView

HOW = (
    'no service level objective: name OpenSLO v1 files in the settings, [profiles.NAME.slo] files = ["…/*.yaml"]; '
    "`opsconsole slo --example` prints one to begin with"
)
BAR = 22
"""Cells of the budget with its bar."""


class SloView(MetricView):
    view: ClassVar[View] = View("slo", "SLO", "o")
    made_of = SLOS
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        "slo": {
            "n": ("name", "name"),
            "c": ("left", "budget left"),
            "t": ("state", "state"),
            "r": ("burn1h", "burn of the last hour"),
        },
    }
    hints: ClassVar[tuple[str, ...]] = ("enter", "view.next", "filter", "why", "wrong", "raw", "sort", "help")

    def panes(self) -> dict[str, Widget]:
        self.table: LiveTable[SloFigures] = LiveTable(
            [
                Column("name", "OBJECTIVE", 20, lambda one: clean(one.key), flex=2, most=40),
                Column("service", "SERVICE", 12, lambda one: clean(one.slo.service), flex=1, most=20, from_width=110),
                Column("target", "TARGET", 7, lambda one: f"{sums.percent(one.slo.target)} %", right=True,
                       sort=lambda one: one.slo.target),
                Column("window", "WINDOW", 6, lambda one: one.slo.window.text, right=True, from_width=100),
                Column("short", "LEFT", 8, lambda one: slo_words.budget_cell(one, 8), right=True, below_width=120,
                       sort=_left),
                Column("left", "BUDGET LEFT", BAR, self._budget, from_width=120, sort=_left),
                _burn("5m", 300.0, 130),
                _burn("1h", 3600.0, 0),
                _burn("6h", 6 * 3600.0, 78),
                _burn("3d", 3 * 86400.0, 100),
                Column("gone", "EXHAUSTED", 9, slo_words.exhausted, right=True, sort=_exhausted),
                Column("state", "STATE", 18, slo_words.state, flex=1, most=34, sort=lambda one: -_rank(one)),
            ],
            order=lambda one: (-_rank(one), one.exhausted_s if one.exhausted_s is not None else inf, one.key),
            mark=_mark,
        )  # fmt: skip
        return {self.id: TableView(self.table, self._explain, rows=10, short_rows=3)}

    @property
    def value(self) -> Any:
        """None until there is a reading."""
        held = self.reading.value
        return held if isinstance(held, Slos) else None

    def take(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        slos = reading.value
        show_trust(self.table, reading, "\n".join(slos.problems) if slos is not None and slos.problems else HOW)
        if slos is not None:
            self.table.set_rows({slo_object(one.key): one for one in slos.figures})

    def act(self, action_id: str, row: Any) -> bool:
        """An objective opens on its page."""
        if action_id == "enter" and isinstance(row, SloFigures):
            self.tab.tell(f"objective {clean(row.key)}", self.describe(row))
            return True
        return False

    def find(self, identity: str) -> bool:
        return identity in self.table.rows and self.table.go_to(identity)

    def words(self) -> str:
        slos: Slos = self.value
        words = slo_words.headline(slos)
        wrong = f"{units.plural(len(slos.problems), 'mistake')}: {clean(slos.problems[0])}" if slos.problems else ""
        return " · ".join(part for part in (wrong, words) if part) or "no objective is set"

    def note(self) -> str:
        slos = self.value
        worst = [sums.severity(one) for one in slos.figures] if slos is not None else []
        paging = worst.count(2)
        return super().note() or (f"▲{paging}" if paging else str(worst.count(1) or ""))

    def is_wrong(self, row: Any) -> bool:
        return isinstance(row, SloFigures) and sums.wrong(row)

    def subject(self, row: Any) -> str:
        return row.slo.service if isinstance(row, SloFigures) else ""

    def about(self, row: Any) -> list[str]:
        return [slo_object(row.key)] if isinstance(row, SloFigures) else []

    def finding(self, row: Any) -> Finding | None:
        """Its own, else the worst about its service."""
        return targets.worst_about(self.findings, self.about(row)) or super().finding(row)

    def raw(self, row: Any) -> str:
        """The objective as OpenSLO."""
        if not isinstance(row, SloFigures):
            return ""
        from ...config.openslo_write import written

        return written([row.slo])

    def copy_command(self, row: Any) -> str:
        """The two sums over the last hour, for promtool."""
        settings = self.context.profile.prometheus
        if settings is None or not isinstance(row, SloFigures):
            return ""
        from ...config.slo_queries import rendered

        queries = [rendered(query, 3600.0) for query in (row.slo.counts.part, row.slo.counts.total)]
        return "\n".join(f"promtool query instant {shlex.quote(settings.url)} {shlex.quote(one)}" for one in queries)

    def describe(self, row: Any) -> str:
        if not isinstance(row, SloFigures):
            return ""
        return slo_words.page(row, self._changes, self._incidents, clock.now())

    def why(self, row: Any) -> str:
        if not isinstance(row, SloFigures):
            return super().why(row)
        asked = asked_words(row.asked)
        return "\n\n".join(part for part in (self.describe(row), "the queries, newest answers", asked) if part)

    def _budget(self, one: SloFigures) -> Cell:
        signs = "━─" if self.tab.console.glyphs is UNICODE else "#."
        return slo_words.budget_cell(one, BAR, signs)

    @property
    def _changes(self) -> Any:
        return self.context.board.get(CHANGES).value or ()

    @property
    def _incidents(self) -> Any:
        incidents = self.context.board.get(INCIDENTS).value
        return incidents.incidents if incidents is not None else ()

    def _explain(self, row: SloFigures, width: int) -> list[Text]:
        first, *others = slo_words.lines(row, self._changes, self._incidents)
        return [Text(first, style="bold"), *(Text(line) for line in others)]


def _burn(title: str, window_s: float, from_width: int) -> Column[SloFigures]:
    def figure(one: SloFigures) -> float | None:
        told = one.over(window_s)
        return told.burn if told is not None else None

    def cell(one: SloFigures) -> Cell:
        burn = figure(one)
        return burn_words(burn) if burn is not None else "?", "" if burn is None or burn <= 1 else "warn"

    return Column(
        f"burn{title}",
        f"BURN {title}",
        7,
        cell,
        right=True,
        from_width=from_width,
        sort=lambda one: -(figure(one) or 0.0),
    )


def _left(one: SloFigures) -> float | None:
    return one.left


def _exhausted(one: SloFigures) -> float | None:
    return one.exhausted_s


def _rank(one: SloFigures) -> int:
    """Worst first: pages, then what cannot be told, tickets, held back, the rest."""
    worst = sums.severity(one)
    return {2: 4, 3: 3, 1: 2}.get(worst, 1 if sums.wrong(one) else 0)


def _mark(one: SloFigures) -> Cell:
    worst = sums.severity(one)
    return {2: ("▲", "crit"), 3: ("?", "warn"), 1: ("△", "warn")}.get(worst, "")
