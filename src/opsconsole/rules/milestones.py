"""The five milestones of an incident and the times between them, each with the entry that proves it or what is missing.

The milestones are those of a postmortem (004_da2f52e198c72628.txt:250 to 255). The times: to detect, first harm until
detected; to repair, detected until the last harm; to resolve, declared until resolved (as Datadog defines them); to
acknowledge, detected until acknowledged; to mitigate, first harm until mitigated (as GitLab does).
"""

import re
import statistics
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from ..model.incident import Incident, TimelineEntry
from .timeline import of_incident

BEFORE_HARM = timedelta(minutes=30)
"""An alert this long before the first harm still belongs to it: the beginning of the harm is an estimate."""
_AT_WORK = (
    "alert_acked", "role_assigned", "hypothesis", "finding", "decision", "command", "action", "note", "metric_snapshot",
)  # fmt: skip
"""What somebody writes who has begun to look."""
_EFFECT = re.compile(r": (helped|no effect|worse|whether it helped is unknown): ")
"""How the effect of a run is told: `ROLL BACK deployment/api: helped: P99 0.2 s, within the limit`."""
_TAKEN_BACK = "ROLL BACK "


class Milestone(msgspec.Struct, frozen=True, gc=False):
    """One of the five."""

    id: str
    """detected, started, cause, fixed, restored."""
    title: str
    at: datetime | None
    entry: str = ""
    """Id of the entry that it cites."""
    text: str = ""
    """What that entry says."""
    missing: str = ""
    """What would have to be there; "" where it is known."""
    proposed: bool = False
    """It follows from what was recorded; nobody has said it."""


class Took(msgspec.Struct, frozen=True, gc=False):
    """The time between two moments."""

    id: str
    """detect, acknowledge, mitigate, repair, resolve."""
    title: str
    seconds: float | None
    missing: str = ""
    """Which timestamp is missing, or out of order."""


class Mean(msgspec.Struct, frozen=True, gc=False):
    """A time over several incidents; None where none of them has it."""

    id: str
    title: str
    """MTTD, MTTA, MTTM, MTTR."""
    n: int
    mean_s: float | None
    median_s: float | None
    p90_s: float | None
    left_out: tuple[tuple[str, str], ...] = ()
    """(incident, which timestamp is missing)."""


TITLES = {
    "detect": ("time to detect", "MTTD"),
    "acknowledge": ("time to acknowledge", "MTTA"),
    "mitigate": ("time to mitigate", "MTTM"),
    "repair": ("time to repair", "MTTR"),
    "resolve": ("time to resolve", "mean time to resolve"),
}
"""Of one incident, and over several."""


def milestones(incident: Incident, entries: Iterable[TimelineEntry]) -> tuple[Milestone, ...]:
    """Detected, investigation started, root cause identified, fix implemented, service restored."""
    told = of_incident(entries, incident.id)
    return (
        _detected(incident, told),
        _started(incident, told),
        _cause(incident, told),
        _fixed(incident, told),
        _restored(incident, told),
    )


def took(incident: Incident, entries: Iterable[TimelineEntry]) -> tuple[Took, ...]:
    """The five times of one incident."""
    detected = _detected(incident, of_incident(entries, incident.id)).at
    impact, declared = ("impact", incident.impact), ("declared", incident.declared)
    ended = ("ended (the last harm)", incident.ended)
    return (
        _between("detect", impact, ("detected", detected)),
        _between("acknowledge", ("detected", detected), ("acknowledged", incident.acknowledged)),
        _between("mitigate", impact, ("mitigated", incident.mitigated)),
        _between("repair", ("detected", detected), ended),
        _between("resolve", declared, ("resolved", incident.resolved)),
    )


def means(incidents: Iterable[Incident], entries: Sequence[TimelineEntry]) -> tuple[Mean, ...]:
    """MTTD, MTTA, MTTM, MTTR with median and 90th percentile over what is known; drills and cancelled ones excluded."""
    counted = [one for one in incidents if one.state != "cancelled" and not one.drill]
    by_incident: dict[str, list[TimelineEntry]] = {}
    for entry in entries:
        by_incident.setdefault(entry.incident, []).append(entry)
    times = [(one.id, took(one, by_incident.get(one.id, ()))) for one in counted]
    return tuple(_mean(id, [(name, found[index]) for name, found in times]) for index, id in enumerate(TITLES))


def state_of(entry: TimelineEntry) -> str:
    """The state that a status_changed entry tells; "" for any other entry."""
    if entry.kind != "status_changed":
        return ""
    if entry.object.startswith("state:"):
        return entry.object.removeprefix("state:")
    return entry.text.partition(":")[0].split(" ")[0].strip().casefold()


def _detected(incident: Incident, told: Sequence[TimelineEntry]) -> Milestone:
    """The first alert of its finding, else the first alert about the time of the harm, else the declaration."""
    title = "issue detected"
    alerts = [entry for entry in told if entry.kind == "alert_fired"]
    own = [entry for entry in alerts if incident.finding and entry.object == incident.finding]
    harm = incident.impact or incident.declared
    since = harm - BEFORE_HARM
    near = [entry for entry in alerts if since <= entry.occurred <= incident.declared and not _over(entry, told, harm)]
    found = next(iter(own or near), None) or _first(told, "declared")
    if found is None or found.occurred > incident.declared:  # people saw it before the rule did
        found = _first(told, "declared") or found
    if found is None:
        return Milestone("detected", title, incident.declared, missing="")
    return _cite("detected", title, found)


def _over(alert: TimelineEntry, told: Sequence[TimelineEntry], harm: datetime) -> bool:
    """Whether what an alert told of had ended before the harm began: then it was about something else."""
    ends = [entry.occurred for entry in told if entry.kind == "alert_resolved" and entry.object == alert.object]
    return any(alert.occurred <= end < harm for end in ends)


def _started(incident: Incident, told: Sequence[TimelineEntry]) -> Milestone:
    title = "investigation started"
    found = next((entry for entry in told if entry.source == "human" and entry.kind in _AT_WORK), None)
    if incident.acknowledged is not None and (found is None or incident.acknowledged < found.occurred):
        cited = _first(told, "alert_acked") or _first(told, "declared")
        id, text = (cited.id, cited.text) if cited is not None else ("", "")
        return Milestone("started", title, incident.acknowledged, id, text)
    if found is None:
        return Milestone("started", title, None, missing="nobody acknowledged it or noted anything")
    return _cite("started", title, found)


def _cause(incident: Incident, told: Sequence[TimelineEntry]) -> Milestone:
    """Moved to identified; else the finding that somebody pinned; else the last one before the fix; else, at the
    latest, when a change was taken back and that helped."""
    title = "root cause identified"
    identified = [entry for entry in told if state_of(entry) == "identified"]
    findings = [entry for entry in told if entry.kind == "finding" and entry.source == "human"]
    pinned = [entry for entry in findings if entry.pinned]
    before = [one for one in findings if incident.mitigated is None or one.occurred <= incident.mitigated]
    found = next((group[-1] for group in (identified, pinned, before, findings) if group), None)
    if found is None and (undone := _undone(told)) is not None:
        return _cite("cause", title, undone, proposed=True)
    if found is None:
        return Milestone("cause", title, None, missing="nobody moved it to identified or noted a !finding")
    return _cite("cause", title, found)


def _fixed(incident: Incident, told: Sequence[TimelineEntry]) -> Milestone:
    """The last action before it was mitigated, else the move itself; before that move, the action that helped."""
    title = "fix implemented"
    helping = next((entry for entry in told if _effect(entry) == "helped"), None)
    if incident.mitigated is None and helping is not None:
        return _cite("fixed", title, _run_of(helping, told)[-1], proposed=True)
    if incident.mitigated is None:
        return Milestone("fixed", title, None, missing="it was not moved to mitigated")
    done = [one for one in told if one.kind == "action" and not _effect(one)]
    actions = [one for one in done if one.occurred <= incident.mitigated]
    moves = [entry for entry in told if state_of(entry) in ("mitigated", "monitoring", "resolved")]
    found = actions[-1] if actions else moves[0] if moves else None
    return _cite("fixed", title, found) if found is not None else Milestone("fixed", title, incident.mitigated)


def _restored(incident: Incident, told: Sequence[TimelineEntry]) -> Milestone:
    """When the last harm ended, with the entry that set it or came with it; before that is set, when its finding ended
    for good."""
    title = "service restored"
    own = [entry for entry in told if incident.finding and entry.object == incident.finding and _of_alert(entry)]
    if incident.ended is None and own and own[-1].kind == "alert_resolved":
        return _cite("restored", title, own[-1], proposed=True)
    if incident.ended is None:
        return Milestone("restored", title, None, missing="when the last harm ended is not set")
    said = [entry for entry in told if entry.object == "field:ended"]
    same = [one for one in told if one.kind in ("alert_resolved", "status_changed") and one.occurred == incident.ended]
    moves = [entry for entry in told if state_of(entry) in ("resolved", "mitigated", "monitoring")]
    cited = next((group[-1] for group in (said, same, moves) if group), None)
    id, text = (cited.id, cited.text) if cited is not None else ("", "")
    return Milestone("restored", title, incident.ended, id, text)


def _first(told: Sequence[TimelineEntry], kind: str) -> TimelineEntry | None:
    return next((entry for entry in told if entry.kind == kind), None)


def _of_alert(entry: TimelineEntry) -> bool:
    return entry.kind in ("alert_fired", "alert_resolved")


def _effect(entry: TimelineEntry) -> str:
    """What came of a run, where this entry says it: helped, no effect, worse."""
    found = _EFFECT.search(entry.text) if entry.kind == "action" else None
    return found[1] if found is not None else ""


def _run_of(effect: TimelineEntry, told: Sequence[TimelineEntry]) -> Sequence[TimelineEntry]:
    """What was told of the run that this is the effect of, from the asking to the last pod that was ready."""
    run = [one for one in told if one.kind == "action" and one.link and one.link == effect.link and not _effect(one)]
    return run or [effect]


def _undone(told: Sequence[TimelineEntry]) -> TimelineEntry | None:
    """The beginning of the first run that rolled something back and helped."""
    helping = (one for one in told if _effect(one) == "helped" and one.text.startswith(_TAKEN_BACK))
    return next((_run_of(one, told)[0] for one in helping), None)


def _cite(id: str, title: str, entry: TimelineEntry, *, proposed: bool = False) -> Milestone:
    return Milestone(id, title, entry.occurred, entry.id, entry.text, proposed=proposed)


def _between(id: str, first: tuple[str, datetime | None], last: tuple[str, datetime | None]) -> Took:
    missing = [name for name, at in (first, last) if at is None]
    if first[1] is None or last[1] is None:
        return Took(id, TITLES[id][0], None, f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    passed_s = (last[1] - first[1]).total_seconds()
    if passed_s < 0:
        return Took(id, TITLES[id][0], None, f"{last[0]} lies before {first[0]}")
    return Took(id, TITLES[id][0], passed_s)


def _mean(id: str, found: Sequence[tuple[str, Took]]) -> Mean:
    known = sorted(one.seconds for _, one in found if one.seconds is not None)
    left_out = tuple((name, one.missing) for name, one in found if one.seconds is None)
    if not known:
        return Mean(id, TITLES[id][1], 0, None, None, None, left_out)
    p90 = known[max(0, -(-len(known) * 9 // 10) - 1)]
    return Mean(id, TITLES[id][1], len(known), statistics.fmean(known), statistics.median(known), p90, left_out)
