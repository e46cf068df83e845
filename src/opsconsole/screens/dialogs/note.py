"""`N`: one line into the timeline of an incident, or kept loose until one is declared."""

from collections.abc import Callable, Sequence

from ...model.incident import Incident
from ...records import notes
from ...records.records import Records
from ...rules.action_items import read
from ...text import units
from ...text.clean import clean
from ...widgets.line import Part, Parts
from ...widgets.theme import Palette
from .form import Field, Form

LOOSE = "no incident: kept loose, the next one declared within the hour takes it in"


KINDS = " ".join(f"!{one}" for one in notes.KINDS)


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
        text = self.value("text")
        try:
            note = notes.parsed(text)
        except ValueError:  # no words yet
            note = notes.Note("note", "")
        if note.kind != "note":
            return [[Part(f" becomes a {note.kind}{todo_words(note.text) if note.kind == 'todo' else ''}", "ok")]]
        if strange := notes.stranger(text):
            return [[Part(f" {strange}", "warning")]]
        return [[Part(f" begin with {KINDS} to make it one", "dim")]]

    def on_input_changed(self) -> None:
        self.draw()

    async def save(self, button: str) -> str:
        text, incident = self.value("text"), self.value("incident")
        entry = await self.records.note(incident, text)
        self.drafts.pop("note", None)
        where = f" in {incident}" if incident else ", loose; the next incident within the hour takes it in"
        strange = notes.stranger(text)
        told = f" ({strange})" if strange else ""
        if entry.kind == "todo":
            told = todo_words(entry.text)
        return f"saved {units.clock(entry.occurred)}Z as {entry.kind}{where}{told}: {clean(entry.text, 80)}"

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


def todo_words(text: str) -> str:
    """`, owner jonas, due 2026-12-01`: what is read from an item's words, and how to say what is not."""
    item = read(text)
    owner = f"owner {clean(item.owner, 40)}" if item.owner else "no owner (@name)"
    due = f"due {item.due}" if item.due is not None else "no date (due YYYY-MM-DD)"
    return f", {owner}, {due}"


def named(incident: Incident) -> str:
    """`INC-7 SEV2 checkout slow`, and its state where it is over."""
    over = "" if incident.open else f" ({clean(incident.state)})"
    drill = " (drill)" if incident.drill else ""
    return f"{incident.id} SEV{incident.severity} {clean(incident.title, 50)}{drill}{over}"
