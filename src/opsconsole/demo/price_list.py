"""What the demo's platform buys: one line per resource and meter, tied to the shop's nodes and workloads."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from opsconsole.demo.platform import NAMESPACE
from opsconsole.demo.shop.inventory import NODES, WORKLOADS, Node

PROD, STAGING, SHARED = "social-live-prod", "social-live-staging", "social-live-shared"
ACCOUNTS = {PROD: "411200000017", STAGING: "411200000042", SHARED: "411200000088"}
INSTANCE_HOUR = Decimal("0.460000")
COMMITTED_HOUR = Decimal("0.310000")
"""What an instance hour costs under the savings plan that covers the first two nodes."""
COMMITTED_NODES = 2

_EC2 = "Amazon Elastic Compute Cloud"
_EKS = "Amazon Elastic Kubernetes Service"


@dataclass(frozen=True, slots=True)
class Line:
    """One meter of one resource, charged daily."""

    service: str
    category: str
    """FOCUS ServiceCategory."""
    account: str
    resource: str
    sku: str
    unit: str
    price: Decimal
    """List price of one unit, USD."""
    daily: float
    """Units on an ordinary weekday at the end of the period."""
    monthly_growth: float = 0.0
    weekend: float = 1.0
    """Factor on Saturdays and Sundays."""
    noise: float = 0.0
    """Largest deviation of a day, as a ratio."""
    publisher: str = "Amazon Web Services"
    discount: Decimal = Decimal(0)
    """Negotiated, as a ratio of the list price."""
    committed_price: Decimal | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def tags_json(self) -> str:
        return json.dumps({"environment": self.account.removeprefix("social-live-"), **self.tags}, sort_keys=True)


def lines() -> Iterator[Line]:
    """Everything on the bill, in order of service."""
    for index, node in enumerate(NODES):
        yield from _node(node, committed=index < COMMITTED_NODES)
    yield from _data_plane()
    yield from _managed()
    yield from _around()


def _node(node: Node, *, committed: bool) -> Iterator[Line]:
    """A node's 24 instance hours, split over workloads by the CPU they request there; the rest is idle."""
    hours = {w.name: round(24 * w.cpu_request * w.replicas / len(NODES) / node.cpu_millicores, 4) for w in WORKLOADS}
    hours["__idle__"] = round(24 - sum(hours.values()), 4)
    for workload, used in hours.items():
        yield Line(
            _EC2, "Compute", PROD, node.name, f"{node.instance_type}-linux", "Hours", INSTANCE_HOUR,
            used, committed_price=COMMITTED_HOUR if committed else None,
            tags={"node": node.name, "namespace": NAMESPACE, "workload": workload, "team": _team(workload)},
        )  # fmt: skip


def _team(workload: str) -> str:
    teams = {"api": "core", "web": "core", "auth": "core", "feed": "social", "search": "social", "media": "social",
             "payments-gateway": "payments", "notifications": "social"}  # fmt: skip
    return teams.get(workload, "platform")


def _data_plane() -> Iterator[Line]:
    yield Line(_EKS, "Compute", PROD, "eks-prod", "eks-cluster-hours", "Hours", Decimal("0.100000"), 24)
    yield Line(_EKS, "Compute", STAGING, "eks-staging", "eks-cluster-hours", "Hours", Decimal("0.100000"), 24)
    for node in NODES:
        yield Line(
            "Amazon Elastic Block Store", "Storage", PROD, f"vol-{node.name}", "gp3-storage", "GB-Days",
            Decimal("0.003130"), 200, tags={"node": node.name},
        )  # fmt: skip
    for index in (0, 1):
        yield Line(
            "Amazon Elastic Block Store", "Storage", PROD, f"pvc-search-index-{index}", "gp3-storage", "GB-Days",
            Decimal("0.003130"), 480, 0.02, tags={"workload": "search-index", "team": "social"},
        )  # fmt: skip
    yield Line(
        _EC2, "Compute", STAGING, "staging-nodes", "t3.xlarge-linux", "Hours", Decimal("0.192000"), 30, 0.01, 0.4, 0.05
    )
    yield Line(
        "Amazon EC2 Spot", "Compute", SHARED, "ci-runners", "c6i.2xlarge-spot", "Hours", Decimal("0.148000"), 96, 0.02,
        0.2, 0.25, tags={"team": "platform"},
    )  # fmt: skip


def _managed() -> Iterator[Line]:
    rds = "Amazon Relational Database Service"
    data = {"team": "core", "tier": "data"}
    yield Line(rds, "Databases", PROD, "pg-primary", "db.r6g.2xlarge-multi-az", "Hours", Decimal("2.140000"), 24,
               discount=Decimal("0.10"), tags=data)  # fmt: skip
    yield Line(rds, "Databases", PROD, "pg-primary", "gp3-storage-multi-az", "GB-Days", Decimal("0.009000"), 1400, 0.03,
               tags=data)  # fmt: skip
    yield Line(rds, "Databases", PROD, "pg-primary", "backup-storage", "GB-Days", Decimal("0.003200"), 2600, 0.04,
               tags=data)  # fmt: skip
    yield Line(rds, "Databases", STAGING, "pg-staging", "db.t4g.large", "Hours", Decimal("0.146000"), 24)
    yield Line("Amazon ElastiCache", "Databases", PROD, "redis-prod", "cache.r7g.large", "Hours", Decimal("0.274000"),
               48, discount=Decimal("0.10"), tags=data)  # fmt: skip


def _around() -> Iterator[Line]:
    yield Line("Amazon Simple Storage Service", "Storage", PROD, "s3-media", "standard-storage", "GB-Days",
               Decimal("0.000790"), 52000, 0.035, tags={"team": "social", "workload": "media"})  # fmt: skip
    yield Line("Amazon Simple Storage Service", "Storage", PROD, "s3-media", "requests-tier1", "1000 Requests",
               Decimal("0.005400"), 2400, 0.03, 1.15, 0.06, tags={"team": "social", "workload": "media"})  # fmt: skip
    yield Line("Amazon Simple Storage Service", "Storage", SHARED, "s3-backups", "glacier-ir-storage", "GB-Days",
               Decimal("0.000160"), 90000, 0.03)  # fmt: skip
    yield Line("Amazon CloudFront", "Networking", PROD, "cdn-media", "data-transfer-out", "GB", Decimal("0.085000"),
               760, 0.03, 1.2, 0.08, discount=Decimal("0.15"), tags={"team": "social"})  # fmt: skip
    yield Line("Elastic Load Balancing", "Networking", PROD, "alb-ingress", "lcu-hours", "LCU-Hours",
               Decimal("0.008000"), 620, 0.02, 1.1, 0.05, tags={"workload": "ingress-nginx-controller"})  # fmt: skip
    yield Line("Amazon Virtual Private Cloud", "Networking", PROD, "nat-a", "nat-bytes", "GB", Decimal("0.052000"),
               240, 0.02, 1.05, 0.06)  # fmt: skip
    yield Line("Amazon Virtual Private Cloud", "Networking", PROD, "cross-zone", "regional-bytes", "GB",
               Decimal("0.010000"), 1900, 0.02, 1.05, 0.06)  # fmt: skip
    yield Line("Amazon Bedrock", "AI and Machine Learning", PROD, "feed-ranking", "input-tokens", "1M Tokens",
               Decimal("0.800000"), 46, 0.08, 1.1, 0.10, tags={"team": "social", "workload": "feed"})  # fmt: skip
    yield Line("Amazon Bedrock", "AI and Machine Learning", PROD, "feed-ranking", "output-tokens", "1M Tokens",
               Decimal("3.200000"), 7, 0.08, 1.1, 0.10, tags={"team": "social", "workload": "feed"})  # fmt: skip
    yield Line("Amazon CloudWatch", "Management and Governance", PROD, "logs-prod", "logs-ingested", "GB",
               Decimal("0.630000"), 54, 0.01, 1.0, 0.05, tags={"team": "platform"})  # fmt: skip
    yield Line("Datadog Pro", "Management and Governance", SHARED, "datadog", "apm-hosts", "Host-Days",
               Decimal("1.030000"), 9, publisher="Datadog", tags={"team": "platform"})  # fmt: skip
    yield Line("AWS WAF", "Security", PROD, "waf-edge", "requests", "1M Requests", Decimal("0.600000"), 32, 0.02, 1.1,
               0.05)  # fmt: skip
    yield Line("Amazon Simple Email Service", "Integration", PROD, "ses", "emails", "1000 Emails", Decimal("0.100000"),
               140, 0.02, 0.7, 0.1, tags={"workload": "notifications"})  # fmt: skip
