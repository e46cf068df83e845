"""The shape of a view of tab 3: its tables, what it is made of, its words, and what keys mean on its rows."""

from typing import Any, ClassVar

from ...model.reading import Reading, State
from ..asked_words import asked_of, asked_words
from ..tab_views import TabView
from ..table_tab import trust, verdict
from .desk import Desk


class QueryView(TabView):
    """A view of one server, or of all."""

    made_of: ClassVar[str] = ""
    """Name of the reading whose age and trust stand above the view."""
    hears: ClassVar[tuple[str, ...]] = ()
    """Names of further readings whose news it takes, of whichever server."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @property
    def reading(self) -> Reading[Any]:
        return self.desk.reading(self.made_of) if self.made_of else Reading()

    @property
    def value(self) -> Any:
        """What the reading holds; None until there is one."""
        return self.reading.value

    def take(self, name: str, server: str) -> None:
        """News of that name from that server; also called for all when another server is looked at."""

    def words(self) -> str:
        """The verdict of the view in one line, as long as there is a reading."""
        return ""

    def headline(self) -> str:
        return verdict(self.reading, self.words() if self.value is not None else "")

    def note(self) -> str:
        return "?" if self.reading.state in (State.STALE, State.FAILED) else ""

    def why(self, row: Any) -> str:
        """How it came about, and the queries behind it: those of the view, then those of what else it shows."""
        reading = self.reading
        others = (self.desk.reading(name) for name in self.hears if self.desk.tells(name))
        asked = "\n\n".join(asked_words(asked_of(each)) for each in (reading, *others) if asked_of(each))
        told = asked or reading.source
        return f"{trust(reading) or 'live'}\n\n{told}" if told else ""
