"""The shape of a list of the Pods tab: what it is called, what it reads, its table, its words and its pane."""

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from rich.text import Text

from ...model.collection import Delta
from ...poller.slices import Slices
from ...poller.topics import Topic
from ...widgets.live_table import LiveTable
from ..base import View

if TYPE_CHECKING:
    from .known import Known

R = TypeVar("R")


class Kind(Generic[R]):
    """Subclasses are one kind of object each; the tab asks them and knows no kind itself."""

    view: ClassVar[View]
    topic: ClassVar[Topic[Any]]
    """What its rows are made of: how far that can be trusted stands above the list."""
    sorts: ClassVar[dict[str, tuple[str, str]]] = {}
    """Letter after `s` → (column id, what it sorts by)."""
    empty: ClassVar[str] = ""
    """What it says where there is none."""
    pane_rows: ClassVar[int] = 10
    pane_rows_short: ClassVar[int] = 2

    def __init__(self, known: "Known") -> None:
        self.known = known
        self.table: LiveTable[R] = self.build()

    def build(self) -> LiveTable[R]:
        """Its table; called once."""
        raise NotImplementedError

    def explain(self, row: R, width: int) -> list[Text]:
        """Why a row is as it is, the most important first, for a pane so many cells wide."""
        raise NotImplementedError

    def wrong(self, row: R) -> bool:
        """Whether `z` keeps it."""
        return True

    def words(self) -> str:
        """The whole list in one line."""
        raise NotImplementedError

    def note(self) -> str:
        """What stands after its title in the strip."""
        return str(len(self.table.rows) or "")

    def nothing(self) -> str:
        """Why it is empty."""
        return self.empty

    def take(self, delta: Delta[R]) -> None:
        """News of its topic, in pieces."""
        gone = delta.removals
        if delta.reset:
            held = self.known.collection(self.topic)
            gone = frozenset(key for key in self.table.rows if held is None or key not in held.rows)
        self.table.update_rows(delta.upserts, gone)

    async def rebuild(self, slices: Slices) -> None:
        """After all news was taken in: rows that are derived from several topics."""
