"""The shape of a view of tab 3: its tables, what it is made of, its words, and what keys mean on its rows."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.widget import Widget

from ...model.reading import Reading, State
from ..asked_words import asked_of, asked_words
from ..base import Option, View
from ..table_tab import trust, verdict
from .desk import Desk


class QueryView:
    """Subclasses are one view each; the tab asks them and knows no view itself. All is called on the event loop."""

    view: ClassVar[View]
    further: ClassVar[tuple[View, ...]] = ()
    """Ways to look at it that have no place in the strip: the palette leads there."""
    made_of: ClassVar[str] = ""
    """Name of the reading whose age and trust stand above the view."""
    hears: ClassVar[tuple[str, ...]] = ()
    """Names of further readings whose news it takes, of whichever server."""
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {}
    """Pane → letter after `s` → (column id, what it sorts by)."""
    hints: ClassVar[tuple[str, ...]] = ("enter", "view.next", "filter", "sort", "wrong", "raw", "options", "help")

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @property
    def id(self) -> str:
        return self.view.id

    @property
    def pane(self) -> str:
        """Id of the widget that is shown: the view's own, unless one went into a row."""
        return self.view.id

    @property
    def reading(self) -> Reading[Any]:
        return self.desk.reading(self.made_of) if self.made_of else Reading()

    @property
    def value(self) -> Any:
        """What the reading holds; None until there is one."""
        return self.reading.value

    # ---- to be filled -----------------------------------------------------------------------------------------------

    def panes(self) -> dict[str, Widget]:
        """Its widgets by the id of their pane, the view's own first."""
        raise NotImplementedError

    def take(self, name: str, server: str) -> None:
        """News of that name from that server; also called for all when another server is looked at."""

    def words(self) -> str:
        """The verdict of the view in one line, as long as there is a reading."""
        return ""

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
        return verdict(self.reading, self.words() if self.value is not None else "")

    def note(self) -> str:
        """Beside its title in the strip: a count, `▲1`, or `?` while nobody can tell, also where old rows stand."""
        return "?" if self.reading.state in (State.STALE, State.FAILED) else ""

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
        """Its full SQL, its line of INFO."""
        return ""

    def copy_command(self, row: Any) -> str:
        """SQL or redis-cli that shows the same."""
        return ""

    def why(self, row: Any) -> str:
        """How it came about, and the queries behind it: those of the view, then those of what else it shows."""
        reading = self.reading
        others = (self.desk.reading(name) for name in self.hears if self.desk.tells(name))
        asked = "\n\n".join(asked_words(asked_of(each)) for each in (reading, *others) if asked_of(each))
        told = asked or reading.source
        return f"{trust(reading) or 'live'}\n\n{told}" if told else ""

    def subject(self, row: Any) -> str:
        """The application that it belongs to."""
        return ""

    def about(self, row: Any) -> list[str]:
        """Objects of findings that speak of it, beside the server."""
        return []
