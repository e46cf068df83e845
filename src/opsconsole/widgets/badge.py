"""Badges of the tab strip: how much of what is critical stands on which tab."""

from collections.abc import Iterable, Mapping

from ..model.finding import Finding, Severity
from ..model.incident import Incident
from ..screens.base import Badge
from .theme import Glyphs

INCIDENTS_TAB = 6


def badges(findings: Iterable[Finding], incidents: Iterable[Incident], glyphs: Glyphs) -> Mapping[int, Badge]:
    """One badge per tab digit. Critical counts first; without any, what is blind; without that, warnings."""
    firing = [finding for finding in findings if finding.state == "firing"]
    made = {digit: _badge([finding for finding in firing if finding.tab == digit], glyphs) for digit in range(1, 7)}
    made[0] = Badge("findings", "", len(firing), _worst(firing))
    opened = [incident for incident in incidents if incident.open]
    if opened:
        made[INCIDENTS_TAB] = Badge("open", glyphs.incident, len(opened), "critical")
    return made


def _badge(findings: list[Finding], glyphs: Glyphs) -> Badge:
    ranks = (
        (Severity.CRITICAL, "critical", glyphs.critical, "critical"),
        (Severity.BLIND, "blind", glyphs.blind, "blind"),
        (Severity.WARNING, "warning", glyphs.info, "warning"),
    )
    for severity, word, glyph, style in ranks:
        count = sum(finding.severity == severity for finding in findings)
        if count:
            return Badge(word, glyph, count, style)
    return Badge()


def _worst(findings: list[Finding]) -> str:
    worst = min((finding.severity for finding in findings), default=Severity.INFO)
    return {Severity.CRITICAL: "critical", Severity.BLIND: "blind", Severity.WARNING: "warning"}.get(worst, "dim")
