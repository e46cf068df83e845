"""`I`: compose an update from a template; what it does not know is asked, and a gap blocks copying."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from textual.widgets import Input

from ...documents.updates import Composed, Template
from ...model.incident import Incident
from ...records.records import Records
from ...text import units
from ...text.clean import clean, clean_lines, wrapped
from ...widgets.line import Line, Part, Parts
from ...widgets.theme import Palette
from .form import Field, Form

NEXT, COPY = "Next gap", "Copy and record"
Compose = Callable[[str, Mapping[str, str]], Awaitable[Composed]]


class InformDialog(Form):
    """The message stands below as it will read; enter goes from gap to gap, and copies when there is none left."""

    start_at_button = False

    def __init__(
        self,
        records: Records,
        incident: Incident,
        templates: Sequence[Template],
        first: Composed,
        compose_update: Compose,
        copy: Callable[[str], Awaitable[str]],
        height: int,
        palette: Palette,
        ready: Callable[[], None],
    ) -> None:
        """`first` is the first template as it is composed now; `copy` says where the text went; `height` is the
        console's."""
        self.records = records
        self.incident = incident
        self.composed = first
        self.given: dict[str, str] = {}
        self._compose_update = compose_update
        self._copy = copy
        choices = tuple((one.name, f"{clean(one.title, 60)}{' (own)' if one.own else ''}") for one in templates)
        fields = [
            Field("template", "message", templates[0].name, choices),
            Field("variable", "gap", "", ()),
            Field("value", "is"),
        ]
        fields[1].choices, fields[1].value = self._gaps()
        super().__init__(f"Inform about {incident.id}", fields, (NEXT, "Cancel"), palette, ready=ready)
        self.notes = max(6, min(26, height - 9))
        self._fit_to_gap()
        self.at = 2 if self.composed.unresolved else 3

    # ---- the gap that is asked for ----------------------------------------------------------------------------------

    def _gaps(self) -> tuple[tuple[tuple[str, str], ...], str]:
        """All variables as choices, and the one to ask for: the first that nobody has filled in."""
        known = tuple((one.name, clean(one.title, 70)) for one in self.composed.variables) or (("", "none"),)
        first = next(iter(self.composed.unresolved), known[0][0])
        return known, first

    def _fit_to_gap(self) -> None:
        """The button, and what the line is filled in with."""
        self.buttons[0] = NEXT if self.composed.unresolved else COPY
        name = self.fields[1].value
        self.fields[2].value = next((one.value for one in self.composed.variables if one.name == name), "")
        line = self._inputs.get("value")
        if line is not None:
            with self.prevent(Input.Changed):
                line.value = clean(self.fields[2].value, 2000)
            line.cursor_position = len(line.value)

    def chosen(self, field: Field) -> None:
        if field.id == "template":
            self.run_worker(self._anew(), group="compose", exclusive=True)
        else:
            self._fit_to_gap()

    async def _anew(self) -> None:
        """Compose anew and go to the next gap; the button if there is none."""
        self.composed = await self._compose_update(self.value("template"), self.given)
        self.fields[1].choices, self.fields[1].value = self._gaps()
        self._fit_to_gap()
        if self.at == 2 and not self.composed.unresolved:
            self._go(3)
        self.draw()

    @property
    def typed(self) -> bool:
        return bool(self.given) or self._answer_is_new()

    def _answer_is_new(self) -> bool:
        known = next((one.value for one in self.composed.variables if one.name == self.fields[1].value), "")
        return self.value("value") != clean(known, 2000).strip()

    # ---- drawing ----------------------------------------------------------------------------------------------------

    def about(self) -> list[Parts]:
        who = (
            ("goes OUTSIDE: customers read it", "warning") if self.composed.external else ("for our own people", "dim")
        )
        missing = len(self.composed.unresolved)
        told = f" · {units.plural(missing, 'gap')} left: it cannot be copied yet" if missing else " · complete"
        width = max(20, self.query_one("#form-title", Line).size.width - 4)
        text = [piece for one in clean_lines(self.composed.text).split("\n") for piece in wrapped(one, width) or [""]]
        room = self.notes - 2
        if len(text) > room:
            text = [*text[: room - 1], f"… {len(text) - room + 1} more lines"]
        return [[Part(f" {who[0]}", who[1]), Part(told, "warning" if missing else "ok")], [],
                *([Part(f"   {one}")] for one in text)]  # fmt: skip

    # ---- keys -------------------------------------------------------------------------------------------------------

    async def save(self, button: str) -> str:
        if self._answer_is_new():
            self.given[self.fields[1].value] = self.value("value")
            await self._anew()
            self.complain("")
            if self.composed.unresolved:
                self._go(2)
            return ""
        if self.composed.unresolved:
            asked = self.fields[1].words
            self._go(2)
            raise ValueError(f"{asked} has to be said first; esc leaves")
        copied = await self._copy(self.composed.text)
        try:
            await self.records.inform(self.incident.id, self.composed.text, external=self.composed.external)
        except Exception:
            self.tell(f"the update is copied ({copied}), but not recorded")
            raise
        return f"update {copied}; saved in {self.incident.id}, the next one counts from now"
