"""The baseline of a row on its page, and what shifted accepted from the menu of `a`, with a reason."""

from datetime import timedelta
from types import SimpleNamespace
from typing import cast

from opsconsole.model.baseline import Baseline, Baselines, Comparison, RowBaseline, Window
from opsconsole.model.reading import Reading, State
from opsconsole.poller.topics import BASELINES, COMPARISONS
from opsconsole.records.records import Records
from opsconsole.rules import regression
from opsconsole.rules.baseline_words import normal_facts, page
from opsconsole.rules.deploy_comparison import latency
from opsconsole.screens.dialogs.accept_baseline import AcceptDialog
from opsconsole.screens.dialogs.actions_menu import ActionsMenu
from tests.poller.test_baselines import Kept
from tests.screens.driving import until
from tests.screens.story import NOW, board
from tests.screens.tabs import console, settled

BASE = Baseline(
    "p99", "s", 44, 11, "weekdays 02h", 0.3, 0.004, 0.004, 0.24, 0.36, 0.29, (0.25, 0.5), NOW - timedelta(days=14), NOW
)
FEW = Baseline("errors", "ratio", 9, 3, "all days 01–03h")
WINDOWS = tuple(
    Window((NOW - timedelta(minutes=5 * ago)).timestamp(), p99=p99, requests=41.0)
    for ago, p99 in ((4, 0.31), (3, None), (2, 1.9), (1, 1.91), (0, 1.9))
)
ROW = RowBaseline("api", "", (BASE, FEW), WINDOWS)
SHIFT = regression.shift(ROW)
assert SHIFT is not None
KNOWN = Baselines(NOW, "weekdays 02h", (ROW,), (SHIFT,))
RELEASE = Comparison(
    "api",
    "release api 1.8.1→1.8.2",
    NOW,
    (latency("p99", [0.3, 0.31, 0.29, 0.305, 0.295, 0.302, 0.298], [1.9, 1.89, 1.91]),),
    7,
    3,
)


def test_the_page_says_what_is_normal_by_which_rule_and_what_left_it() -> None:
    text = page(KNOWN, (RELEASE,), "api", "")
    told = " ".join(text.split())
    assert "P99 240–360 ms 1.9 s 269.8 44 11" in told
    assert "P99 0.25–0.5 s, est. 0.3 4 ms" in told
    assert "5xx      n too small: 3 of 8 hours" in text
    assert "api P99 1.9 s x6.3, shifted since 2026-03-26 02:38Z: accept or mend" in text
    assert "ok      z 1.7 is not above 3" in text
    assert "rule  a shift: z = 0.6745 × (value − median) / MAD above 3, 20 % or more" in text
    assert "release api 1.8.1→1.8.2: P99 x6.3 after, n=7+3" in text
    assert page(None, (), "api", "") == "api: no baseline yet"
    assert normal_facts(KNOWN, "api", "") == [
        ("normal P99", "240–360 ms, n=44 of 11 hours, weekdays 02h"),
        ("normal 5xx", "n too small: 3 of 8 hours"),
    ]


async def test_what_shifted_is_accepted_with_a_reason_read_only_or_not() -> None:
    shown = board()
    shown.publish(BASELINES, Reading(KNOWN, State.OK, NOW))
    released: tuple[Comparison, ...] = (RELEASE,)
    shown.publish(COMPARISONS, Reading(released, State.OK, NOW))
    app = console(shown, start=1)
    log = Kept()
    app.context.records = cast(Records, SimpleNamespace(store=log))
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        await pilot.press("e")
        await until(pilot, lambda: "baseline · " in str(getattr(app.screen, "heading", "")))
        await pilot.press("escape", "a")
        await until(pilot, lambda: isinstance(app.screen, ActionsMenu))
        menu = app.screen
        assert isinstance(menu, ActionsMenu)
        offer = menu.offers[-1]
        assert offer.words == "accept api as it is"
        menu.dismiss(None)
        app.do(offer.action)
        await until(pilot, lambda: isinstance(app.screen, AcceptDialog) and bool(app.screen._inputs))
        dialog = app.screen
        assert isinstance(dialog, AcceptDialog)
        said = await _saved(dialog, "")
        assert said == "say why: a baseline without a reason helps nobody later"
        assert "saved: api: dearer by design" in await _saved(dialog, "dearer by design")
    (note,) = log.notes
    assert (note.what, note.service, note.note) == ("accepted", "api", "dearer by design")


async def _saved(dialog: AcceptDialog, why: str) -> str:
    dialog._inputs["why"].value = why
    try:
        return await dialog.save("Accept")
    except ValueError as error:
        return str(error)
