"""The noise report as text: for the page of a rule, and for who has no screen."""

from collections.abc import Iterable
from datetime import datetime

from ..model.alerts import Noise, RuleNoise
from ..text import units
from .noise import BRIEF_S

HEADS = ("RULE", "SEVERITY", "FIRED", "ALONE", "ACKED", "INCIDENTS", "ACTIONS", "ACTED ON", "LASTED", "LAST")


def headline(found: Noise) -> str:
    """`fired 14 times in 7d, 6 passed alone, acted on 5 (36 %)`."""
    over = units.span((found.until - found.since).total_seconds())
    if not found.fired:
        return f"nothing was seen to fire in {over}"
    alone = sum(rule.resolved_alone for rule in found.rules)
    times = "once" if found.fired == 1 else f"{found.fired} times"
    return f"fired {times} in {over}, {alone} passed alone, acted on {found.acted} ({units.percent(found.signal, 0)} %)"


def acted(rule: RuleNoise) -> str:
    """`3 of 8 (38 %)`."""
    return f"{rule.acted} of {rule.fired} ({units.percent(rule.acted / rule.fired, 0)} %)"


def of_rule(rule: RuleNoise | None, over: str) -> str:
    """What the page of a rule says."""
    if rule is None:
        return f"was not seen to fire in {over}"
    alone = f"{rule.resolved_alone} passed alone within {units.span(BRIEF_S)}"
    standing = f", {rule.standing} still firing" if rule.standing else ""
    lasted = f", lasted {units.span(rule.median_s)} (median)" if rule.median_s is not None else ""
    times = "once" if rule.fired == 1 else f"{rule.fired} times"
    return f"fired {times} in {over}{standing}: {alone}, acted on {acted(rule)}{lasted}"


def report(found: Noise) -> list[str]:
    """The whole report, a line for each rule, the noisiest first."""
    now = found.until
    rows = [HEADS, *(cells(rule, now) for rule in found.rules)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(HEADS))]
    lines = [headline(found), *_known_from(found)]
    if found.rules:
        lines += ["", *("  ".join(map(_padded, row, widths, range(len(row)))).rstrip() for row in rows)]
        lines += [
            "",
            f"ALONE: ended within {units.span(BRIEF_S)} while nobody did anything. ACTED ON: acknowledged, declared or",
            "followed by an action on its object; each firing counts once. What fired while no console ran is not",
            "counted.",
        ]
    return lines


def cells(rule: RuleNoise, now: datetime) -> tuple[str, ...]:
    """One line of it."""
    counts = (rule.fired, rule.resolved_alone, rule.acknowledged, rule.incidents, rule.actions)
    lasted = units.DASH if rule.median_s is None else units.span(rule.median_s)
    last = f"{units.age(rule.last, now)} ago" if rule.last else units.DASH
    return (rule.rule, rule.severity or units.DASH, *map(str, counts), acted(rule), lasted, last)


def _known_from(found: Noise) -> Iterable[str]:
    if found.first is not None:
        yield f"the first of it {units.when(found.first, found.until)}Z; before that no console saw anything fire"


def _padded(text: str, width: int, index: int) -> str:
    return text.ljust(width) if index < 2 else text.rjust(width)
