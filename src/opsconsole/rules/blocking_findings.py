"""Blocking trees that are findings: who blocks whom longer than the policy allows, since the oldest of the waits."""

from collections.abc import Mapping
from datetime import datetime

from ..config.policies import builtin
from ..config.settings import Policy, Rule
from ..model.finding import Finding, Severity
from ..model.sessions import Sessions
from ..text import units
from .blocking import Tree, tree_words, trees
from .findings import SEVERITIES

MEASURE = "pg.blocked"
MOST = 3
"""Findings of one server; the Locks view shows the other trees."""


def blocking_findings(sessions: Sessions | None, policy: Policy, now: datetime) -> tuple[Finding, ...]:
    """One finding per root; of several that the same sessions wait for, one. The worst rule that holds judges it."""
    found: dict[tuple[int, ...], Finding] = {}
    if sessions is None or not any(one.blocked_by for one in sessions.everyone):
        return ()
    rules = _rules(policy)
    for tree in trees(sessions.everyone, now):
        id, rule = _worst(rules, tree, now)
        if rule is not None and tree.direct not in found and len(found) < MOST:
            found[tree.direct] = _finding(sessions.server, tree, id, rule, now)
    return tuple(found.values())


def severity(tree: Tree, policy: Policy, now: datetime) -> Severity | None:
    """How bad the policy calls it; None while it calls it nothing."""
    _, rule = _worst(_rules(policy), tree, now)
    return None if rule is None else SEVERITIES[rule.severity]


def _rules(policy: Policy) -> Mapping[str, Rule]:
    """Those of the policy, or where it says nothing of blocking the console's own."""
    own = {id: rule for id, rule in policy.rules.items() if rule.measure == MEASURE}
    if own:
        return own
    usual = {id: rule for id, rule in builtin("default").rules.items() if rule.measure == MEASURE}
    return {id: rule for id, rule in usual.items() if id not in policy.disabled}


def _worst(rules: Mapping[str, Rule], tree: Tree, now: datetime) -> tuple[str, Rule | None]:
    """The server dates each wait, so that a rule's duration holds for a console that was opened just now, too."""
    blocked = len(tree.victims)
    lasted_s = (now - tree.since).total_seconds() if tree.since is not None else 0.0
    broken = [
        (id, rule)
        for id, rule in rules.items()
        if (blocked > rule.limit or (blocked == rule.limit and "=" in rule.compare)) and lasted_s >= rule.for_s
    ]
    return min(broken, key=lambda one: (SEVERITIES[one[1].severity], -one[1].limit), default=("", None))


def _finding(server: str, tree: Tree, id: str, rule: Rule, now: datetime) -> Finding:
    return Finding(
        id=f"blocking:{server}:{tree.key}",
        severity=SEVERITIES[rule.severity],
        what=tree_words(tree, None),
        tab=3,
        since=tree.since,
        value=units.plural(len(tree.victims), "session"),
        limit=f"{rule.compare} {rule.limit:g} for {units.span(rule.for_s)}",
        measured=float(len(tree.victims)),
        bound=rule.limit,
        object=f"{server} {tree.key}",
        touches=tuple(sorted({one.application for one in tree.victims if one.application})),
        rule=id,
        origin=rule.origin,
    )
