"""A tab whose views are tables: moving, sorting, filtering and waiting changes work alike in all of them."""

from collections.abc import Callable
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from ..model.reading import Reading, State
from ..text import clock, units
from ..text.filter import Labels, Match, parse
from ..widgets.live_table import LiveTable
from .base import Context, Tab
from .table_view import TableView


class TableTab(Tab):
    """Subclasses name their views and give one widget for each in `build`."""

    SORTS: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {}
    """View → letter after `s` → (column id, what it sorts by)."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.only_wrong = False
        self._filters: dict[str, str] = {}
        self._matches: dict[str, Match] = {}
        self._widgets = self.build()

    def build(self) -> dict[str, Widget]:
        """View id → its widget; called once, first of all, so that it is the place for a tab's own state, too."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        for view_id, widget in self._widgets.items():
            widget.id = f"view-{view_id}"
        yield ContentSwitcher(*self._widgets.values(), initial=f"view-{self.view}")

    # ---- the view that is shown -----------------------------------------------------------------------------------

    @property
    def widget(self) -> Widget | None:
        return self._widgets.get(self.view)

    @property
    def table(self) -> LiveTable[Any] | None:
        widget = self.widget
        if isinstance(widget, LiveTable):
            return widget
        return widget.table if isinstance(widget, TableView) else None

    @property
    def row(self) -> Any:
        """The row under the cursor."""
        return self.table.cursor_row if self.table is not None else None

    def show_view(self, view_id: str) -> None:
        super().show_view(view_id)
        self.filter_text = self._filters.get(view_id, "")
        for switcher in self.query(ContentSwitcher):
            switcher.current = f"view-{view_id}"
        self.focus_main()

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
            "next": lambda: table.move(1),
            "previous": lambda: table.move(-1),
            "wrong": self._toggle_wrong,
            "refresh": table.settle,
        }
        move = moves.get(action_id)
        if move is None:
            return False
        move()
        # A refresh also goes on to the application, which wakes the feeds.
        return action_id != "refresh"

    def sorts(self) -> dict[str, str]:
        return {letter: title for letter, (_, title) in self.SORTS.get(self.view, {}).items()}

    def _sort(self, table: LiveTable[Any], letter: str) -> bool:
        column = self.SORTS.get(self.view, {}).get(letter)
        if column is None:
            return False
        table.sort_by(column[0])
        self.changed()
        return True

    # ---- filter ---------------------------------------------------------------------------------------------------

    def is_wrong(self, row: Any) -> bool:
        """What `z` keeps."""
        return True

    def narrowed(self) -> bool:
        """Whether the view shows part of its rows for another reason than filter and `z`."""
        return False

    def accepts(self, row: Any) -> bool:
        """What a narrowed view shows."""
        return True

    def labels_of(self, row: Any) -> Labels:
        """What `-l` looks at."""
        return getattr(row, "labels", ())

    def apply_filter(self, text: str) -> str:
        try:
            match = parse(text)
        except ValueError as error:
            return str(error)
        self.filter_text = self._filters[self.view] = text
        self._matches[self.view] = match
        self._refilter()
        return ""

    def _toggle_wrong(self) -> None:
        self.only_wrong = not self.only_wrong
        self._refilter()

    def _refilter(self) -> None:
        table, match = self.table, self._matches.get(self.view)
        if table is None:
            return
        text_filter = match if self._filters.get(self.view) else None

        def accept(row: Any) -> bool:
            if not self.accepts(row) or (self.only_wrong and not self.is_wrong(row)):
                return False
            return text_filter is None or text_filter(table.row_text(row), self.labels_of(row))

        table.filter(accept if self.only_wrong or text_filter is not None or self.narrowed() else None)
        self.changed()

    # ---- words ----------------------------------------------------------------------------------------------------

    def strip_note(self, width: int) -> str:
        parts = [self.scope_note()]
        if self.only_wrong:
            parts.append("z only wrong: ON")
        table = self.table
        if table is not None:
            if table.sorted_by:
                title = next(column.title for column in table.columns if column.id == table.sorted_by)
                parts.append(f"sort: {title.lower()}{' reversed' if table.reverse else ''}")
            if table.waiting:
                parts.append(f"{units.plural(table.waiting, 'change')} waiting (r shows)")
            if table.chosen:
                parts.append(f"{len(table.chosen)} selected")
        if self.filter_text:
            parts.append(f"filter: {self.filter_text}")
        return _shorten([part for part in parts if part], width)

    def scope_note(self) -> str:
        """Namespace, server or date: what the view's rows are taken from."""
        return ""

    def on_live_table_waiting(self, message: LiveTable.Waiting) -> None:
        message.stop()
        self.changed()

    def copy_text(self) -> str:
        return self.table.row_text(self.row) if self.table is not None and self.row is not None else ""

    def copy_view(self) -> str:
        return self.table.as_text() if self.table is not None else ""


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
    table.dim(reading.state not in (State.OK, State.LATE))
    sentence = empty if reading.value is not None else trust(reading)
    if table.empty != sentence:
        table.empty = sentence
        if not table.row_count:
            table.refresh()


def dim(text: str) -> Text:
    return Text(text, style="dim")


def _shorten(parts: list[str], width: int) -> str:
    """As many parts as fit, the last ones first: they are what the operator just did."""
    kept: list[str] = []
    for part in reversed(parts):
        if len("   ".join([part, *kept])) > width:
            break
        kept.insert(0, part)
    return "   ".join(kept)
