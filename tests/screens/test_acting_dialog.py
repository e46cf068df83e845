"""The dialog of a write: nine lines, two buttons, and everything that must not confirm it."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from textual import events
from textual.pilot import Pilot

from opsconsole.actions.errors import Changed, Refused
from opsconsole.app import Console
from opsconsole.model.action import Asked, Line, Phase, Run
from opsconsole.screens import acting
from opsconsole.screens.dialogs import write_lines
from opsconsole.screens.dialogs.write import WriteDialog
from opsconsole.text.clean import clean
from opsconsole.widgets.line import plain, width_of
from opsconsole.widgets.theme import ASCII, UNICODE

from . import story
from .driving import read, until
from .fake_actions import GRAVE, TARGET, FakeActions, plan
from .tabs import settled, text
from .test_acting import acting_console, armed, pressed, said

Opened = tuple[WriteDialog, FakeActions]


async def opened(pilot: Pilot[Any], app: Console, actions: FakeActions) -> WriteDialog:
    """The dialog of a roll-back with its plan, read by somebody who took the time."""
    await armed(pilot, actions)
    acting._open(app, actions, Asked("rollback", TARGET, revision="40"))  # type: ignore[arg-type]
    await until(pilot, lambda: isinstance(app.screen, WriteDialog))
    dialog = app.screen
    assert isinstance(dialog, WriteDialog)
    if actions.gate is None:
        await until(pilot, lambda: dialog.plan is not None or bool(dialog._answers))
        await until(pilot, lambda: "CANCEL" in text(app))
    read(dialog)
    return dialog


async def press(pilot: Pilot[Any], dialog: WriteDialog, *keys: str) -> None:
    """Each key alone, as a person presses it."""
    for key in keys:
        read(dialog)
        await pilot.press(key)


# ---- what it shows ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("kind", ["plain", "grave"])
def test_the_picture(kind: str, size: tuple[int, int], snap_compare: Callable[..., bool], fixed_clock: None) -> None:
    app, actions, hand = acting_console()
    if kind == "grave":
        actions.answer = plan(typed="api", warnings=GRAVE)

    async def ready(pilot: Pilot[None]) -> None:
        hand.now += 0.0
        await opened(pilot, app, actions)
        hand.now += 48.0
        app.frame.count_down()
        assert isinstance(app.screen, WriteDialog)
        app.screen.draw()
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=ready)


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_nine_lines_in_their_order(size: tuple[int, int], fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app, actions)
        shown = text(app)
        places = [shown.index(f" {title} ") for title in ("from", "changes", "takes", "fights", "hurts", "same as")]
        places += [shown.index(word) for word in ("allowed", "[ CANCEL ]        [ Roll back ]")]
        assert places == sorted(places)
        assert "ROLL BACK deployment/api" in shown
        assert TARGET.context in shown.replace("\n", "")
        assert f"/ {story.NAMESPACE}" in shown
        assert "yes (patch deployments)   dry run ok 80 ms   armed 10:00" in shown
        assert "U undoes" in shown


@pytest.mark.parametrize("width", [38, 78, 118])
def test_hostile_and_wide_texts_stay_within_their_line(width: int) -> None:
    evil = msgspec.structs.replace(
        plan(),
        title=f"ROLL BACK deployment/{story.EVIL}",
        target=msgspec.structs.replace(TARGET, context=story.EVIL, namespace="漢字" * 40),
        lines=tuple(Line(line.title, f"{line.words} {story.EVIL} {'漢字' * 60}") for line in plan().lines),
        warnings=tuple(msgspec.structs.replace(warned, words=story.EVIL * 2) for warned in GRAVE),
        undo=None,
        undo_words=story.EVIL,
    )
    lines = write_lines.body_lines(evil, write_lines.allowed_words(evil, "armed 9:12"), width, UNICODE, ("takes",))
    assert all(width_of(line) <= width for line in lines)
    joined = "\n".join(plain(line) for line in lines)
    assert "\x1b" not in joined
    assert clean("\u202e") in joined


def test_grave_warnings_are_told_by_word_and_glyph_in_both_sets() -> None:
    for glyphs in (UNICODE, ASCII):
        lines = [plain(line) for line in write_lines.body_lines(plan(warnings=GRAVE), "yes", 100, glyphs)]
        assert any(line.startswith(f" {glyphs.critical} GRAVE") for line in lines)
        assert any(line.startswith(f" {glyphs.warning} warns") for line in lines)


# ---- what does not confirm ----------------------------------------------------------------------------------------


async def test_keys_right_after_opening_letters_and_a_pasted_newline_do_nothing(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(120, 40)) as pilot:
        dialog = await opened(pilot, app, actions)
        began = time.monotonic()
        dialog.deliberate._clock = lambda: began  # no time passes
        dialog.deliberate.begin()
        await pilot.press("tab", "enter")
        assert app.dialog_open
        assert dialog.at == "cancel"
        dialog.deliberate._clock = time.monotonic
        await press(pilot, dialog, *"yYrROokB ")
        await press(pilot, dialog, "tab")
        assert dialog.at == "confirm"
        app.post_message(events.Paste("yes\n\n"))
        dialog.deliberate._clock = lambda: began + 10.0  # all of it in one instant, as a paste without brackets
        await pilot.press("x", "enter")
        await pilot.pause()
        assert app.dialog_open
        assert not actions.written


async def test_enter_on_cancel_closes_and_leaves_no_trace(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(120, 40)) as pilot:
        dialog = await opened(pilot, app, actions)
        await press(pilot, dialog, "enter")
        await until(pilot, lambda: not app.dialog_open)
        assert not actions.written


async def test_tab_and_enter_carry_it_out(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(160, 45)) as pilot:
        dialog = await opened(pilot, app, actions)
        await press(pilot, dialog, "tab", "enter")
        await until(pilot, lambda: not app.dialog_open)
        assert len(actions.written) == 1
        assert "rollback api: 0 of 20 new pods ready" in said(pilot)


async def test_what_is_grave_needs_the_name(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    actions.answer = plan(typed="api", warnings=GRAVE)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(pilot, app, actions)
        await press(pilot, dialog, "shift+tab", "enter")
        await until(pilot, lambda: "type api first: nothing was written" in text(app))
        assert dialog.at == "name"
        await press(pilot, dialog, "a", "p", "q")
        await press(pilot, dialog, "tab", "enter")
        assert not actions.written
        await press(pilot, dialog, "backspace", "i", "enter")
        assert dialog.at == "confirm"
        await press(pilot, dialog, "enter")
        await until(pilot, lambda: not app.dialog_open)
        assert [typed for _, typed in actions.written] == ["api"]


# ---- while it works -------------------------------------------------------------------------------------------------


async def test_it_opens_at_once_tells_how_far_it_is_and_esc_ends_the_planning(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    actions.gate = asyncio.Event()
    async with app.run_test(size=(120, 40)) as pilot:
        dialog = await opened(pilot, app, actions)
        await until(pilot, lambda: "dry run …" in text(app))
        assert "[ CANCEL ]" in text(app)
        assert "Roll back ]" not in text(app)
        await press(pilot, dialog, "tab", "enter")
        await until(pilot, lambda: not app.dialog_open)
        actions.gate.set()
        await pilot.pause()
        assert not actions.written


async def test_closing_it_while_it_is_written_does_not_stop_the_write(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(160, 45)) as pilot:
        dialog = await opened(pilot, app, actions)
        actions.gate = asyncio.Event()
        await press(pilot, dialog, "tab", "enter")
        await until(pilot, lambda: "evidence …" in text(app))
        await press(pilot, dialog, "escape")
        await until(pilot, lambda: not app.dialog_open)
        assert "the write goes on" in said(pilot)
        actions.gate.set()
        await until(pilot, lambda: len(actions.written) == 1)
        await until(pilot, lambda: "0 of 20 new pods ready" in said(pilot))


async def test_a_refusal_after_it_was_closed_is_said_in_the_frame(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(160, 45)) as pilot:
        for outcome in (Refused("gone", "deployment/api is gone"), Changed(plan(), ("takes",))):
            dialog = await opened(pilot, app, actions)
            actions.gate, actions.outcome = asyncio.Event(), outcome
            await press(pilot, dialog, "tab", "enter")
            await until(pilot, lambda: "evidence …" in text(app))
            await press(pilot, dialog, "escape")
            await until(pilot, lambda: not app.dialog_open)
            actions.gate.set()
            await until(pilot, lambda: "nothing was written: " in said(pilot))
            actions.gate = None
            app.frame.hush()
    assert not actions.written


async def test_what_changed_meanwhile_is_marked_and_asked_anew(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(120, 40)) as pilot:
        dialog = await opened(pilot, app, actions)
        takes = Line("takes", "31 pods, 8 at a time")
        lines = tuple(takes if line.title == "takes" else line for line in plan().lines)
        actions.outcome = Changed(plan(lines=lines), ("takes",))
        await press(pilot, dialog, "tab", "enter")
        await until(pilot, lambda: "CHANGED 31 pods, 8 at a time" in text(app))
        assert "nothing was written: the target has changed" in text(app)
        assert dialog.at == "cancel"
        assert not actions.written
        await press(pilot, dialog, "tab", "enter")
        await until(pilot, lambda: not app.dialog_open)
        assert actions.written[0][0].lines[2] == takes


async def test_a_refusal_names_its_guard_and_what_to_do_and_loses_nothing(fixed_clock: None) -> None:
    app, actions, hand = acting_console()
    actions.answer = plan(typed="api", warnings=GRAVE)
    async with app.run_test(size=(120, 40)) as pilot:
        dialog = await opened(pilot, app, actions)
        hand.now += 700.0
        actions.outcome = Refused("not armed", "the console is not armed any more", "W arms")
        await press(pilot, dialog, "tab", *"api", "enter", "enter")
        await until(pilot, lambda: "REFUSED (not armed): the console is not armed any more" in text(app))
        assert "do: W arms" in text(app)
        assert "READ-ONLY by now: W arms" in text(app)
        assert "412 req/s now" in text(app)
        assert dialog.name_field.value == "api"
        assert not actions.written


async def test_a_write_that_the_server_refused_says_that_nothing_was_changed(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(120, 40)) as pilot:
        dialog = await opened(pilot, app, actions)
        actions.outcome = Run(plan(), Phase.FAILED, "admission webhook denied it", story.NOW, story.NOW)
        await press(pilot, dialog, "tab", "enter")
        await until(pilot, lambda: "failed: admission webhook denied it" in text(app))
        assert app.dialog_open


async def test_c_copies_the_plan_as_a_script(fixed_clock: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from opsconsole.actions import script
    from opsconsole.screens import openers

    copied: list[str] = []
    monkeypatch.setattr(script, "script", lambda plan: f"# {plan.title}")
    monkeypatch.setattr(openers, "copy_text", lambda app, text, what: copied.append(text))
    app, actions, _ = acting_console()
    async with app.run_test(size=(120, 40)) as pilot:
        dialog = await opened(pilot, app, actions)
        await press(pilot, dialog, "c")
        await until(pilot, lambda: "copied as a shell script" in text(app))
        assert copied == ["# ROLL BACK deployment/api"]
        assert app.dialog_open


async def test_the_countdown_goes_on_in_the_dialog(fixed_clock: None) -> None:
    app, actions, hand = acting_console()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        dialog = await opened(pilot, app, actions)
        hand.now += 48.0
        dialog._tick()
        await until(pilot, lambda: "armed 9:12" in text(app))
        await pressed(pilot)
