"""Acting from the console: arming, the number line, the revisions, the menu, what is told of a run, and leaving."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from opsconsole.actions.errors import Refused
from opsconsole.app import Console
from opsconsole.config import keymap
from opsconsole.config.settings import Profile
from opsconsole.model.action import Asked, Helped, Phase, Run, Target
from opsconsole.screens import commands
from opsconsole.screens.dialogs.actions_menu import ActionsMenu
from opsconsole.screens.dialogs.confirm import Confirm
from opsconsole.screens.dialogs.number import NumberDialog, parse
from opsconsole.screens.dialogs.revisions import RevisionsDialog
from opsconsole.screens.dialogs.write import WriteDialog

from . import story
from .driving import read, shown, until
from .fake_actions import TARGET, FakeActions, plan
from .tabs import console, settled, text


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def acting_console(
    *, start: int = 2, profile: Profile | None = None, change: Callable[[Any], Any] = story.same
) -> tuple[Console, FakeActions, Hand]:
    """A console whose platform can be changed, read-only as it starts."""
    board, hand = story.board(change=change), Hand()
    app = console(board, start=start)
    if profile is not None:
        app.context.profile = profile
    actions = FakeActions(board, app.context.profile, hand)
    app.context.actions = actions  # type: ignore[assignment]  # keeps to its protocol
    return app, actions, hand


async def pressed(pilot: Pilot[Any], *keys: str) -> None:
    app = pilot.app
    assert isinstance(app, Console)
    for key in keys:
        await pilot.press(key)
        await until(pilot, lambda: app._gate.deadline is None)
    await pilot.pause()


def said(pilot: Pilot[Any]) -> str:
    app = pilot.app
    assert isinstance(app, Console)
    return shown(app, "footer").strip()


async def armed(pilot: Pilot[Any], actions: FakeActions) -> None:
    await settled(pilot)
    actions.arming.arm()
    app = pilot.app
    assert isinstance(app, Console)
    app.frame.count_down()


async def test_while_armed_the_footer_names_the_keys_that_act(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "S scale" not in said(pilot)
        await armed(pilot, actions)
        app.frame.draw_tab()
        await until(pilot, lambda: said(pilot).startswith("S scale"))
        assert said(pilot).endswith("? help")


# ---- W ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_a_production_profile_asks_once_and_the_frame_counts_down(
    size: tuple[int, int], fixed_clock: None
) -> None:
    app, _, hand = acting_console()
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        assert "READ-ONLY" in shown(app, "strip") or "R/O" in shown(app, "strip")
        await pressed(pilot, "W")
        question = app.screen
        assert isinstance(question, Confirm)
        assert "prod-eu is production" in question.lines[0]
        read(question)
        await pilot.press("tab")
        read(question)
        await pilot.press("enter")
        await until(pilot, lambda: " ARMED 10:00 " in shown(app, "strip"))
        part = next(part for part in app.frame.line("strip").parts if "ARMED" in part.text)
        assert part.style == "reverse", "it must be seen without colour"
        hand.now += 19.0
        app.frame.count_down()
        assert "ARMED 9:41" in shown(app, "strip")
        hand.now += 581.5
        app.frame._second()
        assert "ARMED" not in shown(app, "strip")
        assert "the ten minutes are over" in said(pilot)


async def test_cancel_of_the_question_arms_nothing_and_w_while_armed_ends_it(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        await pressed(pilot, "W")
        read(app.screen)
        await pilot.press("enter")
        await until(pilot, lambda: "not armed" in said(pilot))
        assert not actions.arming.armed
        await armed(pilot, actions)
        await pressed(pilot, "W")
        assert not actions.arming.armed
        assert "disarmed" in said(pilot)


async def test_a_forbidden_profile_says_why(fixed_clock: None) -> None:
    app, _, _ = acting_console(profile=Profile(read_only=True))
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        await pressed(pilot, "W")
        assert "the profile prod-eu is read-only" in said(pilot)
        await pressed(pilot, "R")
        assert "refreshing is r" in said(pilot)
        assert "read-only" in said(pilot)
        assert not app.dialog_open


@pytest.mark.parametrize("key", ["S", "R", "B", "U"])
async def test_habits_of_another_console_open_nothing_while_read_only(key: str, fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        await pressed(pilot, key)
        action = keymap.by_key(key)
        assert action is not None
        assert said(pilot) == f"{keymap.UNARMED[action.id]}. Read-only: W arms"
        assert not app.dialog_open
        assert not actions.plans


@pytest.mark.parametrize("key", ["C", "K", "E"])
async def test_capitals_of_later_versions_say_so_even_when_armed(key: str, fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(120, 30)) as pilot:
        await armed(pilot, actions)
        await pressed(pilot, key)
        assert "is not part of this version: nothing was opened" in said(pilot)


async def test_without_kubernetes_there_is_nothing_to_arm(fixed_clock: None) -> None:
    app, _, _ = acting_console(profile=Profile())
    app.context.actions = None
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        await pressed(pilot, "W")
        assert "names no Kubernetes" in said(pilot)


# ---- the verbs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("6", Asked("scale", TARGET, replicas=6)),
        ("+2", Asked("scale", TARGET, change=2)),
        ("-1", Asked("scale", TARGET, change=-1)),
        ("0", Asked("scale", TARGET, replicas=0)),
        ("3..30", Asked("bounds", TARGET, minimum=3, maximum=30)),
    ],
)
def test_what_the_number_line_understands(typed: str, expected: Asked) -> None:
    assert parse(typed, TARGET, autoscaled=True) == expected


@pytest.mark.parametrize(
    ("typed", "says"),
    [("", "6, +2, -1"), ("six", "type how many"), ("-0", "changes nothing"), ("30..3", "smaller one first"),
     ("9999999", "more than any cluster"), ("0..3", "1 at least"), ("6; rm", "type how many")],
)  # fmt: skip
def test_what_the_number_line_does_not_take(typed: str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("+", r"\+")):
        parse(typed, TARGET, autoscaled=True)


def test_bounds_without_an_autoscaler_are_no_number() -> None:
    with pytest.raises(ValueError, match="no autoscaler is seen"):
        parse("3..30", TARGET, autoscaled=False)


async def test_s_asks_how_many_and_goes_on_to_the_dialog(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(120, 30)) as pilot:
        await armed(pilot, actions)
        tab = app.tab
        assert tab.go_to("w-api")
        await pressed(pilot, "S")
        await until(pilot, lambda: isinstance(app.screen, NumberDialog))
        await until(pilot, lambda: "keeps 3..3 and wants 5: a number moves its bounds" in text(app))
        assert "now 3 of 3 ready" in text(app)
        assert "room: " in text(app)
        await pilot.press("x", "enter")
        await until(pilot, lambda: "type how many" in text(app))
        await pilot.press("backspace", "+", "2", "enter")
        await until(pilot, lambda: bool(actions.plans))
        assert actions.plans[0].verb == "scale"
        assert actions.plans[0].change == 2
        assert actions.plans[0].target.uid == "w-api"
        await until(pilot, lambda: isinstance(app.screen, WriteDialog) and app.screen.plan is not None)
        assert not actions.written


async def test_b_offers_the_revision_before(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(120, 30)) as pilot:
        await armed(pilot, actions)
        assert app.tab.go_to("w-api")
        await pressed(pilot, "B")
        await until(pilot, lambda: isinstance(app.screen, RevisionsDialog) and bool(app.screen.offered))
        await until(pilot, lambda: "rev 40" in text(app))
        assert "api:1.8.1" in text(app)
        assert "running 14m" in text(app)
        await pilot.press("enter")
        await until(pilot, lambda: bool(actions.plans))
        assert actions.plans[0].revision == "40"


async def test_r_restarts_what_owns_the_pod_under_the_cursor(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(120, 30)) as pilot:
        await armed(pilot, actions)
        assert app.tab.go_to("p-worker-1")
        await pressed(pilot, "R")
        await until(pilot, lambda: bool(actions.plans))
        asked = actions.plans[0]
        assert (asked.verb, asked.target.kind, asked.target.name) == ("restart", "Deployment", "worker")


async def test_a_row_without_a_workload_says_so(fixed_clock: None) -> None:
    app, actions, _ = acting_console(start=3)
    async with app.run_test(size=(120, 30)) as pilot:
        await armed(pilot, actions)
        await pressed(pilot, "R")
        assert "names no workload" in said(pilot)
        assert not app.dialog_open


async def test_u_takes_back_the_last_run_or_the_one_under_the_cursor(
    fixed_clock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(120, 30)) as pilot:
        await armed(pilot, actions)
        await pressed(pilot, "U")
        await until(pilot, lambda: "nothing was done from this console" in text(app))
        read(app.screen)
        await pilot.press("escape")
        await until(pilot, lambda: not app.dialog_open)
        actions.written.append((plan(), ""))
        await pressed(pilot, "U")
        await until(pilot, lambda: bool(actions.plans))
        assert actions.plans[-1].undoes == "run-1"
        read(app.screen)
        await pilot.press("escape")
        monkeypatch.setattr(app.tab, "run_id", lambda: "run-of-a-colleague")
        await until(pilot, lambda: not app.dialog_open)
        await pressed(pilot, "U")
        await until(pilot, lambda: actions.plans[-1].undoes == "run-of-a-colleague")


# ---- what can be done here ----------------------------------------------------------------------------------------


async def test_the_menu_lists_what_can_be_done_and_why_not(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        assert app.tab.go_to("w-api")
        await pressed(pilot, "a")
        await until(pilot, lambda: isinstance(app.screen, ActionsMenu))
        await until(pilot, lambda: "restart deployment/api" in text(app))
        assert "no: read-only: W arms" in text(app)
        assert "no: nothing was done from this console" in text(app)
        await pilot.press("a")
        await until(pilot, lambda: not app.dialog_open)
        await armed(pilot, actions)
        await pressed(pilot, "a", "j", "enter")
        await until(pilot, lambda: bool(actions.plans))
        assert actions.plans[0].verb == "restart"


async def test_the_palette_offers_capitals_only_where_they_make_sense(fixed_clock: None) -> None:
    app, _, _ = acting_console()
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        assert app.tab.go_to("w-api")
        keys = {entry.keys for entry in commands.entries(app)}
        assert {"W", "S", "R", "B"} <= keys
        assert not {"U", "C", "K", "E"} & keys
        app.show_tab(3)
        await settled(pilot)
        assert not {"S", "R", "B"} & {entry.keys for entry in commands.entries(app)}


@pytest.mark.parametrize("key", ["S", "B", "a", "R"])
async def test_hostile_names_stay_text(key: str, fixed_clock: None) -> None:
    app, actions, _ = acting_console(change=story.hostile)
    evil = plan().lines
    actions.answer = plan(
        title=f"RESTART {story.EVIL}",
        lines=tuple(msgspec.structs.replace(line, words=f"{line.words} {story.EVIL}") for line in evil),
        confirm=story.EVIL,
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await armed(pilot, actions)
        assert app.tab.go_to("w-api")
        await pressed(pilot, key)
        await until(pilot, lambda: app.dialog_open)
        await until(pilot, lambda: "␛" in text(app))
        shown_text = text(app)
        assert "\x1b" not in shown_text
        assert "\u202e" not in shown_text


# ---- which workload a row means -----------------------------------------------------------------------------------


async def test_rows_name_their_workload_and_their_finding(fixed_clock: None) -> None:
    app, _, _ = acting_console(start=0)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        api = Target("Deployment", story.NAMESPACE, "api", "w-api", app.tab.target().context)  # type: ignore[union-attr]
        assert tab.target() == api
        finding = tab.finding()
        assert finding is not None
        assert finding.id == "p99:api"
        assert any("api P99" in line for line in tab.snapshot())
        app.show_tab(1)
        tab = await settled(pilot)
        assert tab.go_to("api ")
        assert tab.target() == api
        assert tab.finding() is not None
        app.show_tab(2)
        tab = await settled(pilot)
        for row in ("w-api", "p-api-1", "h-api"):
            assert tab.go_to(row)
            assert tab.target() == api, row
        finding = tab.finding()
        assert finding is not None
        assert finding.id in ("hpa:api", "p99:api")
        tab = await settled(pilot)
        assert len(tab.snapshot()) > 1
        app.show_tab(3)
        tab = await settled(pilot)
        assert tab.target() is None
        assert tab.snapshot()


# ---- what is told of a run ----------------------------------------------------------------------------------------


async def test_the_frame_and_the_pane_tell_how_a_run_goes_and_whether_it_helped(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        app.tab.go_to("w-api")
        run = Run(plan(), Phase.WRITTEN, "12 of 20 new pods ready", story.NOW)
        actions.tell(run)
        await until(pilot, lambda: "rollback api: 12 of 20 new pods ready" in shown(app, "headline"))
        await until(pilot, lambda: text(app).count("12 of 20 new pods ready") == 2)
        helped = msgspec.structs.replace(
            run, phase=Phase.READY, words="ready", ended=story.NOW, helped=Helped.HELPED,
            helped_words="checkout P99 under 0.5 s",
        )  # fmt: skip
        actions.tell(helped)
        await until(pilot, lambda: "ready · helped: checkout P99 under 0.5 s" in shown(app, "headline"))
        assert "helped" in said(pilot)
        actions.tell(msgspec.structs.replace(helped, helped=Helped.WORSE, helped_words="5xx 0.3 to 4 %"))
        await until(pilot, lambda: "worse: 5xx 0.3 to 4 % · U undoes" in shown(app, "headline"))


async def test_what_an_earlier_console_left_without_an_outcome_is_said(
    fixed_clock: None,
) -> None:
    app, actions, _ = acting_console()
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        lost = Run(plan(), Phase.UNKNOWN, "asked, outcome unknown", story.ago(60))
        actions.tell(lost)
        assert "asked before this console opened: rollback api: asked, outcome unknown" in said(pilot)
        found = msgspec.structs.replace(lost, phase=Phase.READY, words="found: the write is there; ready")
        actions.tell(msgspec.structs.replace(found, ended=story.NOW))
        assert "rollback api: found: the write is there; ready" in said(pilot)


# ---- leaving ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [("q",), ("ctrl+q",), ("ctrl+c", "ctrl+c")], ids=" ".join)
async def test_leaving_asks_while_armed_and_while_a_run_goes_on(
    keys: tuple[str, ...], fixed_clock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a busy machine may take longer between the two keys than a hand that means both
    monkeypatch.setattr("opsconsole.app.LEAVES_S", 600.0)
    app, actions, _ = acting_console()
    async with app.run_test(size=(120, 30)) as pilot:
        await armed(pilot, actions)
        actions.tell(Run(plan(), Phase.WRITTEN, "12 of 20 new pods ready", story.NOW))
        await pressed(pilot, *keys)
        question = app.screen
        assert isinstance(question, Confirm)
        assert any("12 of 20" in line for line in question.lines)
        assert "writes are armed" in question.lines


async def test_a_refusal_of_the_undo_is_a_sentence(fixed_clock: None) -> None:
    app, actions, _ = acting_console()
    actions.answer = Refused("gone", "deployment/api is gone", "nothing to do")
    async with app.run_test(size=(120, 30)) as pilot:
        await armed(pilot, actions)
        assert app.tab.go_to("w-api")
        await pressed(pilot, "R")
        await until(pilot, lambda: "REFUSED (gone): deployment/api is gone" in text(app))
        assert "do: nothing to do" in text(app)
