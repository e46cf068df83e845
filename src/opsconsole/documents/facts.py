"""The facts of a postmortem: each with its value, whether the record fills it in, and the entries that it cites."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from ..config.settings import Policy
from ..model.incident import Incident, TimelineEntry
from ..model.journal import JournalHead, JournalLine
from ..rules import incident_clocks, milestones, severity
from ..rules.timeline import current
from ..text import units
from .doings import Doing, doings
from .impact import Impact, in_entries, worse
from .plain import markdown

BEFORE = timedelta(hours=2)
"""How long before the first harm a change still may have brought it about."""
CHANGES = ("deploy", "config", "scale", "node", "restart", "failover", "silence")
PERIOD = timedelta(days=30)
"""Over which an error budget is counted."""
SHORT = 8
_HURTS = re.compile(r", hurts [^,;]*\Z")
"""The end of a broken rule's words: whom it hurt when it began to fire."""
_PROPOSED = {
    "cause": "at the latest: taking it back helped, nobody named the cause",
    "fixed": "it helped; nobody moved the incident to mitigated",
    "restored": "its finding ended; nobody said that the harm did",
}
"""What is said of a milestone that follows from the record alone."""


class Fact(msgspec.Struct, frozen=True, gc=False):
    """One of them; in a template it reads as its value with what it cites."""

    id: str
    title: str
    value: str
    """Safe in Markdown; `unknown` with the reason where the record does not tell."""
    filled: bool
    cites: tuple[str, ...] = ()
    """Ids of entries."""

    def __str__(self) -> str:
        return f"{self.value}{cited(self.cites)}"


class Record(msgspec.Struct, frozen=True, gc=False):
    """All that a postmortem is made of."""

    incident: Incident
    entries: tuple[TimelineEntry, ...]
    """Of this incident, superseded ones too."""
    told: tuple[TimelineEntry, ...]
    """Those that hold, in order of time."""
    done: tuple[Doing, ...]
    impact: Impact
    head: JournalHead
    policy: Policy
    now: datetime


def record(
    incident: Incident,
    entries: Iterable[TimelineEntry],
    journal: Iterable[JournalLine],
    head: JournalHead,
    seen: Impact,
    policy: Policy,
    now: datetime,
) -> Record:
    """Put together what one postmortem needs; `seen` is the impact that the console saw itself."""
    own = tuple(entry for entry in entries if entry.incident == incident.id)
    told = current(own)
    done = doings(incident, told, journal, now)
    return Record(incident, own, told, done, worse(in_entries(told), seen), head, policy, now)


def facts(given: Record) -> tuple[Fact, ...]:
    """All facts, in the order of the document."""
    parts: tuple[Callable[[Record], Iterator[Fact]], ...] = (
        _summary, _impact, _milestones, _duties, _detection, _doing, _people, _proof
    )  # fmt: skip
    return tuple(fact for part in parts for fact in part(given))


def short(entry_id: str) -> str:
    """An entry's id as the document shows it: long enough to find it, short enough to read."""
    return markdown(entry_id if len(entry_id) <= 12 else entry_id[:SHORT], 12)


def cited(ids: Iterable[str]) -> str:
    """` (e:3f9a2c1b, e:77d0aa12)`; the first three, and how many more there are."""
    known = tuple(dict.fromkeys(id for id in ids if id))
    if not known:
        return ""
    more = f", +{len(known) - 3}" if len(known) > 3 else ""
    return f" ({', '.join(f'e:{short(id)}' for id in known[:3])}{more})"


def time(moment: datetime, of: Incident) -> str:
    """`02:41`, with its day where that is not the day of the harm."""
    day = (of.impact or of.declared).date()
    return units.clock(moment) if moment.date() == day else moment.strftime("%Y-%m-%d %H:%M")


def demanded(incident: Incident, policy: Policy) -> str:
    """Whether this severity demands a postmortem, and by when: three days at level 1, five working days at level 2
    (PagerDuty: within 3 calendar days for SEV-1, 5 business days for SEV-2)."""
    label = markdown(severity.label(policy, incident.severity))
    if incident.drill:
        return "A drill demands no postmortem; writing one is part of the exercise."
    if incident.severity > 2:
        return f"{label} demands no postmortem; this one is written by choice."
    within = "3 days" if incident.severity == 1 else "5 working days"
    if incident.resolved is None:
        return f"{label} demands a postmortem within {within} of its end; the incident is still open."
    by = incident.resolved + timedelta(days=3) if incident.severity == 1 else _working_days(incident.resolved, 5)
    return f"{label} demands a postmortem within {within} of its end: by {by:%Y-%m-%d}."


# ---- the parts -----------------------------------------------------------------------------------------------------


def _summary(given: Record) -> Iterator[Fact]:
    incident = given.incident
    declared = _ids(given, "declared")
    yield _fact("title", "Title", markdown(incident.title), declared)
    yield _fact("date", "Date", f"{incident.impact or incident.declared:%Y-%m-%d}", declared)
    yield _duration(given)
    meaning = markdown(severity.level_of(given.policy, incident.severity).meaning)
    level = f"{markdown(severity.label(given.policy, incident.severity))} (level {incident.severity} of 4)"
    changed = _ids(given, "severity_changed")
    yield _fact("severity", "Severity", f"{level}: {meaning}" if meaning else level, changed[-1:] or declared)
    yield _fact("service", "Service", markdown(incident.service), declared, "nobody named it")
    moved = [entry.id for entry in given.told if milestones.state_of(entry)]
    yield _fact("state", "State", markdown(incident.state), moved[-1:] or declared)
    yield _fact("channel", "Channel", markdown(incident.channel, leading=False), declared, "no channel is noted")
    yield _fact("trigger", "Change before it", *_trigger(given))


def _duration(given: Record) -> Fact:
    incident = given.incident
    if incident.impact is None:
        return _unknown("duration", "Duration", "when the harm began is not set")
    end = _end(incident)
    passed = units.minutes(((end or given.now) - incident.impact).total_seconds())
    words = passed if end is not None else f"{passed} so far, as of {time(given.now, incident)} UTC"
    return _fact("duration", "Duration", words, (*_began(given), *_ended(given)))


def _end(incident: Incident) -> datetime | None:
    """When the harm ended; None while it lasts."""
    return incident.ended or (None if incident.open else incident.mitigated or incident.resolved)


def _impact(given: Record) -> Iterator[Fact]:
    seen, cites = given.impact, given.impact.cites
    nobody = "no source measured it, and no mark tells it"
    saw = f", as the console saw at {time(seen.at, given.incident)}" if seen.at is not None and not cites else ""
    users = _users(seen)
    yield _fact("users", "Users Affected", users and f"{users}{saw}", cites, nobody)
    yield _fact("plans", "Plans", ", ".join(f"{n:,} {markdown(plan)}" for plan, n in seen.plans), cites, nobody)
    revenue = "" if seen.revenue is None else f"{units.money(seen.revenue, markdown(seen.currency))} a month"
    yield _fact(
        "revenue", "Revenue Impact", f"customers worth {revenue} were hurt{saw}" if revenue else "", cites, nobody
    )
    requests = "" if seen.slow is None else f"{seen.slow:,} slow, {seen.failed or 0:,} failed"
    yield _fact("requests", "Requests of these customers", requests, (), nobody)
    yield _fact("worst", "At its worst", *_worst(given))
    errors = "" if seen.errors is None else f"{units.percent(seen.errors)} % of the requests failed"
    yield _fact("errors", "Server errors", errors, (), "no source measured it while the console looked")
    yield _budget(given)


def _budget(given: Record) -> Fact:
    """Burn rate times the share of the period that it lasted (Google SRE Workbook, chapter 5): with the worst share of
    errors that was seen it is the most that can have been used."""
    id, title, incident, errors = "budget", "Error budget used", given.incident, given.impact.errors
    _, allowed = given.policy.targets.get("requests.errors", (0.0, 0.0))
    if not allowed:
        return _unknown(id, title, "the policy names no target for server errors")
    if errors is None:
        return _unknown(id, title, "no source measured server errors while the console looked")
    if incident.impact is None:
        return _unknown(id, title, "when the harm began is not set")
    lasted = (_end(incident) or given.now) - incident.impact
    spent = units.percent(errors / allowed * (lasted / PERIOD))
    budget = f"{PERIOD.days} days' budget ({units.percent(allowed)} % of requests may fail)"
    return _fact(id, title, f"at most {spent} % of {budget}, had its worst lasted all the time", ())


def _users(seen: Impact) -> str:
    if seen.customers is None:
        return ""
    if not seen.of:
        return units.plural(seen.customers, "customer")
    share = units.percent(seen.customers / seen.of)
    return f"{seen.customers:,} of {units.plural(seen.of, 'customer')} ({share} %)"


def _worst(given: Record) -> tuple[str, Sequence[str], str]:
    """What the rule that was broken said: the incident's own, else the first alert; whom it hurt by then was not yet
    the worst, so that is said as everywhere else in the document."""
    alerts = [entry for entry in given.told if entry.kind == "alert_fired"]
    own = [entry for entry in alerts if given.incident.finding and entry.object == given.incident.finding]
    found = (own or alerts)[-1:] if own else alerts[:1]
    if not found:
        return "", (), "no rule was broken, or none was heard"
    said, users = markdown(_HURTS.sub("", found[0].text)), _users(given.impact)
    return f"{said}; {users} hurt" if users else said, (found[0].id, *given.impact.cites), ""


def _milestones(given: Record) -> Iterator[Fact]:
    incident = given.incident
    began = "" if incident.impact is None else f"{time(incident.impact, incident)} UTC"
    yield _fact("began", "harm began", began, _began(given), "it is not set")
    for one in milestones.milestones(incident, given.told):
        words = "" if one.at is None else f"{time(one.at, incident)} UTC"
        text = f" · {markdown(one.text, 160)}" if one.text and words else ""
        guess = f" · {_PROPOSED[one.id]}" if one.proposed else ""
        yield _fact(one.id, one.title, f"{words}{text}{guess}", (one.entry,), one.missing)
    for two in milestones.took(incident, given.told):
        yield _fact(two.id, two.title, "" if two.seconds is None else units.minutes(two.seconds), (), two.missing)


def _duties(given: Record) -> Iterator[Fact]:
    incident, policy, now = given.incident, given.policy, given.now
    answered, resolved = incident.acknowledged, incident.resolved
    respond = incident_clocks.respond_by(policy, incident.severity, incident.declared)
    resolve = incident.resolve_by or incident_clocks.resolve_by(policy, incident.severity, incident.declared)
    acked, done = _ids(given, "alert_acked")[:1], _moved_to(given, "resolved")[-1:]
    verdicts = [
        _held("respond", "Answered in time", answered, respond, now, incident, acked),
        _held("resolved_in_time", "Resolved in time", resolved, resolve, now, incident, done),
    ]
    yield from (fact for fact, _ in verdicts)
    told = _ids(given, "comms_internal", "comms_external")
    yield _fact("updates", "Longest time without an update", _longest_silence(given), told, "nobody was told anything")
    breaches = [breach for _, breach in verdicts]
    if True in breaches:
        missed = " and ".join(fact.title.lower() for fact, breach in verdicts if breach)
        yield _fact("sla", "SLA Breach", f"Yes: not {missed}", (*acked, *done))
    elif None in breaches:
        yield _unknown("sla", "SLA Breach", "a target or a time is missing")
    else:
        yield _fact("sla", "SLA Breach", "No" if not incident.open else "No, so far", (*acked, *done))


def _held(
    id: str, title: str, at: datetime | None, by: datetime | None, now: datetime, incident: Incident,
    cites: Sequence[str],
) -> tuple[Fact, bool | None]:  # fmt: skip
    """Whether something was done by its time; None where that cannot be told."""
    if by is None:
        return _unknown(id, title, "the policy names no target for this severity"), None
    if at is None and not incident.open:
        return _unknown(id, title, "when it was done is not set"), None
    late = (at or now) > by
    if at is None:
        words = f"no: it was due {time(by, incident)} UTC" if late else f"not yet; due {time(by, incident)} UTC"
        return _fact(id, title, words, ()), late
    apart = units.minutes(abs((by - at).total_seconds()))
    words = f"no: {apart} after the target" if late else f"yes, {apart} before the target"
    return _fact(id, title, words, cites[:1]), late


def _longest_silence(given: Record) -> str:
    told = [entry for entry in given.told if entry.kind in ("comms_internal", "comms_external")]
    if not told:
        return ""
    ends = given.incident.resolved or given.now
    times = [given.incident.declared, *(entry.occurred for entry in told if entry.occurred < ends), ends]
    longest = max((later - one).total_seconds() for one, later in itertools.pairwise(times))
    every_s = incident_clocks.update_every_s(given.policy, given.incident.severity)
    return f"{units.minutes(longest)} (an update is due every {units.span(every_s)})"


def _detection(given: Record) -> Iterator[Fact]:
    found = milestones.milestones(given.incident, given.told)[0]
    entry = next((one for one in given.told if one.id == found.entry), None)
    name = ""
    if entry is not None:
        by = "a person" if entry.source == "human" else "an alert" if entry.source == "alert" else "a rule"
        name = f"{by} ({markdown(entry.actor, 64)})" if entry.actor else by
    yield _fact("detected_by", "Detected by", name, (found.entry,), "no entry tells it")
    fired = _ids(given, "alert_fired")
    yield _fact("alerts", "Alerts and broken rules", units.plural(len(fired), "transition"), fired)


def _doing(given: Record) -> Iterator[Fact]:
    cites = [id for one in given.done for id in one.cites]
    last = given.done[-1] if given.done else None
    yield _fact(
        "actions", "Actions", units.plural(len(given.done), "action") if given.done else "nothing was changed", cites
    )
    outcome = f"{last.what}: {last.outcome or 'outcome not recorded'}" if last is not None else "none"
    yield _fact("last_action", "Last action", outcome, last.cites if last is not None else ())
    marks = _ids(given, "metric_snapshot")
    yield _fact(
        "marks", "Readings kept", units.plural(len(marks), "mark") if marks else "", marks, "nobody marked a moment"
    )
    inside, outside = _ids(given, "comms_internal"), _ids(given, "comms_external")
    yield _fact("messages", "Messages", f"{len(inside)} inside, {len(outside)} outside", (*inside, *outside))


def _people(given: Record) -> Iterator[Fact]:
    held = dict(given.incident.roles)
    for role in incident_clocks.ROLES:
        cites = [one.id for one in given.told if one.kind == "role_assigned" and role in one.text.casefold()]
        yield _fact(role, role, markdown(held.get(role, "")), cites[-1:], "nobody took it")
    wrote = sorted({entry.actor for entry in given.told if entry.source == "human" and entry.actor})
    yield _fact("responders", "Who wrote", ", ".join(markdown(name, 64) for name in wrote), (), "nobody")


def _proof(given: Record) -> Iterator[Fact]:
    head = f"`{given.head.words}`" if given.head.seq else "no line yet"
    yield _fact("journal", "Journal head", head, ())


def _trigger(given: Record) -> tuple[str, Sequence[str], str]:
    """The newest release or change shortly before the harm."""
    since = given.incident.impact or given.incident.declared
    changes = [
        one for one in given.told if one.kind in CHANGES[:2] and since - BEFORE <= one.occurred <= since
    ]  # what only reacts (scalings, restarts) brings nothing about
    if not changes:
        return "", (), f"none is recorded in the {units.span(BEFORE.total_seconds())} before"
    newest = max(changes, key=lambda one: (one.kind == "deploy", one.occurred))
    before = units.minutes((since - newest.occurred).total_seconds())
    return f"{markdown(newest.text)}, {before} before the harm", (newest.id,), ""


# ---- small things --------------------------------------------------------------------------------------------------


def _fact(id: str, title: str, value: str, cites: Sequence[str], missing: str = "") -> Fact:
    if not value:
        return _unknown(id, title, missing or "the record does not tell it")
    return Fact(id, title, value, True, tuple(one for one in cites if one))


def _unknown(id: str, title: str, why: str) -> Fact:
    return Fact(id, title, f"{units.UNKNOWN} ({markdown(why)})", False)


def _ids(given: Record, *kinds: str) -> tuple[str, ...]:
    return tuple(entry.id for entry in given.told if entry.kind in kinds)


def _about(given: Record, object: str) -> tuple[str, ...]:
    return tuple(entry.id for entry in given.told if entry.object == object)[-1:]


def _began(given: Record) -> tuple[str, ...]:
    """What says when the harm began: the newest change of it, else the declaration."""
    return _about(given, "field:impact") or _ids(given, "declared")[:1]


def _ended(given: Record) -> tuple[str, ...]:
    restored = milestones.milestones(given.incident, given.told)[-1]
    return (restored.entry,) if restored.entry else ()


def _moved_to(given: Record, state: str) -> tuple[str, ...]:
    return tuple(entry.id for entry in given.told if milestones.state_of(entry) == state)


def _working_days(since: datetime, days: int) -> datetime:
    """So many working days later; a holiday nobody told us of counts as one."""
    day = since
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day
