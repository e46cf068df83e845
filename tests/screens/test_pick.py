"""What completes :ctx and :ns in the palette, and the list that they open."""

from collections.abc import Mapping
from typing import Any

import pytest

from opsconsole.config.settings import Kubernetes, Profile
from opsconsole.screens.dialogs.palette import PaletteDialog
from opsconsole.screens.dialogs.pick import Pick
from opsconsole.screens.platforms import Platform, Seen, choice, fitting

from .driving import until
from .stub import make

LIVE = Platform(Profile(kubernetes=Kubernetes(context="arn/live")), "live", "arn/live")
STAGING = Platform(Profile(kubernetes=Kubernetes(context="staging")), "", "staging")
OTHER = Platform(Profile(kubernetes=Kubernetes(context="live")), "", "live")


class FakeSwitcher:
    """Goes nowhere, and remembers where it was to go."""

    def __init__(self, *platforms: Platform) -> None:
        self.platforms, self.here = platforms, platforms[0]
        self.problems: tuple[str, ...] = ()
        self.seen: Mapping[str, Seen] = {}
        self.favourites: tuple[str, ...] = ()
        self.gone: list[str] = []

    async def look(self) -> None:
        pass

    async def check(self, platform: Platform) -> None:
        pass

    async def enter(self, platform: Platform) -> None:
        self.gone.append(platform.name)

    def narrow(self, namespaces: tuple[str, ...]) -> None:
        pass

    def star(self, namespace: str) -> str:
        return ""


@pytest.mark.parametrize(
    ("keys", "gone"), [("ctx st", ["staging"]), ("ctx staging", ["staging"]), ("ctx s,down,up", ["staging"])]
)
async def test_enter_takes_what_is_meant_or_what_the_cursor_was_moved_to(keys: str, gone: list[str]) -> None:
    app = make()
    switcher: Any = FakeSwitcher(LIVE, STAGING)
    app.context.switcher = switcher
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.focused is not None)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, PaletteDialog))
        typed, *moves = keys.split(",")
        await pilot.press(*typed, *moves, "enter")
        await until(pilot, lambda: switcher.gone == gone)


async def test_what_leaves_a_choice_opens_the_list_narrowed_to_it() -> None:
    app = make()
    switcher: Any = FakeSwitcher(STAGING, LIVE, OTHER)
    app.context.switcher = switcher
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.focused is not None)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, PaletteDialog))
        await pilot.press(*"ctx live", "enter")
        await until(pilot, lambda: isinstance(app.screen, Pick))
        assert switcher.gone == []
        await pilot.press("enter")
        await until(pilot, lambda: switcher.gone == ["live"])


def test_a_name_of_two_things_means_neither() -> None:
    assert choice("live", [LIVE, OTHER]) is None
    assert choice("arn/live", [LIVE, OTHER]) is LIVE
    assert [one.name for one in fitting("live", [STAGING, LIVE, OTHER])] == ["live", "live"]
