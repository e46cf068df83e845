"""The topics of the board: one name and one type for everything the screens and rules can read."""

from typing import Any, Generic, TypeVar

import msgspec

from ..model.action import Run
from ..model.alerts import Alert, Noise, PrometheusAlerts, RuleState, Silence
from ..model.baseline import Baselines, Comparison
from ..model.billing import Costs
from ..model.collection import Collection
from ..model.customer import Customers
from ..model.finding import Change, Finding
from ..model.incident import Incidents
from ..model.journal import JournalLine
from ..model.kubernetes import (
    Budget,
    Claim,
    ClusterInfo,
    ConfigChange,
    EndpointSlice,
    Event,
    Hpa,
    HpaPast,
    Namespace,
    Node,
    Pod,
    Quota,
    ReplicaSet,
    Service,
    Usage,
    Workload,
)
from ..model.logs import LogOverview, LogStore
from ..model.metrics import External, Measures, Services, Split, Tiles
from ..model.own_cost import OwnCost
from ..model.pools import Connections, PoolerFigures
from ..model.postgres import ServerFacts, ServerHealth
from ..model.probe import Probes
from ..model.quiet import Quiet
from ..model.redis import CacheFigures
from ..model.sessions import Sessions
from ..model.slo import Slos
from ..model.statements import Statements

T = TypeVar("T")


class Topic(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """Name of a topic; its type parameter is the type of its readings' values."""

    name: str
    system: str
    """The source it belongs to, as the frame names it: k8s, prom, pg, redis, bill, cust, store, loki, am, rules."""


CLUSTER: Topic[ClusterInfo] = Topic("k8s.cluster", "k8s")
PODS: Topic[Collection[Pod]] = Topic("k8s.pods", "k8s")
WORKLOADS: Topic[Collection[Workload]] = Topic("k8s.workloads", "k8s")
REPLICA_SETS: Topic[Collection[ReplicaSet]] = Topic("k8s.replicasets", "k8s")
HPAS: Topic[Collection[Hpa]] = Topic("k8s.hpas", "k8s")
HPA_PAST: Topic[dict[str, HpaPast]] = Topic("rules.hpa-past", "rules")
"""By uid of the HPA."""
NODES: Topic[Collection[Node]] = Topic("k8s.nodes", "k8s")
EVENTS: Topic[Collection[Event]] = Topic("k8s.events", "k8s")
BUDGETS: Topic[Collection[Budget]] = Topic("k8s.budgets", "k8s")
K8S_SERVICES: Topic[Collection[Service]] = Topic("k8s.services", "k8s")
QUOTAS: Topic[Collection[Quota]] = Topic("k8s.quotas", "k8s")
ENDPOINTS: Topic[Collection[EndpointSlice]] = Topic("k8s.endpoints", "k8s")
"""This, NAMESPACES and CLAIMS are watched while somebody wants them only."""
NAMESPACES: Topic[Collection[Namespace]] = Topic("k8s.namespaces", "k8s")
CLAIMS: Topic[Collection[Claim]] = Topic("k8s.claims", "k8s")
CONFIG_CHANGES: Topic[Collection[ConfigChange]] = Topic("k8s.configmaps", "k8s")
POD_USAGE: Topic[dict[str, Usage]] = Topic("k8s.pod-usage", "k8s")
"""By `namespace/name`."""
NODE_USAGE: Topic[dict[str, Usage]] = Topic("k8s.node-usage", "k8s")

TILES: Topic[Tiles] = Topic("prom.tiles", "prom")
SERVICES: Topic[Services] = Topic("prom.services", "prom")
SPLITS: Topic[tuple[Split, ...]] = Topic("prom.splits", "prom")
SLOS: Topic[Slos] = Topic("prom.slos", "prom")
MEASURES: Topic[Measures] = Topic("prom.measures", "prom")
BASELINES: Topic[Baselines] = Topic("prom.baselines", "prom")
COMPARISONS: Topic[tuple[Comparison, ...]] = Topic("prom.comparisons", "prom")
"""Services before and after their latest release, newest first."""
EXTERNAL: Topic[tuple[External, ...]] = Topic("prom.external", "prom")
"""What the services call outside the platform, by target."""
QUIET: Topic[Quiet] = Topic("prom.quiet", "prom")
"""What had metrics and has none any more."""
ALERTS: Topic[tuple[Alert, ...]] = Topic("am.alerts", "am")
"""What an Alertmanager holds; ALL_ALERTS has them, too."""
SILENCES: Topic[tuple[Silence, ...]] = Topic("am.silences", "am")
PROM_ALERTS: Topic[PrometheusAlerts] = Topic("prom.alerts", "prom")
"""What Prometheus itself says of its alerts and alerting rules."""
ALL_ALERTS: Topic[tuple[Alert, ...]] = Topic("rules.alerts", "rules")
"""Those of Alertmanager and Prometheus, what both have once."""
RULES: Topic[tuple[RuleState, ...]] = Topic("rules.states", "rules")
"""All rules of the policy with what they say now."""
NOISE: Topic[Noise] = Topic("rules.noise", "rules")
"""What fired in the last seven days, and what came of it."""

LOG_STORE: Topic[LogStore] = Topic("loki.store", "loki")
LOGS: Topic[LogOverview] = Topic("loki.logs", "loki")
"""While somebody looks at it, as POD_LOGS."""
POD_LOGS: Topic[LogOverview] = Topic("k8s.logs", "k8s")
"""The same read from the pods' own logs, for platforms without a Loki."""
ON_DEMAND = frozenset((ENDPOINTS, NAMESPACES, CLAIMS, LOGS, POD_LOGS))
"""Off, or not answered yet, is no trouble of these."""

PG_FACTS: Topic[ServerFacts] = Topic("pg.facts", "pg")
PG_STATEMENTS: Topic[Statements] = Topic("pg.statements", "pg")
PG_SESSIONS: Topic[Sessions] = Topic("pg.sessions", "pg")
PG_HEALTH: Topic[ServerHealth] = Topic("pg.health", "pg")
PG_CHANGES: Topic[tuple[Change, ...]] = Topic("pg.changes", "pg")
"""Its start and its settings."""
PG_COST: Topic[OwnCost] = Topic("pg.cost", "pg")
"""What the console itself costs it."""
PG_CONNECTIONS: Topic[Connections] = Topic("pg.connections", "pg")
PGBOUNCER: Topic[PoolerFigures] = Topic("pgbouncer.pools", "pgbouncer")
REDIS: Topic[CacheFigures] = Topic("redis.figures", "redis")

PROBES: Topic[Probes] = Topic("probes.probes", "probes")
"""What is asked from here: pages, ports, certificates, names."""

COSTS: Topic[Costs] = Topic("bill.costs", "bill")
CUSTOMERS: Topic[Customers] = Topic("cust.customers", "cust")
INCIDENTS: Topic[Incidents] = Topic("store.incidents", "store")
JOURNAL: Topic[tuple[JournalLine, ...]] = Topic("store.journal", "store")
"""The newest lines, newest first."""

RUNS: Topic[tuple[Run, ...]] = Topic("actions.runs", "actions")
"""What was done from this console, newest first; those that go on are followed here."""

FINDINGS: Topic[tuple[Finding, ...]] = Topic("rules.findings", "rules")
TRIGGERS: Topic[tuple[Finding, ...]] = Topic("rules.triggers", "rules")
"""What the triggers to scale by hand say, also where a finding of the list covers them."""
CHANGES: Topic[tuple[Change, ...]] = Topic("rules.changes", "rules")
RECORDED: Topic[int] = Topic("records.recorded", "rules")
"""How many entries this console has written into timelines by itself."""


def every_topic() -> tuple[Topic[Any], ...]:
    """All topics that there are, in the order they are declared."""
    return tuple(value for value in globals().values() if isinstance(value, Topic))
