"""What `enter` says of an alert, a rule, a silence: all that is known of it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ...config.runbooks import quoted
from ...model.alerts import Alert, AlertingRule, Noise, RuleState, Silence
from ...rules.alerts import keeps_quiet, state_words
from ...rules.noise_words import of_rule
from ...rules.rule_states import counted
from ...rules.rule_states import state_words as rule_words
from ...text import units
from ...text.clean import clean, clean_lines

Facts = Sequence[tuple[str, str]]
_RUNBOOK = re.compile(r"^(\d{3})_[0-9a-f]+\.txt:(\d+)$")


def alert_page(alert: Alert, silences: Sequence[Silence], others: Mapping[str, Alert], now: datetime) -> str:
    """`others` are all alerts by fingerprint: by which of them it is inhibited."""
    facts: list[tuple[str, str]] = [
        ("state", state_words(alert, silences, now)),
        ("differs", alert.differs),
        ("told by", " and ".join(alert.sources)),
        ("severity", alert.severity),
        ("since", _since(alert.since, now)),
        ("holds since", _since(alert.holds_since, now) if alert.holds_since != alert.since else ""),
        ("for", units.span(alert.for_s) if alert.for_s else ""),
        ("value", alert.value),
        ("updated", _since(alert.updated, now)),
        ("group", alert.group),
        ("receivers", ", ".join(alert.receivers)),
        ("runbook", alert.runbook),
        ("generator", alert.generator),
        ("fingerprint", alert.fingerprint),
    ]
    quiet = [f"silenced by {silence_words(one, now)}" for one in keeps_quiet(alert, silences)]
    known = {one.id for one in keeps_quiet(alert, silences)}
    quiet += [f"silenced by {id}" for id in alert.silenced_by if id not in known]
    quiet += [f"inhibited by {_named(others.get(print), print)}" for print in alert.inhibited_by]
    quiet += [f"muted by the time interval {name}" for name in alert.muted_by]
    return _page(
        f"{alert.name}: {alert.summary}" if alert.summary else alert.name,
        facts,
        ("KEPT QUIET", quiet),
        ("LABELS", [f"{name:<20} {value}" for name, value in alert.labels]),
        ("ANNOTATIONS", [f"{name:<20} {value}" for name, value in alert.annotations]),
    )


def silence_words(silence: Silence, now: datetime) -> str:
    """`jane, 20m ago, 40m left: being worked on (alertname="X")`."""
    said = f": {silence.comment}" if silence.comment else ""
    return f"{silence.author or 'somebody'}, {units.age(silence.starts, now)} ago, {left(silence, now)}{said}"


def left(silence: Silence, now: datetime) -> str:
    """`40m left`, `over since 3h`, `begins in 20m`."""
    if silence.starts is not None and silence.starts > now:
        return f"begins in {units.minutes((silence.starts - now).total_seconds())}"
    if silence.ends is None:
        return "without end"
    seconds = (silence.ends - now).total_seconds()
    return f"{units.minutes(seconds)} left" if seconds > 0 else f"over since {units.age(silence.ends, now)}"


def silence_page(silence: Silence, alerts: Iterable[Alert], now: datetime) -> str:
    kept = [alert for alert in alerts if silence.id in alert.silenced_by]
    facts = [
        ("state", silence.state),
        ("left", left(silence, now)),
        ("by", silence.author),
        ("since", _since(silence.starts, now)),
        ("until", f"{silence.ends:%d %b %H:%M}Z" if silence.ends else ""),
        ("why", silence.comment),
        ("id", silence.id),
    ]
    return _page(silence.matchers, facts, ("KEEPS QUIET", [_named(one, "") for one in kept] or ["no alert now"]))


def rule_page(rule: RuleState, policy: str, noise: Noise | None, now: datetime) -> str:
    """Value, limit, duration, and the line of the runbook that asks for it, word for word."""
    worst = rule.worst
    kept = f", kept firing {units.span(rule.keep_firing_s)} after it ends" if rule.keep_firing_s else ""
    facts = [
        ("state", f"{rule_words(rule, worst)}{f': {worst.name}' if worst and worst.object else ''}"),
        ("objects", counted(rule)),
        ("value", worst.value if worst is not None else units.UNKNOWN),
        ("limit", f"{rule.limit}{f', ends at {rule.clear}' if rule.clear else ''}"),
        ("for", f"{units.span(rule.for_s) if rule.for_s else 'at once'}{kept}"),
        ("severity", f"{rule.severity}{_answered(rule)}"),
        ("measure", rule.measure),
        ("rule", f"{rule.id} of policy {policy}"),
        ("noise", noise_of(rule.id, noise)),
    ]
    asked = [
        f"{place(at)}{f': “{said}”' if said else ''}{f'   ({at})' if place(at) != at else ''}"
        for at, said in quoted(rule.origin)
    ]
    states = [(rule_words(rule, one), one) for one in rule.objects]
    width = max((len(words) for words, _ in states), default=0)
    objects = [
        f"{words:<{width}}  {one.name or 'the platform'}  {one.value}{f'  ({one.note})' if one.note else ''}"
        for words, one in states
    ]
    more = sum(count for _, count in rule.counts) - len(objects)
    if more > 0:
        objects.append(f"… and {more} more")
    return _page(rule.title, facts, ("ASKED FOR BY", asked), ("OBJECTS", objects))


def alerting_rule_page(rule: AlertingRule, noise: Noise | None, now: datetime) -> str:
    facts = [
        ("state", alerting_words(rule, now)),
        ("alerts", f"{rule.firing} firing, {rule.pending} pending"),
        ("for", f"{units.span(rule.for_s) if rule.for_s else 'at once'}"),
        ("kept firing", units.span(rule.keep_firing_s) if rule.keep_firing_s else ""),
        ("severity", rule.severity),
        ("health", f"{rule.health}{f': {rule.error}' if rule.error else ''}"),
        ("evaluated", f"{_since(rule.evaluated, now)} in {units.seconds(rule.took_s)}" if rule.evaluated else "never"),
        ("group", rule.group),
        ("runbook", rule.runbook),
        ("noise", noise_of(f"alert {rule.name}", noise)),
    ]
    title = f"{rule.name}: {rule.summary}" if rule.summary else rule.name
    return _page(title, facts, ("EXPRESSION", rule.query.splitlines()))


def alerting_words(rule: AlertingRule, now: datetime) -> str:
    """The state of one of Prometheus' own rules in our words."""
    if rule.health == "err":
        return "unknown"
    if rule.state == "pending" and rule.since is not None:
        return f"pending {units.minutes((now - rule.since).total_seconds())} of {units.span(rule.for_s)}"
    if rule.state == "firing":
        return f"firing since {units.clock(rule.since)}" if rule.since else "firing"
    return {"inactive": "ok", "": "unknown"}.get(rule.state, rule.state)


def noise_of(rule: str, noise: Noise | None) -> str:
    if noise is None:
        return "unknown: the store was not read yet"
    over = units.span((noise.until - noise.since).total_seconds())
    return of_rule(next((one for one in noise.rules if one.rule == rule), None), over)


def place(origin: str) -> str:
    """`runbook 000 line 53`."""
    return _RUNBOOK.sub(r"runbook \1 line \2", origin)


def _answered(rule: RuleState) -> str:
    return f", to be answered within {units.span(rule.respond_s)}" if rule.respond_s is not None else ""


def _named(alert: Alert | None, otherwise: str) -> str:
    if alert is None:
        return otherwise
    labels = " ".join(f"{name}={value}" for name, value in alert.labels if name != "alertname")
    return f"{alert.name} {labels}".rstrip()


def _since(moment: datetime | None, now: datetime) -> str:
    return f"{moment:%d %b %H:%M}Z, {units.age(moment, now)} ago" if moment is not None else ""


def _page(title: str, facts: Facts, *parts: tuple[str, Sequence[str]]) -> str:
    lines = [clean(title, 500), *(f"{name:<13}{clean(words, 2000)}" for name, words in facts if words)]
    for head, said in parts:
        if said:
            lines += ["", head, *(f"  {clean_lines(line)}" for line in said)]
    return "\n".join(lines)
