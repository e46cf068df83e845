"""The frame: tabs, views, chords, ways back, filter, freeze, dialogs."""

from typing import Any

import msgspec
import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from opsconsole.model.finding import Finding, Severity
from opsconsole.model.incident import Incident, Incidents
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.poller import topics
from opsconsole.screens.dialogs.confirm import Confirm
from opsconsole.screens.dialogs.help import HelpDialog
from opsconsole.screens.dialogs.page import Dialog
from opsconsole.screens.dialogs.palette import PaletteDialog
from opsconsole.screens.dialogs.sources import SourcesDialog
from opsconsole.text import clock
from opsconsole.widgets import now_line
from opsconsole.widgets.line import Line, plain
from opsconsole.widgets.source_state import Sources, summarise
from opsconsole.widgets.theme import UNICODE

from . import story
from .driving import opened, read, shown, until
from .stub import make


async def test_digits_switch_and_focus_follows() -> None:
    app = make()
    async with app.run_test(size=(160, 45)) as pilot:
        await opened(pilot)
        for digit in (2, 5, 0, 6):
            await pilot.press(str(digit))
            tab = await opened(pilot, digit)
            await until(pilot, lambda tab=tab: tab.page.has_focus)  # type: ignore[misc]  # bound for this turn
            assert [other.digit for other in app.tabs.values() if other.display] == [digit]


async def test_the_strip_tells_badges_platform_mode_and_sources() -> None:
    app = make()
    async with app.run_test(size=(160, 45)) as pilot:
        await opened(pilot)
        strip = shown(app, "strip")
        assert "0 Now 4" in strip
        assert "1 Metrics ▲1" in strip
        assert "READ-ONLY" in strip
        assert "prod-eu/shop-prod" in strip
        assert "am FAILED" in strip
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "R/O" in shown(app, "strip"))
        assert len(shown(app, "strip")) == 80
        assert "1Met▲" in shown(app, "strip")


async def test_views_by_tab_and_by_chord() -> None:
    app = make()
    async with app.run_test(size=(120, 30)) as pilot:
        await opened(pilot)
        await pilot.press("2")
        tab = await opened(pilot, 2)
        await pilot.press("tab")
        assert tab.view == "workloads"
        await pilot.press("shift+tab", "shift+tab")
        assert tab.view == "pods"
        await pilot.press("v")
        assert "w Wrong" in shown(app, "footer")
        await pilot.press("w")
        assert tab.view == "wrong"
        await pilot.press("v", "j")
        assert tab.view == "wrong"
        assert "v j means nothing here" in shown(app, "footer")
        await pilot.press("s", "c")
        assert tab.asked[-1] == "sort.c"


async def test_escape_comes_back_from_evidence_and_q_leaves_only_at_the_root() -> None:
    app = make()
    async with app.run_test(size=(120, 30)) as pilot:
        await opened(pilot)
        app.go(3)
        await opened(pilot, 3)
        await pilot.press("escape")
        await opened(pilot, 0)
        app.go(3)
        await opened(pilot, 3)
        await pilot.press("q")
        await opened(pilot, 0)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert (app.return_code or 0) == 0


async def test_n_goes_through_the_findings_by_rank() -> None:
    app = make()
    async with app.run_test(size=(160, 30)) as pilot:
        await opened(pilot)
        seen = []
        for _ in range(5):
            await pilot.press("n")
            seen.append(app.tab.digit)
        assert seen == [1, 2, 1, 3, 1]
        assert "finding 1/4" in shown(app, "footer")
        await pilot.press("b")
        assert "finding 4/4" in shown(app, "footer")


async def test_the_filter_takes_all_keys_until_it_is_left() -> None:
    app = make()
    async with app.run_test(size=(120, 30)) as pilot:
        tab = await opened(pilot)
        await pilot.press("/")
        await until(pilot, lambda: isinstance(app.focused, Input))
        tab.asked.clear()
        await pilot.press(*"2jDq!x")
        assert tab.filter_text == "2jDq!x"
        assert tab.asked == []
        await pilot.press("enter")
        await until(pilot, lambda: tab.page.has_focus)
        assert shown(app, "headline") == " Now: 2jDq!x"
        await pilot.press("escape")
        assert tab.filter_text == ""


async def test_type_ahead_waits_for_the_palette() -> None:
    app = make()
    async with app.run_test(size=(120, 30)) as pilot:
        await opened(pilot)
        for key in (":", "p", "o", "enter"):
            app.take(_key(key))
        await opened(pilot, 2)
        assert app.tab.view == "pods"
        assert not app.dialog_open


@pytest.mark.parametrize(
    ("typed", "lands"), [("hpa", 2), ("dp", 2), ("queries", 3), ("ns other", 0), ("theme light", 0), ("zzz", 0)]
)
async def test_words_of_the_palette(typed: str, lands: int) -> None:
    app = make()
    async with app.run_test(size=(160, 30)) as pilot:
        await opened(pilot)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, PaletteDialog))
        await pilot.press(*(" " if c == " " else c for c in typed), "enter")
        await until(pilot, lambda: not app.dialog_open)
        await opened(pilot, lands)
        if typed.startswith("ns"):
            await until(pilot, lambda: "ns: there is no Kubernetes in this profile" in shown(app, "footer"))
        if typed.startswith("theme"):
            await until(pilot, lambda: app.palette.name == "light")


async def test_keys_typed_before_the_first_tab_stands_are_kept() -> None:
    app = make()
    for key in "2vp":
        app.take(events.Key(key, key))
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, lambda: app.frame.active is not None and app.tab.digit == 2 and app.tab.at_view("pods"))


async def test_help_is_made_from_the_table_for_the_tab() -> None:
    app = make()
    async with app.run_test(size=(160, 45)) as pilot:
        await opened(pilot)
        await pilot.press("2")
        await opened(pilot, 2)
        await pilot.press("?")
        await until(pilot, lambda: isinstance(app.screen, HelpDialog))
        assert isinstance(app.screen, HelpDialog)
        text = app.screen.page.text
        assert "v p Pods" in text
        assert "terminate a backend" in text
        assert "nobody can tell, because a source does not answer" in text
        await pilot.press("?")
        await until(pilot, lambda: not app.dialog_open)


async def test_problems_show_state_source_and_remedy() -> None:
    app = make()
    async with app.run_test(size=(160, 45)) as pilot:
        await opened(pilot)
        app.stalls.late(0.2)
        await pilot.press("!")
        await until(pilot, lambda: isinstance(app.screen, SourcesDialog))
        assert isinstance(app.screen, SourcesDialog)
        text = app.screen.page.text
        for part in ("am.alerts", "FAILED", "refused the connection", "do: start it", "for 50 ms or more", "12 ms"):
            assert part in text
        await pilot.press("escape")
        await until(pilot, lambda: not app.dialog_open)


async def test_raw_text_is_shown_plain() -> None:
    app = make()
    async with app.run_test(size=(160, 45)) as pilot:
        await opened(pilot)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        assert isinstance(app.screen, Dialog)
        assert "colour: ␛[31mred␛[0m" in app.screen.page.text


async def test_a_dialog_says_which_keys_count() -> None:
    app = make()
    async with app.run_test(size=(160, 45)) as pilot:
        await opened(pilot)
        await pilot.press("y", "d")
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        line = app.screen.query_one("#dialog-hint", Line)
        await until(pilot, lambda: "d (describe) does nothing here; what counts: j k move" in line.text)
        await pilot.press("j")
        await until(pilot, lambda: line.text.strip().startswith("j k move"))


async def test_frozen_news_waits_and_then_comes() -> None:
    app = make()
    heard: list[Any] = []
    async with app.run_test(size=(120, 30)) as pilot:
        tab = await opened(pilot)
        tab.follow(topics.TILES, lambda reading, _delta: heard.append(reading.source))
        await pilot.press("p")
        assert "FROZEN" in shown(app, "strip")
        app.context.board.publish(topics.TILES, Reading(None, State.OK, clock.now(), 0.1, "second"))
        await pilot.pause()
        assert heard == ["GET /api/v1/x"]
        await pilot.press("p")
        await until(pilot, lambda: heard[-1] == "second")
        assert "FROZEN" not in shown(app, "strip")


async def test_leaving_during_an_incident_asks_and_cancel_has_the_focus() -> None:
    app = make()
    now = clock.now()
    incident = Incident("INC-7", "checkout slow", 2, "investigating", "api", now, now)
    app.context.board.publish(topics.INCIDENTS, Reading(Incidents((incident,)), State.OK, now))
    async with app.run_test(size=(120, 30)) as pilot:
        await opened(pilot)
        await until(pilot, lambda: "●" in shown(app, "strip"))
        assert "INC-7 S2" in shown(app, "now")
        await pilot.press("q")
        question = await asked(pilot)
        assert "INC-7" in question.lines[0]
        await pilot.press("enter", "y")
        assert app.dialog_open, "keys right after opening must not count"
        read(question)
        await pilot.press("y")
        assert app.dialog_open
        read(question)
        await pilot.press("enter")
        await until(pilot, lambda: not app.dialog_open)
        assert app.is_running
        await pilot.press("q")
        question = await asked(pilot)
        read(question)
        await pilot.press("tab")
        read(question)
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)


async def test_full_screen_and_back() -> None:
    app = make()
    async with app.run_test(size=(120, 30)) as pilot:
        tab = await opened(pilot)
        before = tab.size.height
        await pilot.press("f")
        await until(pilot, lambda: tab.size.height > before)
        await pilot.press("escape")
        await until(pilot, lambda: tab.size.height == before)


async def test_the_bell_rings_once_for_a_new_grave_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make()
    rung: list[int] = []
    monkeypatch.setattr(app, "bell", lambda: rung.append(1))
    async with app.run_test(size=(120, 30)) as pilot:
        await opened(pilot)
        old = app.frame.findings
        for findings in (old, (*old, Finding("new", Severity.CRITICAL, "new", 1)), old):
            app.context.board.publish(topics.FINDINGS, Reading(findings, State.OK, clock.now()))
        assert rung == [1]


def test_the_now_line_holds_a_finding_for_thirty_seconds() -> None:
    now = [0.0]
    chooser = now_line.Chooser(lambda: now[0])
    first = Finding("a", Severity.WARNING, "a", 1, customers=1)
    other = Finding("b", Severity.WARNING, "b", 1, customers=50)
    grave = Finding("c", Severity.CRITICAL, "c", 1)
    assert chooser.choose([first]) is first
    now[0] = 29.0
    assert chooser.choose([first, other]) is first
    assert chooser.choose([first, other, grave]) is grave
    now[0] = 70.0
    assert chooser.choose([first, other]) is other
    assert chooser.choose([msgspec.structs.replace(other, state="pending")]) is None


def test_the_now_line_names_the_statement_and_not_the_counter_that_it_moves() -> None:
    symptom = Finding("health:pg:cache-hit", Severity.WARNING, "a", 3, since=story.ago(8), rule="health")
    cause = Finding("slower:cf8a", Severity.WARNING, "b", 3, since=story.ago(2), rule="statement")
    assert now_line.Chooser(lambda: 0.0).choose([symptom, cause]) is cause


def test_what_came_before_is_shortened_before_whom_it_hurts_is_cut() -> None:
    """`121 customers` that ends as `12~` would be read as twelve."""
    found = Finding(
        "p99", Severity.CRITICAL, "api P99 1.9 s > 500 ms", 1, since=story.ago(12),
        after="release api 1.8.1→1.8.2 (02:39)", whom="121 customers", customers=121,
    )  # fmt: skip
    incident = story.incidents().incidents[0]

    def shown(width: int, incident: Incident | None) -> str:
        return plain(now_line.now_line(width, found, 3, incident, Sources(7), UNICODE, story.NOW))

    assert shown(80, incident).startswith("▲1 api P99 1.9 s > 500 ms 12m aft api 1.8.2 121cust ")
    for width in (120, 160):
        assert " · after api 1.8.2 · 121 customers " in shown(width, incident)
    assert " · after release api 1.8.1→1.8.2 (02:39) · 121 customers " in shown(160, None)


def test_no_word_of_comfort_while_something_is_blind() -> None:
    parts = now_line._nothing(Sources(7, (("loki", State.FAILED),)))
    assert "loki is failed" in parts.text
    assert "nothing found wrong" in now_line._nothing(Sources(7)).text
    assert "1 limit is exceeded" in now_line._nothing(Sources(7), 1).text
    assert "2 limits are exceeded" in now_line._nothing(Sources(7), 2).text


def test_a_system_is_as_well_as_its_worst_topic() -> None:
    readings: list[tuple[Any, Reading[Any]]] = [
        (topics.PODS, Reading(state=State.OK)),
        (topics.NODES, Reading(state=State.STALE)),
        (topics.REDIS, Reading(state=State.OFF)),
        (topics.COSTS, Reading(state=State.OK)),
    ]
    assert summarise(readings).words() == "src 1/2 k8s STALE"


def test_what_may_not_be_read_beside_what_may_is_no_failure() -> None:
    forbidden: Reading[Any] = Reading(state=State.FAILED, problem=Problem(ProblemKind.FORBIDDEN, "forbidden"))
    readings: list[tuple[Any, Reading[Any]]] = [(topics.PODS, Reading(state=State.OK)), (topics.NODES, forbidden)]
    some = summarise(readings)
    assert (some.words(), some.words(compact=True), some.style) == ("src 1/1 k8s partly forbidden", "src1/1", "warning")
    assert "partly forbidden" in now_line._nothing(some).text
    nothing: list[tuple[Any, Reading[Any]]] = [
        (topics.CLUSTER, readings[0][1]),
        (topics.PODS, forbidden),
        (topics.NODES, forbidden),
    ]
    assert summarise(nothing).words() == "src 0/1 k8s FAILED"
    assert summarise([(topics.TILES, forbidden), (topics.SPLITS, readings[0][1])]).words() == "src 0/1 prom FAILED"


async def asked(pilot: Pilot[None]) -> Confirm:
    """The question that is open, drawn."""

    def drawn() -> bool:
        screen = pilot.app.screen
        return isinstance(screen, Confirm) and any("CANCEL" in line.text for line in screen.query(Line))

    await until(pilot, drawn)
    assert isinstance(pilot.app.screen, Confirm)
    return pilot.app.screen


def _key(key: str) -> Any:
    from opsconsole.screens.keys import event_of

    return event_of(key)
