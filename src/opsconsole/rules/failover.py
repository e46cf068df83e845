"""Fail-overs of PostgreSQL: what two readings of one server, and the newest of all of them side by side, say of roles.

A promotion ends one history of the log and begins the next: the timeline grows by one. Two servers of one system
identifier that both take writes are a split brain; what each of them takes from then on the other never sees.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from ..model.finding import Change, Finding, Severity
from ..model.postgres import ServerFacts
from .server_facts import same_server

KIND = "fail-over"


def failover_changes(before: ServerFacts | None, now: ServerFacts, at: datetime) -> tuple[Change, ...]:
    """What changed in a server's role, or that another server answers behind its name, between two readings."""
    if before is None:
        return ()
    words = []
    if not same_server(before, now):
        role = "a replica" if now.is_replica else "the primary"
        known = now.place.address or "another one"
        other = before.place.system and now.place.system and before.place.system != now.place.system
        words.append(
            f"{now.server} is another server now: {known}, {role}{_timeline(now)}"
            + (", of another database system" if other else "")
        )
    elif before.is_replica and not now.is_replica:
        words.append(f"{now.server} is primary now{_timeline(now)}")
    elif now.is_replica and not before.is_replica:
        words.append(f"{now.server} is a replica now{_of(now)}")
    elif now.is_replica and _moved(before, now):
        words.append(f"{now.server} follows another primary now{_of(now)}{_timeline(now)}")
    return tuple(Change(at, KIND, what, "", now.server) for what in words)


def role_findings(
    newest: Mapping[str, ServerFacts],
    answering: Iterable[str],
    had_primary: Iterable[str],
    since: Mapping[str, datetime],
) -> list[Finding]:
    """What is wrong with the roles of all servers, by their newest facts.

    `answering` names those whose reading is fresh, `had_primary` the systems that had a primary among them, `since`
    tells from when on a finding stands, by its id.
    """
    live = frozenset(answering)
    found = []
    for system, members in sorted(_systems(newest).items()):
        primaries = sorted(name for name in members if name in live and not newest[name].is_replica)
        replicas = sorted(name for name in members if name in live and newest[name].is_replica)
        if len({newest[name].started for name in primaries}) > 1:  # one server may be named twice
            id, names = f"split-brain:{system}", " and ".join(primaries)
            what = f"split brain: {names} are both primary of one system{_timelines(newest, primaries)}"
            found.append(_finding(id, what, primaries[0], since, "each takes writes that the other never sees"))
        elif not primaries and replicas and system in frozenset(had_primary):
            id = f"no-primary:{system}"
            silent = sorted(name for name in members if name not in live)
            lost = f", {' and '.join(silent)} does not answer" if silent else ""
            verb = "is a replica" if len(replicas) == 1 else "are replicas"
            what = f"no primary: {' and '.join(replicas)} {verb}{lost}"
            found.append(_finding(id, what, replicas[0], since, "nothing can be written"))
    return found


def named(finding: Finding) -> tuple[str, ...]:
    """The servers whose roles a finding of this file is about."""
    if finding.rule != KIND:
        return ()
    names = finding.what.partition(": ")[2].partition(" are ")[0].partition(" is a replica")[0]
    return tuple(names.split(" and "))


def primaries(newest: Mapping[str, ServerFacts]) -> frozenset[str]:
    """Systems that have a primary among these."""
    return frozenset(facts.place.system for facts in newest.values() if facts.place.system and not facts.is_replica)


def _systems(newest: Mapping[str, ServerFacts]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name, facts in newest.items():
        if facts.place.system:
            found[facts.place.system].append(name)
    return found


def _finding(id: str, what: str, object: str, since: Mapping[str, datetime], value: str) -> Finding:
    return Finding(id, Severity.CRITICAL, what, 3, since=since.get(id), value=value, object=object, rule=KIND)


def _moved(before: ServerFacts, now: ServerFacts) -> bool:
    old, new = before.place.follows, now.place.follows
    return bool(old and new) and old != new


def _of(facts: ServerFacts) -> str:
    return f" of {facts.place.follows}" if facts.place.follows else ""


def _timeline(facts: ServerFacts) -> str:
    return f" (timeline {facts.place.timeline})" if facts.place.timeline is not None else ""


def _timelines(newest: Mapping[str, ServerFacts], names: Iterable[str]) -> str:
    known = [newest[name].place.timeline for name in names]
    return f" (timelines {' and '.join(map(str, known))})" if None not in known else ""
