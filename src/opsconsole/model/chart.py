"""What a chart shows, as it was asked for: courses on one time axis, and how far they reach."""

import msgspec

from .metrics import Series


class Chart(msgspec.Struct, frozen=True, gc=False):
    """At most two series and a limit."""

    title: str
    unit: str
    series: tuple[Series, ...]
    limit: float | None = None
    past: Series | None = None
    """An earlier course laid over it, on its own axis."""
    past_name: str = ""
    """`last week`, `yesterday`."""
    query: str = ""
    step: float = 0.0
    """Seconds between two points; rates are taken over as much where that is more than their window."""
    until: float = 0.0
    """The newest time that was asked for: what has no value there has none now."""
    latest: float = 0.0
    """When the last value was taken where that is between two points: it stands in the place of the next one."""
    left_out: int = 0
    """Further series that the query gave."""
    kind: str = "line"
    """How its first series is drawn: line, area or bars."""
    warnings: tuple[str, ...] = ()
    """What the server said beside the answer."""
