"""The key table: one meaning a key, everywhere."""

import importlib
import pkgutil
from collections import Counter

import pytest
from textual.widget import Widget

import opsconsole.screens
import opsconsole.widgets
from opsconsole.cli.console import LOADERS
from opsconsole.config import keymap
from opsconsole.config.keymap import ACTIONS, NEVER_BOUND, Grade

from .driving import opened, shown, until
from .stub import make


def test_no_key_stands_for_two_actions() -> None:
    keys = Counter(key for action in ACTIONS for key in action.keys)
    assert not [key for key, count in keys.items() if count > 1]
    assert not set(keys) & (set(NEVER_BOUND) | set(keymap.SAYS))


def test_capitals_leave_traces_and_lower_case_does_not() -> None:
    for action in ACTIONS:
        capital = any(len(key) == 1 and key.isupper() for key in action.keys)
        assert capital == (action.grade is not Grade.LOOK) or action.id == "bottom"


def test_every_capital_is_spoken_for() -> None:
    bound = {key for action in ACTIONS for key in action.keys}
    assert {chr(code) for code in range(65, 91)} <= bound | set(NEVER_BOUND)


def test_the_readme_table_names_every_key() -> None:
    table = keymap.markdown()
    assert all(f"`{key}`" in table for action in ACTIONS for key in action.keys)


def test_no_widget_binds_a_key_of_its_own() -> None:
    """Keys are dispatched by the application; a widget's own binding would give one another meaning."""
    for package in (opsconsole.screens, opsconsole.widgets):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            for thing in vars(importlib.import_module(module.name)).values():
                if isinstance(thing, type) and issubclass(thing, Widget) and thing.__module__ == module.name:
                    assert not vars(thing).get("BINDINGS"), thing


@pytest.mark.parametrize("digit", range(7))
async def test_never_bound_keys_do_nothing_on_any_tab(digit: int) -> None:
    app = make()
    async with app.run_test(size=(120, 30)) as pilot:
        await opened(pilot)
        await pilot.press(str(digit))
        tab = await opened(pilot, digit)
        tab.asked.clear()
        # The strip also carries the time of day, which goes on meanwhile.
        lines = [shown(app, name) for name in ("views", "headline", "footer")]
        names = {"ctrl+s": "ctrl+s", "ctrl+k": "ctrl+k", "backspace": "backspace", "delete": "delete"}
        for key in NEVER_BOUND:
            await pilot.press(names.get(key, key))
            await until(pilot, lambda: app._gate.deadline is None)
        assert tab.asked == []
        assert not app.dialog_open
        assert [shown(app, name) for name in ("views", "headline", "footer")] == lines
        assert app.tab is tab


def test_every_word_of_k9s_names_a_view_that_there_is() -> None:
    tabs = {digit: load() for digit, load in LOADERS.items()}
    views = {digit: {view.id for view in (*tab.views, *tab.further_views)} for digit, tab in tabs.items()}
    assert all(view in views[digit] for digit, view in keymap.RESOURCES.values())


@pytest.mark.parametrize("action", [a for a in ACTIONS if a.grade is Grade.SYSTEM], ids=lambda action: action.id)
async def test_system_capitals_only_answer_without_a_cluster(action: keymap.Action) -> None:
    app = make()
    async with app.run_test(size=(160, 30)) as pilot:
        tab = await opened(pilot)
        tab.asked.clear()
        await pilot.press(action.keys[0])
        says = "nothing to change" if action.id == "arm" else keymap.unarmed(action)
        await until(pilot, lambda: says in shown(app, "footer"))
        assert tab.asked == []
        assert not app.dialog_open


async def test_m_and_u_say_which_key_is_meant() -> None:
    app = make()
    async with app.run_test(size=(120, 30)) as pilot:
        await opened(pilot)
        for key, says in keymap.SAYS.items():
            await pilot.press(key)
            assert says in shown(app, "footer")
