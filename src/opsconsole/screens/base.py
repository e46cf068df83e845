"""What every tab is: a widget with views, a headline, a badge and one way for keys to reach it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from ..config.settings import Policy, Profile, Settings
from ..model.action import Target
from ..model.collection import Delta
from ..model.finding import Finding
from ..model.reading import Reading
from ..poller.board import Board
from ..poller.topics import Topic
from ..text.scope import scope
from ..widgets.theme import Palette

if TYPE_CHECKING:
    from ..actions.actions import Actions
    from ..records.records import Records
    from .platforms import Switcher

T = TypeVar("T")
Watcher = Callable[[Reading[Any], Delta[Any] | None], None]


@dataclass(frozen=True)
class View:
    """One view of a tab's strip; `letter` picks it after `v`."""

    id: str
    title: str
    letter: str


@dataclass(frozen=True)
class Badge:
    """What stands beside a tab's name: a word, a glyph (theme.Glyphs) and how many; no glyph means nothing to tell."""

    word: str = ""
    glyph: str = ""
    count: int = 0
    style: str = "dim"
    """A token of widgets.theme.Palette: critical, blind, warning, info, ok, dim."""


@dataclass(frozen=True)
class Option:
    """One switch of a view (`x`)."""

    id: str
    title: str
    on: bool


@dataclass
class Context:
    """What the frame gives to every tab."""

    board: Board
    settings: Settings
    profile: Profile
    policy: Policy
    refresh: Callable[[Iterable[Topic[Any]] | None], None] = lambda topics: None
    """Wakes the feeds of these topics; None: all."""
    want: Callable[[Topic[Any]], Callable[[], None]] = lambda topic: lambda: None
    """Says that somebody looks at a topic that is otherwise not watched; the answer takes that back."""
    services: Any = field(default_factory=SimpleNamespace)
    """What tabs ask beyond the board: chart requests, the store, …"""
    profile_name: str = ""
    cluster: str = ""
    """Full name of the context; the frame shortens it."""
    namespace: str = ""
    namespaces_known: int | None = None
    """How many namespaces the cluster has, once somebody has seen the whole list."""
    switcher: "Switcher | None" = None
    """Goes to another platform or to other namespaces; None where there is nothing to go to."""
    actions: "Actions | None" = None
    """Plans and carries out what changes the platform; None until the sources have started, or without Kubernetes."""
    records: "Records | None" = None
    """Writes incidents and their timelines; None until the store has been opened."""

    @property
    def scope(self) -> str:
        """The namespaces that are looked at: `ns shop, web (2 of 14)`; "" without Kubernetes."""
        kubernetes = self.profile.kubernetes
        return scope(kubernetes.namespaces, self.namespaces_known) if kubernetes is not None else ""


class Tab(Widget):
    """Base of the seven pages. Subclasses fill the class attributes and override what they know better.

    All overridables are called on the event loop; they must not block and do no I/O.
    """

    DEFAULT_CSS = "Tab { layout: vertical; width: 1fr; height: 1fr; }"

    digit: ClassVar[int]
    title: ClassVar[str]
    views: ClassVar[tuple[View, ...]] = ()
    further_views: ClassVar[tuple[View, ...]] = ()
    """Those that have no place in the strip: the palette leads there."""

    class Changed(Message):
        """The tab's headline, badge, hints or view notes may have changed: the frame reads them again."""

    def __init__(self, context: Context) -> None:
        super().__init__(id=f"tab-{self.digit}")
        self.context = context
        self.view: str = self.views[0].id if self.views else ""
        self.shown = False
        self.filter_text = ""
        self._missed: dict[Topic[Any], list[Watcher]] = {}
        self._endings: list[Callable[[], None]] = []

    # --- news ---------------------------------------------------------------------------------------------------

    def follow(
        self, topic: Topic[T], callback: Callable[[Reading[T], Delta[Any] | None], None], *, hidden: bool = False
    ) -> None:
        """Call back with the topic's reading now and at each new one, on this widget's own queue, in order.

        While the tab is hidden or frozen news waits (unless `hidden`); then one call with `delta` None makes up for
        all that was missed: take everything anew.
        """

        def hear(reading: Reading[T], delta: Delta[Any] | None) -> None:
            if self.receiving or hidden:
                self.call_later(callback, reading, delta)
            else:
                missed = self._missed.setdefault(topic, [])
                if callback not in missed:
                    missed.append(callback)

        self._endings.append(self.context.board.subscribe(topic, hear))
        callback(self.context.board.get(topic), None)

    @property
    def receiving(self) -> bool:
        """False while news waits: the tab is hidden, or the operator froze the console."""
        return self.shown and not getattr(self.app, "frozen", False)

    def catch_up(self) -> None:
        """Hand out what was missed; the frame calls it when the tab is shown or unfrozen."""
        missed, self._missed = self._missed, {}
        for topic, callbacks in missed.items():
            for callback in callbacks:
                self.call_later(callback, self.context.board.get(topic), None)

    def on_unmount(self) -> None:
        for end in self._endings:
            end()
        self._endings.clear()

    def changed(self) -> None:
        """Tell the frame to read headline, badge, hints and notes again."""
        self.post_message(self.Changed())

    def minute(self) -> None:
        """A minute has passed while the tab is shown: ages of visible lines may read otherwise now."""

    def recolour(self, palette: Palette) -> None:
        """Another palette was chosen."""
        self.refresh()

    # --- what the frame shows -----------------------------------------------------------------------------------

    def headline(self) -> str:
        """The verdict of this view in one line; "" hides the line."""
        return ""

    def badge(self) -> Badge | None:
        """None: the frame counts the findings of this tab itself."""
        return None

    def hints(self) -> tuple[str, ...]:
        """Action ids for the footer, the most telling first: what does not fit is left out."""
        return ("enter", "filter", "sort", "why", "raw", "problems", "palette", "help")

    def view_note(self, view_id: str) -> str:
        """A short word after a view's title in the strip: a count, `▲1`."""
        return ""

    def strip_note(self, width: int) -> str:
        """What stands at the right of the view strip in at most `width` cells: namespace, range, `as of`."""
        return ""

    # --- what keys do -------------------------------------------------------------------------------------------

    def act(self, action_id: str) -> bool:
        """Do what an action of the key table asks for; chords arrive as `sort.c`. True when handled."""
        return False

    def at_view(self, view_id: str) -> bool:
        """Whether that view is shown, as it is when one picks it."""
        return self.view == view_id

    def show_view(self, view_id: str) -> None:
        """Switch to a view of the strip. Override to change the widgets, and call this first."""
        self.view = view_id
        self.changed()

    def jump(self, view_id: str) -> None:
        """A row leads to that view. Override where `esc` comes back to the row."""
        self.show_view(view_id)

    def go_to(self, identity: str) -> bool:
        """Put the cursor on an object (Finding.object); False when it is not there."""
        return False

    def narrow(self, text: str) -> None:
        """Show only the rows with these words while one looks at evidence; nothing is remembered of it."""

    def focus_main(self) -> None:
        """Give the focus to the main widget of the current view."""
        for widget in self.query("*"):
            if widget.focusable:
                widget.focus()
                return

    def apply_filter(self, text: str) -> str:
        """Filter the rows; returns a sentence when the text is no valid filter, else ""."""
        return ""

    def filterable(self) -> bool:
        """False where `/` has nothing to filter."""
        return True

    def sorts(self) -> dict[str, str]:
        """Letters after `s` and what they sort by; empty where nothing is sorted."""
        return {}

    def options(self) -> tuple[Option, ...]:
        """Switches of `x`."""
        return ()

    def set_option(self, option_id: str, on: bool) -> None:
        """Switch one of them."""

    def touched(self) -> None:
        """A person pressed a key or clicked, wherever that went."""

    def gone(self) -> str:
        """`gone since 02:44` where the row under the cursor stands for nothing any more; "" where it does."""
        return ""

    # --- what can be done about the row under the cursor -----------------------------------------------------------

    def target(self) -> Target | None:
        """The workload that S, R and B mean: the row itself, or what owns it; None where the row names none."""
        return None

    def finding(self) -> Finding | None:
        """The finding that A and D mean: the row's own, or the worst about it."""
        return None

    def run_id(self) -> str:
        """Id of the run under the cursor, where the view shows the journal: U takes that one back."""
        return ""

    def snapshot(self) -> tuple[str, ...]:
        """What a mark keeps of this tab: lines of plain text of the rows in view, cells apart by two spaces."""
        return ()

    # --- texts about the row under the cursor; "" where there is nothing ------------------------------------------

    def copy_text(self) -> str:
        """The row as plain text."""
        return ""

    def copy_command(self) -> str:
        """The kubectl, psql or curl command that shows or does the same."""
        return ""

    def copy_view(self) -> str:
        """The whole view as plain text, for a file."""
        return self.copy_text()

    def raw(self) -> str:
        """The object itself: YAML, SQL, JSON."""
        return ""

    def why(self) -> str:
        """How the judgement of this row came about: rule, limit, duration, where the rule comes from."""
        return ""

    def describe(self) -> str:
        """The object in words."""
        return ""

    def compose(self) -> ComposeResult:
        """The tab's widgets."""
        yield from ()
