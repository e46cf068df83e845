"""A tab whose views are one class each: the shape of such a view, and the tab that asks the one that is shown."""

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

from textual.widget import Widget

from .base import Option, View
from .table_tab import TableTab


class TabView:
    """Subclasses are one view each; the tab asks them and knows no view itself. All is called on the event loop."""

    view: ClassVar[View]
    further: ClassVar[tuple[View, ...]] = ()
    """Ways to look at it that have no place in the strip: the palette leads there."""
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {}
    """Pane → letter after `s` → (column id, what it sorts by)."""
    hints: ClassVar[tuple[str, ...]] = ("enter", "view.next", "filter", "sort", "wrong", "raw", "options", "help")

    @property
    def id(self) -> str:
        return self.view.id

    @property
    def pane(self) -> str:
        """Id of the widget that is shown: the view's own, unless one went into a row."""
        return self.view.id

    def panes(self) -> dict[str, Widget]:
        """Its widgets by the id of their pane, the view's own first."""
        raise NotImplementedError

    # ---- what keys do -----------------------------------------------------------------------------------------------

    def enter(self, row: Any) -> bool:
        """Go into a row; False: its description opens."""
        return False

    def back(self) -> bool:
        """Come back out of a row."""
        return False

    def opened_rows(self) -> Any:
        """What one went into or opened, for `open_again`."""
        return None

    def open_again(self, opened: Any) -> None:
        """One comes back from where a row led."""

    def leave(self) -> None:
        """Another view is shown: the next time this one begins at its top."""

    def act(self, action_id: str, row: Any) -> bool:
        """An action of the key table that only this view knows."""
        return False

    def show_further(self, view_id: str) -> None:
        """Look at it one of the further ways."""

    def find(self, identity: str) -> bool:
        """Put the cursor on that row; False where there is none of that identity."""
        return False

    # ---- what the frame shows ---------------------------------------------------------------------------------------

    def headline(self) -> str:
        """The verdict of the view in one line, led by how far its reading can be trusted."""
        return ""

    def note(self) -> str:
        """Beside its title in the strip: a count, `▲1`, or `?` while nobody can tell, also where old rows stand."""
        return ""

    def windows(self) -> Sequence[str]:
        """At the right of the strip, after the server: the window that is shown, in fewer and fewer words."""
        return ()

    def options(self) -> tuple[Option, ...]:
        return ()

    def set_option(self, option_id: str, on: bool) -> None:
        """Switch one of them."""

    # ---- about a row ------------------------------------------------------------------------------------------------

    def is_wrong(self, row: Any) -> bool:
        return True

    def raw(self, row: Any) -> str:
        """The row as its source tells it: SQL, a line of INFO, JSON."""
        return ""

    def copy_command(self, row: Any) -> str:
        """A command that shows the same: psql, redis-cli, promtool, curl."""
        return ""

    def why(self, row: Any) -> str:
        """How it came about, and the queries behind it."""
        return ""

    def subject(self, row: Any) -> str:
        """The service, workload or application that it belongs to."""
        return ""

    def about(self, row: Any) -> list[str]:
        """Objects of findings that speak of it."""
        return []


V = TypeVar("V", bound=TabView)


class ViewsTab(TableTab, Generic[V]):
    """Subclasses fill `kinds` in `build`; what only a view knows is asked of the one that is shown."""

    kinds: dict[str, V]
    """The views by their ids."""

    @property
    def shown_view(self) -> V:
        return self.kinds[self.view]

    @property
    def pane(self) -> str:
        return self.shown_view.pane

    def subject(self) -> str:
        return self.shown_view.subject(self.row)

    def headline(self) -> str:
        return self.shown_view.headline()

    def view_note(self, view_id: str) -> str:
        return self.kinds[view_id].note()

    def is_wrong(self, row: Any) -> bool:
        return self.shown_view.is_wrong(row)

    def hints(self) -> tuple[str, ...]:
        return self.shown_view.hints

    def options(self) -> tuple[Option, ...]:
        return self.shown_view.options()

    def set_option(self, option_id: str, on: bool) -> None:
        self.shown_view.set_option(option_id, on)

    def raw(self) -> str:
        return self.shown_view.raw(self.row)

    def copy_command(self) -> str:
        return self.shown_view.copy_command(self.row)

    def why(self) -> str:
        return self.shown_view.why(self.row)
