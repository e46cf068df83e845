"""Baselines: what is normal for a service or endpoint at this hour, what left it, and what people said of it."""

from datetime import datetime

import msgspec


class Window(msgspec.Struct, frozen=True, gc=False):
    """What one row measured over one window that ends at `at` (unix seconds); None is unknown."""

    at: float
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    requests: float | None = None
    """Per second."""
    errors: float | None = None
    """Share of requests answered 5xx, 0–1."""


class Baseline(msgspec.Struct, frozen=True, gc=False):
    """What one measure of one row usually is in one class of hours."""

    measure: str
    """p50, p95, p99, requests, errors, or the id of a tile."""
    unit: str
    """s, ratio, per_s, count, bytes, per_min."""
    n: int
    """Windows that it was taken from."""
    hours: int
    """Different hours that those lie in."""
    classed: str = ""
    """The class of hours in words: `weekdays 14h`."""
    median: float | None = None
    """None: too few hours, nothing is claimed."""
    mad: float | None = None
    """Median of the distances from the median."""
    spread: float | None = None
    """What a distance is measured in: the MAD; where that is 0, 1 % of the median or the resolution of the measure."""
    low: float | None = None
    high: float | None = None
    """Between these nothing is called a shift."""
    least: float | None = None
    bounds: tuple[float, float] | None = None
    """Of the bucket that the median lies in: all that a histogram knows."""
    since: datetime | None = None
    until: datetime | None = None
    """Its oldest and its newest window."""


class BaselineNote(msgspec.Struct, frozen=True, gc=False):
    """One line of the log of baselines; it is append-only, the newest of a row counts."""

    id: str
    at: datetime
    who: str
    what: str
    """accepted, frozen, thawed; shifted, mended: what a console saw."""
    service: str
    endpoint: str = ""
    since: datetime | None = None
    """accepted: what was before is normal no more. shifted: when it began."""
    note: str = ""
    figures: tuple[Baseline, ...] = ()
    """accepted: what was normal then, until there are hours enough."""


class Shift(msgspec.Struct, frozen=True, gc=False):
    """A row that left its baseline for good, until somebody accepts or mends it."""

    service: str
    endpoint: str
    measure: str
    since: datetime
    value: float
    """Of the newest window that is known."""
    median: float
    z: float
    n: int
    held: str
    """`4 of 5 windows of 5 min`."""
    at_least: bool = False
    """It stood already where the windows begin: it may have begun before."""
    most: str = ""
    """The endpoint that shifted most, where the whole service did."""

    @property
    def key(self) -> str:
        return f"{self.service} {self.endpoint}"

    @property
    def ratio(self) -> float | None:
        return self.value / self.median if self.median > 0 else None


class RowBaseline(msgspec.Struct, frozen=True, gc=False):
    """All baselines of a service (endpoint ""), of an endpoint, or of the tiles (service "")."""

    service: str
    endpoint: str = ""
    figures: tuple[Baseline, ...] = ()
    windows: tuple[Window, ...] = ()
    """The newest ones, oldest first: what is held against it."""
    frozen: str = ""
    """Why nothing is learned of it: `since 02:41, INC-7 is open`."""
    noted: BaselineNote | None = None
    """What was accepted last."""

    @property
    def key(self) -> str:
        return f"{self.service} {self.endpoint}"


class Compared(msgspec.Struct, frozen=True, gc=False):
    """One measure before and after a change."""

    measure: str
    before: float | None
    after: float | None
    n_before: int
    n_after: int
    verdict: str
    """worse, better, same, unknown."""
    rule: str
    """Which rule said so, with its statistic: `Mann–Whitney U=60 p=0.0003, CLES 1.00`."""

    @property
    def ratio(self) -> float | None:
        return self.after / self.before if self.after is not None and self.before else None


class Comparison(msgspec.Struct, frozen=True, gc=False):
    """A service before and after one change of it."""

    service: str
    change: str
    """`release api 1.8.1→1.8.2`."""
    at: datetime
    measures: tuple[Compared, ...]
    n_before: int
    n_after: int
    said: str = ""
    """Why nothing is compared: `n too small: 2 of 3 windows after`."""

    @property
    def worst(self) -> Compared | None:
        """What got worse, the most telling first."""
        return next((one for one in self.measures if one.verdict == "worse"), None)


class Baselines(msgspec.Struct, frozen=True, gc=False):
    """What is known of normal now."""

    at: datetime
    classed: str
    """The class of hours that is looked at: `weekdays 14h`."""
    rows: tuple[RowBaseline, ...] = ()
    """In order of service and endpoint."""
    shifts: tuple[Shift, ...] = ()
    """One for each service."""
    learning: str = ""
    """While it is read from history: `2 of 4 parts read`."""
    left_out: tuple[tuple[datetime, datetime | None, str], ...] = ()
    """Times that nothing is learned from: from, until (None: still), why."""
    said: tuple[str, ...] = ()
    """What the server refused, or that there are more rows than are kept."""
