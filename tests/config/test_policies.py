"""The built-in policies against the numbers of the runbooks, and how policies extend each other."""

import pytest

from opsconsole.config.policies import PolicyError, builtin_names, resolve_policy
from opsconsole.config.runbooks import quoted
from opsconsole.config.settings import Band, Policy, Rule, Settings

A = "000_c637a5261ced64a3.txt"
B = "001_54900900182faf46.txt"
C = "002_ed321349d01a1cfb.txt"
E = "004_da2f52e198c72628.txt"

# (measure, compare, limit, minutes, runbook, line), in the runbooks' own order and words
RUNBOOKS = {
    "s000": [
        ("requests.p99", ">", 0.5, 15, A, 53),
        ("requests.errors", ">", 0.01, 5, A, 54),
        ("pg.cpu", ">", 0.8, 10, A, 55),
        ("cache.hit", "<", 0.8, 30, A, 56),
        ("endpoint.p99", ">", 0.5, 0, A, 72),
        ("statement.running", ">", 1.0, 0, A, 478),
        ("queue.depth", ">", 100, 10, A, 100),
        ("workload.cpu", ">", 0.8, 15, A, 101),
        ("workload.memory", ">", 0.85, 10, A, 102),
        ("budget.spent", ">=", 0.8, 0, A, 224),
        ("budget.spent", ">=", 0.9, 0, A, 225),
        ("budget.spent", ">=", 1.0, 0, A, 226),
    ],
    "s001": [
        ("availability", "<", 0.999, 0, B, 247),
        ("requests.p99", ">", 0.5, 0, B, 248),
        ("requests.p95", ">", 0.3, 0, B, 489),
        ("requests.errors", ">", 0.001, 0, B, 249),
        ("endpoint.p99", ">", 0.5, 0, B, 95),
        ("leads.latency", ">", 30, 0, B, 250),
        ("pg.availability", "<", 0.9995, 0, B, 251),
        ("queue.age", ">", 30, 0, B, 494),
        ("statement.p95", ">", 0.1, 0, B, 492),
        ("cache.hit", "<", 0.8, 0, B, 126),
    ],
    "s002": [
        ("availability", "<", 0.995, 0, C, 445),
        ("requests.p95", ">", 0.5, 0, C, 450),
        ("requests.errors", ">", 0.01, 0, C, 455),
        ("requests.errors", ">", 0.05, 0, C, 110),
        ("support.response", ">", 8, 0, C, 462),
        ("csat", "<", 4.0, 0, C, 467),
    ],
    "s003": [],
    "s004": [
        ("requests.errors", ">", 0.05, 5, E, 93),
        ("health.check", "<", 1, 2, E, 117),
        ("requests.p95", ">", 1.0, 10, E, 143),
        ("workload.memory", ">", 0.85, 15, E, 169),
        ("workload.cpu", ">", 0.7, 0, E, 492),
        ("workload.memory", ">", 0.8, 0, E, 493),
        ("pg.connections", ">", 0.8, 0, E, 494),
        ("requests.p95", ">", 0.5, 0, E, 495),
        ("statement.mean", ">", 0.1, 0, E, 353),
        ("heap.bytes", ">", 500 * 1024 * 1024, 0, E, 394),
    ],
}
# What the runbooks set as goals, which are no alert lines: (id, corridor), in the policy of that runbook
GOALS = {
    "s000": {"cpu": (0.6, 0.7), "memory": (0.7, 0.8)},
    "s001": {
        "cpu": (0.6, 0.7),
        "memory": (0.7, 0.8),
        "headroom": (0.2, 0.3),
        "requests.p95": (0, 0.3),
        "requests.p99": (0, 0.5),
        "requests.errors": (0, 0.001),
        "availability": (0.999, 1),
        "customer.health": (70, 100),
        "customer.adoption": (0.6, 1),
        "customer.active": (0.75, 1),
        "customer.churn": (0, 0.03),
        "nps": (50, 100),
        "customer.time_to_value": (0, 7),
        "mttr": (0, 7200),
        "incident.response": (0, 900),
        "slo.compliance": (0.99, 1),
        "sla.compliance": (0.95, 1),
        "deploy.success": (0.99, 1),
        "deploy.failures": (0, 0.05),
        "cost.per_customer": (0, 50),
        "cost.efficiency": (0.8, 1),
        "cost.observability": (0, 0.05),
        "cost.ai": (0, 0.2),
        "cost.savings": (0.1, 1),
        "budget.variance": (0, 0.05),
    },
    "s002": {
        "availability": (0.999, 1),
        "requests.p95": (0, 0.2),
        "requests.errors": (0, 0.001),
        "support.response": (0, 4),
        "support.response.email": (0, 4),
        "support.response.priority": (0, 1),
        "csat": (4.5, 5),
    },
    "s003": {},
    "s004": {},
}
# (label, respond in minutes, resolve in hours)
SEVERITIES: dict[str, list[tuple[str, float, float | None]]] = {
    "s000": [("P1", 15, None), ("P2", 60, None), ("P3", 240, None)],
    "s001": [("critical", 15, 4), ("high", 60, 24), ("medium", 240, 72), ("low", 1440, 168)],
    "s002": [("P0", 0, None), ("P1", 60, None), ("P2", 240, None), ("P3", 1440, None)],
    "s003": [("SEV1", 15, None), ("SEV2", 30, None), ("SEV3", 240, None), ("SEV4", 1440, None)],
    "s004": [("Severity 1", 15, None), ("Severity 2", 60, None), ("Severity 3", 240, None)],
    "default": [("SEV1", 15, 4), ("SEV2", 30, 24), ("SEV3", 240, 72), ("SEV4", 1440, 168)],
}
# (measure, limit, minutes, severity): where the runbooks differ
DEFAULT = {
    ("requests.errors", 0.01, 5, "warning"),
    ("requests.errors", 0.05, 5, "critical"),
    ("requests.p95", 0.5, 10, "warning"),
    ("requests.p95", 1.0, 10, "critical"),
    ("requests.p99", 0.5, 15, "critical"),
    ("availability", 0.995, 0, "critical"),
    ("health.check", 1, 2, "critical"),
    ("pg.cpu", 0.8, 10, "warning"),
    ("pg.connections", 0.8, 5, "warning"),
    ("pg.blocked", 1, 1, "warning"),
    ("pg.blocked", 10, 1, "critical"),
    ("pool.wait", 1, 0.5, "warning"),
    ("pool.clients", 0.8, 5, "warning"),
    ("statement.mean", 0.1, 5, "info"),
    ("statement.running", 1.0, 1, "info"),
    ("statement.p95", 0.1, 5, "info"),
    ("cache.hit", 0.8, 30, "warning"),
    ("queue.depth", 100, 10, "warning"),
    ("workload.cpu", 0.7, 15, "warning"),
    ("workload.cpu", 0.8, 15, "warning"),
    ("workload.memory", 0.8, 10, "warning"),
    ("workload.memory", 0.85, 10, "warning"),
    ("workload.memory", 0.85, 15, "critical"),
    ("node.cpu", 0.8, 15, "warning"),
    ("node.memory", 0.85, 15, "warning"),
    ("heap.bytes", 500 * 1024 * 1024, 5, "warning"),
    ("budget.spent", 0.8, 0, "warning"),
    ("budget.spent", 0.9, 0, "critical"),
    ("budget.spent", 1.0, 0, "critical"),
}


def _policy(name: str) -> Policy:
    return resolve_policy(Settings(), name)


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_runbooks_policy_holds_its_thresholds_and_no_others(name: str) -> None:
    rules = _policy(name).rules.values()
    assert [(rule.measure, rule.compare, rule.limit, rule.for_s / 60) for rule in rules] == [
        row[:4] for row in RUNBOOKS[name]
    ]
    for rule, row in zip(rules, RUNBOOKS[name], strict=True):
        assert f"{row[4]}:{row[5]}" in rule.origin.split(", ")


@pytest.mark.parametrize("name", SEVERITIES)
def test_severities_have_their_labels_and_clocks(name: str) -> None:
    levels = _policy(name).severities
    assert [level.level for level in levels] == list(range(1, len(levels) + 1))
    assert [
        (level.label, (level.respond_s or 0) / 60, level.resolve_s / 3600 if level.resolve_s else None)
        for level in levels
    ] == SEVERITIES[name]
    assert all(level.origin and level.meaning for level in levels)


def test_the_default_resolves_what_the_runbooks_contradict() -> None:
    rules = _policy("default").rules.values()
    assert {(rule.measure, rule.limit, rule.for_s / 60, rule.severity) for rule in rules} == DEFAULT
    assert all(rule.origin for rule in rules)
    assert len(rules) == len(DEFAULT)


def test_every_line_that_asks_for_a_rule_is_quoted() -> None:
    rules = [rule for name in builtin_names() for rule in _policy(name).rules.values()]
    places = {place: said for rule in rules for place, said in quoted(rule.origin)}
    assert all(places.values()), [place for place, said in places.items() if not said]
    assert places[f"{A}:53"] == "P99 response time > 500ms for more than 15 minutes"
    assert quoted("our own wiki") == (("our own wiki", ""),)


def test_the_alerts_that_must_be_answered_at_once_say_so() -> None:
    rules = _policy("s004").rules
    assert rules["errors"].respond_s == 300
    assert rules["health-check"].respond_s == 120
    assert {rules["p95"].respond_s, rules["memory"].respond_s} == {1800}


def test_corridors_and_budget_lines() -> None:
    assert {name: _policy(name).targets for name in GOALS} == GOALS
    for name in ("default", "s000", "s001"):
        assert _policy(name).targets["cpu"] == (0.6, 0.7)
        assert _policy(name).targets["memory"] == (0.7, 0.8)
    assert _policy("default").budget_thresholds == _policy("s000").budget_thresholds == (80, 90, 100)
    assert _policy("default").health_bands == _policy("s001").health_bands == (40.0, 70.0)


def test_a_runbooks_bounds_of_replicas() -> None:
    assert _policy("s004").replicas == {"api": (3, 50)}


def test_the_contacts_of_a_runbook_keep_their_timers() -> None:
    contacts = {contact.role: contact for contact in _policy("s004").contacts}
    assert contacts["primary"].phone == "+1-555-0101"
    assert contacts["secondary"].after_s == 900


def test_health_weights_cover_the_six_inputs() -> None:
    health = _policy("default").health
    assert list(health) == ["engagement", "adoption", "api_usage", "tickets", "payment", "nps"]
    assert sum(band.weight for band in health.values()) == 100


def test_every_built_in_policy_resolves() -> None:
    assert builtin_names() == ("default", "s000", "s001", "s002", "s003", "s004")


def test_durations_are_scaled_along_the_whole_line() -> None:
    own = {
        "demo": Policy(extends="default", duration_scale=0.1),
        "faster": Policy(extends="demo", duration_scale=0.5),
    }
    rule = resolve_policy(Settings(policies=own), "demo").rules["p99-critical"]
    assert (rule.for_s, rule.keep_firing_s) == (90.0, 30.0)
    assert resolve_policy(Settings(policies=own), "faster").rules["p99-critical"].for_s == 45.0
    assert resolve_policy(Settings(policies=own), "demo").duration_scale == 1.0


def test_a_policy_changes_adds_and_takes_away() -> None:
    mine = Rule(title="mine", measure="queue.depth", limit=7)
    policy = Policy(
        extends="s000",
        rules={"queue": mine, "new": mine},
        disabled=("p99",),
        health={"nps": Band(weight=1, worst=0, best=10)},
        targets={"disk": (0.0, 0.8)},
        replicas={"worker": (2, 8)},
    )
    resolved = resolve_policy(Settings(policies={"ours": policy}), "ours")
    assert resolved.rules["queue"] == resolved.rules["new"] == mine
    assert "p99" not in resolved.rules
    assert "errors" in resolved.rules
    assert resolved.severities == _policy("s000").severities
    assert set(resolved.targets) == {"cpu", "memory", "disk"}
    assert resolved.replicas["worker"] == (2, 8)


def test_a_policy_under_a_built_in_name_extends_the_built_in_one() -> None:
    settings = Settings(policies={"default": Policy(duration_scale=0.1)})
    assert resolve_policy(settings, "default").rules["p99-critical"].for_s == 90.0


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ({}, "the policy 'x' does not exist"),
        ({"x": Policy(extends="y")}, "policy 'x' extends 'y', which does not exist"),
        ({"x": Policy(extends="y"), "y": Policy(extends="x")}, "policy 'y' extends 'x', which leads back to itself"),
        ({"x": Policy(extends="x")}, "policy 'x' extends 'x', which leads back to itself"),
    ],
)
def test_a_policy_that_leads_nowhere_is_named(own: dict[str, Policy], sentence: str) -> None:
    with pytest.raises(PolicyError, match=sentence):
        resolve_policy(Settings(policies=own), "x")
