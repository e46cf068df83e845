"""The shape of a list of the Pods tab: what it is called, what it reads, its table, its words and its pane."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from rich.text import Text

from ...model.collection import Delta
from ...model.reading import Reading, State
from ...poller.slices import Slices
from ...poller.topics import Topic
from ...text import units
from ...text.clean import clean
from ...widgets.live_table import LiveTable
from ..base import View
from ..hiding import hiding

if TYPE_CHECKING:
    from .known import Known

R = TypeVar("R")


@dataclass(frozen=True)
class Part:
    """The part of a list that belongs to one object."""

    of: str
    """The object in words: `deployment/api`."""
    holds: Callable[[Any], bool]
    """Whether a row belongs to it."""


@dataclass(frozen=True)
class Into:
    """Where one gets to from a row: a list, whole or in part, and there perhaps a row."""

    pane: str
    """Id of the list's view."""
    part: Part | None = None
    at: str = ""
    """Key of the row that the cursor shall stand on."""


class Kind(Generic[R]):
    """Subclasses are one kind of object each; the tab asks them and knows no kind itself."""

    view: ClassVar[View]
    """Of the strip; of a list behind `More` its id and title."""
    topic: ClassVar[Topic[Any] | None] = None
    """What its rows are made of: how far that can be trusted stands above the list."""
    hears: ClassVar[tuple[Topic[Any], ...]] = ()
    """Further topics whose news it takes."""
    wants: ClassVar[tuple[Topic[Any], ...]] = ()
    """Topics that are watched only while somebody looks: while the list is on the screen."""
    one: ClassVar[str] = ""
    """What one of its rows is called: `pod`."""
    word: ClassVar[str] = ""
    """What the palette calls it, of a list behind `More`."""
    tells: ClassVar[str] = ""
    """Half a sentence for `More`: what one learns there."""
    sorts: ClassVar[dict[str, tuple[str, str]]] = {}
    """Letter after `s` → (column id, what it sorts by)."""
    empty: ClassVar[str] = ""
    """What it says where there is none."""
    pane_rows: ClassVar[int] = 10
    pane_rows_short: ClassVar[int] = 2

    def __init__(self, known: "Known") -> None:
        self.known = known
        self.table: LiveTable[R] = self.build()

    @property
    def id(self) -> str:
        return self.view.id

    @property
    def label_columns(self) -> tuple[str, ...]:
        """Labels that the settings give a column each."""
        kubernetes = self.known.context.profile.kubernetes
        return kubernetes.label_columns if kubernetes is not None else ()

    def build(self) -> LiveTable[R]:
        """Its table; called once."""
        raise NotImplementedError

    # ---- what a row says and where it leads -------------------------------------------------------------------------

    def explain(self, row: R, width: int) -> list[Text]:
        """Why a row is as it is, the most important first, for a pane so many cells wide."""
        raise NotImplementedError

    def wrong(self, row: R) -> bool:
        """Whether `z` keeps it."""
        return True

    def into(self, row: R) -> Into | None:
        """Where `enter` goes; None: it opens a page about the object."""
        return None

    # ---- the list as a whole ----------------------------------------------------------------------------------------

    def words(self) -> str:
        """The whole list in one line."""
        rows = self.table.rows.values()
        wrong = sum(1 for row in rows if self.wrong(row))
        return f"{units.plural(len(rows), self.one)}, {wrong or 'none'} wrong"

    def part_words(self, part: Part) -> str:
        """The part that is shown, in one line."""
        rows = [row for row in self.table.rows.values() if part.holds(row)]
        return f"{units.plural(len(rows), self.one)} of {clean(part.of)}"

    def note(self) -> str:
        """What stands after its title in the strip."""
        return str(len(self.table.rows) or "")

    def nothing(self) -> str:
        """Why it is empty."""
        return self.empty

    def hidden(self, there: int, text: str, only_wrong: bool) -> str:
        """Why none of so many rows is shown, and which keys show them."""
        return hiding(units.plural(there, self.one), text, only_wrong)

    def reading(self) -> Reading[Any]:
        return self.known.reading(self.topic) if self.topic is not None else Reading((), State.OK)

    # ---- news -------------------------------------------------------------------------------------------------------

    def take(self, topic: Topic[Any], delta: Delta[Any]) -> None:
        """News of its topic or of one that it hears, in pieces."""
        if topic is not self.topic:
            return
        gone = delta.removals
        if delta.reset:
            held = self.known.collection(topic)
            if held is None:
                self.table.clear()  # they are not looked at any more, which says nothing of what became of them
                return
            gone = frozenset(key for key in self.table.rows if key not in held.rows)
        self.table.update_rows(delta.upserts, gone, witnessed=not delta.reset)

    async def rebuild(self, slices: Slices) -> None:
        """After all news was taken in: rows that are derived from several topics."""


class MadeKind(Kind[R]):
    """Its rows are made in `rebuild`, of more than one topic or of what was judged."""

    def take(self, topic: Topic[Any], delta: Delta[Any]) -> None:
        """What is new is in the readings by the time that it rebuilds."""
