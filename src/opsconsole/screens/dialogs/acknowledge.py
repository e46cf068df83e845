"""`A`: somebody knows of a finding: until it ends, or for a time after which it counts as new again."""

from collections.abc import Awaitable, Callable

from ...model.finding import Finding
from ...model.incident import Acknowledgement
from ...text import clock, units
from ...text.clean import clean
from ...widgets.line import Part, Parts
from ...widgets.theme import Palette
from .form import Field, Form

SPANS = (("", "until it ends"), ("3600", "for 1 h"), ("14400", "for 4 h"), ("28800", "for 8 h"), ("86400", "for 24 h"))
"""Seconds, and how they are called."""

Save = Callable[[Finding, float | None, str], Awaitable[Acknowledgement]]


class AcknowledgeDialog(Form):
    """The button has the focus: two keys where nothing is to be added."""

    def __init__(self, finding: Finding, save: Save, palette: Palette, ready: Callable[[], None]) -> None:
        self.finding, self._save_it = finding, save
        fields = [
            Field("for", "holds", "", SPANS),
            Field("note", "because", placeholder="what is known of it, or who sees to it (may stay empty)"),
        ]
        super().__init__(
            f"Acknowledge: {clean(finding.what, 120)}", fields, ("Acknowledge", "Cancel"), palette, ready=ready
        )
        self.notes = 1

    def about(self) -> list[Parts]:
        span = self.value("for")
        words = "a known finding goes behind what nobody knows of"
        return [[Part(f" {words}; after that time it counts as new again" if span else f" {words}", "dim")]]

    async def save(self, button: str) -> str:
        span = self.value("for")
        done = await self._save_it(self.finding, float(span) if span else None, self.value("note"))
        until = f" until {units.clock(done.until)}Z" if done.until is not None else ""
        at = units.clock(clock.now())
        return f"acknowledged {at}Z by {clean(done.who, 40)}{until}, saved: {clean(self.finding.what, 120)}"
