"""Tiles: which limit of the policy a headline figure is held against, and its state in a word."""

from collections.abc import Mapping

from ..config.settings import Policy, Rule
from ..model.metrics import Tile
from .thresholds import breaches


def rule_for(policy: Policy, measure: str) -> tuple[str, Rule] | None:
    """The rule of a measure that is breached first; with equal limits the more severe one."""
    rank = {"critical": 0, "warning": 1, "info": 2}
    found = [(id, rule) for id, rule in policy.rules.items() if measure and rule.measure == measure]
    if not found:
        return None

    def order(item: tuple[str, Rule]) -> tuple[float, int, str]:
        id, rule = item
        return (rule.limit if rule.compare.startswith(">") else -rule.limit), rank[rule.severity], id

    return min(found, key=order)


def judged(tile: Tile, policy: Policy) -> str:
    """ok, breach or unknown: the value alone, without durations. "" where no rule judges the tile."""
    rule = policy.rules.get(tile.rule)
    if rule is None:
        return _judged_by_panel(tile)
    if tile.value is None or tile.limit is None:
        return "unknown"
    return "breach" if breaches(rule.compare, tile.value, tile.limit) else "ok"


def _judged_by_panel(tile: Tile) -> str:
    limits = [limit for limit in (tile.warning, tile.critical) if limit is not None]
    if not limits:
        return ""
    if tile.value is None:
        return "unknown"
    compare = "<" if tile.below else ">"
    return "breach" if any(breaches(compare, tile.value, limit) for limit in limits) else "ok"


def panel_limit(warning: float | None, critical: float | None) -> float | None:
    """The limit that a panel's chart shows: the one that is reached first."""
    return warning if warning is not None else critical


def limit_of(rule: Rule, maximum: float | None) -> float | None:
    """The rule's limit in the tile's own unit: a ratio is taken of the maximum where the tile shows "n of max"."""
    if rule.unit != "ratio" or maximum is None:
        return rule.limit
    return rule.limit * maximum


def recent(values: Mapping[float, float | None], now: float, span_s: float, step_s: float) -> tuple[float | None, ...]:
    """The sparkline: one value per step of the last span, oldest first; None where there is no sample."""
    last = int(now // step_s)
    first = int((now - span_s) // step_s) + 1
    return tuple(values.get(index * step_s) for index in range(first, last + 1))
