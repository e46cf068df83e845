"""A platform by hand, for the tabs: the night of the slow release, as its readings stood at 02:53 on 26 March 2026.

`board()` holds all of it; each part can be asked for alone. `hostile` turns every name into one that would break a
careless screen.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from opsconsole.config.policies import builtin
from opsconsole.model.alerts import Alert
from opsconsole.model.billing import Bill, BurnDown, Costs, Rejected, Spend
from opsconsole.model.collection import Collection
from opsconsole.model.customer import Customer, CustomerBase, CustomerInput, Customers
from opsconsole.model.finding import Change, Finding, Severity
from opsconsole.model.incident import Incident, Incidents, TimelineEntry
from opsconsole.model.journal import JournalLine, Who
from opsconsole.model.kubernetes import (
    Budget,
    Claim,
    ClusterInfo,
    Condition,
    Container,
    Cron,
    Endpoint,
    EndpointSlice,
    Event,
    Hpa,
    HpaMetric,
    JobRun,
    Namespace,
    Node,
    Owner,
    Pod,
    Quota,
    QuotaLine,
    ReplicaSet,
    Service,
    Termination,
    Usage,
    Workload,
)
from opsconsole.model.metrics import External, Measures, ServiceFigures, Services, Split, Tile, Tiles
from opsconsole.model.postgres import HealthCheck, ServerFacts, ServerHealth
from opsconsole.model.reading import Reading, State
from opsconsole.model.redis import CacheFigures, Replication, SlowEntry
from opsconsole.model.sessions import Held, Session, Sessions
from opsconsole.model.statements import StatementRate, Statements
from opsconsole.poller import topics
from opsconsole.poller.board import Board
from opsconsole.poller.topics import Topic
from opsconsole.rules.health import judged
from opsconsole.widgets.source_state import every_topic

NOW = datetime(2026, 3, 26, 2, 53, 10, tzinfo=UTC)
NAMESPACE = "social-live-prod"
MI, GI = 2**20, 2**30


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def findings() -> tuple[Finding, ...]:
    after = "release api 1.8.1→1.8.2 (02:39)"
    return (
        Finding("p99:api", Severity.CRITICAL, "api P99 1.9 s > 500 ms", 1, since=ago(12), value="1.9 s",
                limit="> 500 ms", after=after, whom="12 customers", customers=12, object="api ", rule="p99-critical",
                origin="000_checkout.txt:53", bound=0.5, evidence=("hpa:api", "conn:pg")),
        Finding("blind:loki", Severity.BLIND, "Loki does not answer: logs blind", 1, since=ago(6), rule="blind"),
        Finding("hpa:api", Severity.WARNING, "api HPA at max since 02:44, wants 31", 2, since=ago(9), after=after,
                object=f"{NAMESPACE}/api", related=("p99:api",), leader="p99:api", tie="both api",
                rule="workload"),
        Finding("conn:pg", Severity.WARNING, "pg-primary db connections 88 of 97 (91 %) > 80 %", 3, state="pending",
                since=ago(1), pending_s=20.0, for_s=30.0, object="pg-primary", related=("p99:api",),
                leader="p99:api", tie="same time", rule="connections", bound=0.8),
    )  # fmt: skip


QUIET: tuple[Finding, ...] = ()
"""No finding."""


def changes() -> tuple[Change, ...]:
    return (
        Change(ago(9), "hpa", "HPA api 6→20 at max", "horizontal-pod-autoscaler", f"{NAMESPACE}/api"),
        Change(ago(14), "release", "release api 1.8.1→1.8.2", "deployer", f"{NAMESPACE}/api"),
        Change(ago(41), "config", "config api-flags changed", "lena", f"{NAMESPACE}/api-flags"),
    )


def services() -> Services:
    row = ServiceFigures
    return Services((
        row("api", "", 412.0, 0.0031, 0.012, 0.21, 1.7, 1.9, 0.27, 0.41, 400.0, "1.8.2"),
        row("api", "POST /checkout", 43.0, 0.003, 0.009, 0.8, 1.8, 2.1, 0.26, 0.4, 42.0),
        row("web", "", 130.0, 0.0, 0.004, 0.02, 0.08, 0.12, 0.08, 0.12, 131.0, "4.4.0"),
        row("legacy", "", None, None, None, None, None, None),
    ))  # fmt: skip


def tiles() -> Tiles:
    course = tuple(float(value) for value in range(30))
    return Tiles(
        (
            Tile("requests", "REQ/s", 412.0, "per_s", last_week=375.0, recent=course),
            Tile("errors", "5xx", 0.0031, "ratio", last_week=0.003, limit=0.01, recent=course, rule="error-rate"),
            Tile("p95", "P95", 1.7, "s", last_week=0.27, limit=0.5, recent=course, rule="p95-warning"),
            Tile("p99", "P99", 1.9, "s", last_week=0.41, limit=0.5, recent=course, rule="p99-critical"),
            Tile("connections", "DB conn", 88.0, "count", maximum=97.0, recent=course),
            Tile("memory", "MEM", None, "bytes"),
        ),
        pulse=(
            Tile("orders", "orders/min", 61.0, "per_min", last_week=148.0),
            Tile("logins", "logins/min", 402.0, "per_min", last_week=411.0),
            Tile("users", "active users", 1190.0, "count"),
        ),
    )


def splits() -> tuple[Split, ...]:
    return (
        Split("version", "1.8.2", 0.97, 0.48, 2, stands_out=True),
        Split("pod", "api-a", 0.06, 0.05, 20),
        Split("endpoint", "POST /checkout", 0.88, 0.1, 9, stands_out=True),
    )


def workloads() -> dict[str, Workload]:
    def one(name: str, desired: int, ready: int, image: str, kind: str = "Deployment") -> Workload:
        return Workload(
            f"w-{name}", NAMESPACE, kind, name, desired, ready, desired, ready, ago(60 * 24 * 210),
            (f"registry.example/{name}:{image}",), (("app", name),), (("app", name),), revision="41",
        )  # fmt: skip

    rows = (one("api", 3, 3, "1.8.2"), one("web", 2, 2, "4.4.0"), one("worker", 2, 1, "2.1.0"),
            one("node-exporter", 2, 2, "v1.8.2", "DaemonSet"))  # fmt: skip
    return {row.uid: row for row in rows}


def replica_sets() -> dict[str, ReplicaSet]:
    def one(revision: str, image: str, created: datetime, environment: tuple[tuple[str, str], ...]) -> ReplicaSet:
        return ReplicaSet(
            f"rs-{revision}", NAMESPACE, f"api-{revision}", Owner("Deployment", "api", "w-api"), revision, 3, 3,
            created, (f"registry.example/api:{image}",), environment, template_hash=revision,
        )  # fmt: skip

    rows = (one("41", "1.8.2", ago(14), (("FEED_V2", "1"),)), one("40", "1.8.1", ago(60 * 24 * 9), ()))
    return {row.uid: row for row in rows}


def pods() -> dict[str, Pod]:
    def one(workload: str, number: int, node: str, image: str, *, owner: str = "ReplicaSet", status: str = "Running",
            request: float | None = 0.5, restarts: int = 0) -> Pod:  # fmt: skip
        last = Termination("OOMKilled", 137, ago(2)) if restarts else None
        running = status == "Running"
        container = Container(
            workload, f"registry.example/{workload}:{image}", running, "running" if running else "waiting",
            "" if running else status, restarts=restarts, started=ago(14), last=last, cpu_limit=1.0,
            cpu_request=request, memory_request=None if request is None else 384.0 * MI,
            memory_limit=None if request is None else 768.0 * MI,
        )  # fmt: skip
        parent = f"{workload}-41" if owner == "ReplicaSet" else workload
        return Pod(
            f"p-{workload}-{number}", NAMESPACE, f"{workload}-41-{number}", status, "Running", int(running), 1,
            restarts, ago(14), node, f"10.244.0.{number + 10}", "Burstable", Owner(owner, parent, f"o-{workload}"),
            (("app", workload), ("pod-template-hash", "41")), (container,), last_restart=last,
            revision="41" if owner == "ReplicaSet" else "",
        )  # fmt: skip

    rows = (
        *(one("api", n, f"node-{n % 2 + 1}", "1.8.2") for n in range(3)),
        *(one("web", n, "node-1", "4.4.0") for n in range(2)),
        one("worker", 0, "node-2", "2.1.0"),
        one("worker", 1, "node-2", "2.1.0", status="CrashLoopBackOff", restarts=7),
        *(one("node-exporter", n, f"node-{n + 1}", "v1.8.2", owner="DaemonSet", request=None) for n in range(2)),
    )
    return {row.uid: row for row in rows}


def pod_usage() -> dict[str, Usage]:
    """Of all but one pod of `web`, which the metrics server does not know yet."""
    return {f"{NAMESPACE}/{pod.name}": Usage(0.455, 476.0 * MI) for pod in pods().values() if pod.name != "web-41-1"}


def nodes() -> dict[str, Node]:
    def one(name: str, status: str = "Ready") -> Node:
        ready = Condition("Ready", "True" if status == "Ready" else "False", "KubeletReady", "", ago(9000))
        return Node(
            f"n-{name}", name, status, "worker", "v1.36.3", ago(60 * 24 * 210), 7.9, 31.0 * GI, 58, "eu-central-1a",
            "m6i.2xlarge", conditions=(ready,),
        )  # fmt: skip

    rows = (one("node-1"), one("node-2"))
    return {row.uid: row for row in rows}


def hpas() -> dict[str, Hpa]:
    limited = Condition("ScalingLimited", "True", "TooManyReplicas", "the desired replica count is more", ago(9))
    row = Hpa(
        "h-api", NAMESPACE, "api", "Deployment", "api", 3, 3, 3, 3,
        (HpaMetric("Resource", "cpu", "Utilization", 65.0, 91.0),), (limited,), ago(9), ago(60 * 24 * 210),
    )  # fmt: skip
    return {row.uid: row}


def budgets() -> dict[str, Budget]:
    """The worker's lets nobody go, because one of its two pods is not ready."""

    def one(name: str, healthy: int, wanted: int, expected: int, allowed: int) -> Budget:
        return Budget(f"b-{name}", NAMESPACE, name, minimum=str(wanted), healthy=healthy, wanted=wanted,
                      expected=expected, allowed=allowed, selector=(("app", name),), created=ago(9000))  # fmt: skip

    return {row.uid: row for row in (one("api", 3, 2, 3, 1), one("worker", 1, 2, 2, 0))}


def cluster_services() -> dict[str, Service]:
    """Of `legacy` no pod is left."""

    def one(name: str, number: int) -> Service:
        return Service(f"s-{name}", NAMESPACE, name, cluster_ip=f"10.96.0.{number}", ports=("80/TCP",),
                       selector=(("app", name),), created=ago(9000))  # fmt: skip

    return {row.uid: row for row in (one("api", 1), one("web", 2), one("worker", 3), one("legacy", 4))}


def endpoints() -> dict[str, EndpointSlice]:
    found: dict[str, EndpointSlice] = {}
    for name in ("api", "web", "worker"):
        behind = [pod for pod in pods().values() if ("app", name) in pod.labels]
        addresses = tuple(Endpoint(pod.ip, pod.ready == pod.total, pod=pod.name, node=pod.node) for pod in behind)
        found[f"es-{name}"] = EndpointSlice(f"es-{name}", NAMESPACE, f"{name}-1", name, addresses, ("3000",), ago(9000))
    return found


def namespaces() -> dict[str, Namespace]:
    rows = (Namespace("ns-1", NAMESPACE, "Active", created=ago(300_000)),
            Namespace("ns-2", "preview-17", "Terminating", deleting=ago(42), created=ago(9000)))  # fmt: skip
    return {row.uid: row for row in rows}


def quotas() -> dict[str, Quota]:
    lines = (QuotaLine("pods", 10.0, 9.0, "10", "9"), QuotaLine("requests.cpu", 8.0, 4.0, "8", "4"))
    return {"q-1": Quota("q-1", NAMESPACE, "compute", lines, ago(9000))}


def claims() -> dict[str, Claim]:
    rows = (Claim("c-1", NAMESPACE, "data-0", "Bound", "pvc-1", "20Gi", "20Gi", "gp3", ("RWO",), created=ago(9000)),
            Claim("c-2", NAMESPACE, "data-1", "Pending", asked="20Gi", storage_class="gp9",
                  created=ago(30)))  # fmt: skip
    return {row.uid: row for row in rows}


def runs() -> dict[str, Workload]:
    """A CronJob with a run that goes on and one that ended well; it stands in for them among the workloads."""

    def job(number: int, minutes: float, *, over: bool) -> Workload:
        done = (Condition("Complete", "True", since=ago(minutes - 1)),) if over else ()
        return Workload(f"w-invoice-{number}", NAMESPACE, "Job", f"invoice-{number}", 1, int(over), int(not over), 0,
                        ago(minutes), conditions=done, owner=Owner("CronJob", "invoice", "w-invoice"),
                        run=JobRun(ago(minutes), ago(minutes - 1) if over else None))  # fmt: skip

    invoice = Workload("w-invoice", NAMESPACE, "CronJob", "invoice", 1, 1, 1, 1, ago(9000),
                       cron=Cron("*/30 * * * *", last=ago(23), succeeded=ago(52)))  # fmt: skip
    return {row.uid: row for row in (invoice, job(1, 53, over=True), job(2, 23, over=False))}


def events() -> dict[str, Event]:
    def one(number: int, kind: str, reason: str, message: str, about: tuple[str, str, str], minutes: float) -> Event:
        what, name, uid = about
        return Event(
            f"e-{number}", NAMESPACE, kind, reason, message, what, name, uid, 1, ago(minutes), ago(minutes), "kubelet"
        )

    api = ("HorizontalPodAutoscaler", "api", "h-api")
    rows = (
        one(1, "Normal", "SuccessfulRescale", "New size: 20; reason: cpu above target", api, 9),
        *(one(10 + n, "Normal", "Started", "Container started", ("Pod", f"api-41-{n}", f"p-api-{n}"), 14)
          for n in range(3)),
        one(20, "Warning", "BackOff", "Back-off restarting failed container", ("Pod", "worker-41-1", "p-worker-1"), 2),
    )  # fmt: skip
    return {row.uid: row for row in rows}


def facts() -> ServerFacts:
    return ServerFacts(
        "pg-primary", "18.1", ago(60 * 24 * 9), False, 88, 100, 3,
        (("idle", 50), ("active", 31), ("idle in transaction", 3)), 0.992, 59.0, 0.0, 8900.0, 0, 0.0, 21 * MI, None,
        240.0,
    )  # fmt: skip


def session(pid: int, application: str, state: str, query: str, *, blocked_by: tuple[int, ...] = (), minutes: float = 1,
            relation: str = "", mode: str = "") -> Session:  # fmt: skip
    kind, event = ("Lock", "relation") if blocked_by else ("Client", "ClientRead")
    return Session(
        pid, ago(600), state, application, "shop_app", "shop", "10.0.0.7", kind, event, query, ago(minutes),
        ago(minutes) if state != "idle" else None, ago(minutes), None, blocked_by, "client backend", relation, mode,
        waits_since=ago(minutes) if blocked_by else None,
    )  # fmt: skip


def sessions() -> Sessions:
    """4711 holds orders and does nothing; nine wait for it, eight of them behind 4820's ALTER TABLE."""
    orders = {"relation": "orders", "mode": "AccessExclusiveLock"}
    rows = [
        session(4711, "worker", "idle in transaction", "UPDATE orders SET state = ?", minutes=14),
        session(4820, "psql", "active", "ALTER TABLE orders ADD note text", blocked_by=(4711,), minutes=13, **orders),
        *(session(5000 + n, "api", "active", "SELECT * FROM orders WHERE id = $1", blocked_by=(4820,), minutes=12 - n,
                  relation="orders", mode="AccessShareLock") for n in range(8)),
        *(session(6000 + n, "api", "idle", "SELECT 1") for n in range(20)),
    ]  # fmt: skip
    rows[0] = msgspec.structs.replace(rows[0], holds=(Held("RowExclusiveLock", "orders"),))
    return Sessions("pg-primary", tuple(rows))


def statements() -> Statements:
    row = StatementRate
    return Statements(
        "pg-primary", 300.0, 3600.0,
        (
            row("10/5/1/1", 0x7F3A, "SELECT * FROM order_items WHERE order_id = $1", 1800.0, 2.1, 0.61, 1.0,
                first_seen=ago(14), application="api", trend=(1.0, 1.0, 5.0, 8.0), user="shop_app", database="shop"),
            row("10/5/2/1", 0x02C1, "UPDATE carts SET updated_at = now() WHERE id = $1", 410.0, 1.0, 0.072, 1.0,
                before_calls_s=373.0, before_mean_ms=1.0, application="api", user="shop_app", database="shop"),
            row("11/5/3/1", 0x0A01, "SELECT pid, state FROM pg_stat_activity", 0.2, 0.8, 0.002, 70.0,
                user="opsconsole", database="shop"),
        ),
        row("others", 0, "all others", 6700.0, 0.4, 0.316, None), 412, own_user="opsconsole",
    )  # fmt: skip


def health_checks() -> ServerHealth:
    check = HealthCheck
    return ServerHealth("pg-primary", (
        check("wraparound", "Transaction ids left", "ok", "91 %", "> 50 %", "", ""),
        check("vacuum", "Vacuum behind", "warn", "orders: 31 % dead", "< 20 %", "it is too slow", "vacuum orders"),
        check("hit", "Cache hit ratio", "unknown", "unknown", "", "a second reading is needed", ""),
    ))  # fmt: skip


def cache() -> CacheFigures:
    return CacheFigures(
        "redis", "valkey 9.1", "master", 0.91, int(2.9 * GI), 4 * GI, "allkeys-lru", 0.0, 3.0, 212, 0, 10000, 2100.0,
        5.0, 1.04, 33400, ago(9000), Replication("master"),
        (SlowEntry(7, ago(3), 128.0, "SORT queue:thumbnails", "feed"),), 1,
    )  # fmt: skip


def burn_down(name: str = "platform", amount: int = 55000, spent: int = 41200, state: str = "ok") -> BurnDown:
    start, days = date(2026, 3, 1), 25
    daily = Decimal(spent) / days
    actual = tuple((start + timedelta(days=n), amount - daily * (n + 1)) for n in range(days))
    plan = tuple((start + timedelta(days=n), Decimal(amount) * (30 - n) / 31) for n in range(31))
    last, left = actual[-1]
    projection = tuple((last + timedelta(days=n), left - daily * n) for n in range(7))
    lines = ((80, Decimal(amount) * 8 / 10, date(2026, 3, 27)), (90, Decimal(amount) * 9 / 10, date(2026, 3, 30)))
    exhausted = date(2026, 3, 30) if state == "crit" else None
    return BurnDown(name, Decimal(amount), "USD", start, date(2026, 4, 1), last, Decimal(spent), left, 31, days,
                    daily * 31, exhausted, lines, actual, plan, projection, state)  # fmt: skip


def costs() -> Costs:
    def spend(name: str, category: str, spent: int, before: int, share: float, since: date | None = None) -> Spend:
        note = "+$67 a day over its usual" if since else ""
        return Spend(name, category, Decimal(spent), Decimal(before), Decimal(spent) / 25, share, since, note)

    bill = Bill("USD", (), date(2026, 3, 25), ("bill.parquet",), 9000, (Rejected("bill.csv", 12, "hour 30"),), 1)
    return Costs(
        (burn_down(), burn_down("ai", 1600, 1500, "crit")),
        (spend("Compute", "Compute", 21300, 18000, 0.52), spend("Storage", "Storage", 9000, 8900, 0.22)),
        (spend("Amazon EC2", "Compute", 21300, 18000, 0.52), spend("Amazon S3", "Storage", 9000, 8900, 0.22),
         spend("Amazon CloudWatch", "Management", 976, 645, 0.02, date(2026, 3, 21))),
        bill,
    )  # fmt: skip


def customers() -> Customers:
    """One of each band, by the built-in weights; two of them hurt."""

    def one(number: int, plan: str, revenue: int, level: float | None) -> Customer:
        taken = ago(60 * 24)
        percent = {"engagement": level, "adoption": level, "api_usage": level}
        inputs = [CustomerInput(name, value, taken) for name, value in percent.items()]
        return Customer(
            f"c-{number}", f"Customer {number}", plan, Decimal(revenue), "USD", "cs-team-2", date(2024, 1, 1),
            date(2026, 2, 13), (*inputs, CustomerInput("tickets", 2.0, taken), CustomerInput("payment", 0.0, taken)),
            (), ("champion left",) if number == 1003 else (),
        )  # fmt: skip

    rows = (one(1001, "pro", 170, 12.0), one(1002, "enterprise", 9800, 45.0), one(1003, "pro", 400, 92.0),
            one(1004, "free", 0, 95.0), one(1005, "free", 0, None))  # fmt: skip
    hurt = (("c-1002", 1204, 3, ago(12)), ("c-1004", 3, 0, ago(9)))
    base = CustomerBase(rows, ago(24 * 60), hurt, 900.0)
    policy = builtin("default")
    return judged(base, policy.health, policy.health_bands, NOW)


def incidents() -> Incidents:
    """INC-7 is open and its timeline full of scalings; INC-6 is over and left something to do."""
    running = Incident(
        "INC-7", "checkout slow", 2, "investigating", "api", ago(12), ago(8), ago(7),
        next_update=NOW + timedelta(minutes=8), roles=(("commander", "lena"),),
        summary="Checkout takes two seconds since the release.", finding="p99:api",
    )  # fmt: skip
    past = Incident(
        "INC-6", "one node not ready", 3, "resolved", "platform", ago(9000), ago(8994), resolved=ago(8969),
        roles=(("commander", "jonas"),),
    )  # fmt: skip

    def entry(number: int, minutes: float, kind: str, actor: str, source: str, text: str, *, object: str = "",
              detail: str = "", of: str = "INC-7") -> TimelineEntry:  # fmt: skip
        return TimelineEntry(
            f"t-{number}", of, ago(minutes), ago(minutes), kind, actor, source, text, detail=detail, object=object
        )

    hpa, api = "horizontal-pod-autoscaler", f"{NAMESPACE}/api"
    scalings = ((13, "HPA api 3→6"), (12, "HPA api 6→10"), (11, "HPA api 10→15"), (9, "HPA api 15→20 at max"))
    return Incidents(
        (running, past),
        (
            entry(20, 8990, "todo", "jonas", "human", "@jonas due 2026-03-20 detect: alert on a lost node", of="INC-6"),
            entry(21, 8980, "todo", "jonas", "human", "write down whom to call at the provider", of="INC-6"),
            entry(1, 14, "deploy", "deployer", "deploy", "release api 1.8.1→1.8.2 (candidate)", object=api),
            *(entry(10 + n, minutes, "scale", hpa, "k8s", text, object=api)
              for n, (minutes, text) in enumerate(scalings)),
            entry(4, 11.5, "alert_fired", "p99-critical", "alert", "api P99 1.9 s > 500 ms", object="p99:api"),
            entry(2, 8, "declared", "lena", "human", "SEV2 impact set to 02:41"),
            entry(5, 4, "metric_snapshot", "lena", "human", "4 findings, the worst: api P99 1.9 s > 500 ms",
                  detail="READINGS\n  REQ/s 412  5xx 0.31%  P95 1.7 s\n\nNOW\n  1 critical"),
            entry(3, 1, "note", "lena", "human", "1.8.1 had no N+1, rolling back"),
        ),
    )  # fmt: skip


def journal() -> tuple[JournalLine, ...]:
    """One restart that went well and one scaling that a guard refused, newest first."""
    who = Who("lena", "bastion", "10.0.0.7", "lena@example.org")

    def line(seq: int, minutes: float, run: str, phase: str, verb: str, what: str, words: str, body: str = "",
             took_s: float | None = None) -> JournalLine:  # fmt: skip
        return JournalLine(seq, ago(minutes), run, phase, who, "4711/12", verb, "shop-prod", NAMESPACE, what, words,
                           body, "", took_s, "0" * 64, f"{seq:064x}")  # fmt: skip

    scale, worker = "deployment/api", "deployment/worker"
    return (
        line(4, 3, "r-2", "refused", "scale", scale, "refused: read-only, W arms writes"),
        line(3, 28, "r-1", "outcome", "restart", worker, "ready: 2 of 2 new pods", took_s=94.0),
        line(2, 30, "r-1", "written", "restart", worker, "restart deployment/worker was written"),
        line(1, 30, "r-1", "intent", "restart", worker, "RESTART deployment/worker: 2 pods", '{"verb": "restart"}'),
    )


def alerts() -> tuple[Alert, ...]:
    labels = (("alertname", "CheckoutSlow"), ("service", "api"))
    return (Alert("f-1", "CheckoutSlow", "active", "critical", "checkout is slow", ago(11), labels),)


def parts() -> dict[Topic[Any], Any]:
    """The value of every topic."""

    def whole(rows: dict[str, Any]) -> Collection[Any]:
        return Collection(rows, complete=True)

    return {
        topics.FINDINGS: findings(),
        topics.CHANGES: changes(),
        topics.SERVICES: services(),
        topics.TILES: tiles(),
        topics.SPLITS: splits(),
        topics.MEASURES: Measures(NOW.timestamp()),
        topics.EXTERNAL: (External("payments", 39.0, 0.0, 0.18, 0.18),),
        topics.ALERTS: alerts(),
        topics.ALL_ALERTS: alerts(),
        topics.CLUSTER: ClusterInfo("shop-prod", "https://shop-prod.example", "v1.36.3"),
        topics.CONFIG_CHANGES: whole({}),
        topics.NODES: whole(nodes()),
        topics.REPLICA_SETS: whole(replica_sets()),
        topics.HPAS: whole(hpas()),
        topics.PODS: whole(pods()),
        topics.WORKLOADS: whole(workloads()),
        topics.EVENTS: whole(events()),
        topics.BUDGETS: whole(budgets()),
        topics.K8S_SERVICES: whole(cluster_services()),
        topics.ENDPOINTS: whole(endpoints()),
        topics.NAMESPACES: whole(namespaces()),
        topics.QUOTAS: whole(quotas()),
        topics.CLAIMS: whole(claims()),
        topics.POD_USAGE: pod_usage(),
        topics.NODE_USAGE: {"node-1": Usage(3.6, 8.2 * GI), "node-2": Usage(2.0, 6.0 * GI)},
        topics.PG_FACTS: facts(),
        topics.PG_STATEMENTS: statements(),
        topics.PG_SESSIONS: sessions(),
        topics.PG_HEALTH: health_checks(),
        topics.REDIS: cache(),
        topics.COSTS: costs(),
        topics.CUSTOMERS: customers(),
        topics.INCIDENTS: incidents(),
        topics.JOURNAL: journal(),
    }


def same(value: Any) -> Any:
    return value


def board(*, state: State = State.OK, taken: datetime = NOW, change: Callable[[Any], Any] = same) -> Board:
    """All readings in one state; `change` turns each value into another one first."""
    made = Board()
    for topic, value in parts().items():
        made.publish(topic, Reading(change(value), state, taken, 0.01, f"asked for {topic.name}"))
    for topic in every_topic():
        if topic not in made.topics():
            made.mark(topic, State.OFF)
    return made


EVIL = "\x1b[2J\x07[bold]x[/bold] \u202eנבט\u202c 漢字e\u0301\r\n" + "long-" * 60


def hostile(value: Any) -> Any:
    """The same value with every text that comes from outside made hostile.

    What the console itself reads meaning from (identities, states, kinds) stays.
    """
    if isinstance(value, msgspec.Struct):
        held = {name: getattr(value, name) for name in value.__struct_fields__}
        return type(value)(**{name: _evil(name, v) if isinstance(v, str) else hostile(v) for name, v in held.items()})
    if isinstance(value, tuple):
        return tuple(hostile(one) for one in value)
    if isinstance(value, dict):
        return {key: hostile(one) for key, one in value.items()}
    return value


KEPT = set(
    """id uid key identity state severity kind namespace object related rule unit service owner incident supersedes type
    target_type source currency band category object_uid fingerprint budget basis input plan status target_kind
    target_name own_user user phase qos backend_type""".split()  # noqa: SIM905  # a column of words reads better so
)


def _evil(field: str, text: str) -> str:
    return text if field in KEPT or not text else f"{text}{EVIL}"
