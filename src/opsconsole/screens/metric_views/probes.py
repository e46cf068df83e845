"""The Probes view: what is asked from here, whether it answers, and the last hour in slices of a minute."""

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.widget import Widget

from ...model.collection import Delta
from ...model.probe import Probes, ProbeState
from ...model.reading import Reading
from ...poller.topics import PROBES, Topic
from ...rules import probe_commands
from ...rules import probes as rules
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from ...widgets.theme import UNICODE
from ..asked_words import asked_words
from ..base import View
from ..table_tab import show_trust
from ..table_view import TableView
from .view import MetricView

HOW = (
    "no probe is set: [[profiles.NAME.probes]] with name and target in the settings asks a page, a port, a certificate "
    "or a name every minute"
)
RANK = {"failed": 0, "failing": 1, "unknown": 2, "expires": 3, "ok": 4}
STYLES = {"failed": "crit", "failing": "warn", "unknown": "warn", "expires": "warn", "ok": "dim"}
SLICES = 30
"""Cells of the last hour: two minutes each."""
GOOD, PARTLY, BAD, NOT_ASKED = "▁", "▄", "█", " "
ASCII = str.maketrans({GOOD: ".", PARTLY: "x", BAD: "X"})


class ProbesView(MetricView):
    view: ClassVar[View] = View("probes", "Probes", "p")
    made_of = PROBES
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        "probes": {"n": ("name", "name"), "t": ("state", "state"), "c": ("took", "time taken"),
                   "a": ("day", "share of the day")},
    }  # fmt: skip
    hints: ClassVar[tuple[str, ...]] = ("enter", "view.next", "refresh", "filter", "why", "wrong", "sort", "help")

    def panes(self) -> dict[str, Widget]:
        self.table: LiveTable[ProbeState] = LiveTable(
            [
                Column("name", "PROBE", 14, lambda one: clean(one.name), flex=1, most=30),
                Column("target", "TARGET", 24, lambda one: clean(one.target), flex=2, most=60, from_width=100),
                Column("service", "SERVICE", 10, lambda one: clean(one.service) or units.DASH, from_width=130),
                Column("state", "STATE", 20, _state, flex=2, most=44, sort=_rank),
                Column("took", "TOOK", 7, _took, right=True, sort=lambda one: -(_took_s(one) or 0.0)),
                Column("hour", "LAST 60 MIN", SLICES, self._hour, from_width=120, search=False),
                Column("day", "24H OK", 8, _day, right=True, sort=_share),
                Column("ends", "CERT ENDS", 9, _ends, right=True, sort=_ends_in),
                Column("since", "SINCE", 6, lambda one: units.clock(one.since), right=True, from_width=70),
            ],
            order=lambda one: (_rank(one), one.name),
            mark=_mark,
        )  # fmt: skip
        return {self.id: TableView(self.table, self._explain, rows=6, short_rows=2)}

    def take(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        show_trust(self.table, reading, HOW)
        if isinstance(reading.value, Probes):
            self.table.set_rows({one.key: one for one in reading.value.probes})
        elif not self.context.profile.probes:
            self.table.empty = HOW

    def act(self, action_id: str, row: Any) -> bool:
        """A probe opens with all that it said."""
        if action_id == "enter" and isinstance(row, ProbeState):
            self.tab.tell(row.key, self.describe(row))
            return True
        return False

    def find(self, identity: str) -> bool:
        return identity in self.table.rows and self.table.go_to(identity)

    # ---- words ------------------------------------------------------------------------------------------------------

    def headline(self) -> str:
        return super().headline() if self.context.profile.probes else "no probe is set"

    def words(self) -> str:
        states = [rules.state_of(one) for one in self._probes]
        parts = [
            f"{states.count(state)} {word}"
            for state, word in (
                ("failed", "failed"), ("failing", "failing"), ("unknown", "cannot be asked"),
                ("expires", "with a certificate that ends soon"), ("ok", "ok"),
            )
            if state in states
        ]  # fmt: skip
        return f"{units.plural(len(states), 'probe')} asked from this machine: {', '.join(parts)}"

    def note(self) -> str:
        states = [rules.state_of(one) for one in self._probes]
        failed = states.count("failed")
        if failed:
            return f"▲{failed}"
        return super().note() or str(len(states) - states.count("ok") or "")

    @property
    def _probes(self) -> Sequence[ProbeState]:
        return self.value.probes if isinstance(self.value, Probes) else ()

    def _hour(self, probe: ProbeState) -> Cell:
        text = slices(probe.hour)
        return (text.translate(ASCII) if self._ascii else text), _style(probe)

    @property
    def _ascii(self) -> bool:
        return self.tab.console.glyphs is not UNICODE

    # ---- about a row ------------------------------------------------------------------------------------------------

    def is_wrong(self, row: Any) -> bool:
        return isinstance(row, ProbeState) and rules.state_of(row) != "ok"

    def subject(self, row: Any) -> str:
        return row.service if isinstance(row, ProbeState) else ""

    def about(self, row: Any) -> list[str]:
        return [row.key] if isinstance(row, ProbeState) else []

    def copy_command(self, row: Any) -> str:
        return probe_commands.command(row.target) if isinstance(row, ProbeState) else ""

    def raw(self, row: Any) -> str:
        """The probe's settings."""
        found = next((one for one in self.context.profile.probes if row is not None and one.name == row.name), None)
        if found is None:
            return ""
        from ...text.redact import redact

        fields = ("name", "target", "service", "status", "body", "addresses", "every_s", "timeout_s", "fails",
                  "severity", "expires_days")  # fmt: skip
        return "\n".join(f"{field} = {redact(str(getattr(found, field)))}" for field in fields)

    def describe(self, row: Any) -> str:
        return "\n".join(line.plain for line in self._explain(row, 110)) if isinstance(row, ProbeState) else ""

    def why(self, row: Any) -> str:
        if not isinstance(row, ProbeState):
            return super().why(row)
        asked = asked_words((row.asked,)) if row.asked is not None else ""
        return "\n\n".join(part for part in (self.describe(row), asked, self.copy_command(row)) if part)

    def _explain(self, probe: ProbeState, width: int) -> list[Text]:
        last = probe.last
        said = clean(last.said) if last is not None else "was not asked yet"
        remedy = f" · {clean(last.remedy)}" if last is not None and last.remedy else ""
        asked_at = units.clock(last.at) if last is not None else units.UNKNOWN
        good = probe.asked_day - probe.failed_day
        lines = [
            f"{clean(probe.target)}: {said}{remedy}",
            f"asked every {units.span(probe.every_s)}, last {asked_at} · {_state_words(probe)}",
            f"last 24 h: {good:,} of {probe.asked_day:,} askings were good, as far as this machine asked"
            if probe.asked_day
            else "last 24 h: it was not asked",
            f"a finding after {units.plural(probe.fails, 'failure')} in a row ({probe.severity}), and when its "
            f"certificate has less than {probe.expires_days:g} days",
        ]
        left = rules.days_left(probe, clock.now())
        if left is not None and last is not None and last.expires is not None:
            lines.append(f"certificate {rules.expiry_words(left)}: {last.expires:%Y-%m-%d %H:%MZ}")
        return [Text(line) for line in lines]


def slices(hour: Sequence[float | None]) -> str:
    """Two minutes a cell, newest at the right: low is good, high is failed, blank was not asked."""
    cells = []
    for place in range(0, len(hour), 2):
        known = [share for share in hour[place : place + 2] if share is not None]
        worst = min(known, default=None)
        cells.append(NOT_ASKED if worst is None else GOOD if worst == 1.0 else BAD if worst == 0.0 else PARTLY)
    return "".join(cells).rjust(SLICES)


def _rank(probe: ProbeState) -> int:
    return RANK[rules.state_of(probe)]


def _style(probe: ProbeState) -> str:
    return STYLES[rules.state_of(probe)]


def _mark(probe: ProbeState) -> Cell:
    state = rules.state_of(probe)
    return {"failed": ("▲", "crit"), "ok": ("", "")}.get(state, ("?" if state == "unknown" else "·", "warn"))


def _state(probe: ProbeState) -> Cell:
    return _state_words(probe), _style(probe)


def _state_words(probe: ProbeState) -> str:
    state, last = rules.state_of(probe), probe.last
    said = clean(last.said) if last is not None else ""
    if state == "ok":
        return f"ok {said}"
    if state == "failing":
        return f"failing {probe.failed_in_a_row} of {probe.fails}: {said}"
    if state == "expires":
        left = rules.days_left(probe, clock.now())
        return f"ok, certificate {rules.expiry_words(left)}" if left is not None else "ok"
    return f"{state}: {said}" if said else state


def _took_s(probe: ProbeState) -> float | None:
    return probe.last.took_s if probe.last is not None else None


def _took(probe: ProbeState) -> Cell:
    took_s = _took_s(probe)
    return (units.DASH, "dim") if took_s is None else units.seconds(took_s)


def _share(probe: ProbeState) -> float:
    return 1.0 - probe.failed_day / probe.asked_day if probe.asked_day else 2.0


def _day(probe: ProbeState) -> Cell:
    """Rounded down: only what never failed is 100 %."""
    if not probe.asked_day:
        return "?", "dim"
    if not probe.failed_day:
        return "100 %"
    return f"{int(_share(probe) * 10000) / 100:.2f} %"


def _ends_in(probe: ProbeState) -> float:
    left = rules.days_left(probe, clock.now())
    return left if left is not None else 1e9


def _ends(probe: ProbeState) -> Cell:
    left = rules.days_left(probe, clock.now())
    if left is None:
        return units.DASH, "dim"
    style = "crit" if left < rules.SOON_DAYS else "warn" if left < probe.expires_days else ""
    return ("ended" if left < 0 else units.span(left * 86400)), style
