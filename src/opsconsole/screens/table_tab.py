"""A tab whose views are tables: moving, sorting, filtering and waiting changes work alike in all of them."""

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widget import AwaitMount, Widget
from textual.widgets import ContentSwitcher

from ..config import keymap
from ..model.finding import Change
from ..model.reading import Reading, State
from ..poller.topics import CHANGES
from ..rules.findings import speaks_of
from ..store.view_memory import Remembered, ViewMemory
from ..text import clock, units
from ..text.clean import clean
from ..text.filter import Labels, Match, parse
from ..text.highlight import wanted
from ..widgets.columns import Choice
from ..widgets.live_table import LiveTable
from ..widgets.row_order import GONE
from .base import Context, Tab
from .hiding import hiding
from .table_view import TableView

if TYPE_CHECKING:
    from ..app import Console

CLEARS = "(/ then esc clears)"
TOLD_WIDTH = 110
"""Cells for texts that are shown on a page of their own."""


class TableTab(Tab):
    """Subclasses name their views and give one widget for each in `build`."""

    SORTS: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {}
    """View → letter after `s` → (column id, what it sorts by)."""
    LAZY: ClassVar[bool] = False
    """Whether a view's widget is made part of the screen when it is first shown: where there are very many."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._wrong_only: set[str] = set()
        """Views that show only what is wrong."""
        self._filters: dict[str, str] = {}
        self._matches: dict[str, Match] = {}
        self._lent: set[str] = set()
        """Views that are filtered for the time of a jump."""
        self._widgets = self.build()
        for widget in self._widgets.values():
            if (table := _table_of(widget)) is not None:
                table.looked_at = self.looked_at

    def build(self) -> dict[str, Widget]:
        """View id → its widget; called once, first of all, so that it is the place for a tab's own state, too."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        for view_id, widget in self._widgets.items():
            widget.id = f"view-{view_id}"
        first = self.pane if self.pane in self._widgets else self.view
        there = (self._widgets[first],) if self.LAZY else self._widgets.values()
        yield ContentSwitcher(*there, initial=f"view-{first}")

    def on_mount(self) -> None:
        for switcher in self.query(ContentSwitcher):  # a view may have been picked while its widgets were made
            if self.widget is not None and self.widget.is_attached:
                switcher.current = f"view-{self.pane}"
        for pane, widget in self._widgets.items():
            table = _table_of(widget)
            if table is not None:
                self._recall(pane, table)
        if self.memory.problem:
            self.console.say(self.memory.problem)
            self.memory.problem = ""

    def on_unmount(self) -> None:
        super().on_unmount()
        self.memory.flush()
        for widget in self._widgets.values():
            if not widget.is_attached and (table := _table_of(widget)) is not None:
                table.clear()

    # ---- the view that is shown -----------------------------------------------------------------------------------

    @property
    def console(self) -> "Console":
        return cast("Console", self.app)

    @property
    def pane(self) -> str:
        """Id of the widget that is shown: the view's, unless the tab went into one of its rows."""
        return self.view

    @property
    def widget(self) -> Widget | None:
        return self._widgets.get(self.pane)

    @property
    def table(self) -> LiveTable[Any] | None:
        return _table_of(self.widget)

    @property
    def explained(self) -> TableView[Any] | None:
        """The table with its pane, where the view has one."""
        return _explained(self.widget)

    @property
    def row(self) -> Any:
        """The row under the cursor."""
        return self.table.cursor_row if self.table is not None else None

    def show_view(self, view_id: str) -> None:
        super().show_view(view_id)
        self.filter_text = self._filters.get(self.pane, "")
        for switcher in self.query(ContentSwitcher):
            if self.widget is not None and not self.widget.is_attached:
                self.run_worker(self._arrive(self.pane, switcher.mount(self.widget)), group="arrive")
            switcher.current = f"view-{self.pane}"
        if self.filter_text or self.only_wrong:
            # while it was hidden its rows came unfiltered
            self._refilter()
        self.focus_main()

    async def _arrive(self, pane: str, mounted: AwaitMount) -> None:
        """A view that is shown for the first time: one paint for all of it."""
        with self.app.batch_update():
            await mounted
        if self.shown and self.pane == pane and not self.console.dialog_open:
            self.focus_main()

    def minute(self) -> None:
        """Ages of visible lines may read otherwise now."""
        if self.table is not None:
            self.table.reformat()
            self.table.resort()
        if self.explained is not None:
            self.explained.explain_again()

    def focus_main(self) -> None:
        if self.table is not None:
            self.table.focus()
        else:
            super().focus_main()

    # ---- keys -----------------------------------------------------------------------------------------------------

    def act(self, action_id: str) -> bool:
        table = self.table
        if table is None:
            return False
        if action_id.startswith("sort."):
            return self._sort(table, action_id.removeprefix("sort."))
        moves: dict[str, Callable[[], object]] = {
            "down": lambda: table.move(1),
            "up": lambda: table.move(-1),
            "top": lambda: table.go(0),
            "bottom": lambda: table.go(table.row_count - 1),
            "half.down": lambda: table.page(0.5),
            "half.up": lambda: table.page(-0.5),
            "left": lambda: table.scroll_columns(-1),
            "right": lambda: table.scroll_columns(1),
            "select": table.toggle_chosen,
            "wrong": self._toggle_wrong,
            "options": self._view_options,
            "refresh": table.settle,
            "full": self._fill_screen,
        }
        if self.filter_text and self.pane not in self._lent:
            # The rows that a filter leaves are the ring of n and b; without one it is the findings' ring.
            moves |= {"next": lambda: self._around(1), "previous": lambda: self._around(-1)}
        move = moves.get(action_id)
        if move is None:
            return self._about(action_id)
        move()
        # A refresh also goes on to the application, which wakes the feeds.
        return action_id != "refresh"

    def _fill_screen(self) -> None:
        """The lines above the table go, and how they come back is said."""
        frame = self.console.frame
        frame.toggle_class("-full")
        if frame.has_class("-full"):
            self.console.say("full screen: f brings the lines above back")

    def _around(self, step: int) -> None:
        """The next match, round the ends."""
        table = self.table
        if table is None:
            return
        before = table.cursor_key
        table.move(step)
        if table.cursor_key == before:
            table.go(0 if step > 0 else table.row_count - 1)

    def _about(self, action_id: str) -> bool:
        """What every row answers alike: what changed about it."""
        return action_id == "changes" and self._tell_changes()

    def subject(self) -> str:
        """Name of the service, workload or node that the row is about; "" where it is about none."""
        return ""

    def _tell_changes(self) -> bool:
        name = self.subject()
        if not name:
            return False
        changes = [change for change in self.context.board.get(CHANGES).value or () if speaks_of(change, name)]
        if changes:
            self.tell(f"changes of {name}, last 60 min", "\n".join(map(change_words, changes)))
        else:
            self.console.say(f"h: nothing about {clean(name)} changed in the last 60 min, as far as is seen")
        return True

    def tell(self, title: str, text: str) -> None:
        """Show a text on a page of its own."""
        from . import openers
        from .dialogs.raw import TextDialog

        console = self.console
        copy = partial(openers.copy_text, console, what="text")
        console.push_screen(TextDialog(f"{title} · {self.title}", text, console.palette, copy))

    def on_live_table_chosen(self, message: LiveTable.Chosen) -> None:
        """A double click is enter."""
        message.stop()
        self.console.do(keymap.by_id("enter"))

    def sorts(self) -> dict[str, str]:
        return {letter: title for letter, (_, title) in self.SORTS.get(self.pane, {}).items()}

    def _sort(self, table: LiveTable[Any], letter: str) -> bool:
        column = self.SORTS.get(self.pane, {}).get(letter)
        if column is None:
            return False
        self.sort_by(column[0])
        return True

    def sort_by(self, column_id: str) -> None:
        """By any column; twice by the same turns it round."""
        if self.table is not None:
            self.table.sort_by(column_id)
            self.remember()
            self.changed()

    def touched(self) -> None:
        if self.table is not None:
            self.table.hold()

    def gone(self) -> str:
        """`gone since 02:44` where the object under the cursor is not there any more: no key may mean another one."""
        left = self.table.cursor_left if self.table is not None else None
        return left.since if left is not None and left.word == GONE else ""

    # ---- columns, and what the views remember -----------------------------------------------------------------------

    @property
    def memory(self) -> ViewMemory:
        """What this profile's views remember; all tabs share it."""
        services = self.context.services
        if not hasattr(services, "view_memory"):
            services.view_memory = ViewMemory(self.console.state_dir, self.context.profile_name, self.console.say)
        found: ViewMemory = services.view_memory
        return found

    def choose_columns(self, choice: Choice) -> None:
        """Show other columns, or in another order."""
        if self.table is not None:
            self.table.choose_columns(choice)
            self.remember()
            self.changed()

    def _view_options(self) -> None:
        from .dialogs.columns import ColumnsDialog

        self.console.push_screen(ColumnsDialog(self, self.console.palette))

    def as_at_first(self) -> None:
        """Columns, their order and the sort as the table has them by itself."""
        if self.table is not None:
            self.table.choose_columns(Choice())
            self.table.sort_by("")
            self.remember()
            self.changed()

    def remember(self) -> None:
        """Keep how the view is set up for the next time; a filter of a part of its rows is not kept."""
        table = self.table
        if table is None:
            return
        choice, name = table.choice, self._memory_name(self.pane)
        kept = self.memory.get(name)
        part = self.narrowed() or self.pane in self._lent
        self.memory.put(
            name,
            Remembered(
                choice.order, choice.on, choice.off, table.sorted_by, table.reverse,
                kept.filter if part else self._filters.get(self.pane, ""),
                kept.wrong if part else self.only_wrong,
            ),
        )  # fmt: skip

    def _recall(self, pane: str, table: LiveTable[Any]) -> None:
        kept = self.memory.get(self._memory_name(pane))
        if kept.order or kept.on or kept.off:
            table.choose_columns(Choice(kept.order, kept.on, kept.off))
        if any(column.id == kept.sort for column in table.all_columns):
            table.sort_by(kept.sort, reverse=kept.reverse)
        if kept.wrong:
            self._wrong_only.add(pane)
        with contextlib.suppress(ValueError):  # written by another version, which took more
            self._matches[pane], self._filters[pane] = parse(kept.filter), kept.filter
        if pane == self.pane and (kept.wrong or self._filters.get(pane)):
            self.filter_text = self._filters.get(pane, "")
            self._refilter()

    def _memory_name(self, pane: str) -> str:
        return f"{self.title.lower()}.{pane}"

    # ---- filter ---------------------------------------------------------------------------------------------------

    def is_wrong(self, row: Any) -> bool:
        """What `z` keeps."""
        return True

    @property
    def only_wrong(self) -> bool:
        """Whether the view shows only what is wrong."""
        return self.pane in self._wrong_only

    @only_wrong.setter
    def only_wrong(self, only: bool) -> None:
        (self._wrong_only.add if only else self._wrong_only.discard)(self.pane)

    def looked_at(self, row: Any) -> bool:
        """Whether the row is in a namespace that is looked at: one that is not any more did not die."""
        kubernetes = self.context.profile.kubernetes
        namespace = getattr(getattr(row, "workload", row), "namespace", "")
        return not namespace or kubernetes is None or namespace in (kubernetes.namespaces or (namespace,))

    def narrow(self, text: str) -> None:
        """A filter for the time of a jump, where the row that was jumped to passes it and nobody has set another."""
        table, pane = self.table, self.pane
        if table is None or table.cursor_key is None or self.filter_text or table.arranging:
            return
        at = table.cursor_key
        self._lent.add(pane)
        self.filter_text = self._filters[pane] = text
        self._matches[pane] = parse(text)
        self._refilter()
        if not table.arranging and table.cursor_key != at:
            self.widen()
            table.go_to(at)

    def widen(self) -> None:
        """Show all rows again where a jump has narrowed them."""
        lent, self._lent = self._lent, set()
        for pane in lent:
            self._filters[pane] = ""
            if pane == self.pane:
                self.filter_text = ""
                self._refilter()

    def narrowed(self) -> bool:
        """Whether the view shows part of its rows for another reason than filter and `z`."""
        return False

    def accepts(self, row: Any) -> bool:
        """What a narrowed view shows."""
        return True

    def hidden_words(self, text: str) -> str:
        """What a table says of which filter and `z` show no row; "" where it says what it says empty."""
        return hiding("these rows", text, self.only_wrong)

    def labels_of(self, row: Any) -> Labels:
        """What `-l` looks at."""
        return getattr(row, "labels", ())

    def apply_filter(self, text: str) -> str:
        try:
            match = parse(text)
        except ValueError as error:
            return str(error)
        self.filter_text = self._filters[self.pane] = text
        self._matches[self.pane] = match
        self._lent.discard(self.pane)
        self._refilter()
        self.remember()
        return ""

    def _toggle_wrong(self) -> None:
        self.only_wrong = not self.only_wrong
        self._refilter()
        self.remember()

    def _refilter(self) -> None:
        table, pane = self.table, self.pane
        if table is None:
            return
        text = self._filters.get(pane, "")
        match = self._matches.get(pane) if text else None

        def accept(row: Any) -> bool:
            if self.pane != pane:
                return True  # what a view asks about its rows it asks of the one that is shown
            return self.accepts(row) and (not self.only_wrong or self.is_wrong(row))

        def words(searched: str, row: Any) -> bool:
            if pane in self._lent and (service := getattr(row, "service", "")):
                return bool(service == text)  # the endpoints of a service do not bear its name
            return match is None or match(searched, self.labels_of(row))

        table.filter(
            accept if self.only_wrong or self.narrowed() else None,
            words if match is not None else None,
            wanted(text) if text else None,
            self.hidden_words(text),
        )
        self.changed()

    # ---- words ----------------------------------------------------------------------------------------------------

    def strip_note(self, width: int) -> str:
        """What fits in `width` cells; but that rows are hidden is said even where that takes more."""
        table = self.table
        parts = []
        if table is not None:
            if table.sorted_by:
                by = table.sorted_by
                title = next((column.title for column in table.all_columns if column.id == by), by)
                parts.append(f"sort: {title.lower()}{' reversed' if table.reverse else ''}")
            if table.waiting:
                parts.append(f"{units.plural(table.waiting, 'change')} waiting (r shows)")
            if table.chosen:
                parts.append(f"{len(table.chosen)} selected")
        hides = ["z only wrong: ON"] if self.only_wrong else []
        if self.filter_text:
            count = f" ({table.row_count:,} of {len(table.rows):,})" if table is not None else ""
            hides.append(f"filter: {self.filter_text}{count}")
        if not _fits(hides, width):
            return self._hides_in_short()
        if self.filter_text and _fits([*hides[:-1], f"{hides[-1]} {CLEARS}"], width):
            hides[-1] = f"{hides[-1]} {CLEARS}"
        parts += hides
        scope = next((one for one in self.scope_notes() if one and _fits([one, *parts], width)), "")
        return _shorten([scope, *parts] if scope else parts, width)

    def _hides_in_short(self) -> str:
        """`z ON, filter 7/27`: who comes back to a view must not take what a forgotten filter leaves for everything."""
        table = self.table
        count = f" {table.row_count}/{len(table.rows)}" if table is not None else ""
        said = ["z ON"] if self.only_wrong else []
        return ", ".join([*said, f"filter{count}"] if self.filter_text else said)

    def scope_note(self) -> str:
        """Namespace, server or date: what the view's rows are taken from."""
        return ""

    def scope_notes(self) -> Sequence[str]:
        """The same in fewer and fewer words."""
        return (self.scope_note(),)

    def on_live_table_waiting(self, message: LiveTable.Waiting) -> None:
        message.stop()
        self.changed()

    def copy_text(self) -> str:
        return self.table.row_text(self.row) if self.table is not None and self.row is not None else ""

    def copy_view(self) -> str:
        return self.table.as_text() if self.table is not None else ""

    def describe(self) -> str:
        """All that the pane knows of the row, whatever its height."""
        lines = self.explained.explanation(TOLD_WIDTH) if self.explained is not None else []
        return "\n".join(line.plain for line in lines)


def _explained(widget: Widget | None) -> TableView[Any] | None:
    if isinstance(widget, TableView):
        return widget
    inner = getattr(widget, "view", None)
    return inner if isinstance(inner, TableView) else None


def _table_of(widget: Widget | None) -> LiveTable[Any] | None:
    if isinstance(widget, LiveTable):
        return widget
    explained = _explained(widget)
    return explained.table if explained is not None else None


def trust(reading: Reading[Any]) -> str:
    """How far a reading can be trusted, in words for the headline; "" when it is live."""
    problem = reading.problem
    said = "" if problem is None else f": {problem.sentence}" + (f" · {problem.remedy}" if problem.remedy else "")
    if reading.state is State.OFF:
        return f"not configured{said}"
    if reading.value is None:
        return f"FAILED{said}" if reading.state is State.FAILED else "waiting for the first answer"
    if reading.state is State.OK:
        return ""
    age = units.age(reading.taken, clock.now())
    return f"{'LATE' if reading.state is State.LATE else 'STALE'} {age}{said}"


def verdict(reading: Reading[Any], words: str) -> str:
    """The view's words, led by what must be known of their age."""
    note = trust(reading)
    if reading.value is None:
        return note
    return f"{note} · {words}" if note and words else note or words


def show_trust(table: LiveTable[Any], reading: Reading[Any], empty: str) -> None:
    """Dim a table whose data is old, and say why an empty one is empty."""
    fresh = reading.state in (State.OK, State.LATE)
    table.dim(not fresh)
    table.empty = trust(reading) if reading.value is None else empty if fresh else f"{empty}, as last read"


def sure(*readings: Reading[Any]) -> bool:
    """Whether all of these are live: only then may the absence of trouble be called so."""
    return all(reading.state is State.OK and reading.value is not None for reading in readings)


def change_words(change: Change) -> str:
    who = f"  {clean(change.who)}" if change.who else ""
    return f"{units.clock(change.at)}  {clean(change.kind):<9}{clean(change.what)}{who}"


def _fits(parts: Sequence[str], width: int) -> bool:
    return cell_len("   ".join(parts)) <= width


def _shorten(parts: list[str], width: int) -> str:
    """As many parts as fit, the last ones first: they are what the operator just did."""
    kept: list[str] = []
    for part in reversed(parts):
        if not _fits([part, *kept], width):
            break
        kept.insert(0, part)
    return "   ".join(kept)
