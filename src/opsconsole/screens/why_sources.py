"""The readings behind the row under the cursor, each with the system that told it: what `w` names as asked."""

from collections.abc import Iterable
from typing import Any

from ..config.settings import Policy
from ..model.asked import Asked
from ..model.finding import Change, Finding
from ..model.reading import Reading
from ..poller import topics
from ..poller.board import Board
from ..poller.topics import Topic
from .asked_words import asked_of
from .base import Tab

Put = tuple[str, Asked]
"""(system as topics call it, the query)."""

BY_MEASURE: dict[str, Topic[Any]] = {
    "requests": topics.SERVICES,
    "pg.connections": topics.PG_FACTS,
    "pg.blocked": topics.PG_SESSIONS,
    "statement.mean": topics.PG_STATEMENTS,
    "statement.running": topics.PG_SESSIONS,
    "pool": topics.PGBOUNCER,
    "cache": topics.REDIS,
    "budget": topics.COSTS,
}
"""By a measure, or its first word; all others are Prometheus' measures."""
BY_KIND: dict[str, Topic[Any]] = {
    "alert": topics.ALERTS,
    "slo": topics.SLOS,
    "probe": topics.PROBES,
    "workload": topics.WORKLOADS,
    "pod": topics.PODS,
    "node": topics.NODES,
    "autoscaler": topics.HPAS,
    "service": topics.K8S_SERVICES,
    "disruption-budget": topics.BUDGETS,
    "quota": topics.QUOTAS,
    "statement": topics.PG_STATEMENTS,
    "health": topics.PG_HEALTH,
    "baseline": topics.BASELINES,
    "shift": topics.BASELINES,
}
"""By the first word of a finding's rule or id."""
BY_TAB: dict[int, tuple[Topic[Any], ...]] = {
    4: (topics.COSTS,),
    5: (topics.CUSTOMERS,),
    6: (topics.INCIDENTS, topics.JOURNAL),
}
"""Of the tabs that are made of one source."""
DERIVED: dict[Topic[Any], tuple[Topic[Any], ...]] = {
    topics.ALL_ALERTS: (topics.ALERTS, topics.PROM_ALERTS),
    topics.RULES: (topics.SERVICES, topics.MEASURES),
    topics.NOISE: (topics.SERVICES, topics.MEASURES),
}
"""What the rules make of other readings: those are what was asked."""
BY_CHANGE: dict[str, tuple[Topic[Any], ...]] = {
    "release": (topics.REPLICA_SETS, topics.WORKLOADS),
    "rollout": (topics.REPLICA_SETS, topics.WORKLOADS),
    "scale": (topics.EVENTS, topics.WORKLOADS),
    "hpa": (topics.HPAS, topics.EVENTS),
    "config": (topics.CONFIG_CHANGES,),
    "restart": (topics.PODS,),
    "node": (topics.NODES,),
    "silence": (topics.SILENCES,),
    "setting": (topics.PG_CHANGES,),
    "fail-over": (topics.PG_FACTS,),
}


def put(tab: Tab) -> list[Put]:
    """The queries behind the row, the view's own first, none twice."""
    row = getattr(tab, "row", None)
    found: list[Put] = []
    for system, asked in _of_row(tab, row):
        if all(asked.text != other.text or asked.server != other.server for _, other in found):
            found.append((system, asked))
    said = tab.why()
    # a view that says itself which of its queries a row comes from is right about it
    named = [one for one in found if one[1].text.strip() and one[1].text.strip() in said]
    return named or found


def _of_row(tab: Tab, row: Any) -> Iterable[Put]:
    board = tab.context.board
    if isinstance(row, tuple) and len(row) == 2 and isinstance(row[1], Change):
        return _of_topics(board, BY_CHANGE.get(row[1].kind, ()))
    if isinstance(row, Finding):
        return of_finding(board, row, tab.context.policy)
    kinds = getattr(tab, "kinds", {})
    view = getattr(tab, "shown_view", None)
    if view is not None:
        return _of_view(board, view, row)
    if tab.digit == 2 and kinds:
        return _of_kind(tab, board)
    return _of_topics(board, BY_TAB.get(tab.digit, ()))


def _of_view(board: Board, view: Any, row: Any) -> list[Put]:
    """Of a view of tab 1 or 3: the row's own queries, the chart's, the view's reading, then what else it hears."""
    desk = getattr(view, "desk", None)
    if desk is not None:
        names = [name for name in (view.made_of, *view.hears) if name and desk.tells(name)]
        systems = {"redis": "redis", "pgbouncer": "pgbouncer"}
        readings = [(systems.get(name, "pg"), reading) for name in names for _, reading in desk.each(name)]
        return [(system, asked) for system, reading in readings for asked in asked_of(reading)]
    own = getattr(row, "asked", ())
    found: list[Put] = []
    made_of: Topic[Any] | None = view.made_of
    system = made_of.system if made_of is not None else "prom"
    behind = DERIVED.get(made_of, (made_of,)) if made_of is not None else ()
    found += [(system, one) for one in (own if isinstance(own, tuple) else (own,)) if isinstance(one, Asked)]
    chart = getattr(getattr(view, "charts", None), "asked", None)
    if isinstance(chart, Reading):
        found += [("prom", one) for one in asked_of(chart)]
    return [*found, *_of_topics(board, behind)]


def _of_kind(tab: Tab, board: Board) -> list[Put]:
    """Of a view of tab 2: the watched lists that it is made of."""
    kind = getattr(tab, "kind", None)
    own = kind.topic if kind is not None else None
    lists = (own,) if own is not None else (topics.WORKLOADS, topics.PODS, topics.NODES)
    used = {topics.PODS: topics.POD_USAGE, topics.WORKLOADS: topics.POD_USAGE, topics.NODES: topics.NODE_USAGE}
    return _of_topics(board, (*lists, *(used[one] for one in lists if one in used)))


def of_finding(board: Board, finding: Finding, policy: Policy) -> list[Put]:
    """The queries whose answers a finding judges."""
    rule = policy.rules.get(finding.rule)
    if rule is not None:
        first = rule.measure.partition(".")[0]
        topic = BY_MEASURE.get(rule.measure) or BY_MEASURE.get(first, topics.MEASURES)
        found = _of_topics(board, _servers(board, topic))
        return _about(found, rule.measure) if topic is topics.MEASURES else found
    id, kind = finding.id.partition(":")[0], finding.rule.partition(".")[0]
    if id == "blind":
        system = finding.id.partition(":")[2]
        return _of_topics(board, [topic for topic in board.topics() if topic.system == system])
    topic = BY_KIND.get(id) or BY_KIND.get(kind) or BY_KIND.get(kind.partition("-")[0], topics.FINDINGS)
    return _of_topics(board, _servers(board, topic))


def _servers(board: Board, topic: Topic[Any]) -> list[Topic[Any]]:
    """That of the first server, and of those that add their name."""
    return [topic, *(one for one in board.topics() if one.name.startswith(f"{topic.name}."))]


def _about(found: list[Put], measure: str) -> list[Put]:
    """Of all measures' queries those that speak of this one, as far as their text tells."""
    words = [word for word in measure.split(".") if word not in ("bytes", "age", "depth", "hit")]
    told = [one for one in found if all(word in one[1].text.lower() for word in words)]
    return told or [one for one in found if any(word in one[1].text.lower() for word in words)] or found


def _of_topics(board: Board, wanted: Iterable[Topic[Any]]) -> list[Put]:
    return [(topic.system, asked) for topic in wanted for asked in _asked(topic, board.get(topic))]


def _asked(topic: Topic[Any], reading: Reading[Any]) -> tuple[Asked, ...]:
    """What a reading tells of its queries; of one that tells only where it came from, that."""
    if told := asked_of(reading):
        return told
    if not reading.source or reading.taken is None or topic.system == "rules":
        return ()
    path = reading.source
    text = f"GET {path}" if topic.system == "k8s" and path.startswith("/") else path
    return (
        Asked(topic.name, topic.name.partition(".")[2], text, topic.system, reading.taken, reading.took_s, counted=""),
    )
