"""The columns of tab 6's tables, and what its rows say at length."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

import msgspec
from rich.text import Text

from ..config.settings import Contact
from ..model.action import Plan
from ..model.incident import Incident, TimelineEntry
from ..model.journal import JournalLine
from ..rules.action_items import ActionItem
from ..rules.timeline import Line, automatic
from ..text import clock, units
from ..text.clean import clean, wrapped
from ..widgets.columns import Cell, Column

MINUTE_S = 60
KINDS = {
    "declared": "DECL", "severity_changed": "SEV", "role_assigned": "ROLE", "status_changed": "STATE",
    "alert_fired": "ALERT", "alert_resolved": "ALERT OK", "alert_acked": "ACK", "deploy": "DEPL", "scale": "auto",
    "restart": "auto", "note": "NOTE", "hypothesis": "THINK", "decision": "DECIDE", "action": "ACT",
    "finding": "FOUND", "comms_internal": "TOLD IN", "comms_external": "TOLD OUT", "metric_snapshot": "MARK",
    "todo": "TODO", "config": "CONF", "field_changed": "EDIT", "command": "CMD", "runbook_step": "STEP",
    "node": "NODE", "failover": "FAILOVER", "silence": "SILENCE",
}  # fmt: skip
"""How the kinds of timeline entries are written."""
PHASES = {"intent": "asked", "refused": "REFUSED", "found": "found out"}
Label = Callable[[int], str]


def incident_columns(label: Label) -> list[Column[Incident]]:
    """`label` is how the policy calls a level."""
    return [
        Column("id", "ID", 7, lambda i: clean(i.id)),
        Column("sev", "SEV", 5, lambda i: (clean(label(i.severity), 12), "crit" if i.severity == 1 and i.open else ""),
               sort=lambda i: i.severity),
        Column("title", "TITLE", 20, lambda i: clean(i.title) + (" (drill)" if i.drill else ""), flex=3),
        Column("service", "SERVICE", 8, lambda i: clean(i.service) or units.DASH, flex=1, most=20, from_width=90),
        Column("state", "STATE", 13, lambda i: (clean(i.state), "strong" if i.open else "dim")),
        Column("declared", "DECLARED", 12, lambda i: f"{i.declared:%d %b} {units.clock(i.declared)}",
               sort=lambda i: -i.declared.timestamp()),
        Column("took", "TOOK", 7, took, right=True),
        Column("commander", "COMMANDER", 12, lambda i: clean(dict(i.roles).get("commander", "")) or "NONE",
               from_width=110),
    ]  # fmt: skip


def took(incident: Incident) -> str:
    """How long it hurt; with a `+` while it goes on."""
    end = incident.resolved or clock.now()
    passed = (end - (incident.impact or incident.declared)).total_seconds()
    if incident.resolved:
        return units.span(passed)
    return f"{units.span(passed - passed % MINUTE_S) if passed >= MINUTE_S else '<1m'}+"


def mark(incident: Incident) -> Cell:
    return ("●", "crit" if incident.severity <= 2 else "warn") if incident.open else ""


# ---- the timeline --------------------------------------------------------------------------------------------------


def entry_columns(today: bool) -> list[Column[Line]]:
    """`today`: whether all of it is of today, so that the time alone says when."""
    return [
        Column("at", "AT (UTC)", 8 if today else 12, lambda line: _at(line.entry.occurred, today)),
        Column("kind", "KIND", 8, _kind_cell),
        Column("actor", "WHO", 10, lambda line: clean(line.entry.actor) or clean(line.entry.source), flex=1, most=20,
               from_width=90),
        Column("text", "WHAT", 30, lambda line: _text_cell(line), flex=6),
    ]  # fmt: skip


def _at(moment: datetime, short: bool) -> str:
    return units.clock(moment) if short else f"{moment:%d %b} {units.clock(moment)}"


def kind(entry: TimelineEntry) -> str:
    return KINDS.get(entry.kind) or clean(entry.kind)


def _kind_cell(line: Line) -> Cell:
    return kind(line.entry), "dim" if automatic(line.entry) else "strong"


def _text_cell(line: Line) -> Cell:
    more = " [+]" if line.entry.detail else ""
    return clean(line.text) + more, "dim" if automatic(line.entry) else ""


def explain_entry(line: Line, width: int) -> list[Text]:
    """When, what, who; its text folded; then what it keeps beyond a line."""
    entry = line.entry
    late = (entry.recorded - entry.occurred).total_seconds()
    recorded = f" · recorded {units.span(late)} later" if late >= MINUTE_S else ""
    who = f"{clean(entry.actor)} ({clean(entry.source)})"
    head = Text(f"{entry.occurred:%d %b %H:%M:%S}Z · {kind(entry)} · {who}{recorded}", style="dim")
    lines = [head, *(Text(part) for part in wrapped(clean(line.text), max(20, width - 1))[:4])]
    lines += [Text(clean(one), style="dim") for one in entry.detail.splitlines()[:6] if one.strip()]
    return [*lines, *([Text(clean(entry.link), style="dim")] if entry.link else [])]


def entry_text(line: Line, entries: Sequence[TimelineEntry]) -> str:
    """All of an entry: its head, its text, its detail, the entries folded behind it, and what it corrected."""
    entry = line.entry
    lines = [explain_entry(line, 200)[0].plain, clean(entry.text)]
    lines += [f"link     {clean(entry.link)}"] if entry.link else []
    lines += [f"about    {clean(entry.object)}"] if entry.object else []
    lines += ["", *(clean(one) for one in entry.detail.splitlines())] if entry.detail else []
    behind = [one for one in entries if one.id in line.folded]
    lines += ["", f"{len(behind)} folded behind it:"] if behind else []
    lines += [f"  {one.occurred:%H:%M:%S}Z  {clean(one.text)}" for one in behind]
    before = next((one for one in entries if one.id == entry.supersedes), None)
    lines += ["", f"it read before: {clean(before.text)} ({clean(before.actor)})"] if before is not None else []
    return "\n".join(lines)


def entry_line(line: Line) -> Text:
    return Text.assemble((f"{units.clock(line.entry.occurred)} {kind(line.entry):<9}", "dim"), clean(line.text))


# ---- the journal ---------------------------------------------------------------------------------------------------


def journal_columns() -> list[Column[JournalLine]]:
    return [
        Column("at", "AT (UTC)", 12, lambda line: f"{line.at:%d %b} {units.clock(line.at)}"),
        Column("who", "WHO", 8, lambda line: clean(line.who.user), flex=1, most=16),
        Column("verb", "VERB", 9, lambda line: clean(line.verb)),
        Column("object", "OBJECT", 16, lambda line: clean(line.object), flex=2, most=34),
        Column("namespace", "NAMESPACE", 14, lambda line: clean(line.namespace) or units.DASH, flex=1, most=24,
               from_width=120),
        Column("phase", "PHASE", 9, _phase),
        Column("words", "WORDS", 20, lambda line: clean(line.words), flex=6),
    ]  # fmt: skip


def _phase(line: JournalLine) -> Cell:
    words = PHASES.get(line.phase) or clean(line.phase)
    return words, "warn" if line.phase == "refused" else "dim" if line.phase in ("intent", "written") else "strong"


def explain_journal(line: JournalLine, lines: Sequence[JournalLine]) -> list[Text]:
    """Who and where; then how the run that it belongs to went."""
    took_s = f" · took {units.span(line.took_s)}" if line.took_s is not None else ""
    place = f"{clean(line.context)}/{clean(line.namespace)}"
    head = f"{line.seq} · {line.at:%d %b %H:%M:%S}Z · {clean(line.who.words)} · {place}{took_s}"
    same = [one for one in lines if one.run == line.run]
    return [Text(head, style="dim"), *(Text(f"{_phase(one)[0]:<10} {clean(one.words)}") for one in same)]


def journal_text(line: JournalLine, lines: Sequence[JournalLine]) -> str:
    """The plan as it was shown and what came of it, line by line, oldest first; with what proves it."""
    told = [f"{clean(line.verb)} {clean(line.object)} in {clean(line.context)}/{clean(line.namespace)}", ""]
    for one in sorted((one for one in lines if one.run == line.run), key=lambda one: one.seq):
        told.append(f"{one.at:%d %b %H:%M:%S}Z  {_phase(one)[0]}  {clean(one.words)}")
        told.append(f"  line {one.seq}, by {clean(one.who.words)}, hash {one.hash[:16]}…")
        told += [f"  evidence {clean(one.evidence)}"] if one.evidence else []
        told += [f"  {part}" for part in _body(one.body)] + [""]
    return "\n".join([*told, f"opsconsole journal show, verify and export say more; the run is {clean(line.run)}"])


def _body(body: str) -> list[str]:
    """A plan by its lines; anything else as JSON."""
    if not body:
        return []
    try:
        plan = msgspec.json.decode(body, type=Plan)
    except msgspec.MsgspecError:
        try:
            return [clean(one) for one in msgspec.json.format(body.encode(), indent=2).decode().splitlines()[:80]]
        except msgspec.MsgspecError:
            return [clean(one) for one in body.splitlines()[:80]]
    lines = [clean(plan.title), *(f"{one.title:<8} {clean(one.words)}" for one in plan.lines)]
    lines += [
        f"same as  {clean(command)}" for command in plan.commands if not any(x.title == "same as" for x in plan.lines)
    ]
    lines += [f"warned   {clean(warned.words)}" for warned in plan.warnings]
    return [*lines, *([f"reason   {clean(plan.asked.reason)}"] if plan.asked.reason else [])]


# ---- action items, contacts ----------------------------------------------------------------------------------------


def item_columns() -> list[Column[ActionItem]]:
    return [
        Column("id", "ITEM", 9, lambda item: clean(item.id)),
        Column("due", "DUE", 18, _due, sort=lambda item: item.due or date.max),
        Column("owner", "OWNER", 12, lambda item: clean(item.owner) or ("NONE", "warn"), flex=1, most=20),
        Column("type", "TYPE", 9, lambda item: item.type or units.DASH, from_width=70),
        Column("text", "WHAT IS TO BE DONE", 24, lambda item: clean(item.text), flex=5),
    ]


def _due(item: ActionItem) -> Cell:
    if item.due is None:
        return "no date", "warn"
    late = (clock.now().date() - item.due).days
    return (f"{item.due} LATE {late}d", "crit") if item.overdue(clock.now().date()) else f"{item.due}"


def contact_columns() -> list[Column[Contact]]:
    return [
        Column("role", "ROLE", 20, lambda c: clean(c.role), flex=1, most=36),
        Column("name", "NAME", 16, lambda c: clean(c.name) or units.DASH, flex=1, most=32),
        Column("phone", "PHONE", 16, lambda c: clean(c.phone) or units.DASH),
        Column("channel", "CHANNEL", 16, lambda c: clean(c.channel) or units.DASH, flex=1),
        Column("after", "AFTER", 8, lambda c: units.span(c.after_s) if c.after_s else "at once"),
    ]
