"""The runbooks' five triggers to scale by hand, as rules of the policy: which exist, and what they say of a workload.

Sources: 000_c637a5261ced64a3.txt:100 to 102 (queue, CPU, memory with durations), 004_da2f52e198c72628.txt:492 to 495
(database connections, response time; CPU and memory earlier).
"""

from collections.abc import Iterable, Mapping

import msgspec

from ..config.settings import Policy, Rule
from ..model.finding import Finding
from ..text import units
from .findings import amount


class Trigger(msgspec.Struct, frozen=True, gc=False):
    """One of the five, as the runbooks give it."""

    word: str
    measure: str
    limit: float
    for_s: float


TRIGGERS = (
    Trigger("queue depth", "queue.depth", 100, 600),
    Trigger("CPU", "workload.cpu", 0.8, 900),
    Trigger("memory", "workload.memory", 0.85, 600),
    Trigger("database connections", "pg.connections", 0.8, 0),
    Trigger("response time", "requests.p95", 0.5, 0),
)
OF_WORKLOAD = frozenset(("workload.cpu", "workload.memory"))
"""Measured for each workload; the others speak of a queue, a server or a service."""


def rule_of(trigger: Trigger, policy: Policy) -> tuple[str, Rule] | None:
    """The policy's rule for it: of those on its measure the one with the nearest limit; None where there is none."""
    found = [(id, rule) for id, rule in policy.rules.items() if rule.measure == trigger.measure]
    found = [(id, rule) for id, rule in found if rule.compare.startswith(">")]
    return min(
        found,
        key=lambda one: (abs(one[1].limit - trigger.limit), abs(one[1].for_s - trigger.for_s), one[0]),
        default=None,
    )


def rules_of(policy: Policy) -> frozenset[str]:
    """Ids of the rules that are triggers to scale by hand."""
    return frozenset(found[0] for trigger in TRIGGERS if (found := rule_of(trigger, policy)) is not None)


def missing(policy: Policy) -> tuple[str, ...]:
    """Words of the triggers for which the policy has no rule."""
    return tuple(trigger.word for trigger in TRIGGERS if rule_of(trigger, policy) is None)


def hit(policy: Policy, findings: Iterable[Finding], names: Iterable[str]) -> list[str]:
    """`manual trigger: CPU 84 % > 80 % for 9 of 15 min`, of the objects with these names (or uids)."""
    wanted = set(names)
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    said = []
    for trigger in TRIGGERS:
        found = rule_of(trigger, policy)
        for one in by_rule.get(found[0], ()) if found is not None else ():
            own = one.object.strip() in wanted or trigger.measure in ("queue.depth", "pg.connections")
            if own and found is not None:
                said.append(_words(trigger, found[1], one))
    return said


def table(policy: Policy, now: Mapping[str, float | None]) -> list[str]:
    """Each trigger with its line and, where a value (by measure) is known, how far it is from it."""
    lines = []
    for trigger in TRIGGERS:
        found = rule_of(trigger, policy)
        if found is None:
            lines.append(f"{trigger.word}: no rule in the policy")
            continue
        rule = found[1]
        lasting = f" for {units.span(rule.for_s)}" if rule.for_s else ""
        value = now.get(trigger.measure)
        known = f", now {amount(value, rule.unit)}" if value is not None else ""
        lines.append(f"{trigger.word} {rule.compare} {amount(rule.limit, rule.unit)}{lasting}{known}")
    return lines


def _words(trigger: Trigger, rule: Rule, finding: Finding) -> str:
    name = finding.object.strip()
    of = "" if trigger.measure in OF_WORKLOAD else f" of {name}" if name else ""
    head = f"manual trigger: {trigger.word}{of} {finding.value} {finding.limit}"
    if finding.state != "pending":
        return f"{head}: scale by hand"
    if finding.pending_s is None or not rule.for_s:
        return head
    if rule.for_s % 60:
        return f"{head} for {units.span(finding.pending_s)} of {units.span(rule.for_s)}"
    passed = f"{finding.pending_s // 60:.0f}" if finding.pending_s >= 60 else "<1"
    return f"{head} for {passed} of {rule.for_s / 60:.0f} min"
