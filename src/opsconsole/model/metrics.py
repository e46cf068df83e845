"""Metrics as read from a Prometheus server: samples, series, and the service figures made of them."""

import msgspec

from .kubernetes import Labels


class Series(msgspec.Struct, frozen=True, gc=False):
    """One time series over a range; `times` (unix seconds) ascend; a value is None where a sample is missing or NaN."""

    labels: Labels
    times: tuple[float, ...]
    values: tuple[float | None, ...]


class Bucket(msgspec.Struct, frozen=True, gc=False):
    """How many observations of a native histogram lie between two bounds: a count or a rate."""

    low: float
    high: float
    count: float


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One series at one instant; None for NaN."""

    labels: Labels
    time: float
    value: float | None
    histogram: tuple[Bucket, ...] | None = None
    """Of a native histogram, ascending; such a sample has no value."""


class Within(msgspec.Struct, frozen=True, gc=False):
    """The bucket that a percentile was estimated in."""

    low: float
    high: float | None
    """None: above the highest bound; the estimate is that bound."""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """A query's answer with what the server said beside it."""

    query: str
    series: tuple[Series, ...] = ()
    samples: tuple[Sample, ...] = ()
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()
    partial: bool = False
    """Whether some of the data are missing from it: a store behind the server did not answer."""


class ServiceFigures(msgspec.Struct, frozen=True, gc=False):
    """Rate, errors, duration of a service (endpoint "" and instance ""), of an endpoint or pod; None is unknown."""

    service: str
    endpoint: str = ""
    requests_s: float | None = None
    server_errors: float | None = None
    """Share of requests answered 5xx, 0–1."""
    client_errors: float | None = None
    p50_s: float | None = None
    p95_s: float | None = None
    p99_s: float | None = None
    p95_last_week_s: float | None = None
    p99_last_week_s: float | None = None
    requests_last_week_s: float | None = None
    version: str = ""
    p50_in: Within | None = None
    p95_in: Within | None = None
    p99_in: Within | None = None
    instance: str = ""
    """Name of a pod, of a row that speaks of one."""

    @property
    def key(self) -> str:
        return f"{self.service} {self.endpoint}" + (f"@{self.instance}" if self.instance else "")


class Services(msgspec.Struct, frozen=True, gc=False):
    """All services and endpoints at one instant, with the server's warnings."""

    figures: tuple[ServiceFigures, ...] = ()
    warnings: tuple[str, ...] = ()
    """What the server said beside its answers, in words."""
    partial: bool = False


class Tile(msgspec.Struct, frozen=True, gc=False):
    """One headline figure with its recent course and its limit."""

    id: str
    title: str
    value: float | None
    unit: str
    """per_s, ratio, s, count, bytes, per_min."""
    maximum: float | None = None
    """For "n of max"."""
    last_week: float | None = None
    limit: float | None = None
    recent: tuple[float | None, ...] = ()
    """About an hour, oldest first: the sparkline."""
    query: str = ""
    rule: str = ""
    """Id of the policy rule that judges it; "" for none."""
    within: Within | None = None
    """Of a percentile: the bucket it was estimated in."""
    note: str = ""
    """Why it is unknown: `no series since 02:41Z`."""
    warning: float | None = None
    critical: float | None = None
    below: bool = False
    """Limits of a panel of the settings."""


class Tiles(msgspec.Struct, frozen=True, gc=False):
    tiles: tuple[Tile, ...] = ()
    warnings: tuple[str, ...] = ()
    pulse: tuple[Tile, ...] = ()
    """Business figures: orders, logins, active users, and those of the settings."""
    partial: bool = False


class MeasureValue(msgspec.Struct, frozen=True, gc=False):
    """What a policy's rule judges, as Prometheus tells it now; None is unknown."""

    measure: str
    object: str
    """Name of what is measured: a service, a queue, `namespace/workload`, a node; "" for the platform."""
    value: float | None


class Measures(msgspec.Struct, frozen=True, gc=False):
    """All measures that were asked for, at one instant (unix seconds)."""

    at: float
    values: tuple[MeasureValue, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    """(measure, sentence) of each whose query the server refused."""


class External(msgspec.Struct, frozen=True, gc=False):
    """Something outside the platform that its services call; None is unknown."""

    name: str
    requests_s: float | None = None
    errors: float | None = None
    """Share that failed, 0–1."""
    p95_s: float | None = None
    p95_last_week_s: float | None = None


class Split(msgspec.Struct, frozen=True, gc=False):
    """Which value of one label carries the slow or failed requests, against its share of the traffic."""

    label: str
    value: str
    share_bad: float | None
    share_traffic: float | None
    values: int
    """How many values the label has; a value stands out when its bad share is far above its traffic's."""
    stands_out: bool = False
    of: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    """What the shares are of, per second: its bad requests, all bad ones, its requests, all requests."""
