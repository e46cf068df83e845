"""`l`: the logs of a pod or of a whole workload, on a page of their own above the tab."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.screen import ModalScreen

from ...config import keymap
from ...model.logs import Level, LogLine, Window, moment_of
from ...poller.log_news import LogNews
from ...poller.logs import Changed, Desk
from ...poller.slices import Slices
from ...poller.topics import CHANGES
from ...rules.links import PADDING, About, links, trace_ids, trace_link
from ...rules.log_patterns import baseline, filter_for
from ...text import clock, highlight
from ...text.clean import clean
from ...text.units import plural
from ...widgets.clipboard import to_file
from ...widgets.line import Line, Part, cut
from ...widgets.log_view import LogView
from ...widgets.theme import Palette
from .. import keys, log_windows, log_words
from ..links import hyperlinks, show_links
from ..log_shown import Shown
from ..log_words import Switches, Writer
from .filtering import Filtering

if TYPE_CHECKING:
    from ...app import Console
    from ...poller.board import Board

HINT = (
    "/ filter  n b match  t range  , . window  x options  z wrong  w new patterns  p freeze  space mark  c copy  "
    "G follow  esc back"
)
SHORT_HINT = "/ filter  t range  , . window  z wrong  p freeze  x options  G follow  esc back"
"""Fewer keys rather than keys without words."""
FAST_S = 0.2
"""Lines that come by the screenful are drawn so often: nobody reads them as they pass."""
READING_S = 0.5
"""While somebody reads, so often is told how many came."""
NO_BREACH = timedelta(minutes=5)
"""Where nothing fires: what came in the last minutes."""


class LogPage(ModalScreen[None]):
    """Owns the desk that reads; closing it lets all streams go."""

    DEFAULT_CSS = """
    LogPage { background: $background; layout: vertical; }
    LogPage > #log-head, LogPage > #log-switches { background: $surface; }
    LogPage > #log-trouble { display: none; }
    LogPage.-trouble > #log-trouble { display: block; }
    LogPage.-full > .log-frame { display: none; }
    LogPage > FilterBar { display: none; }
    LogPage.-typing > FilterBar { display: block; }
    LogPage.-typing > #log-hint { display: none; }
    LogPage.-typing.-said > #log-hint { display: block; }
    """

    def __init__(
        self, desk: Callable[[Changed], Desk], board: "Board", breach: datetime | None, palette: Palette,
        folder: Path, *, filter_text: str = "", links: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """`desk` makes the one that reads; `breach` is since when the worst finding fires; files are saved into
        `folder`; `links` are the settings' addresses of other tools."""
        super().__init__()
        self.desk = desk(self._news)
        self.target = self.desk.target
        self.palette = palette
        self.breach = breach
        self.shown = Shown(self.desk.buffer)
        self.writer = Writer(self.desk.sources)
        self.view = LogView(self.writer.line, self._moved, palette=palette, id="log-view")
        self._folder = folder
        self._board = board
        self._links = links or {}
        if self._links and hyperlinks():
            self.writer.address_of = self._trace_address
        self._first_filter = filter_text
        self._behind_s = 0.0
        self._chord = False
        self._said = ""
        self._drawn = 0.0
        self._drawing: asyncio.TimerHandle | None = None
        self.filter = Filtering(self, self.view, self._filtered, self.say)

    def compose(self) -> ComposeResult:
        for name in ("head", "switches", "trouble"):
            line = Line(id=f"log-{name}", palette=self.palette)
            line.add_class("log-frame")
            yield line
        yield self.view
        yield self.filter.bar
        yield Line(id="log-hint", palette=self.palette)

    def on_mount(self) -> None:
        self.set_focus(self.view)
        self._open(self.desk.window)
        if self._first_filter:
            self.filter.apply(self._first_filter)
        self.call_after_refresh(self._frame)

    def on_unmount(self) -> None:
        self.desk.close()
        self._undraw()

    def on_resize(self) -> None:
        self.call_after_refresh(self._frame)

    # ---- lines ------------------------------------------------------------------------------------------------------

    @property
    def switches(self) -> Switches:
        return self.writer.switches

    def _open(self, window: Window) -> None:
        self.desk.previous = self.switches.previous
        self.desk.open(window)
        self.shown.restart(self.desk.buffer)
        self.view.chosen.clear()
        self.view.following = True
        self._behind_s = 0.0
        self._draw()

    def _news(self, batch: list[LogLine]) -> None:
        """The desk has new lines, or something else has changed; at most ten times a second."""
        self.shown.add(batch)
        if batch:
            self._behind_s = log_words.behind(batch, clock.now())
        if self.writer.measure():
            self.view.reformat()
        if self.shown.frozen or self._drawing is not None:
            return
        loop = asyncio.get_running_loop()
        pause = READING_S if not self.view.following else FAST_S if len(batch) > self.view.size.height else 0.0
        self._drawing = loop.call_at(max(loop.time(), self._drawn + pause), self._draw)

    def _draw(self) -> None:
        self._undraw()
        self._drawn = asyncio.get_running_loop().time()
        if self.view.lines is not self.shown.lines:
            self.view.show(self.shown.lines)
        elif self.view.following or len(self.view.lines) < 2 * self.view.size.height:
            self.view.news()
        self._frame()

    def _undraw(self) -> None:
        if self._drawing is not None:
            self._drawing.cancel()
            self._drawing = None

    def _frame(self) -> None:
        """The lines above and below."""
        if not self.is_mounted:
            return
        width = self.size.width
        desk, following = self.desk, self.view.following
        more = 0 if following else self.shown.more + len(self.view.lines) - self.view.last - 1
        head = log_words.head(
            desk, width, following=following, frozen=self.shown.frozen, more=more, behind_s=self._behind_s
        )
        self._line("head", head)
        self._line("switches", log_words.indicator(self.switches, desk, self.filter.text, width))
        trouble = log_words.trouble(desk)
        self._line("trouble", [Part(f" {trouble}", "warning")])
        self.set_class(bool(trouble), "-trouble")
        hint = HINT if width > len(HINT) else SHORT_HINT
        if self.has_class("-full"):
            hint = "full screen: f or esc brings the lines above back"
        self._line("hint", [Part(f" {self._said}", "title") if self._said else Part(f" {hint}", "dim")])
        self.view.empty = log_words.empty(desk, bool(self.filter.text or self.switches.wrong))

    def _line(self, name: str, parts: Sequence[Part]) -> None:
        self.query_one(f"#log-{name}", Line).show(cut(parts, self.size.width))

    def say(self, text: str) -> None:
        """One line in the hint's place, until the next key."""
        self._said = clean(text, 400)
        self.set_class(bool(self._said), "-said")
        self._frame()

    def _moved(self) -> None:
        """The view stands somewhere else; when it has stopped following, lines are held for who reads."""
        if not self.view.following and not self.shown.held:
            self._hold()
            self.say("follow stopped; G follows again")
        self._frame()

    def _hold(self) -> None:
        line = self.view.cursor_line
        self.shown.hold()
        if self.view.lines is not self.shown.lines:
            # the same lines at the same places
            self.view.lines = self.shown.lines
        if line is not None:
            self._frame()

    def _follow(self) -> None:
        self.shown.release()
        self.view.follow()
        self._draw()

    # ---- keys -------------------------------------------------------------------------------------------------------

    def press(self, key: str) -> bool:
        """One key of the key table, handed over by the application; False where it is text."""
        if keys.typing(self.focused):
            return False
        self._said = ""
        if self._chord:
            self._copy(key)
            return True
        action = keymap.by_key(key)
        if action is not None:
            self._do(action.id, key)
        self._frame()
        return True

    def _do(self, action_id: str, key: str) -> None:
        own = self._actions().get(action_id)
        if own is not None:
            own()
        elif action_id == "interrupt" and (selected := self.get_selected_text()):
            self._copy_text(selected, "selection")
        elif action_id in ("back", "leave", "quit", "interrupt"):
            self._back(action_id)
        elif not self.view.move(action_id):
            self.say(f"{key} ({keymap.by_id(action_id).title}) does nothing in the logs; esc goes back")
        elif not self.view.following and not self.shown.held:
            self._moved()

    def _actions(self) -> dict[str, Callable[[], object]]:
        return {
            "filter": self.filter.open,
            "next": lambda: self._ring(1),
            "previous": lambda: self._ring(-1),
            "range": self._ranges,
            "earlier": self._earlier,
            "later": self._later,
            "options": self._options,
            "freeze": self._freeze,
            "full": self._fill_screen,
            "wrong": lambda: self._turn("wrong", not self.switches.wrong),
            "why": self._new_patterns,
            "copy": self._begin_copy,
            "select": self._choose_line,
            "bottom": self._follow,
            "refresh": self._retry,
            "redraw": lambda: self.view.reformat(),
            "logs": lambda: self.dismiss(None),
            "related": self._related,
        }

    def _fill_screen(self) -> None:
        """Only lines of logs, and the way back; or all again."""
        self.toggle_class("-full")
        self._frame()

    def _back(self, action_id: str) -> None:
        """Out of full screen, out of a filter, out of the page."""
        if self.has_class("-full") and action_id == "back":
            self._fill_screen()
        elif self.filter.text and action_id == "back":
            self.filter.apply("")
        else:
            self.dismiss(None)

    def _retry(self) -> None:
        self.desk.retry()
        self.say("asked again")

    def _freeze(self) -> None:
        if self.shown.frozen:
            self._follow()
            return
        self.view.hold()
        self._hold()
        self.shown.frozen = True
        self.say("frozen; p or G goes on")

    def _choose_line(self) -> None:
        line = self.view.cursor_line
        if line is None:
            return
        if self.view.following:
            self.view.hold()
            self._hold()
        if self.view.chosen.pop(id(line), None) is None:
            self.view.chosen[id(line)] = line
        self.view.news()

    # ---- filter and ring --------------------------------------------------------------------------------------------

    def _filtered(self) -> None:
        self.writer.look_for = highlight.wanted(self.filter.text)
        self._choose()

    def _choose(self) -> None:
        """Filter what is there by the text and by `z`, in slices."""
        match, only_wrong, name_of = self.filter.match, self.switches.wrong, self.writer.name_of

        def accepts(line: LogLine) -> bool:
            if only_wrong and line.level < Level.WARNING and not line.mark:
                return False
            if match is None or line.mark:
                return True
            return match(f"{name_of(line)} {line.text.decode('utf-8', 'replace')}", ())

        async def run() -> None:
            cursor = self.view.cursor_line
            if await self.shown.choose(accepts if match is not None or only_wrong else None):
                self.view.reformat()
                self.view.show(self.shown.lines, cursor)
                self._frame()

        self.run_worker(run())

    def _ring(self, step: int) -> None:
        """The next match; without a filter the next marked line, else the next error or warning."""
        self.run_worker(self._go_on(step), group="ring", exclusive=True)

    async def _go_on(self, step: int) -> None:
        """In slices: where nothing is found, all lines are looked at."""
        lines, view = list(self.view.lines), self.view
        what, hit = self._wanted()
        at = len(lines) if view.following else view.cursor
        slices = Slices()
        for place in range(at + 1, len(lines)) if step > 0 else range(min(at, len(lines)) - 1, -1, -1):
            if hit(lines[place]):
                break
            if slices.over:
                await slices.rest()
        else:
            self.say(f"no {'later' if step > 0 else 'earlier'} {what}")
            return
        line = lines[place]
        view.hold()
        self._hold()
        if not (place < len(view.lines) and view.lines[place] is line):
            place = next((at for at, one in enumerate(view.lines) if one is line), place)
        view.go(place)

    def _wanted(self) -> tuple[str, Callable[[LogLine], bool]]:
        look_for, chosen = self.writer.look_for, self.view.chosen
        if look_for is not None:
            return (
                "match",
                lambda line: not line.mark and look_for.search(line.text.decode("utf-8", "replace")) is not None,
            )
        if chosen:
            return "marked line", lambda line: id(line) in chosen
        return "error or warning", lambda line: line.level >= Level.WARNING

    # ---- windows ----------------------------------------------------------------------------------------------------

    def _ranges(self) -> None:
        from .choose import Choose

        restart = self.desk.newest_restart()
        offered = log_windows.offered(clock.now(), self.breach, restart)

        def chosen(place: int) -> None:
            words, window = offered[place]
            if window is None:
                self.say(words)
            else:
                self._open(window)

        self.app.push_screen(Choose("Range", [words for words, _ in offered], chosen, self.palette, "t"))

    def _earlier(self) -> None:
        first = moment_of(self.desk.buffer.lines[0].key) if self.desk.buffer.lines else None
        self._open(log_windows.earlier(self.desk.window, first, clock.now()))

    def _later(self) -> None:
        window = log_windows.later(self.desk.window, clock.now())
        if window is None:
            self.say("nothing is later: these are the newest lines")
        else:
            self._open(window)

    # ---- options and patterns ---------------------------------------------------------------------------------------

    def _options(self) -> None:
        from .choose import Switch

        def switches() -> list[tuple[str, str, bool]]:
            return [(name, title, getattr(self.switches, name)) for name, title in Switches.TITLES.items()]

        self.app.push_screen(Switch("View options of the logs", switches, self._turn, self.palette))

    def _turn(self, name: str, on: bool) -> None:
        self.writer.switches = self.switches.turned(name, on)
        if name == "wrong":
            self._choose()
        elif name == "previous":
            self._open(self.desk.window)
        self.view.wrap = self.switches.wrap
        self.view.reformat()
        self._frame()

    def _new_patterns(self) -> None:
        from .log_news import LogNewsDialog

        since, why = clock.now() - NO_BREACH, "in the last 5 minutes (nothing fires)"
        if self.breach is not None:
            since = baseline(self.breach, self._board.get(CHANGES).value or (), self.desk.names())
            why = "since the breach" if since == self.breach else "since the release before the breach"

        async def read() -> LogNews:
            return await self.desk.news(since)

        def chosen(pattern: str) -> None:
            self.filter.apply(filter_for(pattern))

        title = f"New patterns {why} · {self.target.words}"
        self.app.push_screen(LogNewsDialog(title, read, chosen, self.palette))

    # ---- other tools ------------------------------------------------------------------------------------------------

    def _about(self, line: LogLine | None, trace_id: str = "") -> About:
        """What a link from that line is about: its service, some minutes round its time."""
        at = (moment_of(line.key) if line is not None else None) or clock.now()
        target = self.target
        pod = target.name if target.kind == "Pod" else ""
        service = "" if pod else target.name
        return About(at - PADDING, at + PADDING, service, target.namespace, pod, trace_id)

    def _trace_address(self, trace_id: str, line: LogLine) -> str:
        return trace_link(self._links, self._about(line, trace_id))

    def _related(self) -> None:
        """The pages of other tools about this line: its trace's first."""
        line = self.view.cursor_line
        text = line.text.decode("utf-8", "replace") if line is not None else ""
        trace = next((one for _, _, one in trace_ids(text)), "")
        found = links(self._links, self._about(line, trace))
        if found:
            show_links(cast("Console", self.app), f"trace {trace[:12]}…" if trace else self.target.words, found)
        else:
            self.say("o: the settings name no other tool for this line ([profiles.X.links])")

    # ---- copying ----------------------------------------------------------------------------------------------------

    def _begin_copy(self) -> None:
        self._chord = True
        self.say("c: f save all these lines · r the marked lines, else this one · c command")

    def _copy(self, key: str) -> None:
        self._chord = False
        if key == "f":
            self.run_worker(self._save())
        elif key == "r":
            marked = [line for line in self.view.lines if id(line) in self.view.chosen]
            lines = marked or [line for line in (self.view.cursor_line,) if line is not None]
            self._copy_text("\n".join(map(self.writer.plain, lines)), plural(len(lines), "line"))
        elif key == "c":
            self._copy_text(self.desk.command(), "command")
        else:
            self.say("c: f r or c" if key != "esc" else "")

    def _copy_text(self, text: str, what: str) -> None:
        from ..openers import copied

        async def run() -> None:
            console: Console = self.app  # type: ignore[assignment]
            self.say(f"{what}: {await copied(console, text, what.partition(' ')[-1] or what)}")

        self.run_worker(run())

    async def _save(self) -> None:
        """All lines as they are filtered, without secrets, into a private file; in slices, then in a thread."""
        self.say("writing …")
        slices, found = Slices(), []
        for line in list(self.view.lines):
            found.append(self.writer.plain(line))
            if slices.over:
                await slices.rest()
        name = re.sub(r"[^A-Za-z0-9.-]+", "-", f"logs-{self.target.name}")[:80]
        with ThreadPoolExecutor(1, "logs") as executor:
            loop = asyncio.get_running_loop()
            said = await loop.run_in_executor(executor, to_file, "\n".join(found) + "\n", self._folder, name)
        self.say(f"{plural(len(found), 'line')} {said.replace(str(Path.home()), '~')}")
