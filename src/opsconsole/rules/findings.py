"""From states, readings and changes to the one ranked list of what is wrong: pure, nothing here asks anybody."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import floor, inf

import msgspec

from ..config.settings import Policy, Rule
from ..model.alerts import Alert
from ..model.customer import Customers
from ..model.finding import Change, Finding, Severity
from ..model.incident import Acknowledgement
from ..model.reading import Problem, ProblemKind
from ..text import units
from ..text.clean import clean
from .alerts import folded
from .connection_words import FULL
from .groups import TABS, TOGETHER_S, grouped, name_of
from .measures import step_of, subject
from .symptoms import is_symptom
from .thresholds import Phase, Threshold

SEVERITIES = {"critical": Severity.CRITICAL, "warning": Severity.WARNING, "info": Severity.INFO}
AFTER_S = 30 * 60.0
"""How long before a finding a change may lie to stand beside it."""
SLACK_S = 120.0
"""A change may also be recorded a little after what it brings about: roll-outs are dated at their creation."""
CAUSES = ("release", "rollout", "scale", "config", "setting", "ddl", "cron", "action", "node", "fail-over")
"""Kinds of change that bring something about; an HPA or a restart only answers to it."""

COLLECTORS = ("prometheus", "scrape", "servicemonitor", "podmonitor", "otel", "alloy", "vmagent", "exporter")
"""Words in the names of what brings metrics together."""

StateKey = tuple[str, str]
"""(rule id, object)."""


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A threshold's state with the words of its newest observation."""

    state: Threshold
    text: str = ""
    name: str = ""
    """How the object is called; "" where its identity says it."""
    about: str = ""
    """What the object is, where its name says little: said last, so that it is the first to be cut."""
    note: str = ""
    """Why the state is not what the number alone would make it."""


class Blind(msgspec.Struct, frozen=True, gc=False):
    """A source that cannot be read."""

    system: str
    since: datetime | None
    problem: Problem | None
    stale: bool = False
    topics: frozenset[str] = frozenset()
    """Names of the topics that fail; empty: all of the source."""
    servers: tuple[str, ...] = ()
    """Those of its servers that cannot be read, where others can; empty: all."""


SYSTEMS: Mapping[str, tuple[str, str, int]] = {
    "k8s": ("Kubernetes", "pods and workloads", 2),
    "prom": ("Prometheus", "metrics", 1),
    "am": ("Alertmanager", "alerts", 1),
    "loki": ("Loki", "logs", 1),
    "pg": ("PostgreSQL", "queries and sessions", 3),
    "pgbouncer": ("PgBouncer", "connection pools", 3),
    "redis": ("Redis", "cache figures", 3),
    "bill": ("billing export", "costs", 4),
    "cust": ("customer table", "customer health", 5),
    "store": ("store", "incidents", 6),
}


AREAS: Mapping[str, Mapping[str, str]] = {
    "k8s": {"k8s.pods": "pods", "k8s.workloads": "workloads", "k8s.nodes": "nodes"},
    "pg": {"pg.statements": "statements", "pg.sessions": "sessions"},
}
"""By system: what each topic shows that can fail alone."""


def from_thresholds(states: Mapping[StateKey, Judged], policy: Policy, at: float) -> list[Finding]:
    """Findings of all thresholds that fire or pend, without those that a worse one on the same object covers."""
    found: list[tuple[Rule, Finding]] = []
    for (rule_id, name), judged in states.items():
        rule = policy.rules.get(rule_id)
        if rule is not None and judged.state.phase in (Phase.FIRING, Phase.PENDING):
            found.append((rule, _of_threshold(rule_id, rule, name, judged, at)))
    return [finding for rule, finding in found if not _covered(rule, finding, found)]


def of_rules(states: Mapping[StateKey, Judged], policy: Policy, at: float, rules: frozenset[str]) -> list[Finding]:
    """Findings of certain rules that fire or pend, also where a worse one covers them in the list."""
    return [
        _of_threshold(rule_id, policy.rules[rule_id], name, judged, at)
        for (rule_id, name), judged in states.items()
        if rule_id in rules and rule_id in policy.rules and judged.state.phase in (Phase.FIRING, Phase.PENDING)
    ]


def _of_threshold(rule_id: str, rule: Rule, name: str, judged: Judged, at: float) -> Finding:
    state = judged.state
    about = subject(rule)
    value, limit = judged.text or amount(state.value, rule.unit), amount(rule.limit, rule.unit)
    shown = f"{value} ({amount(state.value, rule.unit)})" if judged.text else value
    called = judged.name or name.rpartition("/")[2]
    aside = f"({judged.about})" if judged.about else ""
    what = " ".join(part for part in (called, about.word, shown, rule.compare, limit, aside) if part)
    silent_s = at - (state.seen_at or at)
    if state.phase_at(at, step_of(rule.measure)) is Phase.UNKNOWN and silent_s >= 60:
        what += f", no data for {units.minutes(silent_s)}"
    elif state.keep_since is not None:
        what += f", within the limit for {units.minutes(at - state.keep_since)}"
    if state.flapping(at):
        what += ", flapping"
    pending_s = state.pending_s(state.evaluated_at or at)
    return Finding(
        id=f"{rule_id}:{name}",
        severity=SEVERITIES[rule.severity],
        what=what,
        tab=about.tab,
        state="firing" if state.phase is Phase.FIRING else "pending",
        since=_moment(state.active_at),
        pending_s=pending_s,
        for_s=rule.for_s if pending_s is not None else None,
        value=value,
        limit=f"{rule.compare} {limit}",
        measured=state.value,
        bound=rule.limit,
        object=f"{name} " if rule.measure.startswith("requests.") else name,
        rule=rule_id,
        origin=rule.origin,
    )


def _covered(rule: Rule, finding: Finding, all_found: Sequence[tuple[Rule, Finding]]) -> bool:
    """True when another rule on the same measure and object says at least as much."""

    def rank(candidate: tuple[Rule, Finding]) -> tuple[bool, int, float, str]:
        by, said = candidate
        further = -by.limit if by.compare.startswith(">") else by.limit
        return said.state == "pending", said.severity, further, said.id

    for other_rule, other in all_found:
        same = other_rule.measure == rule.measure and other.object == finding.object
        if not same or other.id == finding.id:
            continue
        at_least = other.severity <= finding.severity and (other.state == "firing" or finding.state == "pending")
        if at_least and rank((other_rule, other)) < rank((rule, finding)):
            return True
    return False


def from_blind(blind: Iterable[Blind]) -> list[Finding]:
    """One finding for each source that cannot be read, naming what cannot be seen for it."""
    found = []
    for source in blind:
        name, areas, tab = SYSTEMS.get(source.system, (source.system, source.system, 0))
        parts = AREAS.get(source.system, {})
        if source.topics and source.topics <= parts.keys() and len(source.topics) < len(parts):
            areas = " and ".join(area for topic, area in parts.items() if topic in source.topics)
        name = " ".join((name, " and ".join(source.servers))).strip()
        problem = source.problem
        verb = "has not answered lately" if source.stale else _VERBS.get(problem.kind if problem else None, "fails")
        if problem and FULL in problem.sentence:
            verb = FULL
        said = (
            f"{problem.sentence}; {problem.remedy}"
            if problem and problem.remedy
            else problem.sentence
            if problem
            else ""
        )
        found.append(
            Finding(
                id=f"blind:{source.system}",
                severity=Severity.BLIND,
                what=f"{name} {verb}: {areas} blind",
                tab=tab,
                since=source.since,
                value=said,
                object=source.servers[0] if len(source.servers) == 1 else "",
                rule="blind",
            )
        )
    return found


def from_refused(refused: Iterable[tuple[str, str]]) -> list[Finding]:
    """(measure, sentence) of each that cannot be judged: Prometheus answers, and refuses its query."""
    return [
        Finding(
            f"refused:{measure}", Severity.BLIND, f"Prometheus refuses the query for {clean(measure)}", 1,
            value=clean(said), rule="blind",
        )
        for measure, said in refused
    ]  # fmt: skip


_VERBS: Mapping[ProblemKind | None, str] = {
    ProblemKind.UNREACHABLE: "does not answer",
    ProblemKind.TIMEOUT: "does not answer",
    ProblemKind.UNAUTHORIZED: "rejects the credentials",
    ProblemKind.FORBIDDEN: "forbids reading",
    ProblemKind.MISCONFIGURED: "is not set up right",
    ProblemKind.BAD_ANSWER: "gives no usable answer",
    ProblemKind.REFUSED: "refuses the query",
}


def from_alerts(alerts: Iterable[Alert]) -> list[Finding]:
    """Alerts that an Alertmanager holds active. None are silenced ones, and those of severity `none`: these stand for
    ever, to prove that alerting works (Watchdog), or only to inhibit others."""
    found = []
    for alert, many in folded(alert for alert in alerts if alert.severity != "none"):
        labels = dict(alert.labels)
        where = labels.get("service") or labels.get("deployment") or labels.get("pod") or labels.get("instance") or ""
        severity = Severity.CRITICAL if alert.severity in ("critical", "page", "error") else Severity.WARNING
        if alert.severity == "info":
            severity = Severity.INFO
        words = f"alert {alert.name}" + (f": {alert.summary}" if alert.summary else f" {where}" if where else "")
        id = f"alert:{alert.fingerprint}"
        if many > 1:
            words = f"{many} alerts {alert.name}, the oldest: {alert.summary or where}"
            id, where = f"alert:{alert.name}", ""
        found.append(Finding(id, severity, words, 1, since=alert.since, object=where, rule="alert"))
    return found


def assemble(
    found: Iterable[Finding],
    changes: Sequence[Change],
    customers: Customers | None,
    acknowledged: Mapping[str, Acknowledgement],
) -> tuple[Finding, ...]:
    """Add what came before, what belongs together, whom it hurts and who knows of it; worst first.

    Ranking: not acknowledged first, firing before pending, then severity, customers touched, what explains before
    what only shows it, oldest; what is tied to a worse one stands behind that.
    """
    dressed = [
        msgspec.structs.replace(_known(finding, acknowledged.get(finding.id)), after=_after(finding, changes))
        for finding in found
    ]
    ranked = sorted(_hurting(dressed, customers), key=rank)
    # each is held against all worse ones: what they are compared by is made once
    traits = [_traits(finding) for finding in ranked]
    related = (
        msgspec.structs.replace(
            finding,
            related=tuple(
                other.id
                for other, theirs in zip(ranked[:index], traits, strict=False)
                if theirs is not None and own is not None and _together(own, theirs)
            ),
        )
        for index, (finding, own) in enumerate(zip(ranked, traits, strict=True))
    )
    return grouped(tuple(related))


def _known(finding: Finding, known: Acknowledgement | None) -> Finding:
    if known is None:
        return finding
    return msgspec.structs.replace(
        finding, acknowledged_by=known.who, acknowledged_until=known.until, acknowledged_note=known.note
    )


def rank(finding: Finding) -> tuple[bool, bool, int, int, bool, float]:
    """Sort key: smaller is worse."""
    since = finding.since.timestamp() if finding.since else float("inf")
    return (
        bool(finding.acknowledged_by),
        finding.state == "pending",
        finding.severity,
        -(finding.customers or 0),
        is_symptom(finding),
        since,
    )


def _after(finding: Finding, changes: Sequence[Change]) -> str:
    """The nearest change shortly before it: of the same object, else any that may bring such a thing about."""
    if finding.since is None or finding.rule == "blind":
        return finding.after
    earliest, latest = finding.since - timedelta(seconds=AFTER_S), finding.since + timedelta(seconds=SLACK_S)
    # a node's change to NotReady is what the finding itself says
    said = finding.what
    near = [one for one in changes if one.kind in CAUSES and earliest <= one.at <= latest and one.what not in said]
    own = [change for change in near if name_of(finding) and speaks_of(change, name_of(finding))]
    if finding.rule == "quiet":  # whoever changes what is scraped ends metrics
        own += [change for change in near if any(word in change.what.lower() for word in COLLECTORS)]
    if not own:
        # A change elsewhere is worth a word where everything depends on everything: requests, the database, queues.
        own = [change for change in near if change.kind == "release" and finding.tab in (1, 3)]
    if not own:
        return finding.after
    newest = max(own, key=lambda change: change.at)
    return f"{newest.what} ({units.clock(newest.at)})"


def speaks_of(change: Change, name: str) -> bool:
    """Whether a change is about the object of that name."""
    words = change.object.replace("/", " ").split() + change.what.split()
    return name in words


Traits = tuple[str, float | None]
"""(bare name of the object, when it began)."""


def _traits(finding: Finding) -> Traits | None:
    """None of a blind source: it belongs with nothing."""
    if finding.rule == "blind":
        return None
    # a budget fills over weeks: the hour it crosses a line says nothing of an outage
    since = finding.since if finding.tab != 4 else None
    return name_of(finding), since.timestamp() if since is not None else None


def _together(one: Traits, other: Traits) -> bool:
    """The same object, or begun at about the same time."""
    (name, since), (others, before) = one, other
    if name and name == others:
        return True
    return since is not None and before is not None and abs(since - before) <= TOGETHER_S


def _hurting(found: list[Finding], customers: Customers | None) -> list[Finding]:
    """Whom it hurts; what is measured is the platform's, so one finding carries it: the worst about requests, one that
    pends before none; where no rule about requests says anything yet, the worst of what is wrong meanwhile."""
    if customers is None or not customers.hurt_measured:
        return found
    hurt = [row for row in customers.rows if (row.slow or 0) + (row.failed or 0) > 0]
    requests = [finding for finding in found if finding.object.endswith(" ")]
    firing = [finding for finding in requests if finding.state == "firing"]
    meanwhile = [one for one in found if one.state == "firing" and one.tab in TABS and one.rule != "blind"]
    about = firing or requests or meanwhile
    if not hurt or not about:
        return found
    # that somebody knows of it does not make it another finding that hurts them
    worst = min(about, key=lambda finding: (finding.severity, finding.since.timestamp() if finding.since else inf))
    plans = {row.customer.plan for row in hurt}
    whom = f"{len(hurt)} {next(iter(plans))}" if len(plans) == 1 else units.plural(len(hurt), "customer")
    dressed = msgspec.structs.replace(worst, customers=len(hurt), whom=whom)
    return [dressed if finding is worst else finding for finding in found]


def amount(value: float | None, unit: str) -> str:
    """A value of a rule in the unit of its limit."""
    if value is None:
        return units.UNKNOWN
    if unit == "ratio" and 0.99 <= value < 1:  # 99.95 % is not 100 %: what is short of the whole never rounds to it
        return f"{floor(round(value * 10000, 6)) / 100:g} %"
    if unit == "ratio":
        return f"{units.percent(value)} %"
    if unit == "s":
        return units.seconds(value)
    if unit == "bytes":
        return units.size(value)
    return units.number(value)


def _moment(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
