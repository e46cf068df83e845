"""What D M N A T I P do on every tab: each writes to our own store and answers in one line what was saved."""

from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from ..model.finding import Finding
from ..model.incident import Acknowledgement, Incident
from ..poller.topics import INCIDENTS
from ..rules.acknowledged import acknowledged
from ..rules.incident_states import gravest_first
from ..sources.errors import SourceError
from ..text import clock, units
from ..text.clean import clean
from ..widgets.now_line import rank

if TYPE_CHECKING:
    from ..app import Console
    from ..documents.postmortem import Written
    from ..documents.updates import Composed
    from ..records.records import Records

JUST_OVER = timedelta(days=1)
NO_STORE = "the store is not open yet: nothing was written; try again in a moment"
NO_INCIDENT = "no incident is open; D declares one"


def declare(app: "Console") -> None:
    """`D`: declare an incident, filled in from the finding at hand; with one open, join it or declare another."""
    from .dialogs.join import JoinDialog

    records, opened = _records(app, "D"), open_incidents(app)
    if records is None:
        return
    if not opened:
        _declare_new(app)
        return
    app.hold_keys()
    app.push_screen(JoinDialog(records, opened, app.palette, lambda: _declare_new(app), app.release_keys))


def _declare_new(app: "Console") -> None:
    from .dialogs.declare import DeclareDialog

    records = _records(app, "D")
    if records is None:
        return
    finding, subject, source = _cause(app)
    proposal = records.propose(finding, service=subject)
    app.hold_keys()
    app.push_screen(DeclareDialog(records, proposal, source, app.palette, app.release_keys))


def _cause(app: "Console") -> tuple[Finding | None, str, str]:
    """What an incident is declared from: the row's finding, what the row names, or the worst finding; in words too."""
    from ..records.propose import leading
    from .table_tab import TableTab

    finding = app.tab.finding()
    if finding is not None:
        first = leading(finding, app.frame.findings)
        return first, "", f"this row: {finding.what}" if first is finding else f"what this row goes with: {first.what}"
    subject = app.tab.subject() if isinstance(app.tab, TableTab) else ""
    if subject:
        return None, subject, f"this row: {subject}"
    firing = sorted((one for one in app.frame.findings if one.state == "firing"), key=rank)
    if firing:
        first = leading(firing[0], app.frame.findings)
        return first, "", f"the worst finding: {first.what}"
    return None, "", ""


def mark(app: "Console") -> None:
    """`M`: keep this moment at once: every visited tab's headline and rows in view, and the board's key readings."""
    records = _records(app, "M")
    if records is None:
        return
    # a moment of now belongs to what is open now, whatever the cursor stands on
    incident = next(iter(open_incidents(app)), None)

    async def work() -> str:
        from . import marking

        words, detail = await marking.taken(app)
        entry = await records.mark(incident.id if incident is not None else "", words, detail)
        where = f"in {incident.id}" if incident is not None else "loose: no incident is open"
        tabs = units.plural(len(app.tabs), "tab")
        return f"marked {entry.occurred:%H:%M:%S}Z, saved {where}: {tabs}, {clean(entry.text, 120)}"

    _work(app, "M", work())


def note(app: "Console") -> None:
    """`N`: one line into the timeline."""
    from .dialogs.note import NoteDialog

    records = _records(app, "N")
    if records is None:
        return
    first, opened = at_hand(app), open_incidents(app)
    choices = [*([first] if first is not None else []), *(one for one in opened if one != first)]
    app.hold_keys()
    app.push_screen(NoteDialog(records, choices, drafts(app), app.palette, app.release_keys))


def acknowledge(app: "Console") -> None:
    """`A`: somebody knows of the finding at hand."""
    from .table_tab import TableTab

    records, finding = _records(app, "A"), app.tab.finding()
    if records is None:
        return
    if finding is None:
        app.say("A acknowledges the finding under the cursor, and there is none here; n goes to the next one")
        return
    if who := _known_by(app, finding):
        app.say(f"acknowledged already by {clean(who, 40)}: {clean(finding.what, 120)}")
        return
    from .dialogs.acknowledge import AcknowledgeDialog

    table = app.tab.table if isinstance(app.tab, TableTab) else None

    async def save(known: Finding, for_s: float | None, note: str) -> Acknowledgement:
        if table is not None:
            table.stay()  # it goes behind what nobody knows of: a second A must not mean the row that follows
        return await records.acknowledge(known, for_s, note)

    app.hold_keys()
    app.push_screen(AcknowledgeDialog(finding, save, app.palette, app.release_keys))


def accept_baseline(app: "Console") -> None:
    """Chosen in the menu of `a`: what shifted is the new normal."""
    from . import baselines

    baselines.accept(app)


def _known_by(app: "Console", finding: Finding) -> str:
    """Who knows of it, be it since the rules looked last; "" for nobody."""
    incidents = app.context.board.get(INCIDENTS).value
    told = incidents.acknowledgements if incidents is not None else ()
    if finding.acknowledged_by:
        return finding.acknowledged_by
    known = acknowledged([finding], told).get(finding.id)
    return known.who if known is not None else ""


def state(app: "Console") -> None:
    """`T`: move the incident to one of the states that may follow."""
    from ..rules.incident_states import next_states
    from .dialogs.state import StateDialog

    records, incident = _records(app, "T"), at_hand(app) or just_over(app)
    if records is None:
        return
    if incident is None:
        app.say(f"T: {NO_INCIDENT}")
        return
    if not next_states(incident.state):
        app.say(f"T: {incident.id} is {incident.state}: no state follows")
        return
    firing = (one for one in app.frame.findings if one.state == "firing" and incident.finding)
    still = next((one for one in firing if one.id == incident.finding), None)
    app.hold_keys()
    app.push_screen(StateDialog(records, incident, still, app.palette, app.release_keys))


def inform(app: "Console") -> None:
    """`I`: compose an update from a template, copy it, and count the next one due."""
    from ..documents import updates
    from . import openers
    from .dialogs.inform import InformDialog

    records, incident = _records(app, "I"), at_hand(app) or just_over(app)
    if records is None:
        return
    if incident is None:
        app.say(f"I: {NO_INCIDENT}")
        return
    context, about = app.context, incident

    async def compose(template: str, given: Mapping[str, str]) -> "Composed":
        held = context.board.get(INCIDENTS).value
        entries = [one for one in held.entries if one.incident == about.id] if held is not None else []
        return await updates.compose(
            template,
            about,
            entries,
            documents=context.settings.documents,
            profile=context.profile,
            policy=context.policy,
            given=given,
            store=records.store,
            board=context.board,
        )

    def copy(text: str) -> Awaitable[str]:
        return openers.copied(app, text, "update")

    async def work() -> str:
        try:
            found = await updates.templates(context.settings.documents)
            first = await compose(found[0].name, {})
        except BaseException:
            app.release_keys()
            raise
        size, colours = app.size.height, app.palette
        await app.push_screen(
            InformDialog(records, about, found, first, compose, copy, size, colours, app.release_keys)
        )
        return ""

    app.hold_keys()
    _work(app, "I", work())


def postmortem(app: "Console") -> None:
    """`P`: write the postmortem and say where it lies."""
    records, incident = _records(app, "P"), at_hand(app) or _latest(app)
    if records is None:
        return
    if incident is None:
        app.say("P: there is no incident to write about; D declares one")
        return
    about = incident

    async def work() -> str:
        from ..documents import postmortem as document

        context = app.context
        written = await document.write(
            about.id,
            records.store,
            documents=context.settings.documents,
            profile=context.profile,
            policy=context.policy,
            profile_name=context.profile_name,
            board=context.board,
        )
        drafts_written(app)[about.id] = written
        app.tab.minute()
        kept = f"; kept as edited: {', '.join(written.kept)}" if written.kept else ""
        return f"{about.id}: {written.path} · {written.words}{clean(kept, 80)}"

    app.say(f"P: writing the postmortem of {incident.id} ...")
    _work(app, "P", work())


# ---- what they share -------------------------------------------------------------------------------------------------


def open_incidents(app: "Console") -> list[Incident]:
    """Those that are open: the one at hand, if it is, then the gravest first."""
    incidents = app.context.board.get(INCIDENTS).value
    first = at_hand(app)
    return sorted(gravest_first(incidents.incidents) if incidents is not None else (), key=lambda one: one != first)


def at_hand(app: "Console") -> Incident | None:
    """The incident that a key means: the one that tab 6 shows or stands on, else the gravest open one."""
    from .incidents import IncidentsTab

    shown = app.tab.at_hand() if isinstance(app.tab, IncidentsTab) else None
    return shown or app.frame.open_incident


def just_over(app: "Console") -> Incident | None:
    """The one that was resolved last, within a day, and is not closed: it is to be told of, and closed."""
    incidents = app.context.board.get(INCIDENTS).value
    over = [one for one in incidents.incidents if one.state == "resolved"] if incidents is not None else []
    fresh = [one for one in over if one.resolved is not None and clock.now() - one.resolved < JUST_OVER]
    return max(fresh, key=lambda one: one.resolved or one.declared, default=None)


def _latest(app: "Console") -> Incident | None:
    """The one that was declared last: its postmortem is the one to write."""
    incidents = app.context.board.get(INCIDENTS).value
    return incidents.incidents[0] if incidents is not None and incidents.incidents else None


def drafts(app: "Console") -> dict[str, str]:
    """What was typed and not saved, by dialog."""
    kept: dict[str, str] = app.context.services.__dict__.setdefault("drafts", {})
    return kept


def drafts_written(app: "Console") -> "dict[str, Written]":
    """The postmortems that were written from here, by incident."""
    kept: dict[str, Written] = app.context.services.__dict__.setdefault("postmortems", {})
    return kept


def unsaved(app: "Console") -> str:
    """What would be lost by leaving: typed in the dialog that is open, or a note left half-written; "" if nothing."""
    typed = next((words for screen in app.screen_stack if (words := getattr(screen, "unsaved", ""))), "")
    waiting = drafts(app).get("note", "")
    return typed or (f"a note that is not saved: {clean(waiting, 60)}" if waiting else "")


def _records(app: "Console", key: str) -> "Records | None":
    if app.context.records is None:
        app.say(f"{key}: {NO_STORE}")
    return app.context.records


def _work(app: "Console", key: str, work: Awaitable[str]) -> None:
    """Do it beside the loop's other work, and say in one line what came of it."""

    async def run() -> None:
        try:
            said = await work
        except SourceError as error:
            remedy = f"; {error.problem.remedy}" if error.problem.remedy else ""
            said = f"{key}: NOT SAVED: {error.problem.sentence}{remedy}"
        except ValueError as error:
            said = f"{key}: {error}"
        if said:
            app.say(said)

    app.run_worker(run(), group="records", exit_on_error=True)
