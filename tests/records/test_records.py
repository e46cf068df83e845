"""Records against the real store: what is said is on disk and on the board, and two consoles do not undo each other."""

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from opsconsole.model.collection import Collection
from opsconsole.model.finding import Change, Finding, Severity
from opsconsole.model.incident import Incident, TimelineEntry
from opsconsole.model.journal import JournalLine
from opsconsole.model.kubernetes import Workload
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.poller.topics import INCIDENTS, WORKLOADS
from opsconsole.records.propose import leading
from opsconsole.records.records import Proposal, Records
from opsconsole.rules.timeline import of_incident
from opsconsole.store.errors import StoreError
from opsconsole.text import clock

from .conftest import changed, found, look, opened

SLOW = Finding(
    "p99-critical:api", Severity.CRITICAL, "api P99 1.9 s > 500 ms", 1,
    since=clock.now() - timedelta(minutes=12), rule="p99-critical", object="api ",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _lately(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long ago this file was imported: it is slow for twelve minutes."""
    monkeypatch.setitem(globals(), "SLOW", msgspec.structs.replace(SLOW, since=clock.now() - timedelta(minutes=12)))


def wanted(records: Records, **fields: object) -> Proposal:
    return msgspec.structs.replace(records.propose(SLOW), **fields)


async def story(records: Records, incident: Incident) -> list[TimelineEntry]:
    return list(of_incident((await records.store.incidents()).entries, incident.id))


# ---- declaring -------------------------------------------------------------------------------------------------------


async def test_declaring_fills_in_what_the_policy_asks(ada: Records) -> None:
    before = clock.now()
    incident = await ada.declare(wanted(ada))
    assert (incident.id, incident.title, incident.service) == ("INC-1", "api P99 1.9 s > 500 ms", "api")
    assert (incident.state, incident.severity, incident.impact) == ("investigating", 2, SLOW.since)
    assert incident.finding == SLOW.id
    assert before <= incident.declared == incident.acknowledged
    assert incident.next_update == incident.declared + timedelta(minutes=20)
    assert incident.resolve_by == incident.declared + timedelta(hours=24)
    assert incident.channel == f"#incident-{incident.declared:%Y-%m-%d-%H%M%S}"
    assert incident.roles == (("commander", "ada"),)
    assert (await ada.store.incidents()).incidents == (incident,)


async def test_the_declaration_says_severity_impact_and_why(ada: Records) -> None:
    incident = await ada.declare(wanted(ada, drill=True))
    declared, role = await story(ada, incident)
    assert declared.text == f"DRILL: SEV2 declared: api P99 1.9 s > 500 ms; impact since {SLOW.since:%H:%M}"
    assert "when unsure, the higher one" in declared.detail
    assert (role.kind, role.text) == ("role_assigned", "commander ada")


async def test_the_last_hour_goes_into_the_timeline(ada: Records) -> None:
    now = clock.now()
    changed(
        ada,
        Change(now - timedelta(minutes=14), "release", "release api 1.8.1→1.8.2", "deployer", "shop/api"),
        Change(now - timedelta(minutes=61), "config", "config api-flags", "deployer", "shop/api-flags"),
    )
    ada.transitions.hear([SLOW], now)
    loose = await ada.note("", "!hypothesis 1.8.2 asks more often")
    line = JournalLine(
        0, now - timedelta(minutes=3), "run1", "outcome", ada.who, "1/2", "restart", "c", "shop", "deployment/api",
        "restarted deployment/api: ready",
    )  # fmt: skip
    await ada.store.journal(line)
    incident = await ada.declare(wanted(ada))
    told = [(entry.kind, entry.text) for entry in await story(ada, incident)]
    # the rule asks for 15 minutes over the limit, so it fires now, at the time of the declaration at the latest
    assert told[:2] == [("deploy", "release api 1.8.1→1.8.2"), ("action", "restarted deployment/api: ready")]
    assert ("hypothesis", "1.8.2 asks more often") in told
    assert any(kind == "alert_fired" and text.startswith("api P99") for kind, text in told)
    assert not any("api-flags" in text for _, text in told)
    (taken,) = [entry for entry in await story(ada, incident) if entry.kind == "hypothesis"]
    assert taken.supersedes == loose.id


async def test_a_loose_note_belongs_to_the_next_incident_only(ada: Records) -> None:
    await ada.note("", "odd")
    first = await ada.declare(wanted(ada))
    second = await ada.declare(wanted(ada, title="another"))
    assert ["odd" in [entry.text for entry in await story(ada, one)] for one in (first, second)] == [True, False]
    assert await ada.gather(first) == await ada.gather(second) == 0


async def test_nothing_is_taken_from_what_is_stale(ada: Records) -> None:
    changed(ada, Change(clock.now(), "release", "release api", "", "shop/api"), state=State.STALE)
    incident = await ada.declare(wanted(ada))
    assert {entry.kind for entry in await story(ada, incident)} == {"declared", "role_assigned"}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": " \n"}, "an incident needs a title"),
        ({"severity": 5}, "a severity is a level from 1"),
        ({"impact": clock.now() + timedelta(days=1)}, "lies in the future"),
    ],
)
async def test_what_makes_no_sense_is_not_declared(ada: Records, fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        await ada.declare(wanted(ada, **fields))
    assert (await ada.store.incidents()).incidents == ()


# ---- notes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kind", "text"),
    [
        ("rolling back", "note", "rolling back"),
        ("!decision roll back", "decision", "roll back"),
        ("!Hypothesis: N+1", "hypothesis", "N+1"),
        ("  !finding index is gone", "finding", "index is gone"),
        ("!todo @jonas own pool", "todo", "@jonas own pool"),
        ("TODO: own pool", "todo", "own pool"),
        ("!important read this", "note", "!important read this"),
        ("!decisions are hard", "note", "!decisions are hard"),
    ],
)
async def test_a_mark_in_front_makes_the_kind(ada: Records, typed: str, kind: str, text: str) -> None:
    entry = await ada.note("", typed)
    assert (entry.kind, entry.text, entry.actor, entry.source) == (kind, text, "ada", "human")


@pytest.mark.parametrize("typed", ["", " \n ", "!decision", "!todo:  "])
async def test_a_note_needs_words(ada: Records, typed: str) -> None:
    with pytest.raises(ValueError, match="needs words"):
        await ada.note("", typed)


async def test_hostile_texts_are_kept_harmless(ada: Records) -> None:
    entry = await ada.note("", "\x1b]0;owned\x07\x1b[2J \u202etxt.exe [red]x[/] password=hunter22")
    assert entry.text == "␛]0;owned␇␛[2J <202e>txt.exe [red]x[/] password=***"
    held = (await ada.store.incidents()).entries[-1]
    assert held == entry


async def test_a_megabyte_is_cut_with_a_word(ada: Records) -> None:
    pasted = "stack trace\n" + "\n".join(f"line {number}" for number in range(90_000))
    entry = await ada.note("", pasted)
    assert entry.text == "stack trace"
    assert len(entry.detail) < 70_000
    assert entry.detail.splitlines()[-1] == f"… cut: {len(pasted):,} characters were given, the first 65,536 are kept"


async def test_a_secret_on_the_edge_of_the_cut_is_not_left_half(ada: Records) -> None:
    entry = await ada.note("", "x " * 32_760 + "password=" + "hunter22" * 20)
    assert "hunter" not in entry.detail


async def test_a_mark_is_pinned_and_keeps_its_readings(ada: Records) -> None:
    entry = await ada.mark("", "checkout P99 1.9 s", "Metrics\n  api  1.9 s\x1b[0m")
    assert (entry.kind, entry.pinned) == ("metric_snapshot", True)
    assert entry.detail == "Metrics\n  api  1.9 s␛[0m"


async def test_an_unknown_incident_takes_no_note(ada: Records) -> None:
    with pytest.raises(ValueError, match="INC-9: there is no such incident"):
        await ada.note("INC-9", "x")


async def test_a_correction_supersedes_and_the_old_one_stays(ada: Records) -> None:
    incident = await ada.declare(wanted(ada))
    wrong = await ada.note(incident.id, "pool of 30")
    right = await ada.correct(wrong.id, "!finding pool of 20")
    assert (right.supersedes, right.occurred, right.kind) == (wrong.id, wrong.occurred, "finding")
    assert {wrong.id, right.id} <= {entry.id for entry in (await ada.store.incidents()).entries}
    with pytest.raises(ValueError, match="ada corrected it meanwhile: pool of 20"):
        await ada.correct(wrong.id, "pool of 10")


# ---- moving on -------------------------------------------------------------------------------------------------------


async def test_states_move_in_order_and_each_is_an_entry(ada: Records) -> None:
    incident = await ada.declare(wanted(ada))
    await ada.move(incident.id, "mitigated", "rolled back")
    resolved = await ada.move(incident.id, "resolved")
    assert (resolved.state, resolved.next_update) == ("resolved", None)
    assert resolved.mitigated is not None
    assert resolved.ended == resolved.mitigated
    moves = [entry.text for entry in await story(ada, incident) if entry.kind == "status_changed"]
    assert moves == ["mitigated: rolled back", "resolved"]
    with pytest.raises(ValueError, match="INC-1: resolved cannot become cancelled"):
        await ada.move(incident.id, "cancelled")


async def test_the_harm_ended_when_its_rule_did(ada: Records) -> None:
    now = clock.now()
    ada.transitions.hear([SLOW], now - timedelta(minutes=2))
    ada.transitions.hear([], now - timedelta(minutes=1))
    incident = await ada.declare(wanted(ada))
    resolved = await ada.move(incident.id, "resolved")
    assert resolved.ended == now - timedelta(minutes=1)


async def test_the_harm_goes_on_while_requests_are_slow(ada: Records) -> None:
    """Declared from the database, which recovered first; the users waited longer."""
    now = clock.now()
    database = Finding("pg-connections:db", Severity.WARNING, "db full", 3, since=SLOW.since, rule="pg-connections")
    for findings, minutes in (([SLOW, database], 4), ([SLOW], 3)):
        ada.transitions.hear(findings, now - timedelta(minutes=minutes))
    incident = await ada.declare(wanted(ada, finding=database.id))
    resolved = await ada.move(incident.id, "resolved")
    assert resolved.ended == resolved.mitigated  # still slow: when the harm ended, only the person can say
    ada.transitions.hear([], now - timedelta(minutes=1))
    await ada.move(incident.id, "investigating")
    await ada.gather(incident)
    assert (await ada.move(incident.id, "resolved")).ended == now - timedelta(minutes=1)


async def test_opened_again_it_asks_for_updates_again(ada: Records) -> None:
    incident = await ada.declare(wanted(ada))
    await ada.move(incident.id, "resolved")
    again = await ada.move(incident.id, "investigating", "errors are back")
    assert again.open
    assert again.next_update is not None
    assert (again.mitigated, again.resolved) == (None, None)


async def test_an_update_sets_the_clock_of_the_next(ada: Records) -> None:
    incident = await ada.declare(wanted(ada))
    entry = await ada.inform(incident.id, "Checkout is slow.\nWe roll back.", external=True)
    assert (entry.kind, entry.text, entry.internal) == ("comms_external", "Checkout is slow.", False)
    assert entry.detail == "Checkout is slow.\nWe roll back."
    (held,) = (await ada.store.incidents()).incidents
    assert held.next_update == entry.occurred + timedelta(minutes=20)


async def test_every_change_of_a_field_is_an_entry(ada: Records) -> None:
    incident = await ada.declare(wanted(ada))
    assert incident.impact is not None
    edited = await ada.change(incident.id, {"severity": 1, "impact": incident.impact - timedelta(minutes=3)})
    assert edited.resolve_by == incident.declared + timedelta(hours=4)
    told = {entry.object: entry.text for entry in await story(ada, incident) if entry.object.startswith("field:")}
    assert told["field:severity"] == "severity SEV2 → SEV1"
    assert told["field:impact"].endswith(f"(was {incident.impact:%H:%M})")
    assert await ada.change(incident.id, {"severity": 1}) == edited


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"id": "INC-2"}, "id cannot be changed"),
        ({"state": "closed"}, "state is changed by moving it"),
        ({"ended": SLOW.since - timedelta(hours=1)}, "cannot end .* before it began"),  # type: ignore[operator]
        ({"title": ""}, "needs a title"),
        ({"impact": clock.now().replace(tzinfo=None)}, "needs a time with its zone"),
    ],
)
async def test_changes_that_make_no_sense_are_refused(ada: Records, fields: dict[str, object], sentence: str) -> None:
    incident = await ada.declare(wanted(ada))
    with pytest.raises(ValueError, match=sentence):
        await ada.change(incident.id, fields)


async def test_acknowledging_a_finding_is_told_to_its_incident(ada: Records) -> None:
    incident = await ada.declare(wanted(ada))
    other = await ada.declare(wanted(ada, title="another", service="web", finding=""))
    known = await ada.acknowledge(SLOW)
    held = await ada.store.incidents()
    assert held.acknowledgements == (known,)
    assert [entry.text for entry in await story(ada, incident)][-1] == "acknowledged: api P99 1.9 s > 500 ms"
    assert "alert_acked" not in [entry.kind for entry in await story(ada, other)]


async def test_a_finding_whose_object_is_a_row_goes_by_the_name_of_its_workload(ada: Records) -> None:
    uid = "3b1f0c7e-3d0e-4bb0-9d6c-0a8f4f7f2f11"
    row = Workload(uid, "shop", "Deployment", "api", 12, 9, 12, 9, None)
    scaling = Finding("workload:shop/Deployment/api", Severity.WARNING, "api HPA at max, wants 26", 2, object=uid)
    assert ada.propose(scaling).service == ""  # an identity is no name
    ada.board.publish(WORKLOADS, Reading(Collection({uid: row}), State.OK, clock.now()))
    assert ada.propose(scaling).service == "api"
    incident = await ada.declare(wanted(ada, service="API", finding=""))
    await ada.acknowledge(scaling)
    assert "alert_acked" in [entry.kind for entry in await story(ada, incident)]


async def test_an_incident_is_named_after_what_users_feel_and_began_with_the_first_that_goes_with_it(
    ada: Records,
) -> None:
    began = clock.now() - timedelta(minutes=5)
    scaling = Finding("hpa", Severity.WARNING, "api HPA at max, wants 26", 2, since=began + timedelta(minutes=1))
    slow = msgspec.structs.replace(SLOW, state="pending", since=began, related=("hpa",))
    for_days = Finding("disk", Severity.WARNING, "disk 81 %", 3, since=began - timedelta(days=2), related=("hpa",))
    found(ada, scaling, slow, for_days)
    assert leading(scaling, (scaling, slow, for_days)) is slow
    assert leading(for_days, (scaling, slow, for_days)) is for_days
    proposal = ada.propose(scaling)
    assert (proposal.title, proposal.impact) == (scaling.what, began)


# ---- two consoles ----------------------------------------------------------------------------------------------------


async def test_what_was_seen_must_still_hold(ada: Records, bo: Records) -> None:
    incident = await ada.declare(wanted(ada))
    await look(bo)
    await ada.move(incident.id, "mitigated")
    with pytest.raises(ValueError, match="INC-1 was moved to mitigated meanwhile"):
        await bo.move(incident.id, "identified")
    await look(bo)
    assert (await bo.move(incident.id, "monitoring")).state == "monitoring"


async def test_two_who_take_different_roles_both_have_theirs(ada: Records, bo: Records) -> None:
    incident = await ada.declare(wanted(ada))
    await look(ada)
    await look(bo)
    await asyncio.gather(ada.join(incident.id, "scribe"), bo.join(incident.id, "operations"))
    (held,) = (await ada.store.incidents()).incidents
    assert dict(held.roles) == {"commander": "ada", "scribe": "ada", "operations": "bo"}


async def test_two_who_want_one_role_hear_of_each_other(ada: Records, bo: Records) -> None:
    incident = await ada.declare(wanted(ada))
    await look(bo)
    await ada.join(incident.id, "scribe")
    with pytest.raises(ValueError, match="scribe is ada now"):
        await bo.join(incident.id, "scribe")


async def test_of_two_corrections_at_once_one_is_told_of_the_other(ada: Records, bo: Records) -> None:
    entry = await ada.note("", "pool of 30")
    both = await asyncio.gather(
        ada.correct(entry.id, "pool of 20"), bo.correct(entry.id, "pool of 10"), return_exceptions=True
    )
    (lost,) = [one for one in both if isinstance(one, ValueError)]
    (kept,) = [one for one in both if isinstance(one, TimelineEntry)]
    assert str(lost) == f"{kept.actor} corrected it meanwhile: {kept.text}"


async def test_a_store_that_fails_after_the_declaration_leaves_it_declared(
    ada: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Declared it is, whatever becomes of the hour before; nobody should declare it twice."""

    async def full(told: object) -> int:
        raise StoreError(Problem(ProblemKind.REFUSED, "the disk is full"))

    changed(ada, Change(clock.now(), "release", "release api", "", "shop/api"))
    with monkeypatch.context() as patched:
        patched.setattr(ada.store, "append_new", full)
        incident = await ada.declare(wanted(ada))
    assert await ada.gather(incident) == 1
    assert "release api" in [entry.text for entry in await story(ada, incident)]


async def test_what_is_saved_is_on_the_board_at_once(ada: Records) -> None:
    await look(ada)
    incident = await ada.declare(wanted(ada))
    await ada.note(incident.id, "rolling back")
    await ada.move(incident.id, "identified")
    await ada.move(incident.id, "mitigated")
    await ada.acknowledge(SLOW)
    shown = ada.board.get(INCIDENTS).value
    assert shown == await ada.store.incidents()


async def test_what_was_said_is_there_for_the_next_process(ada: Records, path: Path) -> None:
    incident = await ada.declare(wanted(ada))
    await ada.note(incident.id, "rolling back")
    async with opened(path, "later") as records:
        assert [entry.text for entry in await story(records, incident)][-1] == "rolling back"
