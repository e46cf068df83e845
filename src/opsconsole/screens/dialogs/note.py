"""`N`: one line into the timeline of an incident, or kept loose until one is declared."""

from collections.abc import Callable, Sequence

from ...model.incident import Incident
from ...records import notes
from ...records.records import Records
from ...text import units
from ...text.clean import clean
from ...widgets.line import Part, Parts
from ...widgets.theme import Palette
from .form import Field, Form

LOOSE = "no incident: kept loose, the next one declared within the hour takes it in"


class NoteDialog(Form):
    """What is typed and not saved when it is left stays for the next `N`."""

    start_at_button = False

    def __init__(
        self,
        records: Records,
        incidents: Sequence[Incident],
        drafts: dict[str, str],
        palette: Palette,
        ready: Callable[[], None],
    ) -> None:
        """`incidents`: those it may belong to, the likeliest first."""
        self.records = records
        self.drafts = drafts
        choices = tuple((one.id, named(one)) for one in incidents)
        fields = [Field("text", "note", drafts.get("note", ""), placeholder="what you see, think or decided")]
        fields.append(Field("incident", "goes to", choices[0][0] if choices else "", (*choices, ("", LOOSE))))
        super().__init__("Note", fields, ("Save", "Cancel"), palette, ready=ready)
        self.first["text"] = ""
        self.notes = 1

    def about(self) -> list[Parts]:
        try:
            kind = notes.parsed(self.value("text")).kind
        except ValueError:  # no words yet
            kind = "note"
        if kind != "note":
            return [[Part(f" becomes a {kind}", "ok")]]
        return [[Part(f" begin with {'  '.join(f'!{one}' for one in notes.KINDS)}  to make it one", "dim")]]

    def on_input_changed(self) -> None:
        self.draw()

    async def save(self, button: str) -> str:
        text, incident = self.value("text"), self.value("incident")
        entry = await self.records.note(incident, text)
        self.drafts.pop("note", None)
        where = f" in {incident}" if incident else ", loose; the next incident within the hour takes it in"
        return f"saved {units.clock(entry.occurred)}Z as {entry.kind}{where}: {clean(entry.text, 80)}"

    @property
    def unsaved(self) -> str:
        text = self.value("text")
        return f"a note that is not saved: {clean(text, 60)}" if text else ""

    def _leave(self) -> None:
        """Nothing is asked: what was typed waits."""
        text = self.value("text")
        self.drafts.pop("note", None)
        if text:
            self.drafts["note"] = text
            self.tell("not saved; N goes on with what you typed")
        self.drop()


def named(incident: Incident) -> str:
    """`INC-7 SEV2 checkout slow`, and its state where it is over."""
    over = "" if incident.open else f" ({clean(incident.state)})"
    drill = " (drill)" if incident.drill else ""
    return f"{incident.id} SEV{incident.severity} {clean(incident.title, 50)}{drill}{over}"
