"""The first line: tabs with badges at the left; platform, mode, sources and time at the right."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime

from ..config import keymap
from ..screens.base import Badge
from ..text.clean import clean
from ..text.units import clock as clock_text
from .line import Part, lay_out, width_of
from .source_state import Sources

SHORT = {0: "Now", 1: "Met", 2: "Pod", 3: "Qry", 4: "Cost", 5: "Cust", 6: "Inc"}


def tab_strip(
    width: int,
    active: int,
    badges: Mapping[int, Badge],
    *,
    digits: Iterable[int] = range(7),
    platform: str,
    cluster: str,
    production: bool,
    sources: Sources,
    now: datetime,
    frozen: datetime | None = None,
    armed_s: float = 0.0,
    scope: str = "",
) -> list[Part]:
    """The parts of the line, in the widest form that fits; the narrowest gives up the end of the platform's name.

    `scope` is told where it fits beside all the rest: the strip of the Pods tab says it, too.
    """
    if scope:
        left = _tabs(False, active, badges, digits)
        right = [
            Part(f"{scope}  ", "dim"),
            *_right(False, platform, cluster, production, sources, now, frozen, armed_s),
        ]
        if width_of(left) + width_of(right) <= width:
            return lay_out(left, right, width)
    for short_names, short_right in ((False, False), (False, True), (True, True)):
        left = _tabs(short_names, active, badges, digits)
        right = _right(short_right, platform, cluster, production, sources, now, frozen, armed_s)
        excess = width_of(left) + width_of(right) - width
        if excess <= 0:
            return lay_out(left, right, width)
    name = platform[: max(4, len(platform) - excess)]
    return lay_out(left, _right(True, name, "", production, sources, now, frozen, armed_s), width)


def _tabs(compact: bool, active: int, badges: Mapping[int, Badge], digits: Iterable[int]) -> list[Part]:
    parts: list[Part] = []
    for digit in digits:
        name = SHORT[digit] if compact else keymap.by_id(f"tab.{digit}").title
        label = f"{digit}{name}" if compact else f" {digit} {name} "
        action = f"tab.{digit}"
        parts.append(Part(label, "active" if digit == active else "" if compact else "title", action))
        badge = badges.get(digit, Badge())
        mark = _mark(badge, compact)
        if mark:
            parts.append(Part(mark if compact else f"{mark} ", badge.style, action))
        parts.append(Part(" "))
    return parts


def _mark(badge: Badge, compact: bool) -> str:
    if not badge.count:
        return ""
    if compact and not badge.glyph:
        return ""
    return badge.glyph if compact and badge.count == 1 else f"{badge.glyph}{badge.count}"


def _right(
    compact: bool,
    platform: str,
    cluster: str,
    production: bool,
    sources: Sources,
    now: datetime,
    frozen: datetime | None,
    armed_s: float,
) -> list[Part]:
    name = clean(platform, 40)
    if cluster and not compact:
        name += "/" + short_cluster(cluster)
    parts = [Part(f" {name} " if production else name, "production" if production else "title"), Part(" ")]
    if armed_s > 0:
        parts += [Part(f" ARMED {countdown(armed_s)} ", "reverse", "arm"), Part(" ")]
    else:
        parts += [Part("R/O" if compact else " READ-ONLY ", "dim" if compact else "title", "arm"), Part(" ")]
    if frozen:
        parts += [Part(f"FROZEN{'' if compact else ' ' + clock_text(frozen)}", "reverse"), Part(" ")]
    parts += [Part(sources.words(compact=compact), sources.style, "problems"), Part(" " if compact else "  ")]
    return [*parts, Part(clock_text(now) + "Z", "dim")]


def countdown(left_s: float) -> str:
    """`9:41`; a second that has begun counts."""
    minutes, seconds = divmod(math.ceil(left_s), 60)
    return f"{minutes}:{seconds:02d}"


def short_cluster(context: str, limit: int = 24) -> str:
    """The last segment of a long context name (an ARN, `gke_project_zone_name`)."""
    name = clean(context, 200)
    if len(name) > limit:
        name = name.replace("_", "/").replace(":", "/").rsplit("/", 1)[-1]
    return name if len(name) <= limit else name[: limit - 1] + "~"
