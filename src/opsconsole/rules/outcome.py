"""Did it help? The findings that an action should help, before it and now: helped, worse, no effect, or unknown."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from ..config.settings import Policy, Rule
from ..model.action import Helped, Target
from ..model.finding import Finding, Severity
from .cluster_findings import RULES as CLUSTER_RULES
from .groups import name_of
from .thresholds import breaches

MARGIN_S = 60.0
"""Sources take their time to show what is."""
WORKLOAD_S = 300.0
"""The window of findings that no rule of the policy makes: troubles of workloads, alerts."""
HOLD_S = 60.0
"""A value must stay where it is for so long: one sample, or the restart itself, proves nothing."""
RATES_S = 120.0
"""Rates and quantiles are taken over so long (the catalogue's window): till then what harm was done before shows."""
WORSE = 0.2
"""So much further beyond the bound, as a share of the bound, is clearly worse."""


class Standing(msgspec.Struct, frozen=True, gc=False):
    """How one watched finding stands at one instant."""

    id: str
    helped: Helped
    words: str
    sure: bool = False
    """It need not hold any longer: the finding is gone for good."""


def watched(ids: Iterable[str], findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those of the ids that stand now, the gravest first, acknowledged or not."""
    wanted = frozenset(ids)
    found = (finding for finding in findings if finding.id in wanted)
    return tuple(sorted(found, key=lambda one: (one.state != "firing", one.severity)))


def window_s(before: Iterable[Finding], policy: Policy) -> float:
    """How long to watch: until the slowest of the rules would have let go. Durations of a policy are scaled already."""
    spans = []
    for finding in before:
        rule = policy.rules.get(finding.rule)
        spans.append(WORKLOAD_S if rule is None else rule.for_s + rule.keep_firing_s)
    return max(spans, default=0.0) + MARGIN_S


def hold_s(before: Iterable[Finding], policy: Policy) -> float:
    """How long a value must stay better (or worse) to count: not longer than the shortest of the rules waits itself."""
    rules = [policy.rules[finding.rule] for finding in before if finding.rule in policy.rules]
    return min([HOLD_S, *(rule.keep_firing_s for rule in rules)])


def standing(before: Finding, now: Sequence[Finding], policy: Policy) -> Standing:
    """How one finding stands against what it was before the action."""
    system = system_of(before, policy)
    blind = next((one for one in now if one.id == f"blind:{system}"), None)
    if blind is not None:
        return Standing(before.id, Helped.UNKNOWN, f"{blind.what}: whether {before.what} was helped cannot be seen")
    found = next((one for one in now if one.id == before.id), None) or _heir(before, now, policy)
    if found is None:
        # a threshold that fired lets go only after it held; a workload's trouble may be back with the next crash
        held = before.rule in policy.rules and before.state == "firing"
        return Standing(before.id, Helped.HELPED, f"gone: {before.what}", sure=held)
    if "no data for" in found.what:
        return Standing(before.id, Helped.UNKNOWN, found.what)
    rule = policy.rules.get(found.rule)
    if _within(found, rule):
        return Standing(before.id, Helped.HELPED, f"{_figures(before, found)}, within the limit ({found.limit})")
    if _graver(before, found) or _clearly_worse(before, found, rule):
        return Standing(before.id, Helped.WORSE, f"{found.what}; before it was {before.value or before.what}")
    return Standing(before.id, Helped.NO_EFFECT, f"still {found.what}")


def fresh_criticals(
    known: frozenset[str],
    now: Iterable[Finding],
    targets: Sequence[Target],
    rules: frozenset[str] = frozenset(),
    began: datetime | None = None,
) -> tuple[Finding, ...]:
    """Critical findings on the same objects that were not there before; `rules` are those of the watched findings.

    What was broken before the run `began` is not new: a console that has just started judges it only after a while.
    """
    names = {target.name for target in targets} | {target.uid for target in targets if target.uid}
    return tuple(
        one
        for one in now
        if one.severity is Severity.CRITICAL
        and one.state == "firing"
        and one.id not in known
        and one.rule not in rules
        and not (began is not None and one.since is not None and one.since < began)
        and (one.object.strip() in names or name_of(one) in names)
    )


def together(standings: Sequence[Standing], fresh: Sequence[Finding] = ()) -> tuple[Helped, str]:
    """One answer for all: worse if any is, helped if all are, unknown where nothing else can be said."""
    if fresh:
        return Helped.WORSE, "; ".join(f"new: {one.what}" for one in fresh[:2])
    for kind in (Helped.WORSE, Helped.NO_EFFECT, Helped.UNKNOWN, Helped.HELPED):
        told = [one.words for one in standings if one.helped is kind]
        if not told:
            continue
        better = sum(one.helped is Helped.HELPED for one in standings)
        some = f"{better} of {len(standings)} better; " if kind is not Helped.HELPED and better else ""
        return kind, some + "; ".join(told[:2]) + (f"; {len(told) - 2} more" if len(told) > 2 else "")
    return Helped.NONE, ""


def system_of(finding: Finding, policy: Policy) -> str:
    """The source that tells of a finding, as `blind:SYSTEM` names it."""
    kind = finding.id.partition(":")[0]
    if kind in CLUSTER_RULES:
        return "k8s"
    if kind == "alert":
        return "am"
    rule = policy.rules.get(finding.rule)
    if rule is None:
        return {2: "k8s", 3: "pg", 4: "bill", 5: "cust"}.get(finding.tab, "prom")
    return _SYSTEMS.get(rule.measure, "prom")


_SYSTEMS = {
    "pg.connections": "pg",
    "pg.blocked": "pg",
    "pool.wait": "pgbouncer",
    "pool.clients": "pgbouncer",
    "statement.mean": "pg",
    "cache.hit": "redis",
    "budget.spent": "bill",
}


def _heir(before: Finding, now: Sequence[Finding], policy: Policy) -> Finding | None:
    """Another rule on the same measure and object hides a finding that it covers: then that one stands for it."""
    rule = policy.rules.get(before.rule)
    if rule is None:
        return None
    for one in now:
        other = policy.rules.get(one.rule)
        if other is not None and other.measure == rule.measure and one.object == before.object:
            return one
    return None


def _within(found: Finding, rule: Rule | None) -> bool:
    """By its measured value: a finding may stay for its keep_firing time after the value is right again."""
    if found.measured is None or found.bound is None or rule is None:
        return False
    bound = found.bound if rule.clear is None or found.state != "firing" else rule.clear
    return not breaches(rule.compare, found.measured, bound)


def _graver(before: Finding, found: Finding) -> bool:
    return found.severity < before.severity and found.state == "firing"


def _clearly_worse(before: Finding, found: Finding, rule: Rule | None) -> bool:
    if rule is None or before.measured is None or found.measured is None or found.bound is None:
        return False
    further = found.measured - before.measured
    if rule.compare.startswith("<"):
        further = -further
    scale = abs(found.bound) or abs(before.measured) or 1.0
    return further / scale > WORSE and further / (abs(before.measured) or scale) > WORSE


def _figures(before: Finding, found: Finding) -> str:
    """`checkout P99 1.9 s → 180 ms`; the name is what stands before the value."""
    name = before.what.partition(before.value)[0].strip() if before.value else before.what
    return f"{name} {before.value} → {found.value}".strip()


def standings(before: Iterable[Finding], now: Sequence[Finding], policy: Policy) -> tuple[Standing, ...]:
    """All watched findings at one instant."""
    return tuple(standing(one, now, policy) for one in before)
