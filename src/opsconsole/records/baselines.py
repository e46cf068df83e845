"""What people say of baselines: accepted as the new normal, frozen, learned from again; each with who and why."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ..model.baseline import Baseline, BaselineNote, RowBaseline
from ..model.journal import JournalLine
from ..rules.baseline import accepted_figures
from ..sources import person
from ..text import clock
from .texts import one_line

NOTE = 400


class Log(Protocol):
    """What is needed of the store; the call raises StoreError (a SourceError)."""

    async def note_baseline(self, note: BaselineNote, line: JournalLine | None = None) -> None: ...


async def accept(log: Log, rows: Sequence[RowBaseline], since: datetime, why: str) -> list[BaselineNote]:
    """From then on what was measured of these rows is normal. ValueError where nobody says why, or where too little was
    measured since then."""
    figures = {(row.service, row.endpoint): accepted_figures(row.windows, since.timestamp()) for row in rows}
    notes = []
    for (service, endpoint), known in figures.items():
        words = f"baseline of {_named(service, endpoint)} accepted as it is since {since:%Y-%m-%d %H:%M}Z"
        notes.append(await _write(log, "accepted", service, endpoint, why, words, since, known))
    return notes


async def freeze(log: Log, service: str, endpoint: str, why: str) -> BaselineNote:
    """Nothing is learned from now on; no service: of all."""
    return await _write(log, "frozen", service, endpoint, why, f"baseline of {_named(service, endpoint)} frozen")


async def thaw(log: Log, service: str, endpoint: str, why: str) -> BaselineNote:
    """It is learned from again, what happened meanwhile too."""
    return await _write(log, "thawed", service, endpoint, why, f"baseline of {_named(service, endpoint)} learned again")


async def _write(
    log: Log, what: str, service: str, endpoint: str, why: str, words: str, since: datetime | None = None,
    figures: tuple[Baseline, ...] = (),
) -> BaselineNote:  # fmt: skip
    reason = one_line(why, NOTE)
    if not reason:
        raise ValueError("say why: a baseline without a reason helps nobody later")
    who, now, id = person.who(), clock.now(), uuid.uuid4().hex
    note = BaselineNote(id, now, who.words, what, service, endpoint, since, reason, figures)
    told = f"{words}: {reason}"
    line = JournalLine(
        0, now, id, "noted", who, person.process(), "baseline", "", "", _named(service, endpoint), told
    )  # fmt: skip
    await log.note_baseline(note, line)
    return note


def _named(service: str, endpoint: str) -> str:
    return " ".join(part for part in (service, endpoint) if part) or "everything"
