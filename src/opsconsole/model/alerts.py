"""Alerts, silences and rules: what an Alertmanager and a Prometheus report, and what our own policy's rules say."""

from datetime import datetime

import msgspec

from .kubernetes import Labels

ALERTMANAGER = "Alertmanager"
PROMETHEUS = "Prometheus"


class Alert(msgspec.Struct, frozen=True, gc=False):
    """An alert that Alertmanager, Prometheus or both report."""

    fingerprint: str
    name: str
    state: str
    """active, suppressed or unprocessed at an Alertmanager; pending or firing where only Prometheus has it."""
    severity: str
    summary: str
    since: datetime | None
    labels: Labels = ()
    silenced_by: tuple[str, ...] = ()
    """Ids of silences."""
    inhibited_by: tuple[str, ...] = ()
    """Fingerprints of the alerts that keep it quiet."""
    muted_by: tuple[str, ...] = ()
    """Names of time intervals that mute it."""
    annotations: Labels = ()
    generator: str = ""
    """Address of the expression that made it."""
    receivers: tuple[str, ...] = ()
    group: str = ""
    """What an Alertmanager groups it by: `alertname=DiskFills cluster=eu`; "" where none does."""
    updated: datetime | None = None
    ends: datetime | None = None
    sources: tuple[str, ...] = (ALERTMANAGER,)
    prometheus: str = ""
    """State at Prometheus: pending, firing; "" where it has none, or is not asked."""
    differs: str = ""
    """Where the two do not say the same: what, in words."""
    value: str = ""
    """What the expression gave, as Prometheus tells it."""
    holds_since: datetime | None = None
    """Since when the expression gives something, pending included."""
    for_s: float | None = None
    """Of the rule, where Prometheus tells it."""

    @property
    def runbook(self) -> str:
        return dict(self.annotations).get("runbook_url", "")


class Silence(msgspec.Struct, frozen=True, gc=False):
    """What an Alertmanager keeps quiet."""

    id: str
    state: str
    """active, pending or expired."""
    matchers: str
    """As amtool writes them: `alertname="DiskFills" instance=~"db-.*"`."""
    author: str
    comment: str
    starts: datetime | None
    ends: datetime | None


class AlertingRule(msgspec.Struct, frozen=True, gc=False):
    """A rule that Prometheus evaluates itself."""

    name: str
    group: str
    state: str
    """inactive, pending or firing; "" where the server does not tell."""
    query: str
    for_s: float = 0.0
    keep_firing_s: float = 0.0
    severity: str = ""
    summary: str = ""
    runbook: str = ""
    health: str = ""
    """ok, err or unknown."""
    error: str = ""
    evaluated: datetime | None = None
    took_s: float | None = None
    pending: int = 0
    firing: int = 0
    since: datetime | None = None
    """Of its oldest alert."""


class PrometheusAlerts(msgspec.Struct, frozen=True, gc=False):
    """What a Prometheus server says of its alerts and of the rules that make them."""

    alerts: tuple[Alert, ...] = ()
    rules: tuple[AlertingRule, ...] = ()
    told: bool = True
    """False of a server that has no such page."""


class ObjectState(msgspec.Struct, frozen=True, gc=False):
    """What one rule of the policy says of one object."""

    object: str
    name: str
    state: str
    """ok, pending, firing or unknown."""
    value: str
    since: datetime | None = None
    pending_s: float | None = None
    keep_s: float | None = None
    """How long the value is within the limit again, while firing is kept."""
    flapping: bool = False
    note: str = ""
    """Why it is not judged as its number says."""
    measured: float | None = None
    """The value as a number."""


class RuleState(msgspec.Struct, frozen=True, gc=False):
    """One rule of the policy: what it asks, and what it says of all its objects."""

    id: str
    title: str
    measure: str
    severity: str
    limit: str
    """`> 0.50 s`."""
    clear: str
    """At which value it ends, where that is not the limit."""
    for_s: float
    keep_firing_s: float
    origin: str
    respond_s: float | None
    counts: tuple[tuple[str, int], ...]
    """How many objects are in each state, the worst first."""
    objects: tuple[ObjectState, ...]
    """The worst first; of many that are fine only some."""

    @property
    def worst(self) -> ObjectState | None:
        return self.objects[0] if self.objects else None


class Firing(msgspec.Struct, frozen=True, gc=False):
    """One time that a rule, or an alert, fired for one object, as consoles saw it."""

    finding: str
    """Id of its finding: what an acknowledgement and an incident name."""
    rule: str
    object: str
    severity: str
    began: datetime
    ended: datetime | None = None
    """None: it still fires, or no console saw it end."""
    seen: datetime | None = None
    """When a console saw it last."""


class RuleNoise(msgspec.Struct, frozen=True, gc=False):
    """How often one rule fired in a period, and what came of it."""

    rule: str
    severity: str
    fired: int
    resolved_alone: int
    """Ended within five minutes while nobody did anything."""
    acknowledged: int
    incidents: int
    actions: int
    acted: int
    """Of those that fired: acknowledged, declared or followed by an action, each counted once."""
    standing: int
    """Still firing."""
    median_s: float | None
    """How long they fired; of those that ended."""
    last: datetime | None


class Noise(msgspec.Struct, frozen=True, gc=False):
    """What fired in one period, rule by rule."""

    since: datetime
    until: datetime
    rules: tuple[RuleNoise, ...]
    """The noisiest first."""
    first: datetime | None
    """When the first of it began: before that nothing is known, not that nothing fired."""

    @property
    def fired(self) -> int:
        return sum(rule.fired for rule in self.rules)

    @property
    def acted(self) -> int:
        return sum(rule.acted for rule in self.rules)

    @property
    def signal(self) -> float | None:
        """Signal-to-noise: the share of firings that somebody acted on; None where nothing fired."""
        return self.acted / self.fired if self.fired else None
