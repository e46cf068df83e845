"""Messages from the runbooks' templates: their words, what the record fills in, and what blocks them."""

from pathlib import Path

import msgspec
import pytest

from opsconsole.config.policies import builtin
from opsconsole.config.settings import Documents, Profile
from opsconsole.documents.errors import DocumentError
from opsconsole.documents.impact import remember, remembered
from opsconsole.documents.updates import Composed, Template, compose, templates
from opsconsole.model.incident import Incident, TimelineEntry
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.topics import CUSTOMERS
from opsconsole.store.errors import StoreError
from opsconsole.store.store import Store
from opsconsole.text import units

from . import story
from .conftest import Desk
from .customers import hurt

PROFILE = Profile(status_page="https://status.example.org")
OPEN = story.incident(state="investigating", resolved=None, mitigated=None, ended=None)


async def composed(
    template: str, /, incident: Incident = OPEN, entries: tuple[TimelineEntry, ...] = (), own: str = "",
    store: Store | None = None, board: Board | None = None, **given: str
) -> Composed:  # fmt: skip
    documents = Documents(templates=own or None)
    return await compose(
        template, incident, entries, documents=documents, profile=PROFILE, policy=builtin("default"), given=given,
        store=store, board=board, now=story.at(12),
    )  # fmt: skip


async def test_the_alert_of_the_runbook_word_for_word() -> None:
    """004_da2f52e198c72628.txt:230 to 237, its siren read as what it was written as."""
    alert = await composed("incident-alert", entries=story.timeline(), estimated_resolution_time="03:30 UTC")
    assert alert.text.splitlines() == [
        "🚨 INCIDENT ALERT 🚨",
        "Severity: SEV2",
        "Service: checkout",
        "Issue: checkout slow",
        "Impact: at its worst 212 of 3,410 customers as of 02:48 UTC had slow or failed requests",
        "ETA: 03:30 UTC",
        "Incident Commander: maren",
        "Status Page: https://status.example.org",
    ]
    assert alert.unresolved == ()
    assert not alert.external


async def test_whom_it_hurts_is_what_the_board_says_now_and_what_the_postmortem_will_say(desk: Desk) -> None:
    """What was proposed at the declaration is old by the time that anybody is told."""
    declared = (story.entry(4, "declared", "SEV3: 56 % of the customers hurt (134 of 240), below 60 %"),)
    board = Board()

    async def impact(hurt_now: int, incident: Incident = OPEN) -> str:
        board.publish(CUSTOMERS, Reading(hurt(hurt_now, of=240), State.OK, story.at(12)))
        await remember(incident, desk.store, board)
        message = await composed("incident-alert", incident, declared, store=desk.store, board=board)
        return next(line for line in message.text.splitlines() if line.startswith("Impact: "))

    now = "have slow or failed requests in the last 1h as of 02:53 UTC"
    assert await impact(212) == f"Impact: 212 of 240 customers {now}"
    kept = (await remembered("INC-1", desk.store)).at
    assert kept is not None
    worst = f"at its worst 212 of 240 customers as of {units.clock(kept)} UTC"
    assert await impact(150) == f"Impact: 150 of 240 customers {now}; {worst}"
    none = "no customer had slow or failed requests in the last 1h as of 02:53 UTC"
    assert await impact(0) == f"Impact: {none}; {worst}"
    assert await impact(9, story.incident()) == f"Impact: {worst} had slow or failed requests", "it is over"


async def test_a_store_that_fails_keeps_nobody_from_being_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(self: Store, name: str) -> str:
        raise StoreError(Problem(ProblemKind.REFUSED, "the disk is full"))

    monkeypatch.setattr(Store, "document", fails)
    board = Board()
    board.publish(CUSTOMERS, Reading(hurt(212, of=240), State.OK, story.at(12)))
    assert "212 of 240 customers" in (await composed("incident-alert", store=desk.store, board=board)).text


async def test_the_degradation_of_the_runbook_word_for_word() -> None:
    """002_ed321349d01a1cfb.txt:389 to 398."""
    message = await composed("service-degradation", service_name="Checkout")
    assert message.external
    assert message.unresolved == ()
    assert message.text.splitlines() == [
        "Checkout - Investigating Performance Issues",
        "",
        "We're currently investigating performance issues affecting Checkout.",
        "Some users may experience slower response times.",
        "",
        "Status: Investigating",
        "Started: 2026-03-26 02:41 UTC",
        "Updated: 2026-03-26 02:53 UTC",
        "",
        "We'll provide updates every 20 minutes.",
    ]


async def test_the_restoration_of_the_runbook_word_for_word() -> None:
    """002_ed321349d01a1cfb.txt:403 to 411; what is not over cannot be called so."""
    assert (await composed("service-restored")).unresolved == ("resolved", "duration_minutes")
    assert (await composed("service-restored", story.incident())).text.splitlines() == [
        "checkout - Service Restored",
        "",
        "The performance issues have been resolved. All systems are operating normally.",
        "",
        "Status: Resolved",
        "Resolved: 2026-03-26 03:20 UTC",
        "Duration: 21 minutes",
        "",
        "We apologize for any inconvenience.",
    ]


async def test_customers_get_nothing_that_nobody_wrote_for_them() -> None:
    """002_ed321349d01a1cfb.txt:419 to 435; the title of an incident is written for colleagues."""
    message = await composed("customer-notification", name="Ada", actions="We go back to the earlier version.")
    assert message.unresolved == ("brief_description", "incident_description", "description", "timeline")
    assert "checkout slow" not in message.text
    assert message.text.splitlines()[:5] == [
        "Subject: Service Update - [Brief description]",
        "",
        "Hi Ada,",
        "",
        "We wanted to let you know about [Incident description].",
    ]
    assert [variable.name for variable in message.variables] == [
        "brief_description", "name", "incident_description", "description", "actions", "timeline",
    ]  # fmt: skip


async def test_what_is_cleared_by_hand_is_a_gap() -> None:
    assert "commander" in (await composed("incident-alert", commander=" ")).unresolved


async def test_a_drill_says_so_in_every_message() -> None:
    message = await composed("incident-alert", msgspec.structs.replace(OPEN, drill=True))
    assert message.text.startswith("DRILL, nothing is broken\n\n")


async def test_what_is_typed_is_plain_and_without_secrets() -> None:
    typed = "\x1b[31mred {{ commander }} password=hunter2hunter2\nsecond line"
    message = await composed("customer-notification", description=typed)
    assert "\x1b" not in message.text
    assert "{{ commander }}" in message.text, "what is typed is no template"
    assert "hunter2" not in message.text
    assert "\nsecond line\n" in message.text


async def test_a_pasted_megabyte_is_cut() -> None:
    assert len((await composed("incident-alert", brief_description="x" * 1_000_000)).text) < 50_000


async def test_the_built_in_ones_come_first_then_the_team_s(team: Path) -> None:
    (team / "updates" / "leadership.txt.j2").write_text("{# title: Leadership; for: inside #}\n{{ state }}\n")
    (team / "updates" / "incident-alert.txt.j2").write_text("{# for: inside #}\n{{ id }}: {{ who_knows_more }}?\n")
    listed = await templates(Documents(templates=str(team)))
    assert [one.name for one in listed] == [
        "incident-alert", "service-degradation", "service-restored", "customer-notification", "leadership",
    ]  # fmt: skip
    assert listed[-1] == Template("leadership", "Leadership", external=False, own=True)
    assert listed[0].own
    assert listed[1] == Template("service-degradation", "Service degradation", external=True)
    message = await composed("incident-alert", own=str(team))
    assert message.text == "INC-1: [Who knows more]?\n"
    assert message.unresolved == ("who_knows_more",)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("broken", "ok\n{{ }\n", r"/updates/broken.txt.j2:2: "),
        ("wrong", "ok\n\n{{ id.nothing }}\n", r"/updates/wrong.txt.j2:3: .*no attribute 'nothing'"),
        ("missing", None, "there is no template updates/missing.txt.j2"),
        ("../postmortem", None, "is no name of a template"),
    ],
)
async def test_a_mistake_in_a_team_s_template_is_named_with_its_line(
    team: Path, name: str, text: str | None, said: str
) -> None:
    if text is not None:
        (team / "updates" / f"{name}.txt.j2").write_text(text)
    with pytest.raises(DocumentError, match=said):
        await composed(name, own=str(team))
