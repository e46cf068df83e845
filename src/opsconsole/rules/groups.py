"""Which findings belong together, and which of them leads: only where the data ties them, and with the tie in words.

A tie is no cause. What is about the same service, server or node, what serves or blocks that service's statements, and
what came after the same change is listed under the worst of them. What only began at the same time keeps its own place
in the ranking and says so.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import datetime

import msgspec

from ..model.finding import Finding
from ..text import units

TOGETHER_S = 15 * 60.0
"""Findings of different things that began within this time of each other are told as of the same time."""
LOOKED_AT = 20
"""Among so many of the worst leaders one of the same time is looked for."""
AT_ONCE_S = 10.0
"""Clocks and intervals tell no more than that."""
SAME_TIME = "same time"
"""The tie that leaves a finding at its own place."""
TABS = (1, 2, 3)
"""A budget fills over weeks, a customer's health over days: nothing of them belongs with an outage."""


class Traits(msgspec.Struct, frozen=True, gc=False):
    """What findings are compared by, made once for each."""

    name: str
    touches: frozenset[str]
    since: float | None
    after: str
    node: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """What it shares with others that it is tied to; no name looks like a change."""
        return tuple(key for key in (self.name, *sorted(self.touches), self.after and f"after {self.after}") if key)


def name_of(finding: Finding) -> str:
    """The bare name of what a finding is about: service, workload, server."""
    return finding.object.strip().rpartition("/")[2]


def grouped(ranked: Sequence[Finding]) -> tuple[Finding, ...]:
    """The ranked findings, each that is tied to a worse one moved behind that; with leader, tie and evidence set."""
    traits = [_traits(finding) for finding in ranked]
    holders: dict[str, list[int]] = defaultdict(list)
    for place, own in enumerate(traits):
        for key in own.keys if own is not None else ():
            holders[key].append(place)
    ties: dict[int, str] = {}
    groups: list[list[int]] = []
    taken: set[int] = set()
    for place in range(len(ranked)):
        if place not in taken:
            found = _reached(place, traits, holders, ties)
            taken.update(found)
            groups.append(sorted(found))
    leaders = {place: group[0] for group in groups for place in group[1:]}
    alone = [group[0] for group in groups if len(group) == 1]
    heads = [group[0] for group in groups[:LOOKED_AT]]
    for place in alone:
        other = _same_time(place, heads, traits)
        if other is not None:
            leaders[place], ties[place] = other, SAME_TIME
    evidence: dict[int, list[str]] = defaultdict(list)
    for place in [*(place for group in groups for place in group[1:]), *alone]:
        if place in leaders:
            evidence[leaders[place]].append(ranked[place].id)
    return tuple(
        msgspec.structs.replace(
            ranked[place],
            leader=ranked[leaders[place]].id if place in leaders else "",
            tie=ties.get(place, ""),
            evidence=tuple(evidence[place]),
        )
        for group in groups
        for place in group
    )


def _reached(
    first: int, traits: Sequence[Traits | None], holders: dict[str, list[int]], ties: dict[int, str]
) -> list[int]:
    """All that is tied to one, or to what is tied to it; keys that were followed once are not followed again."""
    found, known, waiting = [first], {first}, deque([first])
    while waiting:
        here = traits[waiting.popleft()]
        for key in here.keys if here is not None else ():
            for place in holders.pop(key, ()):
                there = traits[place]
                if place not in known and here is not None and there is not None:
                    ties[place] = tied(there, here)
                    known.add(place)
                    found.append(place)
                    waiting.append(place)
    return found


def tied(one: Traits, other: Traits) -> str:
    """By what two findings belong together, in words; "" where nothing but their time may tie them."""
    if one.name and one.name == other.name:
        return f"both {one.name}"
    for node, pods in ((one, other), (other, one)):
        if node.node and node.name in pods.touches:
            return f"pods of {node.name}"
    for name, told in ((one.name, other), (other.name, one)):
        if name and name in told.touches:
            return f"touches {name}"
    if one.touches & other.touches:
        return f"both touch {min(one.touches & other.touches)}"
    return f"both after {one.after}" if one.after and one.after == other.after else ""


def _same_time(place: int, heads: Sequence[int], traits: Sequence[Traits | None]) -> int | None:
    """The first worse leader that began at about the same time, and goes with no other itself."""
    own = traits[place]
    for head in heads:
        if head >= place or own is None or own.since is None:
            return None
        other = traits[head]
        if other is not None and other.since is not None and abs(other.since - own.since) <= TOGETHER_S:
            return head
    return None


def _traits(finding: Finding) -> Traits | None:
    """None of what belongs with nothing: a blind source, a budget, a customer."""
    if finding.rule == "blind" or finding.tab not in TABS:
        return None
    server, _, of_it = finding.object.partition(" ") if finding.tab == 3 else ("", "", "")
    touches = {*finding.touches, *([server] if of_it else [])}
    name = name_of(finding) if not of_it else server
    since = finding.since.timestamp() if finding.since is not None else None
    return Traits(name, frozenset(touches - {"", name}), since, finding.after, finding.rule == "node")


def began(finding: Finding, leader: Finding) -> str:
    """`4m after it`, `at the same time`: how a finding's beginning lies to its leader's."""
    if finding.since is None or leader.since is None:
        return ""
    return offset(finding.since, leader.since, "it")


def offset(at: datetime, of: datetime, called: str) -> str:
    """`2m before #1`, `<1m after #1`, `with #1` within a few seconds."""
    seconds = (of - at).total_seconds()
    if abs(seconds) < AT_ONCE_S:
        return f"with {called}"
    return f"{units.minutes(abs(seconds))} {'before' if seconds > 0 else 'after'} {called}"
