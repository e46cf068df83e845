"""Alerts of an Alertmanager and of Prometheus as one list: what both have stands in it once, by its labels."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from ..model.alerts import ALERTMANAGER, PROMETHEUS, Alert, PrometheusAlerts, Silence
from ..model.kubernetes import Labels
from ..text import units

ACTIVE = ("active", "firing")
"""States of an alert that somebody should look at."""
ARRIVES = timedelta(minutes=2)
"""So long after it fires an alert may be on its way to the Alertmanager: Prometheus sends again each minute."""
SINGLY = 10
"""More alerts of one name and severity are one finding."""
SINGLY_IN_ALL = 200
LOOKED_THROUGH = 50
"""So many alerts of one name are compared label by label to learn which labels are added on the way."""
LEARNED = 20
"""And so many times in all."""


def together(
    held: Sequence[Alert] | None,
    told: PrometheusAlerts | None,
    now: datetime,
    named: dict[Labels, str] | None = None,
) -> tuple[Alert, ...]:
    """What is active first, oldest first. None: that source is not there, or does not answer, so nothing is missing
    from it.

    An Alertmanager's alert has the labels of Prometheus' and those that this one adds to all that it sends out
    (`external_labels`): which these are is learned from the first alert that both have. `named` remembers by which
    fingerprint the Alertmanager knows Prometheus' alerts: one that falls silent renames none of them.
    """
    names = named if named is not None else {}
    own = {alert.labels: alert for alert in told.alerts} if told is not None else {}
    made_here = {rule.name for rule in told.rules} if told is not None else set()
    found: list[Alert] = []
    for alert, theirs in _paired(held or (), own):
        if theirs is not None:
            own.pop(theirs.labels, None)
            names[theirs.labels] = alert.fingerprint
            found.append(_one(alert, theirs))
        else:
            gone = alert.name in made_here and alert.state in ACTIVE
            found.append(msgspec.structs.replace(alert, differs=f"{PROMETHEUS} no longer has it") if gone else alert)
    if told is not None:
        standing = {alert.labels for alert in told.alerts}
        for labels in [labels for labels in names if labels not in standing]:
            del names[labels]
    for alert in own.values():
        known = msgspec.structs.replace(alert, fingerprint=names.get(alert.labels, alert.fingerprint))
        found.append(_unheard(known, now) if held is not None else known)
    return tuple(sorted(found, key=_order))


def folded(alerts: Iterable[Alert]) -> list[tuple[Alert, int]]:
    """Active alerts with how many each stands for: many of one name are told as one, the oldest of them."""
    by_name: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for alert in alerts:
        if alert.state in ACTIVE:
            by_name[(alert.name, alert.severity)].append(alert)
    found: list[tuple[Alert, int]] = []
    for many in by_name.values():
        if len(many) <= SINGLY:
            found += [(alert, 1) for alert in many]
        else:
            found.append((min(many, key=_order), len(many)))
    return found[:SINGLY_IN_ALL]


def keeps_quiet(alert: Alert, silences: Iterable[Silence]) -> tuple[Silence, ...]:
    """The silences that an alert names."""
    return tuple(silence for silence in silences if silence.id in alert.silenced_by)


def state_words(alert: Alert, silences: Iterable[Silence], now: datetime) -> str:
    """`active`, `silenced 40m left`, `inhibited`, `pending 3m of 5m`."""
    if alert.state == "pending":
        of = f" of {units.span(alert.for_s)}" if alert.for_s else ""
        return f"pending {units.age(alert.since, now)}{of}"
    if alert.state != "suppressed":
        return alert.state
    if alert.silenced_by:
        ends = [silence.ends for silence in keeps_quiet(alert, silences) if silence.ends is not None]
        return f"silenced {units.span((max(ends) - now).total_seconds())} left" if ends else "silenced"
    return "inhibited" if alert.inhibited_by else "muted" if alert.muted_by else alert.state


def fingerprint(labels: Labels) -> str:
    """As prometheus/common model/signature.go computes it (FNV-1a, 64 bit): an Alertmanager names alerts by it."""
    text = b"".join(part.encode("utf-8", "surrogatepass") + b"\xff" for label in sorted(labels) for part in label)
    number = 14695981039346656037
    for byte in text:
        number = ((number ^ byte) * 1099511628211) & 0xFFFFFFFFFFFFFFFF
    return f"{number:016x}"


def _paired(held: Sequence[Alert], own: dict[Labels, Alert]) -> Iterator[tuple[Alert, Alert | None]]:
    """Each of an Alertmanager's alerts with Prometheus' own, where there is one."""
    added: list[frozenset[str]] = [frozenset()]
    by_name: dict[str, list[Alert]] = defaultdict(list)
    for alert in own.values():
        by_name[alert.name].append(alert)
    lessons = LEARNED
    for alert in held:
        theirs = _known(alert, own, added)
        if theirs is None and lessons and by_name[alert.name]:
            lessons -= 1
            theirs = _within(alert, by_name[alert.name][:LOOKED_THROUGH])
            if theirs is not None:
                lessons = LEARNED
                added.append(frozenset(dict(alert.labels)) - frozenset(dict(theirs.labels)))
        yield alert, theirs


def _known(alert: Alert, own: dict[Labels, Alert], added: Iterable[frozenset[str]]) -> Alert | None:
    for names in added:
        labels = alert.labels if not names else tuple(label for label in alert.labels if label[0] not in names)
        if (theirs := own.get(labels)) is not None:
            return theirs
    return None


def _within(alert: Alert, candidates: Iterable[Alert]) -> Alert | None:
    """The one whose labels the alert has all of: the most of them."""
    whole = set(alert.labels)
    fitting = [theirs for theirs in candidates if set(theirs.labels) <= whole]
    return max(fitting, key=lambda theirs: len(theirs.labels), default=None)


def _one(alert: Alert, theirs: Alert) -> Alert:
    differs = f"{PROMETHEUS} says {theirs.state}" if alert.state in ACTIVE and theirs.state != "firing" else ""
    return msgspec.structs.replace(
        alert,
        sources=(ALERTMANAGER, PROMETHEUS),
        prometheus=theirs.state,
        differs=differs,
        value=theirs.value,
        holds_since=theirs.holds_since,
        for_s=theirs.for_s,
        generator=alert.generator or theirs.generator,
    )


def _unheard(alert: Alert, now: datetime) -> Alert:
    """Only Prometheus has it: said where it should have arrived by now."""
    on_its_way = ARRIVES + timedelta(seconds=alert.for_s or 0)
    if alert.state != "firing" or alert.since is None or now - alert.since < on_its_way:
        return alert
    return msgspec.structs.replace(alert, differs=f"not at the {ALERTMANAGER}")


def _order(alert: Alert) -> tuple[bool, bool, datetime | None, str]:
    return alert.state not in ACTIVE, alert.since is None, alert.since, alert.fingerprint
