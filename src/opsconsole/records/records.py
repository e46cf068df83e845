"""What the screens and commands ask: declare, join, note, mark, acknowledge, move on, inform."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ..config.settings import Policy, Profile
from ..model.finding import Finding
from ..model.incident import Acknowledgement, Incident, Incidents, TimelineEntry
from ..model.journal import JournalLine
from ..model.reading import State
from ..poller.board import Board
from ..poller.topics import CHANGES, CUSTOMERS, FINDINGS, INCIDENTS, JOURNAL
from ..rules import action_items, incident_clocks, incident_states
from ..rules.severity import label
from ..rules.timeline import current, of_incident
from ..sources import person
from ..store.errors import StoreError
from ..store.store import Store
from ..text import clock
from . import changing, entries, gather, notes
from .proposal import Proposal
from .propose import TITLE, belonging, proposal
from .service import service_of
from .texts import READINGS, lines, one_line, split
from .transitions import Transitions

__all__ = ["Proposal", "Records"]

NAME, NOTE = 64, 200
NEWEST = 200
"""Lines of the journal that an hour may hold."""
AT_ONCE = 50
"""Entries made before others have their turn."""
log = logging.getLogger(__name__)


class Records:
    """Writes to the store; what a call returns from is on disk, and on the board. Raises StoreError (a SourceError), or
    ValueError with a sentence where what is asked makes no sense (an unknown incident, a state out of order)."""

    def __init__(self, store: Store, board: Board, profile: Profile, policy: Policy) -> None:
        self.store = store
        self.board = board
        self.profile = profile
        self.policy = policy
        self.who = person.who()
        self.transitions = Transitions(policy)
        """What the recorder has heard of the rules."""

    # ---- declare and join ------------------------------------------------------------------------------------------

    def propose(self, finding: Finding | None, *, service: str = "") -> Proposal:
        """What D shows: title, severity with the rule that proposes it, service, impact since."""
        reading = self.board.get(CUSTOMERS)
        customers = reading.value if reading.state is State.OK else None
        about = service or (service_of(self.board, finding) if finding is not None else "")
        among = self.board.get(FINDINGS).value or ()
        return proposal(self.policy, finding, customers, clock.now(), service=about, among=among)

    async def declare(self, proposal: Proposal) -> Incident:
        """Declare; the last hour of changes and of the rules' transitions goes into its timeline."""
        now = clock.now()
        new = self._declared(proposal, now)
        told = [self._said("", "declared", self._declaration(new), now, detail=lines(proposal.why))]
        told += [self._said("", "role_assigned", f"{role} {name}", now) for role, name in new.roles]
        incident = await self.store.add_incident(new, told)
        self._show(incident, [msgspec.structs.replace(entry, incident=incident.id) for entry in told])
        try:
            await self.gather(incident)
        except StoreError as error:  # it is declared all the same; the recorder tries again
            log.warning("the last hour could not be written down: %s", error)
        return incident

    async def gather(self, incident: Incident) -> int:
        """Write down what belongs to an incident by itself and is not there yet; returns how much that was."""
        known = await self._all()
        changes = self.board.get(CHANGES)
        told = (changes.value or ()) if changes.state is State.OK else ()
        found: dict[str, TimelineEntry] = {}
        for one in gather.missing(incident, known, told, await self._journal(), self.transitions, clock.now()):
            found[one.id] = one
            if len(found) % AT_ONCE == 0:
                await asyncio.sleep(0)
        if not found:
            return 0
        new = sorted(found.values(), key=lambda entry: entry.occurred)
        count = await self.store.append_new(new)
        self._show(None, new)
        if not incident.open:
            await self._end_as_seen(incident, of_incident((*known.entries, *new), incident.id))
        return count

    async def _end_as_seen(self, incident: Incident, told: Sequence[TimelineEntry]) -> None:
        """The harm of one that is over ended when its findings did, unless somebody set the time."""
        fields = changing.seen_end(self.policy, incident, told)
        if not fields:
            return
        words = f"{changing.words(self.policy, incident, fields)['ended'][1]}: the last of what hurt ended then"
        entry = entries.by_itself(incident.id, "field_changed", words, clock.now(), object="field:ended")
        try:
            await self._change(incident, fields, [entry], expected=("ended", "state"))
        except ValueError as error:  # another console has seen it too, or somebody said otherwise meanwhile
            log.info("the end of the harm stays as it is: %s", error)

    async def join(self, incident_id: str, role: str, person: str = "") -> Incident:
        """Take a role (or give it to somebody). Two who take different roles at once both have theirs."""
        now = clock.now()
        role, name = one_line(role, NAME).casefold(), one_line(person or self.who.user, NAME)
        if not role:
            raise ValueError("which role? " + ", ".join(incident_clocks.ROLES))
        seen = await self._incident(incident_id)
        before = dict(seen.roles).get(role, "")
        if before == name:
            return seen
        entry = self._said(seen.id, "role_assigned", f"{role} {name}" + (f" (was {before})" if before else ""), now)
        while True:
            roles = tuple((dict(seen.roles) | {role: name}).items())
            fields = {"roles": roles} | changing.acknowledged(seen, now)
            try:
                return await self._change(seen, fields, [entry], expected=("roles",))
            except ValueError:
                held = await self._stored(seen.id)
                if held.roles == seen.roles or dict(held.roles).get(role, "") != before:
                    raise
                seen = held

    # ---- the timeline ----------------------------------------------------------------------------------------------

    async def note(self, incident_id: str, text: str) -> TimelineEntry:
        """`!decision …`, `!hypothesis …`, `!finding …`, `!todo …` become their kinds. "" as incident: kept loose, and
        taken in by the next one that is declared within the hour."""
        note = notes.parsed(text)
        words, detail = split(note.text)
        return await self._append(incident_id, self._said(incident_id, note.kind, words, clock.now(), detail=detail))

    async def mark(self, incident_id: str, text: str, detail: str) -> TimelineEntry:
        """Keep this moment: `text` in one line, `detail` the readings and rows of every tab."""
        kept = lines(detail, READINGS)
        entry = self._said(incident_id, "metric_snapshot", one_line(text) or "marked", clock.now(), detail=kept)
        return await self._append(incident_id, msgspec.structs.replace(entry, pinned=True))

    async def correct(self, entry_id: str, text: str) -> TimelineEntry:
        """A new entry that supersedes an older one: it stands at the same time, and may have another kind."""
        old = await self._entry(entry_id)
        note = notes.parsed(text)
        words, detail = split(note.text)
        return await self._supersede(old, note.kind if note.kind != "note" else old.kind, words, detail or old.detail)

    async def finish(self, entry_id: str) -> TimelineEntry:
        """An action item is done: its todo entry is superseded by one that says so."""
        old = await self._entry(entry_id)
        if old.kind != "todo":
            raise ValueError("only a todo can be done")
        return await self._supersede(old, old.kind, action_items.finished(old.text), old.detail)

    # ---- the incident's fields ---------------------------------------------------------------------------------------

    async def move(self, incident_id: str, state: str, text: str = "") -> Incident:
        """To another state, in the validated order."""
        now = clock.now()
        state = state.strip().casefold()
        seen = await self._incident(incident_id)
        if refused := incident_states.refusal(seen.state, state):
            raise ValueError(f"{seen.id}: {refused}")
        told = of_incident((await self._all()).entries, seen.id)
        ended = changing.harm_ended(self.policy, seen, told)
        fields = dict(incident_states.moved(seen, state, now, ended=ended)) | changing.acknowledged(seen, now)
        if not seen.open and state not in ("resolved", "closed", "cancelled"):
            fields["next_update"] = incident_clocks.next_update(self.policy, seen.severity, now)
        words, detail = split(text)
        said = f"{state}: {words}" if words else state
        entry = self._said(seen.id, "status_changed", said, now, detail=detail, object=f"state:{state}")
        return await self._change(seen, fields, [entry], expected=("state",))

    async def change(self, incident_id: str, fields: Mapping[str, Any]) -> Incident:
        """Title, severity, service, impact, ended, summary, next_update …; each change is an entry."""
        now = clock.now()
        seen = await self._incident(incident_id)
        wanted = changing.checked(seen, fields, now)
        if not wanted:
            return seen
        said = [
            self._said(seen.id, kind, words, now, detail=detail, object=f"field:{name}")
            for name, (kind, words, detail) in changing.words(self.policy, seen, wanted).items()
        ]
        derived = changing.derived(self.policy, seen, wanted, now)
        return await self._change(seen, {**derived, **wanted}, said, expected=tuple(wanted))

    async def acknowledge(self, finding: Finding, for_s: float | None = None, note: str = "") -> Acknowledgement:
        """Somebody knows of it, for so long or until it ends; an open incident that it belongs to counts as
        acknowledged from then on."""
        now = clock.now()
        until = now + timedelta(seconds=for_s) if for_s is not None else None
        acknowledgement = Acknowledgement(finding.id, self.who.user, now, until, one_line(note, NOTE))
        await self.store.acknowledge(acknowledgement)
        self._show_acknowledged(acknowledgement)
        for incident in belonging((await self._all()).incidents, finding, service_of(self.board, finding)):
            why = f" ({acknowledgement.note})" if acknowledgement.note else ""
            text = one_line(f"acknowledged: {finding.what}{why}")
            entry = self._said(incident.id, "alert_acked", text, now, object=finding.id)
            await self._change(incident, changing.acknowledged(incident, now), [entry])
        return acknowledgement

    async def forget(self, finding_id: str) -> None:
        """It was seen to end: who knew of it does not know of the next time."""
        known = (await self._all()).acknowledgements
        if any(one.finding == finding_id and one.who for one in known):
            over = Acknowledgement(finding_id, "", clock.now())
            await self.store.acknowledge(over)
            self._show_acknowledged(over)

    async def answer(self, incident_id: str) -> Incident:
        """Somebody knows of the incident; once is enough."""
        now = clock.now()
        seen = await self._incident(incident_id)
        if seen.acknowledged is not None:
            return seen
        entry = self._said(seen.id, "alert_acked", "acknowledged", now)
        return await self._change(seen, {"acknowledged": now}, [entry], expected=("acknowledged",))

    async def inform(self, incident_id: str, text: str, *, external: bool) -> TimelineEntry:
        """An update was composed (and copied); the next one is due by the severity's cadence."""
        now = clock.now()
        first, _ = split(text)
        if not first:
            raise ValueError("an update needs words")
        seen = await self._incident(incident_id)
        kind = "comms_external" if external else "comms_internal"
        entry = self._said(seen.id, kind, first, now, detail=lines(text))
        entry = msgspec.structs.replace(entry, internal=not external)
        due = incident_clocks.next_update(self.policy, seen.severity, now) if seen.open else seen.next_update
        await self._change(seen, {"next_update": due}, [entry])
        return entry

    # ---- how it is done ----------------------------------------------------------------------------------------------

    def _declared(self, proposal: Proposal, now: datetime) -> Incident:
        title = one_line(proposal.title, TITLE)
        if not title:
            raise ValueError("an incident needs a title")
        level = changing.level(proposal.severity)
        impact = changing.past(proposal.impact, now, "impact") if proposal.impact is not None else None
        role = one_line(proposal.role, NAME).casefold()
        return Incident(
            id="",
            title=title,
            severity=level,
            state="investigating",
            service=one_line(proposal.service, 128),
            impact=impact,
            declared=now,
            acknowledged=now,
            next_update=incident_clocks.next_update(self.policy, level, now),
            resolve_by=incident_clocks.resolve_by(self.policy, level, now),
            roles=((role, self.who.user),) if role else (),
            drill=proposal.drill,
            finding=proposal.finding,
            channel=f"#incident-{now:%Y-%m-%d-%H%M%S}",
        )

    def _declaration(self, incident: Incident) -> str:
        drill = "DRILL: " if incident.drill else ""
        since = changing.time_words(incident.impact, incident.declared)
        impact = f"; impact since {since}" if incident.impact is not None else "; impact since unknown"
        return f"{drill}{label(self.policy, incident.severity)} declared: {incident.title}{impact}"

    def _said(
        self, incident: str, kind: str, text: str, now: datetime, *, detail: str = "", object: str = ""
    ) -> TimelineEntry:
        return entries.said(incident, kind, self.who.user, text, now, detail=detail, object=object)

    async def _append(self, incident_id: str, entry: TimelineEntry) -> TimelineEntry:
        if incident_id:
            await self._incident(incident_id)
        await self.store.append(entry)
        self._show(None, [entry])
        return entry

    async def _supersede(self, old: TimelineEntry, kind: str, text: str, detail: str) -> TimelineEntry:
        said = self._said(old.incident, kind, text, clock.now(), detail=detail, object=old.object)
        new = entries.correction(old, said)
        if not await self.store.append_new([new]):  # somebody else was quicker, a moment ago
            await self._entry(old.id)
        self._show(None, [new])
        return new

    async def _change(
        self,
        seen: Incident,
        fields: Mapping[str, Any],
        told: Sequence[TimelineEntry],
        *,
        expected: Iterable[str] = (),
    ) -> Incident:
        """Refused where somebody else changed what `expected` names since it was seen."""
        as_seen = {name: getattr(seen, name) for name in expected}
        saved = await self.store.change_incident(seen.id, fields, told, expected=as_seen)
        self._show(saved, told)
        return saved

    async def _all(self) -> Incidents:
        """As the board has it; from the store where no feed reads it."""
        held = self.board.get(INCIDENTS)
        if held.value is not None and held.state is State.OK:
            return held.value
        return await self.store.incidents()

    async def _journal(self) -> tuple[JournalLine, ...]:
        held = self.board.get(JOURNAL)
        if held.value is not None and held.state is State.OK:
            return held.value
        return await self.store.journal_lines(newest=NEWEST)

    async def _incident(self, incident_id: str) -> Incident:
        """As it is seen here, or as it is stored where it is new. Raises ValueError."""
        wanted = incident_id.strip().casefold()
        seen = next((one for one in (await self._all()).incidents if one.id.casefold() == wanted), None)
        return seen if seen is not None else await self._stored(incident_id)

    async def _stored(self, incident_id: str) -> Incident:
        wanted = incident_id.strip().casefold()
        for one in (await self.store.incidents()).incidents:
            if one.id.casefold() == wanted:
                return one
        raise ValueError(f"{one_line(incident_id, NAME)}: there is no such incident")

    async def _entry(self, entry_id: str) -> TimelineEntry:
        """The entry, from the store: it must still hold. Raises ValueError."""
        known = (await self.store.incidents()).entries
        found = next((entry for entry in known if entry.id == entry_id), None)
        if found is None:
            raise ValueError("there is no such entry")
        if found not in current(known):
            newer = next(entry for entry in known if entry.supersedes == entry_id)
            raise ValueError(f"{newer.actor} corrected it meanwhile: {newer.text}")
        return found

    def _show(self, incident: Incident | None, told: Iterable[TimelineEntry]) -> None:
        """Put what is on disk now onto the board at once; the feed reads the same a little later."""
        held = self.board.get(INCIDENTS)
        if held.value is None:
            return
        others = held.value.incidents
        if incident is not None:
            others = tuple(one for one in others if one.id != incident.id)
            others = tuple(sorted((incident, *others), key=lambda one: one.declared, reverse=True))
        known = {entry.id for entry in held.value.entries}
        new = [entry for entry in told if entry.id not in known]
        timeline = tuple(sorted((*held.value.entries, *new), key=lambda entry: entry.occurred))
        self._publish(msgspec.structs.replace(held.value, incidents=others, entries=timeline))

    def _show_acknowledged(self, new: Acknowledgement) -> None:
        held = self.board.get(INCIDENTS)
        if held.value is not None:
            others = (one for one in held.value.acknowledgements if one.finding != new.finding)
            self._publish(msgspec.structs.replace(held.value, acknowledgements=(new, *others)))

    def _publish(self, value: Incidents) -> None:
        held = self.board.get(INCIDENTS)
        self.board.publish(INCIDENTS, msgspec.structs.replace(held, value=value, taken=clock.now()))
