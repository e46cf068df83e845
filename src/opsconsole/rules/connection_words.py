"""How connections are spoken of: what is used, and when they run out; nothing where that is not sure."""

import msgspec

from ..model.finding import Finding
from ..model.pools import Connections, Trend
from ..text import units

FULL = "has no free connection"
"""What is said of a server that lets nobody in."""


def roughly(duration_s: float) -> str:
    """A forecast in words that do not change with every sample: `<1m`, `~6m`, `~25m`, `~3h`."""
    if duration_s < 60:
        return "<1m"
    minutes = duration_s / 60
    if minutes < 10:
        return f"~{minutes:.0f}m"
    if minutes < 57.5:
        return f"~{5 * round(minutes / 5)}m"
    return f"~{max(1, round(minutes / 60))}h"


def outlook(trend: Trend) -> str:
    """`full in ~6m`, `full`; "" where nothing is said."""
    if trend.verdict == "full":
        return "full"
    if trend.verdict != "grows" or trend.full_s is None or trend.far:
        return ""
    return f"full in {roughly(trend.full_s)}"


def verdict(trend: Trend) -> str:
    """Why there is a forecast, or why there is none."""
    over = f"over {units.span(trend.span_s // 60 * 60 if trend.span_s >= 60 else trend.span_s)}"
    pace = f"{trend.per_s * 60:+.1f} a minute {over}"
    match trend.verdict:
        case "full":
            return "every connection that an ordinary role may open is taken"
        case "short":
            return f"no forecast: {trend.points} samples {over} are too few for one"
        case "flat":
            return f"no forecast: level {over}"
        case "falls":
            return f"no forecast: it falls, {pace}"
        case "noisy":
            return f"no forecast: no direction that is sure {over}"
        case "stepped":
            return f"no forecast: it rose at once and has been level since, {over}"
    span = f"{trend.low_per_s * 60:.1f} to {trend.high_per_s * 60:.1f}"
    if trend.far:
        return f"no forecast: {pace}, and full would be further ahead than three times what was seen"
    return f"{pace} (95 %: {span})"


def with_outlook(finding: Finding, seen: Connections) -> Finding:
    """The finding about a server's connections with who takes them and when they are all taken."""
    parts = [outlook(seen.trend)]
    grown = next((one for one in seen.growth if one.more > 0), None)
    if grown is not None and seen.growth_s >= 60:
        span = units.minutes(seen.growth_s)
        parts.append(f"{grown.application or 'no application name'} {grown.more:+d} in {span}")
    said = ", ".join(part for part in parts if part)
    return msgspec.structs.replace(finding, what=f"{finding.what}, {said}") if said else finding
