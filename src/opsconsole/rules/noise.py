"""Which rules cry wolf: how often each fired, how often that passed alone, and how often somebody acted on it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median

from ..model.alerts import Firing, Noise, RuleNoise
from ..model.incident import Acknowledgement, Incident
from ..model.journal import JournalLine

BRIEF_S = 300.0
"""What ends by itself within so long while nobody did anything resolved alone."""
AFTERWARDS = timedelta(minutes=5)
"""So long after it ended something done may still be the answer to it."""


def noise(
    firings: Iterable[Firing],
    known: Iterable[Acknowledgement],
    incidents: Iterable[Incident],
    journal: Iterable[JournalLine],
    since: datetime,
    until: datetime,
) -> Noise:
    """Each firing counts where it began. Acted on is what was acknowledged, what an incident was declared from, or
    what was followed by an action on its object, each firing once."""
    acknowledged: dict[str, list[datetime]] = defaultdict(list)
    for one in known:
        if one.who:
            acknowledged[one.finding].append(one.at)
    declared: dict[str, list[datetime]] = defaultdict(list)
    for incident in incidents:
        if incident.finding and not incident.drill:
            declared[incident.finding].append(incident.declared)
    done: dict[str, list[datetime]] = defaultdict(list)
    for line in journal:
        if line.phase == "written":
            done[line.object.rpartition("/")[2]].append(line.at)
    by_rule: dict[str, list[Firing]] = defaultdict(list)
    begun = [firing for firing in firings if since <= firing.began < until]
    for firing in begun:
        by_rule[firing.rule].append(firing)
    rules = [_of_rule(rule, found, acknowledged, declared, done, until) for rule, found in by_rule.items()]
    first = min((firing.began for firing in begun), default=None)
    return Noise(since, until, tuple(sorted(rules, key=_noisiest)), first)


def _of_rule(
    rule: str,
    firings: Sequence[Firing],
    acknowledged: Mapping[str, Sequence[datetime]],
    declared: Mapping[str, Sequence[datetime]],
    done: Mapping[str, Sequence[datetime]],
    until: datetime,
) -> RuleNoise:
    lasted = [(one.ended - one.began).total_seconds() for one in firings if one.ended is not None]
    known = [_during(one, acknowledged.get(one.finding, ()), until) for one in firings]
    told = [_during(one, declared.get(one.finding, ()), until) for one in firings]
    mended = [_during(one, done.get(_name(one), ()), until) if _name(one) else False for one in firings]
    acted = [any(each) for each in zip(known, told, mended, strict=True)]
    alone = [
        not answered and one.ended is not None and (one.ended - one.began).total_seconds() < BRIEF_S
        for one, answered in zip(firings, acted, strict=True)
    ]
    newest = max(firings, key=lambda one: one.began)
    return RuleNoise(
        rule=rule,
        severity=newest.severity,
        fired=len(firings),
        resolved_alone=sum(alone),
        acknowledged=sum(known),
        incidents=sum(told),
        actions=sum(mended),
        acted=sum(acted),
        standing=sum(one.ended is None for one in firings),
        median_s=median(lasted) if lasted else None,
        last=newest.began,
    )


def _during(firing: Firing, moments: Sequence[datetime], until: datetime) -> bool:
    ends = (firing.ended or until) + AFTERWARDS
    return any(firing.began <= moment <= ends for moment in moments)


def _name(firing: Firing) -> str:
    """The bare name of its object, as the journal ends in it."""
    return firing.object.strip().rpartition("/")[2]


def _noisiest(rule: RuleNoise) -> tuple[int, int, int, str]:
    return -rule.resolved_alone, rule.acted - rule.fired, -rule.fired, rule.rule
