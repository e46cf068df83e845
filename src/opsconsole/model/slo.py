"""Service level objectives: what an OpenSLO file promises, and what came of it."""

from datetime import datetime

import msgspec

from .asked import Asked

PAGE, TICKET = "page", "ticket"
UNREAD = "has not been read yet"
"""The problem of one that will be."""


class Leg(msgspec.Struct, frozen=True, gc=False):
    """One condition: both windows burn faster than the factor."""

    severity: str
    """PAGE or TICKET."""
    long_s: float
    short_s: float
    factor: float
    for_s: float = 0.0
    inclusive: bool = False
    """At the factor itself, too."""


class Window(msgspec.Struct, frozen=True, gc=False):
    """Over which the budget is counted."""

    count: int
    unit: str
    """m, h, d, w, M (months), Q (quarters) or Y (years)."""
    start: str = ""
    """Of a calendar window: a moment at which one began, local to `zone`, ISO 8601; "" is a rolling window."""
    zone: str = "UTC"

    @property
    def text(self) -> str:
        return f"{self.count}{self.unit}"

    @property
    def rolling(self) -> bool:
        return not self.start

    @property
    def nominal_s(self) -> float:
        """Its length, of a month 30 days."""
        return self.count * UNITS_S[self.unit]


UNITS_S = {
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 7 * 86400.0,
    "M": 30 * 86400.0,
    "Q": 90 * 86400.0,
    "Y": 365 * 86400.0,
}


class Indicator(msgspec.Struct, frozen=True, gc=False):
    """What is measured, as the file says it: a ratio of good or bad to total, a ratio made elsewhere, or a value."""

    name: str = ""
    good: str = ""
    bad: str = ""
    total: str = ""
    raw: str = ""
    raw_success: bool = True
    threshold: str = ""
    counter: bool = True


class Counts(msgspec.Struct, frozen=True, gc=False):
    """The PromQL of its two sums; `$window` and `$seconds` stand for the window."""

    part: str
    total: str
    good: bool
    """`part` counts the good events, else the bad ones."""
    unit: str = "event"
    part_by: str = ""
    """`part` by `$label`; "" where the query leaves no label to tell apart."""
    total_by: str = ""
    same_metric: bool = False
    """Both are of one metric: no series of `part` beside some of `total` is none of them, and nothing missing."""


class Slo(msgspec.Struct, frozen=True, gc=False):
    """One objective of one SLO."""

    key: str
    """Its name; of several objectives with the number of this one: `checkout/2`."""
    name: str
    service: str
    target: float
    """0–1."""
    window: Window
    indicator: Indicator
    counts: Counts
    legs: tuple[Leg, ...]
    method: str = "Occurrences"
    """Occurrences, Timeslices or RatioTimeslices."""
    title: str = ""
    objective: str = ""
    description: str = ""
    op: str = ""
    value: float | None = None
    slice_s: float = 0.0
    slice_target: float | None = None
    own_legs: bool = False
    """Its conditions stand in its file; else they follow from its window."""
    min_bad: float | None = None
    """Of the low-traffic guard, where the file says otherwise than the settings."""
    min_total: float | None = None
    file: str = ""
    line: int = 0


class Burn(msgspec.Struct, frozen=True, gc=False):
    """How fast the budget burns over one window: 1 uses it up in exactly its period; None is unknown."""

    window_s: float
    bad: float | None
    total: float | None
    burn: float | None


class LegState(msgspec.Struct, frozen=True, gc=False):
    leg: Leg
    state: str
    """ok, pending, firing or unknown."""
    long: float | None
    short: float | None
    since: datetime | None = None
    held: str = ""
    """Why the low-traffic guard keeps it from firing; "" while it does not act."""
    flapping: bool = False
    within_since: datetime | None = None
    """It is kept firing for a while although it does not breach any more, since then."""


class Consumer(msgspec.Struct, frozen=True, gc=False):
    """A stretch of time that used up budget."""

    start: datetime
    length_s: float
    bad: float
    share: float
    """Of the whole budget, 0–1."""
    parts: tuple[tuple[str, float], ...] = ()
    """(endpoint, bad events), most first."""


class Period(msgspec.Struct, frozen=True, gc=False):
    """The sums of one budget."""

    start: datetime
    """From here on there are figures."""
    end: datetime
    length_s: float
    """Of the whole window."""
    wanted_s: float
    """So much of it has passed."""
    covered_s: float
    """Of so much of that there are figures."""
    bad: float | None
    total: float | None
    ends: datetime | None = None
    """Of a calendar window."""
    missing_s: float = 0.0
    """Between `start` and `end` without figures."""
    reading: bool = False
    """Older figures are still being read."""
    how: str = ""
    """How it was computed."""


class SloFigures(msgspec.Struct, frozen=True, gc=False):
    slo: Slo
    burns: tuple[Burn, ...] = ()
    legs: tuple[LegState, ...] = ()
    period: Period | None = None
    left: float | None = None
    """Share of the budget that is left; negative when it is overdrawn."""
    events_left: float | None = None
    exhausted_s: float | None = None
    """At the burn of the last hour; inf when it does not burn, 0 when it is spent."""
    consumed: tuple[Consumer, ...] = ()
    silent_since: datetime | None = None
    """There is no figure of its total since then."""
    problem: str = ""
    warnings: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()
    """Its queries, each as it was answered last."""

    @property
    def key(self) -> str:
        return self.slo.key

    def over(self, window_s: float) -> Burn | None:
        return next((burn for burn in self.burns if burn.window_s == window_s), None)


class Slos(msgspec.Struct, frozen=True, gc=False):
    """All objectives of a profile at one moment."""

    figures: tuple[SloFigures, ...] = ()
    problems: tuple[str, ...] = ()
    """Mistakes in their files, each with its place."""
    min_bad: float = 2.0
    min_total: float = 0.0
