"""TextPage: nothing of a line is lost without a sign of it."""

from textual.app import App, ComposeResult

from opsconsole.widgets.line import Part
from opsconsole.widgets.text_page import TextPage


class Console(App[None]):
    def __init__(self, fold: bool) -> None:
        super().__init__()
        self.page = TextPage(fold=fold)

    def compose(self) -> ComposeResult:
        yield self.page


def seen(app: App[None]) -> list[str]:
    """The lines of the screen."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


async def test_a_page_with_a_scrollbar_folds_before_it() -> None:
    async with Console(fold=True).run_test(size=(40, 6)) as pilot:
        assert isinstance(pilot.app, Console)
        words = "two of the pods are ready: one too fewer than asked for"
        pilot.app.page.show([[Part(words)]])
        await pilot.pause()
        assert seen(pilot.app)[0] == words[:40]  # it fits to the last cell
        pilot.app.page.show([[Part(words)]] * 9)
        await pilot.pause()
        assert " ".join(line[:39].strip() for line in seen(pilot.app)[:2]) == words


async def test_a_line_that_goes_on_to_the_right_ends_in_a_sign_of_it() -> None:
    async with Console(fold=False).run_test(size=(40, 6)) as pilot:
        assert isinstance(pilot.app, Console)
        pilot.app.page.show([[Part("a" * 30), Part("b" * 30)]] * 9)
        await pilot.pause()
        assert seen(pilot.app)[0][:39] == "a" * 30 + "b" * 8 + "~"
        for _ in range(3):
            pilot.app.page.move("right")
        await pilot.pause()
        assert seen(pilot.app)[0][:39] == "a" * 9 + "b" * 30
