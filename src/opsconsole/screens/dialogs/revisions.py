"""`B`: the revisions to go back to; the one before is under the cursor."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from rich.cells import cell_len

from ...model.action import Target
from ...model.kubernetes import ReplicaSet
from ...rules.revisions import ran
from ...sources.errors import SourceError
from ...text import clock, units
from ...text.clean import clean, fit
from ...widgets.line import Part, Parts
from ...widgets.text_page import folded
from ...widgets.theme import Palette
from .page import Dialog

Chosen = Callable[[ReplicaSet], None]
Safety = Callable[[], Awaitable[Sequence[Parts]]]
_DOWN = ("j", "down")
_END = ("G", "end", "ctrl+d", "pagedown")


class RevisionsDialog(Dialog):
    """Opens at once and reads them; enter goes on to the dialog that says what it would do, and writes nothing."""

    DEFAULT_CSS = "RevisionsDialog > Vertical { height: auto; max-height: 86%; }"

    def __init__(
        self,
        target: Target,
        revisions: Callable[[], Awaitable[Sequence[ReplicaSet]]],
        chosen: Chosen,
        palette: Palette,
        safety: Safety | None = None,
    ) -> None:
        """`safety` reads what is known of going back; it comes below the revisions when it has been read."""
        where = f"{clean(target.context)} / {clean(target.namespace)}"
        super().__init__(
            f"ROLL BACK {clean(target.words)}   {where}",
            [[Part(" reading the revisions …", "dim")]],
            palette,
            "j k move   enter shows what it would do   esc back",
            fold=False,
        )
        self._revisions, self._chosen, self._safety = revisions, chosen, safety
        self.offered: tuple[ReplicaSet, ...] = ()

    def on_mount(self) -> None:
        super().on_mount()
        self.page.styles.height = 3
        self.run_worker(self._read())

    async def _read(self) -> None:
        try:
            found = tuple(await self._revisions())
        except SourceError as error:
            lines = [[Part(f" {clean(error.problem.sentence)}", "critical")]]
            if error.problem.remedy:
                lines.append([Part(f" do: {clean(error.problem.remedy)}", "title")])
            self.page.show(lines)
            return
        self.offered = found
        if len(found) < 2:
            self.page.show([[Part(" there is no revision before: nothing to go back to", "warning")]])
            return
        self.page.cursor = 1
        self._show(revision_lines(found, clock.now()))
        if self._safety is not None:
            await self._tell_safety(self._safety)

    async def _tell_safety(self, read: Safety) -> None:
        """It only helps to judge: where it cannot be read, that is said, and one may go on."""
        try:
            below = [part for line in await read() for part in folded(line, self.page.narrow)]
        except SourceError as error:
            below = [[Part(f" is rolling back safe: unknown ({clean(error.problem.sentence, 200)})", "dim")]]
        self._show([*revision_lines(self.offered, clock.now()), [Part("")], *below])

    def _show(self, lines: Sequence[Parts]) -> None:
        self.page.styles.height = min(len(lines), max(3, self.app.size.height - 8))
        self.page.show(lines)

    def pressed(self, key: str) -> bool:
        if key in _DOWN and self.page.cursor is not None and self.page.cursor >= len(self.offered) - 1:
            return True  # what stands below the revisions is none
        if key in _END:
            while self.page.cursor is not None and self.page.cursor < len(self.offered) - 1:
                self.page.move("down")
            return True
        if key != "enter":
            return False
        place = self.page.cursor
        if place is None or place >= len(self.offered):
            return True
        if place == 0:
            self.say("that one runs now; choose one below it")
            return True
        self.dismiss(None)
        self.app.call_later(self._chosen, self.offered[place])
        return True


def revision_lines(revisions: Sequence[ReplicaSet], now: datetime) -> list[list[Part]]:
    """Revision, image, since when and how long it ran (`+`: and again after a rollback), who released it and why; the
    newest first, which runs now."""
    lines: list[list[Part]] = []
    images = [", ".join(clean(image).rsplit("/", 1)[-1] for image in one.images) or units.UNKNOWN for one in revisions]
    widest = min(30, max(map(cell_len, images)))
    for place, one in enumerate(revisions):
        lasted = ran(one, revisions, now)
        span = units.UNKNOWN if lasted.span is None else units.span(lasted.span.total_seconds())
        word = "running" if place == 0 else "ran"
        words = f"{word} {span}{'+' if lasted.at_least else ''}"
        began = f"{one.created:%d %b %H:%M}" if one.created is not None else units.UNKNOWN
        why = "  ".join(part for part in (clean(one.author, 40), clean(one.change_cause, 120)) if part)
        lines.append(
            [
                Part(f" rev {fit(clean(one.revision, 12), 6)} ", "dim" if place == 0 else "title"),
                Part(f"{fit(images[place], widest)} "),
                Part(f"{fit(began, 12)} {fit(words, 15)} ", "dim"),
                Part(why or units.DASH),
            ]
        )
    return lines
