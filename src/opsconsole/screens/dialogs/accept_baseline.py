"""Accepting what shifted as the new normal: it needs a reason, and says what it takes with it."""

from collections.abc import Callable, Sequence

from ...model.baseline import RowBaseline, Shift
from ...records import baselines
from ...rules.baseline_words import shift_words
from ...text.clean import clean
from ...widgets.line import Part, Parts
from ...widgets.theme import Palette
from .form import Field, Form


class AcceptDialog(Form):
    start_at_button = False

    def __init__(
        self,
        log: baselines.Log,
        shift: Shift,
        rows: Sequence[RowBaseline],
        saved: Callable[[], None],
        palette: Palette,
        ready: Callable[[], None],
    ) -> None:
        """`rows` are accepted together; `saved` is called when it is on disk."""
        self.book = log
        self.shift = shift
        self.rows = rows
        self._saved = saved
        fields = [Field("why", "because", placeholder="why this is normal from now on; it is kept")]
        super().__init__("Accept as the new normal", fields, ("Accept", "Cancel"), palette, ready=ready)
        self.notes = 3

    def about(self) -> list[Parts]:
        endpoints = ", ".join(clean(row.endpoint, 60) for row in self.rows if row.endpoint)
        told = [*self.folded(f"{shift_words(self.shift)}; what was before counts no more")]
        if endpoints and not self.shift.endpoint:
            told.append(f"with its endpoints {endpoints}")
        return [[Part(f" {line}", "dim")] for line in told]

    async def save(self, button: str) -> str:
        notes = await baselines.accept(self.book, self.rows, self.shift.since, self.value("why"))
        self._saved()
        return f"accepted by {clean(notes[0].who, 60)}, saved: {clean(self.shift.key.strip(), 60)}: {notes[0].note}"
