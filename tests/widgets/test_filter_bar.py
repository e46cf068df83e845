"""The filter line keeps what is typed behind it, and never for good."""

from textual.app import App, ComposeResult

from opsconsole.widgets.filter_bar import FilterBar


class Holder(App[None]):
    """Counts holds; the filter that it applies may be refused."""

    def __init__(self) -> None:
        super().__init__()
        self.held = 0
        self.filters: list[str] = []
        self.bar = FilterBar(self.filters.append, lambda: None)

    def compose(self) -> ComposeResult:
        yield self.bar

    def hold_keys(self) -> None:
        self.held += 1

    def release_keys(self) -> None:
        self.held -= 1


async def test_letters_and_editing_keys_are_done_before_it_closes() -> None:
    app = Holder()
    async with app.run_test() as pilot:
        app.bar.open("")
        await pilot.press("a", "b", "backspace", "c")
        assert app.bar.press("enter")
        assert app.held == 1
        await pilot.pause()
        assert (app.held, app.filters[-1]) == (0, "ac")
        assert not app.bar.press("x")


async def test_keys_are_let_go_when_the_line_goes_away() -> None:
    app = Holder()
    async with app.run_test() as pilot:
        app.bar.open("")
        app.bar.press("down")
        await app.bar.remove()
        await pilot.pause()
        assert app.held == 0


async def test_what_comes_after_the_end_filters_nothing() -> None:
    app = Holder()
    async with app.run_test() as pilot:
        app.bar.open("api")
        app.bar.press("esc")
        await pilot.pause()
        assert app.filters == [""]
        app.bar.value = "left over"
        await pilot.pause()
        assert app.filters == [""]


async def test_typing_replaces_what_was_filtered_and_an_arrow_goes_on_from_it() -> None:
    app = Holder()
    async with app.run_test() as pilot:
        app.bar.open("api")
        await pilot.press("w", "e")
        assert app.filters[-1] == "we"
        app.bar.open("api")
        await pilot.press("right", "s")
        assert app.filters[-1] == "apis"
