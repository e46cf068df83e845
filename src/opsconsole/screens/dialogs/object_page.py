"""A page about one object that is read when it opens: as YAML, described, a pod's own page; filtered and copied."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from ...config import keymap
from ...sources.errors import SourceError
from ...text import clock, units
from ...text.clean import clean
from ...widgets.line import Line, Part, Parts, plain
from ...widgets.theme import Palette
from .. import keys
from .choose import Switch
from .filtering import Filtering
from .page import Dialog

if TYPE_CHECKING:
    from ...app import Console

HINT = "/ filter   c copy   r read again   x options   j k ← → move"
MOST_LINES = 10_000
"""So many can be filtered and measured between two keys."""


@dataclass(frozen=True)
class Content:
    """What was read."""

    lines: Sequence[Parts]
    notes: tuple[str, ...] = ()
    """In words: what is left out or may not be read."""
    text: str = ""
    """What `c` copies; "" copies the lines."""


@dataclass(frozen=True)
class Reader:
    """One way to look at the object; `x` offers the others."""

    title: str
    read: Callable[[], Awaitable[Content]]
    keys: tuple[str, ...] = ()
    """Keys that look at the object this way."""
    wrap: bool = False
    """Whether it is prose, whose long lines fold."""


class ObjectPage(Dialog):
    """Opens at once with `reading …`; an error is said in its place, with what to do."""

    DEFAULT_CSS = """
    ObjectPage > Vertical { width: 100%; height: 100%; max-width: 100%; }
    ObjectPage FilterBar { display: none; }
    ObjectPage.-typing FilterBar { display: block; }
    ObjectPage.-typing #dialog-hint { display: none; }
    ObjectPage.-typing.-said #dialog-hint { display: block; }
    """

    def __init__(
        self,
        title: str,
        readers: Sequence[Reader],
        palette: Palette,
        leads: Mapping[str, Callable[["ObjectPage"], None]] | None = None,
    ) -> None:
        """`leads`: where else one gets to from the object, by id of the action that goes there."""
        super().__init__(title, [[Part(" reading …", "dim")]], palette, _hint(readers, leads or {}), fold=False)
        self._leads = leads or {}
        self._title = title
        self._readers = tuple(readers)
        self._reader = self._readers[0]
        self._wrap = self._reader.wrap
        self._content = Content(())
        self._taken: datetime | None = None
        self.filter = Filtering(self, self.page, self._show, self.say)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Line(id="dialog-title", palette=self.palette)
            yield self.page
            yield Line(id="dialog-hint", palette=self.palette)
            yield self.filter.bar

    def on_mount(self) -> None:
        super().on_mount()
        self._read_again()

    # ---- reading ----------------------------------------------------------------------------------------------------

    def _read_again(self) -> None:
        self.page.show([[Part(" reading …", "dim")]])
        self.run_worker(self._read(self._reader), exclusive=True)

    async def _read(self, reader: Reader) -> None:
        try:
            content = await reader.read()
        except SourceError as error:
            self._content = Content(())
            self._taken = None
            lines = [[Part(f" {clean(error.problem.sentence)}", "critical")]]
            if error.problem.remedy:
                lines.append([Part(f" do: {clean(error.problem.remedy)}", "title")])
            self.page.show(lines)
            self._head()
            return
        self._content = replace(content, lines=content.lines[:MOST_LINES])
        self._taken = clock.now()
        self._show()

    def _show(self) -> None:
        if self._taken is None:
            return
        lines, match = self._content.lines, self.filter.match
        if match is not None:
            lines = [line for line in lines if match(plain(line), ())]
        self.page.fold = self._wrap
        self.page.show(lines)
        self._head(len(lines))

    def _head(self, shown: int = 0) -> None:
        parts = [self._title, self._reader.title]
        if self._taken is not None:
            parts.append(f"read {self._taken:%H:%M}Z")
        if self.filter.text:
            parts.append(f"filter {self.filter.text}: {units.plural(shown, 'line')} of {len(self._content.lines):,}")
        self.heading = " · ".join([*parts, *self._content.notes])
        self._lines_of_frame()

    # ---- keys -------------------------------------------------------------------------------------------------------

    def press(self, key: str) -> bool:
        """One key of the key table; False where it is text of the filter."""
        if keys.typing(self.focused):
            return False
        super().press(key)
        return True

    def pressed(self, key: str) -> bool:
        action = keymap.by_key(key)
        name = action.id if action is not None else ""
        if name == "back" and self.filter.text:
            self.filter.apply("")
            return True
        for reader in self._readers:
            if key in reader.keys and not (key == "enter" and reader is self._reader):
                self._look(reader)
                return True
        if name in self._leads:
            self._leads[name](self)
            return True
        own: dict[str, Callable[[], object]] = {
            "filter": self.filter.open, "refresh": self._read_again, "options": self._options, "copy": self._copy,
        }  # fmt: skip
        if name not in own:
            return False
        own[name]()
        return True

    def _options(self) -> None:
        """How it is shown, and which way to look at the object."""

        def switches() -> list[tuple[str, str, bool]]:
            others = [(one.title, one.title, one is self._reader) for one in self._readers]
            return [("wrap", "wrap long lines", self._wrap), *(others if len(others) > 1 else [])]

        self.app.push_screen(Switch("View options", switches, self._turn, self.palette))

    def _turn(self, name: str, on: bool) -> None:
        if name == "wrap":
            self._wrap = on
            self._show()
            return
        chosen = next(one for one in self._readers if one.title == name)
        if chosen is not self._reader:
            self._look(chosen)

    def _look(self, reader: Reader) -> None:
        """Another way to look at the object; the same one again closes the page."""
        if reader is self._reader:
            self.dismiss(None)
            return
        self._reader, self._wrap = reader, reader.wrap
        self._read_again()

    def _copy(self) -> None:
        from ..openers import copied

        text = self._content.text or "\n".join(plain(line).rstrip() for line in self._content.lines)

        async def run() -> None:
            console: Console = self.app  # type: ignore[assignment]
            self.say(f"copied: {await copied(console, text, 'text')}")

        self.run_worker(run())


def _hint(readers: Sequence[Reader], leads: Mapping[str, object]) -> str:
    """The ways out and on first: a narrow screen cuts the rest."""
    on = [f"{keymap.by_id(name).keys[0]} {keymap.by_id(name).title.partition(',')[0]}" for name in leads]
    looks = [f"{reader.keys[0]} {reader.title}" for reader in readers if reader.keys]
    return "   ".join(["esc back", *on, *(looks if len(looks) > 1 else []), HINT])
