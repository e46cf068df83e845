"""What the runbooks do about a finding, in a few words each: pure tables, matched by the rule's measure or kind.

Each step names the runbook and the section that it is taken from, and the key that opens what it asks for.
"""

from collections.abc import Iterable, Mapping

import msgspec

from ..config.settings import Policy
from ..model.finding import Finding


class Step(msgspec.Struct, frozen=True, gc=False):
    """One step of a runbook."""

    words: str
    runbook: str
    """Number of the runbook: 000 to 004."""
    section: str
    """The heading it stands under."""
    opens: str = ""
    """Id of the action of the key table that opens what it asks for; "" where nothing here does."""

    @property
    def origin(self) -> str:
        return f"runbook {self.runbook}, {self.section}"


def _errors(words: str, opens: str = "") -> Step:
    return Step(words, "002", "High Error Rate", opens)


def _alert_errors(words: str, opens: str = "") -> Step:
    return Step(words, "004", "High Error Rate Alert", opens)


def _response(words: str, opens: str = "") -> Step:
    return Step(words, "004", "High Response Time Alert", opens)


def _down(words: str, opens: str = "") -> Step:
    return Step(words, "004", "Service Down Alert", opens)


def _memory(words: str, opens: str = "") -> Step:
    return Step(words, "004", "High Memory Usage Alert", opens)


def _scale(words: str, opens: str = "") -> Step:
    return Step(words, "000", "Manual Scaling Procedure", opens)


def _database(words: str, opens: str = "") -> Step:
    return Step(words, "000", "Database Performance Issues", opens)


def _outage(words: str, opens: str = "") -> Step:
    return Step(words, "000", "Database Outage", opens)


def _connections(words: str, opens: str = "") -> Step:
    return Step(words, "002", "Database Connection Issues", opens)


def _cost(words: str, opens: str = "") -> Step:
    return Step(words, "000", "Cost Overrun Response", opens)


ERRORS = (
    _errors("see what changed: deploys and settings shortly before", "changes"),
    _alert_errors("read the application's logs", "logs"),
    _errors("tell kinds of errors apart and count them", "logs"),
    _alert_errors("check that database and cache answer", "problems"),
    _alert_errors("an application fault: consider a roll-back", "rollback"),
    _alert_errors("an outside fault: look at the third party's status"),
)
SLOW = (
    _response("find the statements with the largest mean time", "tab.3"),
    Step("find the bottleneck: database, endpoint, outside service", "002", "Performance Degradation", "tab.0"),
    _response("review recent code changes", "changes"),
    _response("check the cache's latency", "tab.3"),
    _response("scale the pods up", "scale"),
)  # fmt: skip
DOWN = (
    _down("look at the state of its pods", "related"),
    _down("read the logs of the failing pod", "logs"),
    _down("compare use with the limits of its resources", "describe"),
    _down("check for changed configuration", "changes"),
    _down("restart what fails; scale up where resources are short", "restart"),
)
CPU = (
    _scale("look at its pods and what they use", "enter"),
    _scale("add replicas", "scale"),
    _scale("watch the new pods come up; then errors and latency", "tab.1"),
)
MEMORY = (
    _memory("compare the memory of its pods", "enter"),
    _memory("restart the pods that hold most", "restart"),
    _memory("scale up where all of them hold much", "scale"),
    _memory("look for a leak in the application", "logs"),
)
QUEUE = (
    Step("check the depth of the queues", "000", "Manual Scaling Procedure", "tab.1"),
    _scale("add workers", "scale"),
    _scale("see that the queue gets shorter", "tab.1"),
)
CONNECTIONS = (
    _database("count the sessions by state and application", "tab.3"),
    _connections("check that the address and the pool are right"),
    _connections("look at the use of the connection pool", "related"),
    _database("restart what holds the pool", "restart"),
)
STATEMENTS = (
    _database("list the statements with the largest mean time", "tab.3"),
    Step("look at its plan and the use of its indexes", "004", "Query Optimization", "events"),
    Step("add a missing index concurrently", "004", "Index Management"),
    _database("log what takes longer than a second"),
)
LOCKS = (
    Step("analyse who holds the lock and who waits", "001", "Database Performance Tuning", "related"),
    _database("look at the sessions behind it", "tab.3"),
)
DATABASE_DOWN = (
    _outage("check that its pods run", "tab.2"),
    _outage("check the space on its disk", "describe"),
    _outage("check replication", "tab.3"),
)
CACHE = (
    Step("review what is evicted", "000", "Daily Performance Review", "tab.3"),
    Step("look for the largest keys", "004", "Cache Optimization", "tab.3"),
    Step("set times to live and the policy of eviction", "004", "Cache Optimization"),
)
BUDGET = (
    _cost("find what drives the cost, and what changed", "tab.4"),
    _cost("pause what is not essential: development, spare replicas"),
    _cost("scale down what is not used", "scale"),
    Step("80 %: review; 90 %: cut at once; 100 %: emergency", "000", "Budget Management"),
)
NODES = (
    Step("see which pods run on it", "002", "Performance Degradation", "enter"),
    Step("check the resources against their limits", "004", "Service Down Alert", "describe"),
    Step("plan capacity where no node has room", "000", "Capacity Planning Review"),
)
AUTOSCALER = (
    Step("see what it wants and why", "000", "Auto-Scaling Monitoring", "why"),
    _scale("raise its maximum where the nodes have room", "scale"),
    Step("watch the triggers for scaling by hand", "000", "Manual Scaling Triggers"),
)
SUPPORT = (
    Step("review the tickets and answer the oldest first", "002", "Customer Support"),
    Step("look at the customers it concerns", "000", "At-Risk Customer Response", "tab.5"),
)
ALERT = (
    Step("acknowledge it", "004", "Detection & Acknowledgment", "acknowledge"),
    Step("overview of the system, then what lies outside", "004", "Initial Assessment", "tab.0"),
    Step("check recent deployments and the error logs", "000", "Performance Incident Response", "changes"),
)
BLIND = (
    Step("see which source does not answer, and its remedy", "000", "System Outage Response", "problems"),
    Step("look at its pods where it runs in the cluster", "004", "Service Down Alert", "tab.2"),
)
ANY = (
    Step("declare an incident and say how severe", "000", "Performance Incident Response", "declare"),
    Step("gather figures, deployments and error logs", "000", "Performance Incident Response", "changes"),
    Step("mend, scale or roll back; then verify the effect", "000", "Performance Incident Response", "rollback"),
)

BY_MEASURE: Mapping[str, tuple[Step, ...]] = {
    "requests.errors": ERRORS,
    "availability": ERRORS,
    "requests.p95": SLOW,
    "requests.p99": SLOW,
    "endpoint.p99": SLOW,
    "health.check": DOWN,
    "heap.bytes": MEMORY,
    "workload.memory": MEMORY,
    "workload.cpu": CPU,
    "node.cpu": NODES,
    "node.memory": NODES,
    "queue.depth": QUEUE,
    "queue.age": QUEUE,
    "pg.connections": CONNECTIONS,
    "pool.clients": CONNECTIONS,
    "pool.wait": CONNECTIONS,
    "pg.cpu": STATEMENTS,
    "pg.blocked": LOCKS,
    "pg.availability": DATABASE_DOWN,
    "statement.mean": STATEMENTS,
    "statement.p95": STATEMENTS,
    "statement.running": STATEMENTS,
    "cache.hit": CACHE,
    "budget.spent": BUDGET,
    "csat": SUPPORT,
    "support.response": SUPPORT,
}
"""Steps by what a rule measures."""
BY_KIND: Mapping[str, tuple[Step, ...]] = {
    "workload": DOWN,
    "pod": DOWN,
    "service": DOWN,
    "node": NODES,
    "autoscaler": AUTOSCALER,
    "statement": STATEMENTS,
    "health": DATABASE_DOWN,
    "alert": ALERT,
    "blind": BLIND,
    "quiet": BLIND,
    "slo.silent": BLIND,
    "slo.uncounted": BLIND,
    "probe": DOWN,
    "baseline": SLOW,
}
"""Steps of findings that no threshold of a policy makes, by their rule."""
WITHOUT = frozenset(("leads.latency",))
"""Measures that the runbooks name a limit for and nothing to do about."""
BY_TAB: Mapping[int, tuple[Step, ...]] = {4: BUDGET, 5: SUPPORT}


def steps(finding: Finding | None, policy: Policy) -> tuple[Step, ...]:
    """What the runbooks do about a finding, first things first; of what they do not know, their general response."""
    if finding is None:
        return ()
    rule = policy.rules.get(finding.rule)
    if rule is not None:
        return BY_MEASURE.get(rule.measure) or ANY
    kind = finding.rule or finding.id.partition(":")[0]
    words = (kind, kind.partition(".")[0], finding.id.partition(":")[0])
    found = next((BY_KIND[word] for word in words if word in BY_KIND), None)
    return found or BY_TAB.get(finding.tab) or ANY


def uncovered(measures: Iterable[str]) -> tuple[str, ...]:
    """Those measures that have neither a step nor the word that the runbooks have none."""
    return tuple(sorted(set(measures) - BY_MEASURE.keys() - WITHOUT))
