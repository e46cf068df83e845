"""Which alert somebody means who pastes what a page says of it: a fingerprint, a link, or its name."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from ..model.alerts import Alert

ACTIVE = ("active", "firing", "pending")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_MATCHER = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"')
_RULE_PAGE = re.compile(r"/alerting/(?:grafana/)?([A-Za-z0-9_-]+)/(?:view|edit)")
_SEARCHED = ("search", "queryString", "filter", "alert", "q")
"""Parameters in which a link carries matchers (`{alertname="X"}`) or a name."""
_NAMED = ("alertname", "service", "deployment", "namespace", "pod", "instance", "job")
"""Parameters that are labels; Grafana's dashboards write `var-` before them."""
LONGEST = 8192


class Sought(msgspec.Struct, frozen=True, gc=False):
    """What is looked for; every part that is set has to fit."""

    text: str
    """As it was given, shortened by nobody."""
    fingerprint: str = ""
    name: str = ""
    labels: Mapping[str, str] = {}
    expression: str = ""
    """Of a link to Prometheus' graph."""

    @property
    def words(self) -> str:
        shown = self.name or self.labels.get("alertname", "") or self.fingerprint
        return shown or ", ".join(f"{name}={value}" for name, value in self.labels.items()) or self.text


def sought(text: str) -> Sought:
    """What a fingerprint, a link of Alertmanager, Prometheus or Grafana, or a name looks for."""
    text = text.strip()[:LONGEST]
    if _FINGERPRINT.fullmatch(text.lower()):
        return Sought(text, fingerprint=text.lower())
    if re.match(r"https?://", text):
        return _of_link(text)
    labels = dict(_MATCHER.findall(text)) if "=" in text else {}
    return Sought(text, labels=labels) if labels else Sought(text, name=text)


def _of_link(text: str) -> Sought:
    try:
        link = urlsplit(text)
    except ValueError:
        return Sought(text, name=text)
    _, _, behind = link.fragment.partition("?")  # Alertmanager keeps its page and what it filters by behind the #
    given: dict[str, str] = {}
    for query in (link.query, behind):
        given |= {name: values[0] for name, values in parse_qs(query, max_num_fields=200).items()}
    if _FINGERPRINT.fullmatch(given.get("fingerprint", "")):
        return Sought(text, fingerprint=given["fingerprint"])
    if expression := given.get("g0.expr", ""):
        return Sought(text, expression=expression)
    told = {name: given.get(name) or given.get(f"var-{name}", "") for name in _NAMED}
    labels = {name: value for name, value in told.items() if value not in ("", "All", "$__all")}
    for name in _SEARCHED:
        found = _MATCHER.findall(given.get(name, ""))
        labels |= dict(found)
        if given.get(name) and not found and not labels:
            return Sought(text, name=given[name])
    if labels:
        return Sought(text, labels=labels)
    page = _RULE_PAGE.search(unquote(link.path))
    if page is not None:
        return Sought(text, labels={"__alert_rule_uid__": page[1]})
    return Sought(text, name=text)


def fitting(wanted: Sought, alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Those that fit, active ones first, the oldest of each first."""
    found = [alert for alert in alerts if _fits(wanted, alert)]
    return tuple(sorted(found, key=lambda one: (one.state not in ACTIVE, one.since is None, one.since)))


def _fits(wanted: Sought, alert: Alert) -> bool:
    if wanted.fingerprint:
        return alert.fingerprint == wanted.fingerprint
    if wanted.expression:
        return _expression(alert.generator) == " ".join(wanted.expression.split())
    if wanted.name:
        return alert.name.casefold() == wanted.name.casefold() or alert.generator == wanted.name
    labels = {"alertname": alert.name, **dict(alert.labels)}
    return bool(wanted.labels) and all(labels.get(name) == value for name, value in wanted.labels.items())


def _expression(generator: str) -> str:
    return " ".join(parse_qs(urlsplit(generator).query).get("g0.expr", [""])[0].split()) if generator else ""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where the culprit of an alert is seen."""

    tab: int
    object: str
    view: str | None = None
    only: str = ""


def culprit(alert: Alert) -> Place:
    """By its labels: the service, the workload or pod, the node; else the alert itself."""
    labels = dict(alert.labels)
    namespace = labels.get("namespace", "")
    for name in ("pod", "deployment", "statefulset", "daemonset"):
        if labels.get(name):
            return Place(2, f"{namespace}/{labels[name]}" if namespace else labels[name])
    if service := labels.get("service", ""):
        return Place(1, f"{service} ", "services", service)
    if node := labels.get("node", ""):
        return Place(2, node)
    return Place(1, alert.fingerprint, "alerts")
