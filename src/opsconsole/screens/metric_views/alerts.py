"""The Alerts view: what Alertmanager and Prometheus report, all rules with their states, silences, and noise."""

from collections import Counter
from typing import Any, ClassVar

from textual.widget import Widget

from ...model.alerts import Alert, Noise, RuleNoise, RuleState, Silence
from ...model.collection import Delta
from ...model.reading import Reading, State
from ...poller.topics import ALL_ALERTS, NOISE, PROM_ALERTS, RULES, SILENCES, Topic
from ...rules.alerts import ACTIVE
from ...rules.noise_words import headline, report
from ...text import clock, units
from ...widgets.live_table import LiveTable
from ..base import Option, View
from ..table_tab import show_trust, sure, verdict
from ..table_view import TableView
from . import alert_lists as lists
from . import alert_pages as pages
from .alert_lists import RuleRow
from .view import MetricView

BY_GROUP = "grouped"
OVER = "over"


class AlertsView(MetricView):
    """Four lists: the palette leads from one to the others, `esc` back to the alerts."""

    view: ClassVar[View] = View("alerts", "Alerts", "a")
    further: ClassVar[tuple[View, ...]] = (
        View("rules", "Rules", ""),
        View("silences", "Silences", ""),
        View("noise", "Noise of rules", ""),
    )
    made_of = ALL_ALERTS
    hears = (SILENCES, RULES, NOISE, PROM_ALERTS)
    hints: ClassVar[tuple[str, ...]] = ("enter", "view.next", "filter", "why", "sort", "wrong", "options", "help")
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        "alerts": {"n": ("name", "name"), "t": ("state", "state"), "a": ("since", "since"), "g": ("group", "group")},
        "rules": {"n": ("rule", "rule"), "t": ("state", "state"), "f": ("fired", "times fired"), "d": ("for", "for")},
        "silences": {"n": ("matchers", "matchers"), "a": ("age", "age"), "l": ("left", "what is left")},
        "noise": {"n": ("rule", "rule"), "f": ("fired", "times fired"), "a": ("alone", "passed alone"),
                  "t": ("acted", "acted on")},
    }  # fmt: skip
    topic_of: ClassVar[dict[str, Topic[Any]]] = {
        "alerts": ALL_ALERTS, "rules": RULES, "silences": SILENCES, "noise": NOISE
    }  # fmt: skip

    def panes(self) -> dict[str, Widget]:
        self._pane = self.id
        self.by_group = self.with_over = False
        self._counted: Counter[str] = Counter()
        self._differ = 0
        self.table: LiveTable[Alert] = LiveTable(
            lists.alert_columns(lambda: self._held(SILENCES) or ()), order=self._order, mark=lists.alert_mark
        )
        self.rules: LiveTable[RuleRow] = LiveTable(
            lists.rule_columns(), order=lists.rule_order, mark=lists.rule_mark
        )  # fmt: skip
        self.silences: LiveTable[Silence] = LiveTable(
            lists.silence_columns(lambda: self._held(ALL_ALERTS) or ()), order=lists.silence_order
        )
        self.noise: LiveTable[RuleNoise] = LiveTable(lists.noise_columns(), order=lists.noise_order)
        return {
            self.id: TableView(self.table, lists.explain_alert, rows=4, short_rows=1),
            "rules": TableView(self.rules, lists.explain_rule, rows=3, short_rows=1),
            "silences": self.silences,
            "noise": self.noise,
        }

    @property
    def pane(self) -> str:
        return self._pane

    @property
    def reading(self) -> Reading[Any]:
        return self.context.board.get(self.topic_of[self._pane])

    def _held(self, topic: Topic[Any]) -> Any:
        return self.context.board.get(topic).value

    # ---- news -------------------------------------------------------------------------------------------------------

    def take(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        if topic == ALL_ALERTS:
            self._counted = Counter("active" if one.state in ACTIVE else one.state for one in reading.value or ())
            self._differ = sum(bool(one.differs) for one in reading.value or ())
            show_trust(self.table, reading, "no alert of Prometheus or Alertmanager is active; :rules shows our own")
            if reading.value is not None:
                self.table.set_rows({alert.fingerprint: alert for alert in reading.value})
        elif topic == SILENCES:
            show_trust(self.silences, reading, "nothing is silenced")
            self._list_silences()
        elif topic == NOISE:
            show_trust(self.noise, reading, "nothing was seen to fire in seven days")
            if reading.value is not None:
                self.noise.set_rows({rule.rule: rule for rule in reading.value.rules})
        if topic in (RULES, PROM_ALERTS, NOISE):
            self._list_rules()

    def _list_rules(self) -> None:
        rules = self.context.board.get(RULES)
        show_trust(self.rules, rules, "the policy has no rule")
        if rules.value is not None:
            told, noise = self._held(PROM_ALERTS), self._held(NOISE)
            self.rules.set_rows(lists.rule_rows(rules.value, told, noise, self.context.profile.policy))

    def _list_silences(self) -> None:
        held = self._held(SILENCES)
        if held is not None:
            shown = [one for one in held if self.with_over or one.state != "expired"]
            self.silences.set_rows({one.id: one for one in shown})

    # ---- keys -------------------------------------------------------------------------------------------------------

    def show_further(self, view_id: str) -> None:
        self._pane = view_id

    def leave(self) -> None:
        self._pane = self.id

    def act(self, action_id: str, row: Any) -> bool:
        if action_id == "back" and self._pane != self.id and not self.tab.filter_text:
            self.tab.show_view(self.id)
            return True
        if action_id in ("enter", "describe") and row is not None:
            self.tab.tell(self._title(row), self.describe(row))
            return True
        return False

    def find(self, identity: str) -> bool:
        """An alert by its fingerprint, a rule by its id."""
        name = identity.strip().removeprefix("alert:")
        if name in self.table.rows:
            self._pane = self.id
            return self.table.go_to(name)
        if name in self.rules.rows:
            self._pane = "rules"
            return self.rules.go_to(name)
        return False

    def options(self) -> tuple[Option, ...]:
        if self._pane == "silences":
            return (Option(OVER, "silences that are over", self.with_over),)
        return (Option(BY_GROUP, "by the Alertmanager's groups", self.by_group),) if self._pane == self.id else ()

    def set_option(self, option_id: str, on: bool) -> None:
        if option_id == BY_GROUP:
            self.by_group = on
            self.table.resort()
            self.table.settle()
        if option_id == OVER:
            self.with_over = on
            self._list_silences()
        self.tab.changed()

    def _order(self, alert: Alert) -> Any:
        return lists.grouped_order(alert) if self.by_group else lists.alert_order(alert)

    # ---- words ------------------------------------------------------------------------------------------------------

    def headline(self) -> str:
        words = {
            "alerts": self._alert_words, "rules": self._rule_words, "silences": self._silence_words,
            "noise": self._noise_words,
        }[self._pane]  # fmt: skip
        said = verdict(self.reading, words() if self.value is not None else "")
        return said if self._pane == self.id else f"{self._pane.capitalize()} · {said}"

    def _alert_words(self) -> str:
        active = self._counted["active"]
        none = "no alert is active" if sure(self.reading) else "no active alert is seen"
        said = [f"{units.plural(active, 'alert')} active" if active else none]
        said += [
            f"{count} {state}"
            for state, count in ((one, self._counted[one]) for one in ("pending", "suppressed"))
            if count
        ]
        said += [f"Alertmanager and Prometheus differ on {self._differ}"] if self._differ else []
        firing = sum(rule.worst is not None and rule.worst.state == "firing" for rule in self._held(RULES) or ())
        said += [f"{units.plural(firing, 'rule')} of the policy firing (:rules)"] if firing else []
        problem = self.reading.problem
        return " · ".join(
            [*said, *([problem.sentence] if problem is not None and self.reading.state is State.OK else [])]
        )

    def _rule_words(self) -> str:
        rules: tuple[RuleState, ...] = self.value or ()
        states = [rule.worst.state if rule.worst else "unknown" for rule in rules]
        counted = [
            f"{states.count(state)} {state}" for state in ("firing", "pending", "unknown", "ok") if state in states
        ]
        told = self._held(PROM_ALERTS)
        own = f" · {len(told.rules)} of Prometheus" if told is not None and told.rules else ""
        return f"policy {self.context.profile.policy}: {', '.join(counted)}{own}"

    def _silence_words(self) -> str:
        held: tuple[Silence, ...] = self.value or ()
        active, over = (sum(one.state == state for one in held) for state in ("active", "expired"))
        return f"{units.plural(active, 'silence')} active{f', {over} over' if over else ''}"

    def _noise_words(self) -> str:
        found: Noise = self.value
        return headline(found)

    def note(self) -> str:
        alerts = self.context.board.get(ALL_ALERTS)
        unsure = alerts.state in (State.STALE, State.FAILED)
        return "?" if unsure else str(self._counted["active"] or "")

    def scope_note(self) -> str:
        return ":rules :silences :noise" if self._pane == self.id else "esc alerts"

    # ---- about a row ------------------------------------------------------------------------------------------------

    def is_wrong(self, row: Any) -> bool:
        if isinstance(row, Alert):
            return row.state in ACTIVE
        if isinstance(row, RuleRow):
            return row.state != "ok"
        return isinstance(row, RuleNoise) and row.acted < row.fired

    def subject(self, row: Any) -> str:
        labels = dict(row.labels) if isinstance(row, Alert) else {}
        if isinstance(row, RuleRow) and isinstance(row.rule, RuleState) and row.rule.worst is not None:
            return row.rule.worst.object if row.rule.measure.startswith("requests.") else ""
        return labels.get("service") or labels.get("deployment") or ""

    def about(self, row: Any) -> list[str]:
        if isinstance(row, RuleRow) and isinstance(row.rule, RuleState):
            return [one.object for one in row.rule.objects if one.state != "ok"]
        return []

    def describe(self, row: Any) -> str:
        now = clock.now()
        if isinstance(row, Alert):
            others = {one.fingerprint: one for one in self._held(ALL_ALERTS) or ()}
            return pages.alert_page(row, self._held(SILENCES) or (), others, now)
        if isinstance(row, Silence):
            return pages.silence_page(row, self._held(ALL_ALERTS) or (), now)
        if isinstance(row, RuleNoise):
            found: Noise | None = self._held(NOISE)
            return "\n".join(report(found)) if found is not None else ""
        if not isinstance(row, RuleRow):
            return ""
        if isinstance(row.rule, RuleState):
            return pages.rule_page(row.rule, self.context.profile.policy, self._held(NOISE), now)
        return pages.alerting_rule_page(row.rule, self._held(NOISE), now)

    def why(self, row: Any) -> str:
        """The page of the row, and what the list was made of."""
        return "\n\n".join(part for part in (self.describe(row), super().why(row)) if part)

    def _title(self, row: Any) -> str:
        if isinstance(row, Alert):
            return "alert"
        return "silence" if isinstance(row, Silence) else "rule" if isinstance(row, RuleRow) else "noise"
