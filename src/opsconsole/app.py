"""The Textual application: one screen with tabs, one way for every key, and a clean end whatever happens."""

import os
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.driver import Driver
from textual.filter import Monochrome, NoColor
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import AwaitMount, Widget
from textual.worker import WorkerFailed

from . import crash
from .config import keymap, paths
from .config.keymap import Action, Grade
from .screens import keys, openers
from .screens.base import Context, Tab
from .screens.evidence_ring import EvidenceRing
from .terminal.differences import Bytes, Shown
from .terminal.gate import Gate, Verdict
from .terminal.stalls import Stalls
from .text import clock
from .widgets import footer, line_filters, theme
from .widgets.frame import Frame
from .widgets.line import Line
from .widgets.live_table import LiveTable

Loader = Callable[[], type[Tab]]
LEAVES_S = 2.0
"""ctrl+c twice within this leaves."""
HANG_UP = 129
"""Exit code after SIGHUP or a lost terminal."""


class Base(Screen[None], inherit_bindings=False):
    """The one screen: what Textual binds by itself is not bound here."""


class Console(App[None], inherit_bindings=False):
    """The frame, seven tabs loaded at their first visit, and the dispatch of keys.

    `loaders` give the class of each tab by its digit; `start` is the digit to open on.
    """

    BINDINGS: ClassVar[list[BindingType]] = []
    ENABLE_COMMAND_PALETTE = False
    ESCAPE_TO_MINIMIZE = False
    TITLE = "opsconsole"
    CSS = """
    Base { background: $background; color: $foreground; overflow: hidden; }
    #strip { background: $surface; }
    """

    def __init__(
        self,
        context: Context,
        loaders: Mapping[int, Loader],
        *,
        start: int = 0,
        log_path: Path | None = None,
        state_dir: Path | None = None,
        driver_class: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class)
        self.context = context
        self.loaders = loaders
        self.start_tab = start if start in loaders else min(loaders)
        self.log_path = log_path
        self.state_dir = state_dir or paths.state_dir()
        self.crash_sentence = ""
        self.frozen = False
        self.stalls = Stalls()
        self.shown = Shown()
        self.coarse = self.no_color or self.console.color_system in (None, "standard")
        self.palette = theme.palette(context.settings.interface.theme, coarse=self.coarse)
        self.glyphs = theme.glyphs(context.settings.interface.glyphs, os.environ.get("TERM", ""))
        self.frame = Frame(context, self.palette, self.glyphs, sorted(loaders))
        self.tabs: dict[int, Tab] = {}
        self.before_first_tab: Callable[[], Awaitable[None]] | None = None
        """What the command line wants to be done (a tab's imports) once the frame stands; keys wait meanwhile."""
        self.after_first_paint: Callable[[], Awaitable[None]] | None = None
        """What it wants to be started (sources, heavy imports) with the first tab."""
        self.at_exit: Callable[[], Awaitable[None]] | None = None
        """What it wants to be ended in order before the program leaves."""
        self._gate = Gate(time.monotonic)
        self._gate_timer: Timer | None = None
        self._ahead: list[events.Key] | None = []
        self._chord: str | None = None
        self._trail: list[int] = []
        self._ring_at = ""
        self.evidence = EvidenceRing(self)
        self.frame.ring = lambda: self.evidence.words
        self._interrupted = float("-inf")
        self._touched = time.monotonic()
        self.animation_level = "none"
        for name in theme.PALETTES:
            self.register_theme(theme.textual_theme(theme.palette(name, coarse=self.coarse)))
        self.theme = f"opsconsole-{self.palette.name}"
        if self.glyphs is theme.ASCII:
            self._filters.append(line_filters.AsciiSigns())
        self._without_colours()

    # --- start and end -------------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[Any]:
        return Base(id="_default")

    def compose(self) -> ComposeResult:
        yield self.frame

    def on_mount(self) -> None:
        # Back from ctrl+z Textual starts on an empty screen and draws only what changes.
        self.app_resume_signal.subscribe(self, lambda _: openers.redraw(self))
        self.call_after_refresh(self._begin)

    def on_resize(self, event: events.Resize) -> None:
        self.shown.forget(*event.size)

    def _begin(self) -> None:
        """After the first paint: the first tab, then whatever the command line wants to start."""
        self.stalls.start()
        if self.before_first_tab is None:
            self._start()
            self.release_keys()
        else:
            self.run_worker(self._prepared(self.before_first_tab), group="start")

    async def _prepared(self, prepare: Callable[[], Awaitable[None]]) -> None:
        await prepare()
        self._start()
        self.release_keys()

    def _start(self) -> None:
        self.show_tab(self.start_tab)
        if self.after_first_paint is not None:
            self.run_worker(self.after_first_paint, group="start")

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        # the end waits for threads, and nobody for the end
        self.stalls.stop()
        super().exit(result, return_code, message)

    def terminal_lost(self) -> None:
        """The terminal is gone: end at once, in order."""
        self.exit(return_code=HANG_UP)

    def _handle_exception(self, error: Exception) -> None:
        """A crash: a file without local variables instead of Textual's traceback, which prints them."""
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            error = error.error
        if not self.crash_sentence:
            self.crash_sentence = crash.report(error, self.state_dir)
        self._return_code = crash.EXIT_CODE
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Send the cells that differ from what the terminal shows, and nothing where none does."""
        sends = self._running and not self._closed and not self.is_headless and not self._batch_count
        if sends and isinstance(renderable, LayoutUpdate):
            self.shown.whole(renderable, self.console)
        elif sends and isinstance(renderable, ChopsUpdate):
            text = self.shown.changed(renderable, self.console)
            if not text:
                return
            renderable = Bytes(text)
        super()._display(screen, renderable)

    def _print(self, text: str, stderr: bool = False) -> None:
        """What is printed while the screen is up goes to the log, not to the screen."""
        if text.strip():
            import logging

            logging.getLogger("stderr" if stderr else "stdout").warning("%s", text.rstrip())

    # --- tabs ----------------------------------------------------------------------------------------------------

    @property
    def tab(self) -> Tab:
        """The active tab; there is one from the first paint on."""
        if self.frame.active is None:
            raise LookupError("no tab is open yet")
        return self.frame.active

    def show_tab(self, digit: int, view: str | None = None, identity: str | None = None, only: str = "") -> None:
        """Bring a tab to the front; the first visit loads it. `identity` puts its cursor on an object, `only` narrows
        its rows to it."""
        if digit not in self.loaders:
            self.say(f"{digit}: there is no such tab here; opsconsole demo shows them all")
            return
        before = self.frame.active
        tab = self.tabs.get(digit)
        mounted: AwaitMount | None = None
        if tab is None:
            tab = self.tabs[digit] = self.loaders[digit]()(self.context)
            tab.shown = True
            mounted = self.frame.query_one("#tabs").mount(tab)
        if before is not None and before is not tab:
            before.shown = False
            before.display = False
            self.frame.remove_class("-full")
        self.frame.active = tab
        if not tab.shown:
            tab.shown = True
            tab.display = True
            tab.catch_up()
        known = (*tab.views, *tab.further_views)
        if view is not None and not tab.at_view(view) and any(one.id == view for one in known):
            tab.show_view(view)
        self.run_worker(self._arrive(tab, identity, mounted, only), group="arrive")

    async def _arrive(self, tab: Tab, identity: str | None, mounted: AwaitMount | None, only: str) -> None:
        """One paint for all of it: a slow line pays for each."""
        with self.batch_update():
            if mounted is not None:
                await mounted
            if tab is not self.frame.active:
                return
            self.frame.draw()
            if not keys.typing(self.focused) and not self.dialog_open:
                tab.focus_main()
        if identity is not None and not tab.go_to(identity):
            self.say(f"{identity} is not in this view")
        elif only:
            tab.narrow(only)

    async def move_to(self, context: Context) -> None:
        """Show another platform: no tab, dialog or subscription of the one before stays. Keys wait meanwhile."""
        before = self.frame.active
        self.hold_keys()
        try:
            with self.batch_update():
                while self.dialog_open:
                    self.pop_screen()
                self.context = context
                self.frozen = False
                self._chord = None
                self._ring_at = ""
                self.evidence.ring = None
                self._trail.clear()
                for table in self.frame.query(LiveTable):
                    table.clear()
                self.tabs.clear()
                self.frame.turn_to(context)
                await self.frame.query_one("#tabs").remove_children()
                digit, view = (before.digit, before.view) if before is not None else (self.start_tab, None)
                self.show_tab(digit, view)
        finally:
            self.release_keys()

    def go(self, digit: int, view: str | None = None, identity: str | None = None, only: str = "") -> None:
        """Jump to evidence on another tab or view, its rows narrowed to `only`; `esc` comes back."""
        active = self.frame.active
        if active is not None and active.digit != digit:
            self._trail.append(active.digit)
        elif active is not None and view in {one.id for one in active.views} and not active.at_view(view):
            active.jump(view)
        self.show_tab(digit, view, identity, only)

    def next_finding(self, step: int) -> None:
        """The next piece of evidence after a jump; else the next finding as Now lists them, on its own tab, with the
        cursor on its object."""
        if self.evidence.turn(step):
            return
        ring = [finding for finding in self.frame.findings if finding.state == "firing"]
        if not ring:
            self.say("n: no finding fires")
            return
        ids = [finding.id for finding in ring]
        place = ids.index(self._ring_at) + step if self._ring_at in ids else (0 if step > 0 else -1)
        finding = ring[place % len(ring)]
        self._ring_at = finding.id
        self.go(finding.tab, identity=finding.object or None)
        self.say(f"finding {place % len(ring) + 1}/{len(ring)}: {finding.what}")

    @property
    def dialog_open(self) -> bool:
        return len(self.screen_stack) > 1

    @property
    def occupied(self) -> bool:
        """Whether somebody types, or a dialog is open or about to open: nothing may change under them."""
        return self.dialog_open or self._ahead is not None or keys.typing(self.focused)

    def on_tab_changed(self, event: Tab.Changed) -> None:
        self.frame.draw_tab()

    def say(self, text: str) -> None:
        """One line to the operator, in the footer's place."""
        self.frame.say(text)

    # --- keys ----------------------------------------------------------------------------------------------------

    @property
    def quiet_s(self) -> float:
        """For how long nobody has pressed a key or clicked."""
        return time.monotonic() - self._touched

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.MouseDown | events.MouseScrollDown | events.MouseScrollUp):
            self._touched = time.monotonic()
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.take(event)
        elif isinstance(event, events.Paste) and not event.is_forwarded and not keys.typing(self.focused):
            if not self.dialog_open:
                self.say(f"a paste of {len(event.text):,} characters was dropped; / or : first, then paste")
        else:
            await super().on_event(event)
        if isinstance(event, events.Key | events.MouseDown) and self.frame.active is not None:
            self.tab.touched()

    def take(self, event: events.Key) -> None:
        """Where one key goes: kept for a line that opens, typed into a line, to a dialog, or through the gate."""
        if self._ahead is not None:
            self._ahead.append(event)
            return
        key = keys.name_of(event)
        action = keymap.by_key(key)
        line = self.focused
        if keys.typing(line):
            assert line is not None
            if action is not None and action.with_input and action.id in ("redraw", "suspend"):
                self.do(action)
            elif not keys.press(self.screen, key) and not keys.press(line, key):
                line._forward_event(event)
        elif self.dialog_open:
            keys.press(self.screen, key)
        else:
            self._deliver(self._gate.key(key))
            self._await_gate()

    def hold_keys(self) -> None:
        """Keep what is typed until the line that is being opened can take it; so it is until the first tab stands."""
        if self._ahead is None:
            self._ahead = []

    def release_keys(self) -> None:
        """Give the kept keys to whatever has the focus now."""
        ahead, self._ahead = self._ahead or [], None
        for event in ahead:
            self.take(event)

    def _await_gate(self) -> None:
        if self._gate_timer is not None:
            self._gate_timer.stop()
            self._gate_timer = None
        due = self._gate.deadline
        if due is not None:
            self._gate_timer = self.set_timer(max(0.001, due - time.monotonic()), self._gate_due)

    def _gate_due(self) -> None:
        self._gate_timer = None
        self._deliver(self._gate.tick())
        self._await_gate()

    def _deliver(self, verdict: Verdict) -> None:
        for key in verdict.keys:
            if self._ahead is not None or self.dialog_open or keys.typing(self.focused):
                self.take(keys.event_of(key))
            else:
                self.press(key)
        if verdict.says:
            self.say(verdict.says)

    def press(self, key: str) -> None:
        """One key that a person pressed, with no line to type in and no dialog open."""
        if self._chord is not None:
            self._finish_chord(key)
            return
        self.frame.hush()
        if key in keymap.SAYS:
            self.say(keymap.SAYS[key])
            return
        action = keymap.by_key(key)
        if action is not None and self.frame.active is not None:
            self.do(action)

    def do(self, action: Action) -> None:
        """What an action of the table does; what the frame does not know itself, the active tab is asked to do."""
        if action.id in keymap.ABOUT_THE_ROW and self.frame.active is not None and (gone := self.tab.gone()):
            self.say(f"{action.keys[0]} ({action.title}): {gone}")
            return
        if action.grade is not Grade.LOOK:
            self._write(action)
            return
        if action.id.startswith("tab."):
            self._trail.clear()
            self.evidence.end()
            self.show_tab(int(action.id[-1]))
            return
        own = openers.OPENERS.get(action.id)
        if own is not None:
            own(self)
        elif not self.tab.act(action.id):
            self._unhandled(action)

    def _write(self, action: Action) -> None:
        """What leaves a trace: on the platform (screens.acting), or in the console's own store (screens.recording)."""
        if self.frame.active is None:
            return
        if action.grade is Grade.SYSTEM:
            from .screens import acting

            acting.start(self, action)
            return
        from .screens import recording

        getattr(recording, action.id)(self)

    def _unhandled(self, action: Action) -> None:
        focused: Widget | None = self.focused
        if action.group == keymap.MOVE and action.id != "select":
            if focused is not None and not focused.is_disabled:
                focused._forward_event(keys.event_of(keys.PLAIN_MOVES[action.id]))
        elif action.id not in ("enter", "back"):
            self.say(f"{action.keys[0]} ({action.title}) has nothing to show here")

    # --- chords --------------------------------------------------------------------------------------------------

    def chord_letters(self, action_id: str) -> Mapping[str, str]:
        """What may follow the first key."""
        if action_id == "view.pick":
            return {view.letter: view.title for view in self.tab.views}
        return keymap.COPIES if action_id == "copy" else self.tab.sorts()

    def begin_chord(self, action_id: str) -> None:
        """Wait for the letter, and say which there are."""
        letters = self.chord_letters(action_id)
        if not letters:
            self._unhandled(keymap.by_id(action_id))
            return
        self._chord = action_id
        self.frame.ask(footer.chord(action_id, letters, self.size.width))

    def _finish_chord(self, key: str) -> None:
        action_id, self._chord = self._chord or "", None
        self.frame.hush()
        letters = self.chord_letters(action_id)
        if key not in letters:
            if key != "esc":
                first = keymap.by_id(action_id).keys[0]
                self.say(f"{first} {key} means nothing here: {' '.join(letters)}")
        elif action_id == "view.pick":
            self.tab.show_view(next(view.id for view in self.tab.views if view.letter == key))
        elif action_id == "copy":
            openers.copy(self, key)
        elif not self.tab.act(f"sort.{key}"):
            self.say(f"s {key}: nothing to sort here")

    # --- going back and leaving ----------------------------------------------------------------------------------

    def back(self) -> bool:
        """One step back: inside the tab, out of full screen, out of a filter, along the trail. False at the root."""
        if self.tab.act("back"):
            return True
        if self.frame.has_class("-full"):
            self.frame.remove_class("-full")
        elif self.tab.filter_text:
            openers.apply_filter(self, "")
        elif self._trail:
            self.evidence.end()
            self.show_tab(self._trail.pop())
        else:
            return False
        return True

    def interrupt(self) -> None:
        """ctrl+c: copy the selection; else say how to leave; the second time leave."""
        selected = self.screen.get_selected_text()
        if selected:
            openers.copy_text(self, selected, "selection")
            self.clear_selection()
            return
        now = time.monotonic()
        if now - self._interrupted <= LEAVES_S:
            openers.leave(self)
            return
        self._interrupted = now
        self.say("ctrl+c again within 2 s leaves; so does ctrl+q, or q at the root")

    def toggle_freeze(self) -> None:
        """Hold the tabs still while the frame goes on; a second time lets all news in."""
        self.frozen = not self.frozen
        self.frame.frozen = clock.now() if self.frozen else None
        if not self.frozen:
            self.tab.catch_up()
        self.frame.draw()

    # --- the mouse -----------------------------------------------------------------------------------------------

    def on_line_clicked(self, event: Line.Clicked) -> None:
        if self.dialog_open or self.frame.active is None:
            return
        if event.action.startswith("view."):
            view = event.action.removeprefix("view.")
            if any(known.id == view for known in self.tab.views):
                self.tab.show_view(view)
                return
        self.do(keymap.by_id(event.action))

    def recolour(self, name: str) -> None:
        """Change the palette of everything."""
        self.palette = theme.palette(name, coarse=self.coarse)
        self._without_colours()
        self.theme = f"opsconsole-{name}"
        self.frame.recolour(self.palette)
        for tab in self.tabs.values():
            tab.recolour(self.palette)

    def _without_colours(self) -> None:
        """Where NO_COLOR asks for none, colours become bold, dim and reverse, instead of Textual's greys."""
        if self.no_color:
            mine = (Monochrome, NoColor, line_filters.NoColours)
            self._filters = [one for one in self._filters if not isinstance(one, mine)]
            self._filters.append(line_filters.NoColours(self.palette))
