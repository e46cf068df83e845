"""Findings: words, ranking, what came before, what belongs together, whom it hurts, and what cannot be seen."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from opsconsole.config.policies import builtin
from opsconsole.config.settings import Policy, Rule
from opsconsole.model.alerts import Alert
from opsconsole.model.customer import Customer, Customers, Health
from opsconsole.model.finding import Change, Finding, Severity
from opsconsole.model.incident import Acknowledgement
from opsconsole.model.reading import Problem, ProblemKind
from opsconsole.rules.findings import Blind, Judged, assemble, from_alerts, from_blind, from_thresholds, rank
from opsconsole.rules.thresholds import replay

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
AT = NOW.timestamp()
POLICY = builtin("default")


def judged(rule: Rule, *values: float | None, text: str = "", step_s: float = 15.0) -> Judged:
    """The state after samples every 15 s, the last one now."""
    first = AT - step_s * (len(values) - 1)
    return Judged(replay([(first + index * step_s, value) for index, value in enumerate(values)], rule, step_s), text)


def of(rule_id: str, name: str, *values: float | None, text: str = "") -> list[Finding]:
    return from_thresholds({(rule_id, name): judged(POLICY.rules[rule_id], *values, text=text)}, POLICY, AT)


def finding(id: str, severity: Severity = Severity.CRITICAL, minutes: float = 5, **fields: object) -> Finding:
    base = Finding(id, severity, id, 1, since=NOW - timedelta(minutes=minutes))
    return msgspec.structs.replace(base, **fields)


def order(*found: Finding) -> list[str]:
    return [one.id for one in assemble(found, (), None, {})]


def test_a_firing_threshold_says_what_where_since_and_whence() -> None:
    (found,) = of("p99-critical", "api", *[1.9] * 62)
    assert found.what == "api P99 1.9 s > 500 ms"
    assert (found.severity, found.state, found.tab) == (Severity.CRITICAL, "firing", 1)
    assert found.since == NOW - timedelta(seconds=61 * 15)
    assert found.object == "api "
    assert found.origin.startswith("000_")


def test_a_pending_one_says_how_long_of_how_much() -> None:
    (found,) = of("p99-critical", "api", *[1.9] * 29)
    assert (found.state, found.pending_s, found.for_s) == ("pending", 420.0, 900.0)


def test_a_text_of_its_own_stands_before_the_number() -> None:
    (found,) = of("pg-connections", "pg-primary", *[0.9] * 30, text="88 of 97")
    assert found.what == "pg-primary db connections 88 of 97 (90 %) > 80 %"
    assert found.tab == 3


def test_what_has_no_name_in_its_identity_is_called_by_its_own() -> None:
    state = judged(POLICY.rules["statement-mean"], *[0.184] * 30).state
    (found,) = from_thresholds(
        {("statement-mean", "10/5/42/1"): Judged(state, name="7f3a", about="select 1")}, POLICY, AT
    )
    assert (found.what, found.object) == ("7f3a statement mean 184 ms > 100 ms (select 1)", "10/5/42/1")


def test_within_limits_is_no_finding_and_neither_is_unknown() -> None:
    assert of("p99-critical", "api", 0.1) == []
    assert of("p99-critical", "api", None) == []


def test_a_firing_one_without_data_says_so_instead_of_ending() -> None:
    (found,) = of("p99-critical", "api", *[1.9] * 62, *[None] * 12)
    assert found.what.endswith("no data for 3m")


def test_of_two_rules_on_one_measure_the_worse_covers_the_other() -> None:
    values = [0.9] * 100
    states = {
        (id, "ns/api"): judged(POLICY.rules[id], *values)
        for id in ("workload-memory", "workload-memory-manual", "workload-memory-critical")
    }
    assert [one.id for one in from_thresholds(states, POLICY, AT)] == ["workload-memory-critical:ns/api"]
    equal = {(id, "ns/api"): judged(POLICY.rules[id], *values) for id in ("workload-cpu", "workload-cpu-manual")}
    assert [one.id for one in from_thresholds(equal, POLICY, AT)] == ["workload-cpu-manual:ns/api"]


def test_a_pending_critical_stands_beside_a_firing_warning() -> None:
    warning = Rule(title="w", measure="m", limit=1)
    critical = Rule(title="c", measure="m", limit=2, for_s=900, severity="critical")
    policy = Policy(rules={"w": warning, "c": critical})
    states = {("w", "x"): judged(warning, 3.0), ("c", "x"): judged(critical, 3.0)}
    assert {one.id for one in from_thresholds(states, policy, AT)} == {"w:x", "c:x"}


def test_ranking() -> None:
    """Not acknowledged, then severity, then customers touched, then the oldest; pending after firing."""
    oldest, newest = finding("oldest", minutes=60), finding("newest", minutes=1)
    hurting = finding("hurting", minutes=1, customers=212)
    blind = finding("blind:loki", Severity.BLIND)
    warning, pending = finding("warning", Severity.WARNING), finding("pending", state="pending")
    known = finding("known", acknowledged_by="ops")
    expected = ["hurting", "oldest", "newest", "blind:loki", "warning", "pending", "known"]
    assert order(known, pending, warning, blind, newest, oldest, hurting) == expected


def test_a_counter_of_the_server_stands_with_the_statement_that_explains_it() -> None:
    symptom = finding("health:pg-primary:cache-hit", Severity.WARNING, 8, rule="health", tab=3)
    cause = finding("slower:cf8a", Severity.WARNING, 2, rule="statement", tab=3)
    worse = finding("health:pg-primary:disk", minutes=1, rule="health", tab=3)
    assert order(symptom, cause, worse) == [worse.id, cause.id, symptom.id]
    assert assemble([symptom, cause], (), None, {})[1].related == (cause.id,)


def test_an_acknowledgement_moves_a_finding_to_the_end() -> None:
    ranked = assemble([finding("a"), finding("b", Severity.WARNING)], (), None, {"a": Acknowledgement("a", "ops", NOW)})
    assert [(one.id, one.acknowledged_by) for one in ranked] == [("b", ""), ("a", "ops")]


RELEASE = Change(NOW - timedelta(minutes=14), "release", "release api 1.8.1→1.8.2", "deployer", "api")


def after(found: Finding, *changes: Change) -> str:
    return assemble([found], changes, None, {})[0].after


def test_a_release_shortly_before_stands_beside_the_finding() -> None:
    found = finding("p99", minutes=12, object="api ")
    assert after(found, RELEASE) == "release api 1.8.1→1.8.2 (02:39)"


def test_only_what_can_be_a_cause_and_lies_shortly_before_does() -> None:
    found = finding("p99", minutes=12, object="api ")
    scaled = Change(NOW - timedelta(minutes=13), "hpa", "HPA api 6→12", object="api")
    long_ago = msgspec.structs.replace(RELEASE, at=NOW - timedelta(hours=3))
    later = msgspec.structs.replace(RELEASE, at=NOW - timedelta(minutes=5))
    assert after(found, scaled, long_ago, later) == ""


def test_a_change_of_the_same_service_goes_before_a_later_one_elsewhere() -> None:
    found = finding("p99", minutes=12, object="api ")
    other = Change(NOW - timedelta(minutes=13), "release", "release web 4.4.1", object="web")
    assert after(found, RELEASE, other).startswith("release api")
    node = finding("node", minutes=12, object="ip-10-0-1-17", tab=2)
    assert after(node, RELEASE) == ""
    lost = Change(NOW - timedelta(minutes=12), "node", "node ip-10-0-1-17 NotReady", object="ip-10-0-1-17")
    itself = msgspec.structs.replace(node, what="node ip-10-0-1-17 NotReady: NodeStatusUnknown since 02:41")
    assert after(itself, lost) == "", "nothing comes after itself"


def test_the_same_object_and_the_same_time_belong_together() -> None:
    first = finding("p99", minutes=12, object="api ", customers=3)
    same = finding("cpu", Severity.WARNING, minutes=50, object="ns/api", tab=2)
    near = finding("connections", Severity.WARNING, minutes=4, object="pg", tab=3)
    far = finding("heap", Severity.WARNING, minutes=500, object="web")
    budget = finding("budget", Severity.WARNING, minutes=12, object="prod", tab=4)
    blind = finding("blind:loki", Severity.BLIND, minutes=12, rule="blind")
    ranked = {one.id: one.related for one in assemble([first, same, near, far, budget, blind], (), None, {})}
    assert ranked["p99"] == ()
    assert ranked["cpu"] == ("p99",)
    assert ranked["connections"] == ("p99",)
    assert ranked["heap"] == ranked["budget"] == ranked["blind:loki"] == ()


def customers(*hurt: tuple[str, int | None, int | None], measured: bool = True) -> Customers:
    rows = tuple(
        Health(
            Customer(f"c{i}", "", plan, Decimal(1), "USD", "", None, None),
            50.0, "at-risk", 1.0, None, (), slow=slow, failed=failed,
        )
        for i, (plan, slow, failed) in enumerate(hurt)
    )  # fmt: skip
    return Customers(rows, NOW, hurt_measured=measured)


def test_the_worst_finding_about_requests_says_whom_it_hurts() -> None:
    p99, p95 = finding("p99", object="api "), finding("p95", Severity.WARNING, object="api ")
    hurt = customers(("pro", 5, 0), ("pro", 0, 2), ("free", 0, 0), ("free", None, None))
    ranked = {one.id: one for one in assemble([p95, p99], (), hurt, {})}
    assert (ranked["p99"].customers, ranked["p99"].whom) == (2, "2 pro")
    assert ranked["p95"].customers is None
    mixed = customers(("pro", 5, 0), ("free", 0, 2))
    assert assemble([p99], (), mixed, {})[0].whom == "2 customers"
    known = {one.id: one for one in assemble([p95, p99], (), hurt, {"p99": Acknowledgement("p99", "ana", NOW)})}
    assert (known["p99"].customers, known["p95"].customers) == (2, None), "to acknowledge it changes not whom it hurts"


def test_while_no_rule_about_requests_speaks_whom_it_hurts_stands_beside_the_worst_of_the_rest() -> None:
    locks, hurt = finding("locks", object="pg 4711", tab=3), customers(("pro", 5, 0))
    assert assemble([locks], (), hurt, {})[0].whom == "1 pro"
    pending = finding("p99", object="api ", state="pending")
    assert {one.id: one.customers for one in assemble([locks, pending], (), hurt, {})} == {"locks": None, "p99": 1}
    blind = finding("blind:loki", Severity.BLIND, rule="blind")
    assert assemble([blind], (), hurt, {})[0].customers is None


def test_what_is_not_measured_hurts_nobody_known() -> None:
    unmeasured = customers(("pro", 5, 0), measured=False)
    assert assemble([finding("p99", object="api ")], (), unmeasured, {})[0].customers is None


def test_a_blind_source_is_named_with_what_cannot_be_seen() -> None:
    problem = Problem(ProblemKind.UNREACHABLE, "Loki at x cannot be reached", "check the network")
    (loki,) = from_blind([Blind("loki", NOW, problem)])
    assert loki.what == "Loki does not answer: logs blind"
    assert loki.value == "Loki at x cannot be reached; check the network"
    assert (loki.severity, loki.tab) == (Severity.BLIND, 1)
    (stale,) = from_blind([Blind("k8s", NOW, None, stale=True)])
    assert stale.what == "Kubernetes has not answered lately: pods and workloads blind"


def test_only_what_fails_is_called_blind() -> None:
    forbidden = Problem(ProblemKind.FORBIDDEN, "forbidden: needs list nodes")
    (nodes,) = from_blind([Blind("k8s", NOW, forbidden, topics=frozenset({"k8s.nodes"}))])
    assert nodes.what == "Kubernetes forbids reading: nodes blind"
    (some,) = from_blind([Blind("k8s", NOW, forbidden, topics=frozenset({"k8s.nodes", "k8s.workloads"}))])
    assert some.what == "Kubernetes forbids reading: workloads and nodes blind"
    (cluster,) = from_blind([Blind("k8s", NOW, forbidden, topics=frozenset({"k8s.cluster", "k8s.nodes"}))])
    assert cluster.what == "Kubernetes forbids reading: pods and workloads blind"


def test_active_alerts_are_findings_and_silenced_ones_are_not() -> None:
    labels = (("service", "api"),)
    active = Alert("f1", "KubePodCrashLooping", "active", "critical", "", NOW, labels)
    silenced = Alert("f2", "Watchdog", "suppressed", "none", "", NOW, silenced_by=("s",))
    told = Alert("f3", "Slow", "active", "warning", "it is slow", None)
    watchdog = Alert("f4", "Watchdog", "active", "none", "", NOW)
    found = from_alerts([active, silenced, told, watchdog])
    assert [(one.what, one.severity) for one in found] == [
        ("alert KubePodCrashLooping api", Severity.CRITICAL),
        ("alert Slow: it is slow", Severity.WARNING),
    ]
    assert sorted(found, key=rank)[0].id == "alert:f1"
