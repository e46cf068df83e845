"""The dialog of a write: what an action would do in nine lines, and two buttons of which Cancel has the focus."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen

from ...actions.errors import Changed, Refused
from ...config import keymap
from ...model.action import Phase, Plan, Run
from ...sources.errors import SourceError
from ...text.clean import clean
from ...widgets.line import Line, Part, cut
from ...widgets.run_line import progress, run_words
from ...widgets.tab_strip import countdown
from ...widgets.text_page import TextPage
from ...widgets.theme import Glyphs, Palette
from . import write_lines
from .deliberate import Deliberate
from .line_input import LineInput

if TYPE_CHECKING:
    from ...actions.actions import Actions
    from ...app import Console

WIDEST = 120
Planning = Callable[[Callable[[str], None]], Awaitable[Plan]]
"""Makes the plan, telling how far it is."""


class WriteDialog(ModalScreen[None]):
    """Opens at once and plans; enter on the second button, reached by tab or an arrow, carries the plan out.

    Letters never confirm, early keys and pasted newlines do nothing, and closing it before that leaves no trace. Once
    the write is on its way esc closes the dialog and the console goes on telling in its frame.
    """

    DEFAULT_CSS = """
    WriteDialog { align: center middle; background: $background 60%; }
    WriteDialog > Vertical { height: auto; background: $surface; border: round $warning; }
    WriteDialog #write-body { background: $surface; }
    WriteDialog #write-name { height: 1; display: none; }
    WriteDialog.-typed #write-name { display: block; }
    WriteDialog #write-ask { width: auto; }
    """

    def __init__(self, heading: str, make: Planning, actions: "Actions", palette: Palette, glyphs: Glyphs) -> None:
        super().__init__()
        self.heading = heading
        self.actions = actions
        self.palette, self.glyphs = palette, glyphs
        self.plan: Plan | None = None
        self.at = "cancel"
        """Where the focus is: cancel, name, confirm."""
        self.writing = False
        self.deliberate = Deliberate()
        self._make = make
        self._busy = f"reading {heading} …"
        self._answers: list[tuple[str, str]] = []
        self._changed: tuple[str, ...] = ()
        self._tried = False
        self._over = False
        """Nothing more is drawn: it is closed, or about to be."""
        self.body = TextPage(palette=palette, id="write-body")
        self.body.can_focus = False
        self.name_field = LineInput(limit=260, id="write-field")

    @property
    def console(self) -> "Console":
        return cast("Console", self.app)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self.body
            with Horizontal(id="write-name"):
                yield Line(id="write-ask", palette=self.palette)
                yield self.name_field
            yield Line(id="write-status", palette=self.palette)
            yield Line(id="write-buttons", palette=self.palette)

    def on_mount(self) -> None:
        self.set_focus(None)
        self.deliberate.begin()
        self.run_worker(self._plan(), group="plan")
        self.set_interval(1.0, self._tick)
        self.call_after_refresh(self.draw)

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw)

    def on_screen_resume(self) -> None:
        if self._over:
            self.dismiss(None)

    # ---- the plan -------------------------------------------------------------------------------------------------

    async def _plan(self) -> None:
        try:
            plan = await self._make(self._told)
        except SourceError as error:
            self._refused(error)
        else:
            self._show_plan(plan)

    def _told(self, words: str) -> None:
        self._busy = words if words.endswith("…") else f"{words} …"
        self.draw()

    def _show_plan(self, plan: Plan, changed: tuple[str, ...] = ()) -> None:
        """Another text is asked about now: Cancel has the focus again, and the first keys do not count."""
        self.plan, self._changed, self._busy = plan, changed, ""
        self.name_field.value = ""
        self.deliberate.begin()
        self._focus_on("cancel")

    def _refused(self, error: SourceError) -> None:
        """The sentence, which guard spoke, and what to do; all that was shown and typed stays."""
        guard = f"REFUSED ({error.guard})" if isinstance(error, Refused) else "FAILED, nothing was written"
        self._answer(f"{guard}: {error.problem.sentence}", error.problem.remedy)

    def _answer(self, sentence: str, remedy: str = "") -> None:
        self._busy = ""
        self._answers = [(sentence, "critical")]
        if remedy:
            self._answers.append((f"do: {remedy}", "title"))
        self.deliberate.begin()
        self._focus_on("cancel")

    # ---- the write ------------------------------------------------------------------------------------------------

    def _confirm(self) -> None:
        plan = self.plan
        if plan is None or self.writing:
            return
        if plan.typed and self.name_field.value.strip() != plan.typed:
            self._answers = [(f"type {plan.typed} first: nothing was written", "warning")]
            self._focus_on("name")
            return
        self.writing, self._tried, self._answers, self._busy = True, True, [], "writing …"
        self.draw()
        # not this screen's: closing the dialog must not cut a write in two
        self.console.run_worker(self._carry_out(plan, self.name_field.value.strip()), group="acting")

    async def _carry_out(self, plan: Plan, typed: str) -> None:
        try:
            run = await self.actions.carry_out(plan, typed=typed, told=self._told)
        except Changed as changed:
            self.writing = False
            self._answers = [("nothing was written: the target has changed; this is what is there now", "warning")]
            if self._gone("nothing was written: the target had changed since the plan was made"):
                return
            self._show_plan(changed.plan, changed.fields)
        except SourceError as error:
            self.writing = False
            if not self._gone(f"nothing was written: {error.problem.sentence}"):
                self._refused(error)
        else:
            self._done(run)

    def _done(self, run: Run) -> None:
        self.writing = False
        if run.phase is Phase.FAILED:
            if not self._gone(run_words(run)):
                self._answer(progress(run))
            return
        self.console.say(run_words(run))
        if self._over:
            return
        self._over = True
        if self.is_current:
            self.dismiss(None)

    def _gone(self, words: str) -> bool:
        """Whether the operator closed the dialog meanwhile; the frame says then how it ended."""
        if self._over:
            self.console.say(words)
        return self._over

    # ---- keys -----------------------------------------------------------------------------------------------------

    def press(self, key: str) -> bool:
        """One key, handed over by the application; False leaves it to the field."""
        counts = self.deliberate.counts(key)
        in_field = self.at == "name" and key not in ("tab", "shift+tab", "enter", "esc", "ctrl+c", "ctrl+q")
        if in_field and counts:
            return False
        if not counts or in_field:
            return True
        if key in ("tab", "right"):
            self._step(1)
        elif key in ("shift+tab", "left"):
            self._step(-1)
        elif key == "enter":
            self._enter()
        elif key in ("esc", "q", "-", "ctrl+c", "ctrl+q"):
            self._close()
        elif key == "c":
            self._copy()
        elif key == "W" and not self.actions.arming.armed:
            from .. import acting

            acting.arm(self.console)
        elif (action := keymap.by_key(key)) is not None:
            self.body.move(action.id)
        return True

    def _stops(self) -> list[str]:
        if self.plan is None or self.writing:
            return ["cancel"]
        return ["cancel", *(["name"] if self.plan.typed else []), "confirm"]

    def _step(self, step: int) -> None:
        stops = self._stops()
        place = stops.index(self.at) if self.at in stops else 0
        self._focus_on(stops[(place + step) % len(stops)])

    def _focus_on(self, stop: str) -> None:
        self.at = stop
        if self.is_attached and not self._over:
            self.set_focus(self.name_field if stop == "name" else None)
            self.draw()

    def _enter(self) -> None:
        if self.at == "confirm":
            self._confirm()
        elif self.at == "cancel":
            self._close()
        elif self.plan is not None and self.name_field.value.strip() == self.plan.typed:
            self._focus_on("confirm")

    def _close(self) -> None:
        if self.writing:
            self.console.say("the dialog is closed, the write goes on; the frame tells how it went")
        elif not self._tried:
            self.console.say("closed: nothing was changed")
        self._over = True
        self.dismiss(None)

    def _copy(self) -> None:
        if self.plan is not None:
            from ...actions.script import script
            from .. import openers

            openers.copy_text(self.console, script(self.plan), "script")
            self._answers = [("the plan was copied as a shell script", "dim")]
            self.draw()

    def on_line_clicked(self, event: Line.Clicked) -> None:
        event.stop()
        if self.deliberate.deaf:
            return
        if event.action == "cancel":
            self._close()
        elif event.action == "confirm" and "confirm" in self._stops():
            self._focus_on("confirm")
            self._confirm()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()

    # ---- drawing --------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        """The countdown in the `allowed` line."""
        if self.plan is not None:
            self.draw()

    def _armed(self) -> str:
        left = self.actions.arming.left_s
        return f"armed {countdown(left)}" if left > 0 else "READ-ONLY by now: W arms"

    def draw(self) -> None:
        """Everything anew; what is the same costs nothing."""
        if self._over or not self.is_attached or not self.query("#write-buttons"):
            return
        plan, console = self.plan, self.console
        width = min(WIDEST, console.size.width)
        inner = width - 2
        box = self.query_one(Vertical)
        box.styles.width = width
        if plan is None:
            lines = [[Part(f" {clean(self.heading)}", "title")]]
        else:
            allowed = write_lines.allowed_words(plan, self._armed())
            lines = write_lines.body_lines(plan, allowed, inner, self.glyphs, self._changed)
        lines += write_lines.answer_lines(self._answers, inner)
        self.set_class(plan is not None and bool(plan.typed), "-typed")
        room = max(1, console.size.height - 4 - (1 if plan is not None and plan.typed else 0))
        self.body.styles.height = min(room, len(lines))
        self.body.show(lines)
        if self._answers and len(lines) > room:
            self.body.move("bottom")
        if plan is not None and plan.typed:
            ask = Part(f" type {clean(plan.typed, 60)} to go on: ", "warning")
            self._line("write-ask").show([ask])
            self._line("write-ask").styles.width = len(ask.text)
        more = len(lines) - room
        hidden = f"j k: {more} more lines   " if more > 0 else ""
        idle = f"{hidden}c copies a shell script that does the same" if plan is not None else ""
        self._show("write-status", [Part(f" {clean(self._busy or idle)}", "title" if self._busy else "dim")], inner)
        confirm = plan.confirm if plan is not None and not self.writing else ""
        undo = plan is not None and plan.undo is not None
        self._show("write-buttons", write_lines.button_parts(confirm, self.at, undo, inner), inner)

    def _line(self, name: str) -> Line:
        return self.query_one(f"#{name}", Line)

    def _show(self, name: str, parts: list[Part], width: int) -> None:
        self._line(name).show(cut(parts, width))
