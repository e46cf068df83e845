"""`T`: move an incident to one of the states that may follow."""

from collections.abc import Callable

from ...model.finding import Finding
from ...model.incident import Incident
from ...records.records import Records
from ...rules.incident_states import next_states
from ...text import clock, units
from ...text.clean import clean
from ...widgets.line import Part, Parts
from ...widgets.theme import Palette
from .form import Field, Form
from .note import named

OVER = ("mitigated", "monitoring", "resolved", "closed")
"""States that say that the harm has ended."""


class StateDialog(Form):
    """The likely state first: two keys where it is that one."""

    def __init__(
        self,
        records: Records,
        incident: Incident,
        still: Finding | None,
        palette: Palette,
        ready: Callable[[], None],
    ) -> None:
        """`still`: the finding that it was declared from, where that still fires."""
        self.records = records
        self.incident = incident
        self.still = still
        states = next_states(incident.state)
        fields = [
            Field("state", "becomes", states[0], tuple((state, state.upper()) for state in states)),
            Field("text", "because", placeholder="what was seen or done, in a few words (may stay empty)"),
        ]
        heading = f"{named(incident).removesuffix(f' ({incident.state})')} is {incident.state.upper()}"
        super().__init__(heading, fields, (_label(states[0]), "Cancel"), palette, ready=ready)
        self.notes = 3

    def chosen(self, field: Field) -> None:
        self.buttons[0] = _label(field.value)

    def about(self) -> list[Parts]:
        now = clock.now()
        lasted = units.age(self.incident.impact or self.incident.declared, self.incident.ended or now)
        words = "impact lasted" if self.incident.ended else "impact for"
        may = "  ".join(next_states(self.incident.state))
        lines: list[Parts] = [
            [Part(f" may follow  {may}", "dim")],
            [Part(f" {words}  {lasted}", "dim")],
        ]
        if self.still is not None and self.value("state") in OVER:
            words = clean(self.still.what, 120)
            lines.append([Part(f" still fires {words}, {units.age(self.still.since, now)}", "warning")])
        return lines

    async def save(self, button: str) -> str:
        before = self.incident.state
        incident = await self.records.move(self.incident.id, self.value("state"), self.value("text"))
        return f"saved {units.clock(clock.now())}Z: {incident.id} {before} -> {incident.state}"


def _label(state: str) -> str:
    return f"Move to {state}"
