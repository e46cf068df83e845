"""The runbooks' five triggers to scale by hand: their rules in each policy, and their words about a workload."""

from opsconsole.config.policies import builtin, resolve_policy
from opsconsole.config.settings import Settings
from opsconsole.model.finding import Finding, Severity
from opsconsole.rules.manual_triggers import hit, missing, rules_of, table

DEFAULT = resolve_policy(Settings(), "default")


def test_the_default_policy_has_all_five_with_their_durations() -> None:
    """000_c637a5261ced64a3.txt:100 to 102; 004_da2f52e198c72628.txt:492 to 495."""
    assert missing(DEFAULT) == ()
    assert table(DEFAULT, {"workload.cpu": 0.62}) == [
        "queue depth > 100 for 10m",
        "CPU > 80 % for 15m, now 62 %",
        "memory > 85 % for 10m",
        "database connections > 80 % for 5m",
        "response time > 500 ms for 10m",
    ]


def test_what_a_runbook_does_not_name_is_missing() -> None:
    assert missing(builtin("s000")) == ("database connections", "response time")
    assert missing(builtin("s003")) == ("queue depth", "CPU", "memory", "database connections", "response time")
    assert table(builtin("s004"), {})[0] == "queue depth: no rule in the policy"


def finding(rule: str, object: str, state: str, **more: object) -> Finding:
    return Finding(f"{rule}:{object}", Severity.WARNING, "", 2, state, rule=rule, object=object, **more)  # type: ignore[arg-type]


def test_words_about_one_workload() -> None:
    cpu = finding(
        "workload-cpu-manual", "shop/api", "pending", value="84 %", limit="> 80 %", pending_s=540.0, for_s=900.0
    )
    memory = finding("workload-memory-manual", "shop/api", "firing", value="91 %", limit="> 85 %")
    other = finding("workload-cpu-manual", "shop/web", "firing", value="99 %", limit="> 80 %")
    queue = finding("queue-depth", "mail", "firing", value="140", limit="> 100")
    assert {found.rule for found in (cpu, memory, queue)} < rules_of(DEFAULT)
    assert hit(DEFAULT, (cpu, memory, other, queue), ("uid", "shop/api")) == [
        "manual trigger: queue depth of mail 140 > 100: scale by hand",
        "manual trigger: CPU 84 % > 80 % for 9 of 15 min",
        "manual trigger: memory 91 % > 85 %: scale by hand",
    ]
