"""What happened, as marks under the time axis: one letter each, and its words for where the cursor stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from ..model.alerts import Alert
from ..model.finding import Change
from ..model.incident import Incident
from ..text import clock, units
from ..text.clean import clean
from ..widgets.chart_overlay import Sign

MOST = 200
"""So many alerts are marked; those that are active come first."""
MEANINGS = {"I": "incident", "A": "alert", "D": "release", "H": "scaling", "C": "config", "R": "restart"}
"""In the order in which they are drawn where several share a cell."""
OF_CHANGES = {
    "release": "D", "rollout": "D", "hpa": "H", "scale": "H", "config": "C", "setting": "C", "restart": "R",
}  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """`letters` stand under the axis, `words` say it whole."""

    at: float
    letters: str
    words: str

    @property
    def sign(self) -> Sign:
        return self.at, self.letters


def of_changes(changes: Iterable[Change]) -> list[Mark]:
    """`D1.8.2` for a release, one letter for everything else."""
    found = []
    for change in changes:
        letter = OF_CHANGES.get(change.kind)
        if letter is not None:
            named = change.kind == "release" and "→" in change.what
            version = clean(change.what.rpartition("→")[2].strip()[:8]) if named else ""
            who = f" by {clean(change.who)}" if change.who else ""
            what = clean(change.what)
            kind = "" if what.lower().startswith(change.kind) else f"{clean(change.kind)} "
            words = f"{kind}{what}{who} {_when(change.at)}"
            found.append(Mark(change.at.timestamp(), letter + version, words))
    return found


def of_incidents(incidents: Iterable[Incident]) -> list[Mark]:
    """Where the harm of each begins."""
    return [
        Mark(
            (incident.impact or incident.declared).timestamp(),
            f"I{clean(incident.id).rpartition('-')[2][:4]}",
            f"{clean(incident.id)} {clean(incident.title)}: harm since {_when(incident.impact or incident.declared)}",
        )
        for incident in incidents
        if incident.state != "cancelled"
    ]


def of_alerts(alerts: Iterable[Alert]) -> list[Mark]:
    """Where each begins."""
    return [
        Mark(alert.since.timestamp(), "A", f"alert {clean(alert.name)} {clean(alert.state)} since {_when(alert.since)}")
        for alert in islice(alerts, MOST)
        if alert.since is not None
    ]


def ordered(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """The telling ones first: of several in one cell those are drawn."""
    letters = list(MEANINGS)
    return tuple(sorted(marks, key=lambda mark: (letters.index(mark.letters[0]), mark.at)))


def near(marks: Iterable[Mark], at: float, reach_s: float) -> list[Mark]:
    """Those within reach of a time, the nearest first."""
    return sorted((mark for mark in marks if abs(mark.at - at) <= reach_s), key=lambda mark: abs(mark.at - at))


def legend(marks: Iterable[Mark]) -> str:
    """`D release  H scaling` of the letters that stand there."""
    letters = {mark.letters[0] for mark in marks}
    return "  ".join(f"{letter} {word}" for letter, word in MEANINGS.items() if letter in letters)


def _when(moment: datetime) -> str:
    return units.when(moment, clock.now())
