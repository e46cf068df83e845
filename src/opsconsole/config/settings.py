"""The shape of the settings file (TOML): strict, so that a misspelt key is an error with its place."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

Above0 = Annotated[float, msgspec.Meta(gt=0)]
NotBelow0 = Annotated[float, msgspec.Meta(ge=0)]
Percent = Annotated[int, msgspec.Meta(gt=0)]


class Strict(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Base of every table of the settings."""


class Secret(Strict, frozen=True, kw_only=True):
    """A reference to a secret; exactly one of the three. The secret itself never stands in the file."""

    env: str | None = None
    file: str | None = None
    command: tuple[str, ...] | None = None


class Http(Strict, frozen=True, kw_only=True):
    """An HTTP source: a URL, or `kube://NAMESPACE/SERVICE:PORT` through the API server's service proxy."""

    url: str
    bearer: Secret | None = None
    user: str | None = None
    password: Secret | None = None
    headers: dict[str, str] = {}
    tenant: str = ""
    """Whose data are asked for, where a server keeps those of many (Mimir, Loki, Cortex): sent as X-Scope-OrgID."""
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    timeout_s: Above0 = 10.0


class Loki(Http, frozen=True, kw_only=True):
    """A Loki: how to reach it, and how its streams are told apart where the console does not find it out by itself."""

    service_label: str = ""
    """The label that names services; default: the likeliest in whose values the services stand."""
    level_label: str = ""
    """The label that names levels; default: detected_level, which Loki 3 finds by itself."""
    selector: str = ""
    """LogQL for the streams of one service, where a label is not enough: {app="{service}", namespace="{namespace}"}."""


class Kubernetes(Strict, frozen=True, kw_only=True):
    kubeconfig: str | None = None
    """Path; default: $KUBECONFIG, then ~/.kube/config."""
    context: str | None = None
    namespaces: tuple[str, ...] = ()
    """Empty: all that may be listed."""
    alias: str | None = None
    """Short name for the frame."""
    favourites: tuple[str, ...] = ()
    """Namespaces that come first in the list to choose from; others are starred there."""
    label_columns: tuple[str, ...] = ()
    watch_secrets: bool = False


class Panel(Strict, frozen=True, kw_only=True):
    """A tile and chart of one's own."""

    title: str
    query: str
    """PromQL with one value: sum(jobs_waiting)."""
    unit: Literal["count", "per_s", "per_min", "ratio", "s", "bytes"] = "count"
    warning: float | None = None
    critical: float | None = None
    """Limits in the unit of the query."""
    below: bool = False
    """True: less than the limits is bad."""
    kind: Literal["line", "area", "bars"] = "line"
    """How its chart is drawn."""


class Metrics(Strict, frozen=True, kw_only=True):
    """How services, endpoints and tiles are found; empty fields take the built-in catalogue's flavours."""

    critical_path: tuple[str, ...] = ()
    flavour: str = ""
    """Names of the request metrics: reference, opentelemetry, istio, nginx-ingress, …; empty: by what exists."""
    names: dict[str, str] = {}
    """Own names for words of the flavour: requests, buckets, status, service, endpoint, version, pod, queue_depth, …"""
    histograms: Literal["auto", "classic", "native"] = "auto"
    """Which are read where both exist; auto: the classic ones."""
    service_label: str = "service"
    endpoint_label: str = "endpoint"
    """As `service` and `endpoint` of `names`; the built-in names mean that the labels are found out."""
    tiles: tuple[str, ...] = ()
    """Ids of the catalogue's tiles, in order; empty: requests, errors, p95, p99, and others that have series."""
    panels: tuple[Panel, ...] = ()
    queries: dict[str, str] = {}
    """Overrides of catalogue queries by id (PromQL)."""
    pulse: dict[str, str] = {}
    """Business figures: title → PromQL (a rate per minute or a number)."""


class Postgres(Strict, frozen=True, kw_only=True):
    name: str = "postgres"
    dsn: str = ""
    """libpq connection string or URL without password; "" uses the PG* environment."""
    password: Secret | None = None
    through: str = ""
    """`kube://NAMESPACE/SERVICE:PORT` (or `NAMESPACE/pod/NAME:PORT`) of a server inside the cluster: reached by
    `kubectl port-forward`; host and port of the dsn are then not connected to, its TLS still checks that host."""
    statement_timeout_s: Above0 = 5.0
    disk_free: str = ""
    """PromQL for the free bytes of its volume, which PostgreSQL does not tell:
    kubelet_volume_stats_available_bytes{persistentvolumeclaim="data-postgres-0"}, node_filesystem_avail_bytes{…}."""
    disk_size: str = ""
    """The same for all bytes of the volume."""
    cpu: str = ""
    """PromQL for how much of its CPU it uses, 0–1, which PostgreSQL does not tell either: of its container over its
    limit, or 1 - avg(rate(node_cpu_seconds_total{mode="idle",instance="db-1:9100"}[5m]))."""
    statement_p95: str = ""
    """PromQL for the P95 of its statements in seconds, from a histogram that its clients or a pooler keep."""


class Pgbouncer(Strict, frozen=True, kw_only=True):
    """The admin console of a PgBouncer; a user of its stats_users is enough."""

    name: str = "pgbouncer"
    dsn: str = ""
    """libpq connection string or URL without password; its database is always pgbouncer."""
    through: str = ""
    """As of PostgreSQL."""
    password: Secret | None = None


class Redis(Strict, frozen=True, kw_only=True):
    name: str = "redis"
    url: str = "redis://127.0.0.1:6379"
    through: str = ""
    """As of PostgreSQL: host and port of the url are then not connected to, `rediss://` still checks that host."""
    user: str | None = None
    password: Secret | None = None
    ca_file: str | None = None
    """Of `rediss://`: the one authority that the server's certificate may be of; default: those of this machine."""
    cert_file: str | None = None
    key_file: str | None = None
    """Certificate and key of the console, for a server that asks for one."""


class Budget(Strict, frozen=True, kw_only=True):
    id: str
    amount: Decimal
    currency: str = "USD"
    period: Literal["month", "quarter", "year"] = "month"
    basis: Literal["effective", "billed"] = "effective"
    categories: tuple[str, ...] = ()
    """FOCUS ServiceCategory values it covers; empty: all."""
    accounts: tuple[str, ...] = ()
    thresholds: tuple[Percent, ...] = ()
    """Percent of the amount; empty: the policy's (80, 90 and 100)."""
    include_tax: bool = True
    include_credit: bool = True


class Billing(Strict, frozen=True, kw_only=True):
    focus: tuple[str, ...] = ()
    """Paths or globs of FOCUS exports, CSV or Parquet."""
    currency: str | None = None
    """The one currency to show; default: the one with most rows."""
    basis: Literal["effective", "billed"] = "effective"
    lag_days: Annotated[int, msgspec.Meta(ge=0)] = 2
    """How long the provider takes to complete a day."""
    budgets: tuple[Budget, ...] = ()


class CustomerTable(Strict, frozen=True, kw_only=True):
    """Where customers come from: a query on a PostgreSQL server of this profile, or a CSV or Parquet file."""

    query: str | None = None
    server: str | None = None
    """Name of the [[postgres]] entry; default: the first."""
    file: str | None = None
    hurt_query: str | None = None
    """Returns customer id, slow, failed, since; its one parameter is the window in seconds (%(window_s)s)."""
    hurt_window_s: Above0 = 3600.0
    columns: dict[str, str] = {}
    """Field → column where the names differ: id, name, plan, monthly_revenue, currency, owner, signed_up, last_contact,
    as_of, flags, each input's id, and each input's id with `_30d` for its value a month ago."""
    currency: str = "USD"


class SloFiles(Strict, frozen=True, kw_only=True):
    """Service level objectives: OpenSLO v1 files, counted by this profile's Prometheus."""

    files: tuple[str, ...] = ()
    """Paths or globs of YAML files."""
    min_bad: NotBelow0 = 2.0
    """The low-traffic guard: with fewer bad events in its short window nothing pages."""
    min_total: NotBelow0 = 0.0
    """The same for all events."""


class Probe(Strict, frozen=True, kw_only=True):
    """Something that is asked from here again and again: whether it answers, and as it should."""

    name: str
    target: str
    """https://HOST/PATH (also http, and kube://NAMESPACE/SERVICE:PORT/PATH), tcp://HOST:PORT, tls://HOST:PORT,
    dns://NAME."""
    service: str = ""
    """The service that it belongs to."""
    status: tuple[int, ...] = ()
    """HTTP statuses that are right; empty: 200 to 299."""
    body: str = ""
    """Regular expression that must be found in the first 64 KiB of the page."""
    addresses: tuple[str, ...] = ()
    """Addresses that the name must have."""
    headers: dict[str, str] = {}
    bearer: Secret | None = None
    ca_file: str | None = None
    every_s: Annotated[float, msgspec.Meta(ge=5)] = 60.0
    timeout_s: Above0 = 10.0
    fails: Annotated[int, msgspec.Meta(ge=1)] = 2
    """So many failures in a row are a finding."""
    severity: Literal["critical", "warning"] = "critical"
    expires_days: NotBelow0 = 14.0
    """A certificate that ends sooner is a finding."""


class Freeze(Strict, frozen=True, kw_only=True):
    """A time in which nobody should change anything; it warns, and asks for the name."""

    begins: datetime
    ends: datetime
    reason: str = ""


class Profile(Strict, frozen=True, kw_only=True):
    """One platform."""

    production: bool = False
    read_only: bool = False
    """True forbids arming altogether."""
    policy: str = "default"
    kubernetes: Kubernetes | None = None
    prometheus: Http | None = None
    alertmanager: Http | None = None
    loki: Loki | None = None
    opencost: Http | None = None
    metrics: Metrics = Metrics()
    slo: SloFiles = SloFiles()
    postgres: tuple[Postgres, ...] = ()
    pgbouncer: tuple[Pgbouncer, ...] = ()
    redis: tuple[Redis, ...] = ()
    billing: Billing | None = None
    customers: CustomerTable | None = None
    probes: tuple[Probe, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    migrations: tuple[str, ...] = ()
    """A command that prints what was applied to the database, one a line: a time (ISO 8601) and a name. It is asked
    when somebody looks at rollouts or plans a rollback."""
    status_page: str = ""
    """Address that updates name."""
    links: dict[str, str] = {}
    """Title → address of another tool's page with {service}, {namespace}, {from_ms}, {to_ms}, {trace_id} and others in
    it; grafana, loki, jaeger and tempo may be given as the tool's own address alone."""


class Interface(Strict, frozen=True, kw_only=True):
    theme: Literal["dark", "light", "high-contrast", "colour-blind"] = "dark"
    glyphs: Literal["auto", "unicode", "ascii"] = "auto"
    """auto: ascii on the terminal of Linux itself, whose font has few signs."""
    mouse: bool = True
    bell: bool = True
    start_tab: str = "now"


class Store(Strict, frozen=True, kw_only=True):
    path: str | None = None
    """SQLite file; default: the XDG state directory."""


class Documents(Strict, frozen=True, kw_only=True):
    """What is written for people."""

    folder: str | None = None
    """Where postmortems go; default: `postmortems` in the state directory."""
    templates: str | None = None
    """A folder with templates of your own: `postmortem.md.j2`, `updates/NAME.txt.j2`."""


class Rule(Strict, frozen=True, kw_only=True):
    """One threshold of a policy. Durations are seconds."""

    title: str
    measure: str
    """What is judged: an id of rules.measures, such as requests.p99, pg.connections, cache.hit, queue.depth."""
    compare: Literal[">", ">=", "<", "<="] = ">"
    limit: float
    for_s: NotBelow0 = 0.0
    keep_firing_s: NotBelow0 = 300.0
    clear: float | None = None
    """Hysteresis: the value at which it ends; default: the limit itself."""
    severity: Literal["critical", "warning", "info"] = "warning"
    respond_s: NotBelow0 | None = None
    """How soon somebody must have answered; None: as the incident's severity says."""
    origin: str = ""
    """The runbook and line that asks for it."""
    unit: str = ""
    """How value and limit read: s, ratio, bytes, days, hours; empty for a plain number."""


class Band(Strict, frozen=True, kw_only=True):
    """Weight and normalisation of one health input: raw `worst` is 0 points, raw `best` is 100."""

    weight: NotBelow0
    worst: float
    best: float
    max_age_days: Above0 = 45.0
    title: str = ""


class SeverityLevel(Strict, frozen=True, kw_only=True):
    level: Annotated[int, msgspec.Meta(ge=1, le=4)]
    label: str
    respond_s: NotBelow0 | None = None
    resolve_s: NotBelow0 | None = None
    update_s: NotBelow0 | None = None
    meaning: str = ""
    escalation: str = ""
    origin: str = ""
    """The runbook and line that defines it."""


class Contact(Strict, frozen=True, kw_only=True):
    role: str
    name: str = ""
    phone: str = ""
    channel: str = ""
    after_s: NotBelow0 = 0.0


class Policy(Strict, frozen=True, kw_only=True):
    """Judgement: severities, thresholds with durations, health weights, contacts."""

    extends: str | None = None
    duration_scale: Above0 = 1.0
    """Multiplies every duration of the rules (the demo divides them by ten)."""
    description: str = ""
    rules: dict[str, Rule] = {}
    disabled: tuple[str, ...] = ()
    """Ids of inherited rules that do not apply."""
    severities: tuple[SeverityLevel, ...] = ()
    budget_thresholds: tuple[Percent, ...] = ()
    health: dict[str, Band] = {}
    health_bands: tuple[float, float] | None = None
    """(at-risk from, healthy from): 40 and 70."""
    contacts: tuple[Contact, ...] = ()
    replicas: dict[str, tuple[int, int]] = {}
    """By workload (`*` for all others): how many pods it may have; outside it the name must be typed."""
    targets: dict[str, tuple[float, float]] = {}
    """Goals as corridors: cpu = [0.6, 0.7], requests.p95 = [0.0, 0.2]. A goal is no alert line."""


class Settings(Strict, frozen=True, kw_only=True):
    """The whole file."""

    default_profile: str | None = None
    interface: Interface = Interface()
    store: Store = Store()
    documents: Documents = Documents()
    profiles: dict[str, Profile] = {}
    policies: dict[str, Policy] = {}
