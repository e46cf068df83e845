"""The shape of a view of tab 1: the topics it is made of, its words, and what keys mean on its rows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ...model.collection import Delta
from ...model.finding import Finding
from ...model.reading import Reading, State
from ...poller.topics import FINDINGS, Topic
from .. import targets
from ..asked_words import asked_of, asked_words
from ..base import Context
from ..tab_views import TabView
from ..table_tab import trust, verdict

if TYPE_CHECKING:
    from ..metrics import MetricsTab


class MetricView(TabView):
    """Hears of its topics through the tab while that is shown."""

    made_of: ClassVar[Topic[Any] | None] = None
    """Whose age and trust stand above the view."""
    hears: ClassVar[tuple[Topic[Any], ...]] = ()
    """Further topics."""

    def __init__(self, tab: "MetricsTab") -> None:
        self.tab = tab
        self.context: Context = tab.context

    @property
    def topics(self) -> tuple[Topic[Any], ...]:
        return self.hears if self.made_of is None else (self.made_of, *self.hears)

    @property
    def reading(self) -> Reading[Any]:
        return self.context.board.get(self.made_of) if self.made_of is not None else Reading()

    @property
    def value(self) -> Any:
        """What the reading holds; None until there is one."""
        return self.reading.value

    @property
    def findings(self) -> Sequence[Finding]:
        return self.context.board.get(FINDINGS).value or ()

    def take(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        """News of one of its topics."""

    def words(self) -> str:
        """The verdict of the view in one line, as long as there is a reading."""
        return ""

    def headline(self) -> str:
        return verdict(self.reading, self.words() if self.value is not None else "")

    def note(self) -> str:
        return "?" if self.reading.state in (State.STALE, State.FAILED) else ""

    def scope_note(self) -> str:
        """At the right of the strip: what the rows are taken from."""
        return ""

    def mounted(self) -> None:
        """The tab is on the screen, and its topics were heard for the first time."""

    def show(self) -> None:
        """The tab is shown."""

    def hide(self) -> None:
        """Another tab is shown: nothing need be asked for."""

    def looked_at(self, looked: bool) -> None:
        """It is the view on the screen, or not any more."""

    # ---- keys and rows ----------------------------------------------------------------------------------------------

    def act(self, action_id: str, row: Any) -> bool:
        """An action of the key table that this view knows."""
        return False

    def moved(self, row: Any) -> None:
        """The cursor stands on another row."""

    def find(self, identity: str) -> bool:
        """Put the cursor on that row; False where there is none of that identity."""
        return False

    def finding(self, row: Any) -> Finding | None:
        """The worst about the row."""
        return targets.worst_about(self.findings, [self.subject(row), *self.about(row)])

    def describe(self, row: Any) -> str:
        """The row in words; "" leaves it to the pane's."""
        return ""

    def why(self, row: Any) -> str:
        told = asked_words(asked_of(self.reading)) if asked_of(self.reading) else self.reading.source
        return f"{trust(self.reading) or 'live'}\n\n{told}" if told else ""
