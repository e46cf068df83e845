"""What a Prometheus server itself says of its alerting rules and of the alerts that they make."""

from datetime import datetime
from urllib.parse import quote

import msgspec

from ...model.alerts import PROMETHEUS, Alert, AlertingRule, PrometheusAlerts
from ...model.reading import ProblemKind
from ...rules.alerts import fingerprint
from ...text import clock
from ...text.clean import clean
from ...text.redact import redact
from ..errors import SourceError
from .source import Prometheus

PATH = "/api/v1/rules?type=alert"


class _Alert(msgspec.Struct, gc=False):
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    state: str = ""
    activeAt: str = ""
    value: str | float = ""


class _Rule(msgspec.Struct, gc=False):
    name: str = ""
    type: str = "alerting"
    query: str = ""
    state: str = ""
    duration: float = 0.0
    keepFiringFor: float = 0.0
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    alerts: list[_Alert] | None = None
    health: str = ""
    lastError: str = ""
    evaluationTime: float | None = None
    lastEvaluation: str = ""


class _Group(msgspec.Struct, gc=False):
    name: str = ""
    rules: list[_Rule] = []


class _Groups(msgspec.Struct, gc=False):
    groups: list[_Group] = []


class PrometheusRules:
    """Reads them; what has not changed since the last answer is not made anew."""

    def __init__(self, source: Prometheus) -> None:
        self._source = source
        self._made: dict[tuple[tuple[str, str], ...], Alert] = {}

    async def read(self) -> PrometheusAlerts:
        """Raises SourceError. One without such a page (a mere store of series) tells nothing, which is no failure."""
        try:
            return await self._source.page(PATH, _Groups, self._taken)
        except SourceError as error:
            if error.problem.kind in (ProblemKind.MISCONFIGURED, ProblemKind.REFUSED):
                return PrometheusAlerts(told=False)
            raise

    def _taken(self, page: _Groups, base: str) -> PrometheusAlerts:
        """In the source's thread."""
        made: dict[tuple[tuple[str, str], ...], Alert] = {}
        rules = []
        for group in page.groups:
            for rule in group.rules:
                if rule.type != "alerting":
                    continue
                for alert in rule.alerts or ():
                    one = self._alert(rule, alert, base)
                    made[one.labels] = one
                rules.append(_rule(group.name, rule))
        self._made = made
        return PrometheusAlerts(tuple(made.values()), tuple(rules))

    def _alert(self, rule: _Rule, found: _Alert, base: str) -> Alert:
        labels = tuple(sorted((clean(name, 80), clean(value, 512)) for name, value in found.labels.items()))
        since, value = _moment(found.activeAt), clean(str(found.value), 40)
        before = self._made.get(labels)
        if before is not None and before.holds_since == since and before.state == found.state:
            return before if before.value == value else msgspec.structs.replace(before, value=value)
        notes = tuple(sorted((clean(name, 80), clean(redact(text), 2000)) for name, text in found.annotations.items()))
        summary = found.annotations.get("summary") or found.annotations.get("description") or ""
        return Alert(
            fingerprint=fingerprint(tuple(found.labels.items())),
            name=clean(found.labels.get("alertname", rule.name), 200),
            state=found.state,
            severity=clean(found.labels.get("severity", ""), 80),
            summary=clean(redact(summary), 500),
            since=since,
            labels=labels,
            annotations=notes,
            generator=clean(redact(f"{base}/graph?g0.expr={quote(rule.query)}&g0.tab=1"), 2000),
            sources=(PROMETHEUS,),
            prometheus=found.state,
            value=value,
            holds_since=since,
            for_s=rule.duration,
        )


def _rule(group: str, found: _Rule) -> AlertingRule:
    alerts = found.alerts or []
    begun = [moment for moment in (_moment(alert.activeAt) for alert in alerts) if moment is not None]
    return AlertingRule(
        name=clean(found.name, 200),
        group=clean(group, 120),
        state=clean(found.state, 40),
        query=clean(redact(found.query), 2000),
        for_s=found.duration,
        keep_firing_s=found.keepFiringFor,
        severity=clean(found.labels.get("severity", ""), 80),
        summary=clean(redact(found.annotations.get("summary") or found.annotations.get("description") or ""), 500),
        runbook=clean(redact(found.annotations.get("runbook_url", "")), 500),
        health=clean(found.health, 40),
        error=clean(redact(found.lastError), 500),
        evaluated=_moment(found.lastEvaluation),
        took_s=found.evaluationTime,
        pending=sum(alert.state == "pending" for alert in alerts),
        firing=sum(alert.state == "firing" for alert in alerts),
        since=min(begun, default=None),
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = clock.parse(text)
    except ValueError:
        return None
    return moment if moment.year > 1 else None  # Go's zero time: never
