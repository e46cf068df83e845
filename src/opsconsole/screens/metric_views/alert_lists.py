"""The lists of the Alerts view: alerts, all rules, silences, and what made noise; their columns and order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.text import Text

from ...config.runbooks import quoted
from ...model.alerts import Alert, AlertingRule, Noise, PrometheusAlerts, RuleNoise, RuleState, Silence
from ...rules.alerts import ACTIVE, state_words
from ...rules.findings import SEVERITIES
from ...rules.noise_words import acted
from ...rules.rule_states import state_words as rule_words
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from .alert_pages import alerting_words, left, place

STATES = ("firing", "pending", "flapping", "unknown", "ok")
"""The worst first."""
STYLES = {"firing": "crit", "pending": "warn", "flapping": "warn", "unknown": "warn", "ok": "ok"}
SEVERE = {"critical": "crit", "page": "crit", "error": "crit", "warning": "warn"}


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule: of the policy, or one that Prometheus evaluates itself."""

    key: str
    title: str
    words: str
    state: str
    """One of STATES."""
    object: str
    value: str
    limit: str
    for_s: float
    severity: str
    origin: str
    note: str
    fired: int | None
    """In the period of the noise report; None is unknown."""
    rule: RuleState | AlertingRule


def alert_columns(silences: Callable[[], Sequence[Silence]]) -> list[Column[Alert]]:
    def state(alert: Alert) -> Cell:
        return clean(state_words(alert, silences(), clock.now())), _style(alert)

    return [
        Column("name", "ALERT", 20, lambda a: clean(a.name), flex=1, most=40),
        Column("state", "STATE", 18, state),
        Column("severity", "SEVERITY", 9, lambda a: (clean(a.severity) or units.DASH, SEVERE.get(a.severity, "")),
               from_width=90),
        Column("since", "SINCE", 6, lambda a: units.age(a.since, clock.now()), right=True,
               sort=lambda a: -(a.since.timestamp() if a.since else 0)),
        Column("group", "GROUP", 16, lambda a: clean(a.group) or units.DASH, flex=1, most=40, from_width=110),
        Column("told", "TOLD BY", 12, _told_by, from_width=100),
        Column("summary", "SUMMARY", 20, lambda a: clean(a.summary) or units.DASH, flex=3),
    ]  # fmt: skip


def alert_order(alert: Alert) -> tuple[bool, bool, float]:
    return alert.state not in ACTIVE, alert.state != "pending", -(alert.since.timestamp() if alert.since else 0)


def grouped_order(alert: Alert) -> tuple[object, ...]:
    """By the Alertmanager's groups; what only Prometheus has stands behind them."""
    return not alert.group, alert.group, *alert_order(alert)


def alert_mark(alert: Alert) -> Cell:
    return ("▲", "crit") if alert.state in ACTIVE else ""


def explain_alert(alert: Alert, width: int) -> list[Text]:
    labels = "  ".join(f"{clean(key)}={clean(value)}" for key, value in alert.labels)
    runbook = f"runbook {clean(alert.runbook)}" if alert.runbook else ""
    return [Text(clean(alert.differs or alert.summary)), Text(labels, style="dim"), Text(runbook)]


def rule_rows(
    rules: Sequence[RuleState], told: PrometheusAlerts | None, noise: Noise | None, policy: str
) -> dict[str, RuleRow]:
    """Those of the policy, then Prometheus' own."""
    fired = {one.rule: one.fired for one in noise.rules} if noise is not None else None
    made = [_of_policy(rule, fired, policy) for rule in rules]
    made += [_of_prometheus(rule, fired) for rule in (told.rules if told is not None else ())]
    return {row.key: row for row in made}


def rule_columns() -> list[Column[RuleRow]]:
    return [
        Column("rule", "RULE", 20, lambda r: clean(r.title), flex=2, most=34),
        Column("state", "STATE", 20, lambda r: (r.words, STYLES[r.state]), flex=1, most=34,
               sort=lambda r: STATES.index(r.state)),
        Column("object", "OBJECT", 12, lambda r: clean(r.object) or units.DASH, flex=2, most=34, from_width=70),
        Column("value", "VALUE", 9, lambda r: clean(r.value), right=True, flex=1, most=20, from_width=110),
        Column("limit", "LIMIT", 9, lambda r: clean(r.limit), right=True),
        Column("for", "FOR", 5, lambda r: units.span(r.for_s) if r.for_s else units.DASH, right=True,
               sort=lambda r: -r.for_s),
        Column("severity", "SEVERITY", 9, lambda r: (clean(r.severity) or units.DASH, SEVERE.get(r.severity, "")),
               from_width=96, sort=lambda r: SEVERITIES.get(r.severity, 9)),
        Column("fired", "FIRED 7d", 8, lambda r: units.UNKNOWN if r.fired is None else str(r.fired), right=True,
               sort=lambda r: -(r.fired or 0), from_width=130),
        Column("origin", "ASKED FOR BY", 20, lambda r: clean(r.origin), flex=1, most=40, from_width=130),
    ]  # fmt: skip


def rule_order(row: RuleRow) -> tuple[int, int, bool, str]:
    """The policy's before Prometheus' own."""
    own = isinstance(row.rule, RuleState)
    return STATES.index(row.state), SEVERITIES.get(row.severity, 9), not own, row.key


def rule_mark(row: RuleRow) -> Cell:
    if row.state != "firing":
        return ""
    return ("▲", "crit") if SEVERE.get(row.severity) == "crit" else ("△", "warn")


def explain_rule(row: RuleRow, width: int) -> list[Text]:
    lines = [Text(clean(row.note))]
    if isinstance(row.rule, RuleState):
        lines += [
            Text(f"{place(at)}: “{clean(said)}”" if said else clean(place(at))) for at, said in quoted(row.rule.origin)
        ]
    else:
        lines += [Text(clean(row.rule.query), style="dim")]
    return lines


def silence_columns(alerts: Callable[[], Sequence[Alert]]) -> list[Column[Silence]]:
    def kept(silence: Silence) -> str:
        return str(sum(silence.id in alert.silenced_by for alert in alerts()))

    return [
        Column("matchers", "MATCHERS", 24, lambda s: clean(s.matchers), flex=2),
        Column("state", "STATE", 8, lambda s: (clean(s.state), "warn" if s.state == "active" else "dim")),
        Column("author", "BY", 10, lambda s: clean(s.author) or units.DASH, flex=1, most=24),
        Column("age", "AGE", 6, lambda s: units.age(s.starts, clock.now()), right=True,
               sort=lambda s: -(s.starts.timestamp() if s.starts else 0)),
        Column("left", "LEFT", 15, lambda s: left(s, clock.now()),
               sort=lambda s: s.ends.timestamp() if s.ends else float("inf")),
        Column("alerts", "ALERTS", 6, kept, right=True, from_width=90),
        Column("comment", "WHY", 20, lambda s: clean(s.comment) or units.DASH, flex=2, from_width=80),
    ]  # fmt: skip


def silence_order(silence: Silence) -> tuple[int, float]:
    states = ("active", "pending", "expired")
    place = states.index(silence.state) if silence.state in states else len(states)
    return place, -(silence.starts.timestamp() if silence.starts else 0)


def noise_columns() -> list[Column[RuleNoise]]:
    def count(of: Callable[[RuleNoise], int]) -> Callable[[RuleNoise], Cell]:
        return lambda rule: (str(of(rule)), "" if of(rule) else "dim")

    return [
        Column("rule", "RULE", 24, lambda n: clean(n.rule), flex=1, most=60),
        Column("severity", "SEVERITY", 9, lambda n: (clean(n.severity), SEVERE.get(n.severity, "")), from_width=80),
        Column("fired", "FIRED", 6, count(lambda n: n.fired), right=True, sort=lambda n: -n.fired),
        Column("alone", "ALONE", 6, count(lambda n: n.resolved_alone), right=True, sort=lambda n: -n.resolved_alone),
        Column("acked", "ACKED", 6, count(lambda n: n.acknowledged), right=True, sort=lambda n: -n.acknowledged,
               from_width=100),
        Column("incidents", "INCIDENTS", 9, count(lambda n: n.incidents), right=True, from_width=110),
        Column("actions", "ACTIONS", 8, count(lambda n: n.actions), right=True, from_width=110),
        Column("acted", "ACTED ON", 16, acted, right=True, sort=lambda n: n.acted / n.fired),
        Column("lasted", "LASTED", 8, lambda n: units.DASH if n.median_s is None else units.span(n.median_s),
               right=True, sort=lambda n: n.median_s, from_width=90),
        Column("last", "LAST", 6, lambda n: units.age(n.last, clock.now()), right=True,
               sort=lambda n: -(n.last.timestamp() if n.last else 0)),
    ]  # fmt: skip


def noise_order(rule: RuleNoise) -> tuple[int, int, int, str]:
    return -rule.resolved_alone, rule.acted - rule.fired, -rule.fired, rule.rule


def _style(alert: Alert) -> str:
    return "crit" if alert.state in ACTIVE else "warn" if alert.state == "pending" else "dim"


def _told_by(alert: Alert) -> Cell:
    if alert.differs:
        return "they differ", "warn"
    return "both" if len(alert.sources) > 1 else " ".join(alert.sources)


def _of_policy(rule: RuleState, fired: dict[str, int] | None, policy: str) -> RuleRow:
    worst = rule.worst
    state = "unknown" if worst is None else "flapping" if worst.flapping and worst.state == "ok" else worst.state
    others = sum(count for _, count in rule.counts) - 1
    name = worst.name.rpartition("/")[2] if worst is not None else "nothing tells it"
    note = next((f"{one.name}: {one.note}" for one in rule.objects if one.note), "")
    asked = ", ".join(place(part.strip()) for part in rule.origin.split(",")) if rule.origin else f"policy {policy}"
    return RuleRow(
        key=rule.id,
        title=rule.title,
        words=rule_words(rule, worst),
        state=state,
        object=f"{name} +{others}" if others > 0 else name,
        value=worst.value if worst is not None else units.UNKNOWN,
        limit=rule.limit,
        for_s=rule.for_s,
        severity=rule.severity,
        origin=asked,
        note=note or f"{rule.id} of policy {policy}",
        fired=None if fired is None else fired.get(rule.id, 0),
        rule=rule,
    )


def _of_prometheus(rule: AlertingRule, fired: dict[str, int] | None) -> RuleRow:
    words = alerting_words(rule, clock.now())
    alerts = rule.firing + rule.pending
    return RuleRow(
        key=f"alert {rule.group} {rule.name} {rule.severity} {rule.query}",
        title=rule.name,
        words=words,
        state=words.partition(" ")[0] if words.partition(" ")[0] in STATES else "unknown",
        object=units.plural(alerts, "alert") if alerts else "",
        value=units.DASH,
        limit=units.DASH,
        for_s=rule.for_s,
        severity=rule.severity,
        origin=f"Prometheus, group {rule.group}",
        note=rule.error or rule.summary or rule.query,
        fired=None if fired is None else fired.get(f"alert {rule.name}", 0),
        rule=rule,
    )
