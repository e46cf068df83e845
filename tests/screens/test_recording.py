"""D M N A T I P write to a real store from every tab, and say so only when it is on disk."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from textual import events
from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.model.incident import Incidents
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.poller.topics import FINDINGS
from opsconsole.screens import openers, recording
from opsconsole.screens.dialogs.declare import DeclareDialog
from opsconsole.screens.dialogs.form import LONGEST
from opsconsole.screens.dialogs.inform import InformDialog
from opsconsole.screens.dialogs.join import JoinDialog
from opsconsole.store.errors import StoreError
from opsconsole.store.store import Store

from . import story
from .driving import shown, until
from .recorded import closed, form, message, opened, recorded, timeline, typed
from .tabs import settled, text

NOBODY = Incidents()
pytestmark = pytest.mark.usefixtures("fixed_clock")


async def said(pilot: Pilot[None], *words: str) -> str:
    """The footer, once it holds these words."""
    app = pilot.app
    assert isinstance(app, Console)
    await until(pilot, lambda: all(word in shown(app, "footer") for word in words))
    return shown(app, "footer").strip()


# ---- declare and join ------------------------------------------------------------------------------------------------


async def test_two_keys_declare_what_stands_under_the_cursor(tmp_path: Path) -> None:
    async with recorded(tmp_path, held=NOBODY) as (app, store), app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        dialog = await form(pilot, "D")
        assert dialog.value("title") == "api P99 1.9 s > 500 ms"
        assert dialog.value("impact") == "02:41"
        assert "is proposed:" in text(app)
        assert "runbook 004" in text(app)
        assert "004_da2f" not in text(app), "file and line are kept in the entry"
        await pilot.press("enter")
        answer = await closed(pilot)
        assert answer.startswith("INC-1 SEV2 declared and saved 02:53Z")
        (incident,) = (await store.incidents()).incidents
        assert (incident.service, incident.finding, incident.severity) == ("api", "p99:api", 2)
        assert dict(incident.roles) == {"commander": app.context.records.who.user}  # type: ignore[union-attr]
        assert "INC-1 S2" in shown(app, "now")
        (declared,) = (one for one in await timeline(store, "INC-1") if one.kind == "declared")
        assert "004_da2f52e198c72628.txt:" in declared.detail


async def test_every_field_can_be_corrected_before(tmp_path: Path) -> None:
    async with recorded(tmp_path, held=NOBODY) as (app, store), app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        dialog = await form(pilot, "D")
        await pilot.press("tab", "tab", "ctrl+u")
        await typed(pilot, "checkout is down")
        await pilot.press("tab", "left", "tab", "tab", "ctrl+u")
        await typed(pilot, "20m ago")
        await pilot.press("tab", "right", "tab", "space")
        assert dialog.unsaved
        await pilot.press("enter")
        assert (await closed(pilot)).startswith("INC-1 SEV1 (drill) declared")
        (incident,) = (await store.incidents()).incidents
        assert (incident.title, incident.severity, incident.drill) == ("checkout is down", 1, True)
        assert f"{incident.impact:%H:%M}" == "02:33"
        assert dict(incident.roles).keys() == {"scribe"}


async def test_a_time_that_is_none_keeps_the_form_open(tmp_path: Path) -> None:
    async with recorded(tmp_path, held=NOBODY) as (app, store), app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        dialog = await form(pilot, "D")
        await pilot.press(*["tab"] * 5, "ctrl+u")
        await typed(pilot, "soon")
        await pilot.press("enter")
        await until(pilot, lambda: "is no time" in message(dialog))
        assert dialog.value("impact") == "soon"
        assert (await store.incidents()).incidents == ()


async def test_while_one_is_open_the_first_empty_role_is_offered(tmp_path: Path) -> None:
    async with recorded(tmp_path) as (app, store), app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        dialog = await form(pilot, "D")
        assert isinstance(dialog, JoinDialog)
        assert dialog.value("role") == "scribe"
        await pilot.press("enter")
        assert "is scribe of INC-7" in await closed(pilot)
        held = next(one for one in (await store.incidents()).incidents if one.id == "INC-7")
        assert dict(held.roles) == {"commander": "lena", "scribe": app.context.records.who.user}  # type: ignore[union-attr]


async def test_another_can_be_declared_beside_it(tmp_path: Path) -> None:
    async with recorded(tmp_path) as (app, _), app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await form(pilot, "D")
        await pilot.press("right", "enter")
        await until(pilot, lambda: isinstance(app.screen, DeclareDialog))
        await opened(pilot)
        await pilot.press("enter")
        assert "INC-8" in await closed(pilot)


# ---- notes -----------------------------------------------------------------------------------------------------------


async def test_a_note_goes_to_the_open_incident_and_its_first_word_names_its_kind(tmp_path: Path) -> None:
    async with recorded(tmp_path, start=2) as (app, store), app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await form(pilot, "N")
        await typed(pilot, "!decision roll back to 1.8.1")
        assert "becomes a decision" in text(app)
        await pilot.press("enter")
        assert (await closed(pilot)).startswith("saved 02:53Z as decision in INC-7: roll back to 1.8.1")
        assert (await timeline(store))[-1].kind == "decision"


async def test_a_kind_that_is_none_is_told_and_the_text_kept(tmp_path: Path) -> None:
    async with recorded(tmp_path, start=2) as (app, store), app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await form(pilot, "N")
        await typed(pilot, "!foo the queue grows")
        await until(pilot, lambda: "!foo stays a note; there are !decision !hypothesis !finding !todo" in text(app))
        await pilot.press("enter")
        assert (await closed(pilot)).startswith("saved 02:53Z as note in INC-7 (!foo stays a note; there are")
        assert ((last := (await timeline(store))[-1]).kind, last.text) == ("note", "!foo the queue grows")


async def test_a_todo_shows_the_owner_and_the_date_that_were_read(tmp_path: Path) -> None:
    async with recorded(tmp_path, start=2) as (app, _), app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await form(pilot, "N")
        await typed(pilot, "!todo @jonas count queries")
        await until(pilot, lambda: "becomes a todo, owner jonas, no date (due YYYY-MM-DD)" in text(app))
        await typed(pilot, " due 2026-04-10")
        await until(pilot, lambda: "becomes a todo, owner jonas, due 2026-04-10" in text(app))
        await pilot.press("enter")
        assert (await closed(pilot)).startswith("saved 02:53Z as todo in INC-7, owner jonas, due 2026-04-10: @jonas")


async def test_without_an_incident_a_note_is_kept_loose(tmp_path: Path) -> None:
    async with recorded(tmp_path, held=NOBODY) as (app, store), app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await form(pilot, "N")
        await typed(pilot, "orders look low")
        await pilot.press("enter")
        assert "loose" in await closed(pilot)
        assert [entry.text for entry in await timeline(store, "")] == ["orders look low"]


async def test_a_note_that_is_left_waits_for_the_next_N(tmp_path: Path) -> None:
    async with recorded(tmp_path) as (app, store), app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        dialog = await form(pilot, "N")
        await typed(pilot, "half a thou")
        assert "half a thou" in dialog.unsaved
        await pilot.press("escape")
        assert "N goes on" in await closed(pilot)
        assert "half a thou" in recording.unsaved(app)
        assert (await form(pilot, "N")).value("text") == "half a thou"
        await typed(pilot, "ght")
        await pilot.press("enter")
        await closed(pilot)
        assert recording.unsaved(app) == ""
        assert (await timeline(store))[-1].text == "half a thought"


async def test_pastes_of_any_size_and_content_are_one_harmless_line(tmp_path: Path) -> None:
    async with recorded(tmp_path) as (app, store), app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        dialog = await form(pilot, "N")
        app.post_message(events.Paste("\x1b[31mred\x1b[0m\r\n[bold]second[/bold]\nthird"))
        await until(pilot, lambda: "third" in dialog.value("text"))
        assert dialog.value("text") == "␛[31mred␛[0m [bold]second[/bold] third"
        assert app.dialog_open, "a pasted newline confirms nothing"
        app.post_message(events.Paste("x" * 2**20))
        await until(pilot, lambda: "1,048,576 characters" in message(dialog))
        assert len(dialog.value("text")) == LONGEST
        await pilot.press("enter")
        await closed(pilot)
        assert "\x1b" not in (await timeline(store))[-1].text


async def test_an_enter_on_the_heels_of_a_letter_saves_nothing(tmp_path: Path) -> None:
    async with recorded(tmp_path) as (app, store), app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        dialog = await form(pilot, "N")
        dialog.deliberate._clock = lambda: 1000.0
        await pilot.press("a", "enter")
        await until(pilot, lambda: "enter again" in message(dialog))
        assert app.dialog_open
        assert len(await timeline(store)) == len(
            [e for e in (await store.incidents()).entries if e.incident == "INC-7"]
        )


async def test_letters_in_a_form_that_asks_do_nothing(tmp_path: Path) -> None:
    async with recorded(tmp_path, held=NOBODY) as (app, _), app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        dialog = await form(pilot, "D")
        await typed(pilot, "yDRSny-q")
        assert app.screen is dialog
        assert not dialog.typed
        assert message(dialog) == "tab goes to the line to type in; esc leaves"


async def test_a_store_that_fails_says_so_and_what_was_typed_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = StoreError(Problem(ProblemKind.REFUSED, "the store cannot grow: the disk is full", "free some space"))

    async def fails(self: Store, entry: object) -> None:
        raise full

    async with recorded(tmp_path) as (app, store), app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        dialog = await form(pilot, "N")
        await typed(pilot, "remember me")
        with monkeypatch.context() as broken:
            broken.setattr(Store, "append", fails)
            await pilot.press("enter")
            await until(pilot, lambda: "NOT SAVED: the store cannot grow" in message(dialog))
        assert dialog.value("text") == "remember me"
        await pilot.press("enter")
        assert "saved" in await closed(pilot)
        assert (await timeline(store))[-1].text == "remember me"


# ---- mark, acknowledge, state ----------------------------------------------------------------------------------------


async def test_a_mark_keeps_what_every_visited_tab_shows(tmp_path: Path) -> None:
    async with recorded(tmp_path) as (app, store), app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        for digit in (2, 3, 5):
            app.show_tab(digit)
            await until(pilot, lambda digit=digit: app.tab.digit == digit)  # type: ignore[misc]
            await settled(pilot)
        await pilot.press("M")
        answer = await said(pilot, "marked", "saved in INC-7")
        assert "4 tabs" in answer
        entry = (await timeline(store))[-1]
        assert entry.kind == "metric_snapshot"
        assert "api P99 1.9 s > 500 ms" in entry.text
        for kept in ("READINGS", "P95 1.7 s", "PODS: ", "worker", "QUERIES: ", "CUSTOMERS: ", "c-1002"):
            assert kept in entry.detail
        assert "COSTS" not in entry.detail, "it was never opened"


async def test_a_mark_without_an_incident_is_kept_loose(tmp_path: Path) -> None:
    async with recorded(tmp_path, held=NOBODY) as (app, store), app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("M")
        await said(pilot, "marked", "loose")
        assert [entry.kind for entry in await timeline(store, "")] == ["metric_snapshot"]


async def test_a_mark_never_goes_to_a_past_incident(tmp_path: Path) -> None:
    async with recorded(tmp_path, start=6) as (app, _), app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "all")
        assert tab.table is not None
        tab.table.go_to("INC-6")
        await pilot.press("M")
        await said(pilot, "saved in INC-7")


async def acknowledged(pilot: Pilot[None], *keys: str) -> None:
    """`A`, these keys in its form, and enter."""
    await form(pilot, "A")
    await pilot.press(*keys, "enter")


async def test_acknowledging_names_who_and_what_and_until_when(tmp_path: Path) -> None:
    async with recorded(tmp_path) as (app, store), app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        await acknowledged(pilot, "up", "up", "right", "tab", "o", "n", "space", "i", "t")
        await said(pilot, "acknowledged 02:53Z by", "until 03:53Z", "api P99 1.9 s")
        (known,) = (await store.incidents()).acknowledgements
        assert (known.finding, known.note, known.until) == ("p99:api", "on it", story.NOW + timedelta(hours=1))


async def test_a_second_A_means_the_same_finding_and_not_the_row_that_follows(tmp_path: Path) -> None:
    async with recorded(tmp_path) as (app, store), app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert tab.table is not None
        assert tab.table.cursor_key == "p99:api"
        await acknowledged(pilot)
        await said(pilot, "acknowledged 02:53Z by", "api P99 1.9 s")
        await pilot.press("A")
        await said(pilot, "acknowledged already by", "api P99 1.9 s")
        # the rules look again: what somebody knows of goes behind the others
        first, *others = story.findings()
        ranked = (*others, msgspec.structs.replace(first, acknowledged_by="lena"))
        app.context.board.publish(FINDINGS, Reading(ranked, State.OK, story.NOW))
        table = tab.table
        await until(pilot, lambda: [one.id for one in table.visible_rows()][-1] == "p99:api")
        assert table.cursor_key == "p99:api"
        app.say("")
        await pilot.press("A")
        await said(pilot, "acknowledged already by lena", "api P99 1.9 s")
        assert [one.finding for one in (await store.incidents()).acknowledgements] == ["p99:api"]
        await pilot.press("g")
        assert table.cursor_key == "blind:loki"


async def test_a_row_without_a_finding_is_not_acknowledged(tmp_path: Path) -> None:
    async with recorded(tmp_path, start=4) as (app, store), app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        await pilot.press("A")
        await said(pilot, "there is none here")
        assert (await store.incidents()).acknowledgements == ()


async def test_only_states_that_may_follow_are_offered(tmp_path: Path) -> None:
    async with recorded(tmp_path) as (app, store), app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await form(pilot, "T")
        assert "[ Move to identified ]" in text(app)
        assert "closed" not in text(app)
        await pilot.press("tab", "tab", "right")
        await until(pilot, lambda: "still fires api P99" in text(app))
        await pilot.press("enter")
        assert "INC-7 investigating -> mitigated" in await closed(pilot)
        assert next(one.state for one in (await store.incidents()).incidents if one.id == "INC-7") == "mitigated"


async def test_esc_asks_before_it_drops_what_was_typed(tmp_path: Path) -> None:
    async with recorded(tmp_path) as (app, _), app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        dialog = await form(pilot, "T")
        await pilot.press("shift+tab")
        await typed(pilot, "because")
        await pilot.press("escape")
        await until(pilot, lambda: "esc again" in message(dialog))
        await pilot.press("escape")
        await until(pilot, lambda: not app.dialog_open)


async def test_what_was_resolved_today_can_be_told_of_and_closed(tmp_path: Path) -> None:
    over = msgspec.structs.replace(
        story.incidents().incidents[0], state="resolved", mitigated=story.ago(3), resolved=story.ago(2)
    )
    async with recorded(tmp_path, held=Incidents((over,))) as (app, store), app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert (await form(pilot, "T")).value("state") == "closed"
        await pilot.press("enter")
        assert "INC-7 resolved -> closed" in await closed(pilot)
        assert [one.state for one in (await store.incidents()).incidents] == ["closed"]


@pytest.mark.parametrize("key", "TIP")
async def test_what_needs_an_incident_says_so(key: str, tmp_path: Path) -> None:
    async with recorded(tmp_path, held=NOBODY) as (app, _), app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press(key)
        await said(pilot, f"{key}: ", "D declares one")
        assert not app.dialog_open


@pytest.mark.parametrize("key", "DMNATIP")
async def test_before_the_store_is_open_nothing_is_written_and_that_is_said(key: str, tmp_path: Path) -> None:
    async with recorded(tmp_path) as (app, _), app.run_test(size=(120, 40)) as pilot:
        app.context.records = None
        await settled(pilot)
        await pilot.press(key)
        await said(pilot, "nothing was written")


# ---- updates and the postmortem --------------------------------------------------------------------------------------


async def test_an_update_asks_for_its_gaps_one_by_one_and_copies_only_when_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []

    async def copy(app: Console, text: str, what: str) -> str:
        copied.append(text)
        return "copied"

    monkeypatch.setattr("opsconsole.screens.openers.copied", copy)
    async with recorded(tmp_path) as (app, store), app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        dialog = await form(pilot, "I")
        assert isinstance(dialog, InformDialog)
        gaps = list(dialog.composed.unresolved)
        assert gaps, "the record does not know everything"
        await pilot.press("enter")
        await until(pilot, lambda: "has to be said first" in message(dialog))
        for number, name in enumerate(gaps):
            assert dialog.fields[1].value == name
            await typed(pilot, f"answer {number}")
            await pilot.press("tab", "enter")
            await until(pilot, lambda name=name: not dialog.saving and name not in dialog.composed.unresolved)  # type: ignore[misc]
            assert copied == []
        assert "[ Copy and record ]" in text(app)
        assert dialog.unsaved
        await pilot.press("enter")
        assert "saved in INC-7" in await closed(pilot)
        assert all(f"answer {number}" in copied[0] for number in range(len(gaps)))
        entry = (await timeline(store))[-1]
        assert entry.kind.startswith("comms_")
        assert entry.detail.strip() == copied[0].strip()


async def test_the_postmortem_is_written_and_its_path_said(tmp_path: Path) -> None:
    async with recorded(tmp_path, start=6) as (app, _), app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        await pilot.press("P")
        path = tmp_path / "documents" / "INC-7.md"
        answer = await said(pilot, str(path), "facts")
        assert "blank" in answer
        assert "checkout slow" in path.read_text("utf-8")
        await until(pilot, lambda: "draft: " in text(app))


async def test_the_sitrep_says_what_since_whom_and_when_next(tmp_path: Path) -> None:
    async with recorded(tmp_path) as (app, _), app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        told = openers.sitrep(app)
        for words in ("INC-7", "SEV2", "checkout slow", "02:41", "next update", "lena"):
            assert words in told
