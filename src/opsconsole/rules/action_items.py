"""Action items: what is to be done after an incident, read from its todo entries.

`@jonas due 2026-12-01 prevent: give reports a pool of their own` names owner, due date and type; all three may be
missing, and stand anywhere. `[x]` at the beginning: done.
"""

import re
from collections.abc import Iterable
from datetime import date

import msgspec

from ..model.incident import TimelineEntry
from .timeline import current, history

TYPES = ("prevent", "detect", "mitigate", "process")
_DONE = re.compile(r"^\s*\[(x|X| )\]\s*")
_OWNER = re.compile(r"(?<![\w@])@([\w][\w.-]*)")
_DUE = re.compile(r"\bdue:?\s+(\d{4}-\d{2}-\d{2})\b", re.IGNORECASE)
_TYPE = re.compile(rf"(?:(?<!\w)#({'|'.join(TYPES)})\b|\b({'|'.join(TYPES)}):)", re.IGNORECASE)


class ActionItem(msgspec.Struct, frozen=True, gc=False):
    """One thing to do."""

    id: str
    """`INC-4/2`: the second item of its incident; it keeps its number when it is corrected."""
    incident: str
    text: str
    """What is to be done, without owner, date and type."""
    type: str
    """prevent, detect, mitigate, process; "" where nobody said."""
    owner: str
    due: date | None
    done: bool
    entry: str
    """Id of the newest entry that tells it."""

    @property
    def state(self) -> str:
        return "done" if self.done else "open"

    def overdue(self, today: date) -> bool:
        return not self.done and self.due is not None and self.due < today


def action_items(entries: Iterable[TimelineEntry], incident_id: str = "") -> tuple[ActionItem, ...]:
    """Of one incident, or of all: what is open and due first comes first, then by date; done ones last."""
    known = tuple(entry for entry in entries if not incident_id or entry.incident == incident_id)
    todos = [entry for entry in current(known) if entry.kind == "todo"]
    roots = {entry.id: history(known, entry.id)[-1] for entry in todos}
    counted: dict[str, int] = {}
    found = []
    for entry in sorted(todos, key=lambda one: (roots[one.id].recorded, roots[one.id].occurred, roots[one.id].id)):
        counted[entry.incident] = counted.get(entry.incident, 0) + 1
        found.append(parse(entry, f"{entry.incident}/{counted[entry.incident]}"))
    return tuple(sorted(found, key=lambda item: (item.done, item.due or date.max, item.id)))


def open_items(entries: Iterable[TimelineEntry]) -> tuple[ActionItem, ...]:
    """Those of all incidents that are not done, the one that is due first at the top."""
    return tuple(item for item in action_items(entries) if not item.done)


def parse(entry: TimelineEntry, id: str) -> ActionItem:
    """One entry as an item."""
    return read(entry.text, id, entry.incident, entry.id)


def read(text: str, id: str = "", incident: str = "", entry: str = "") -> ActionItem:
    """What the words of an item tell; they may belong to no entry yet."""
    mark, owner, due, kind = _DONE.match(text), _OWNER.search(text), _due(text), _TYPE.search(text)
    for match in sorted((m for m in (mark, owner, due[1], kind) if m is not None), key=lambda m: -m.start()):
        text = f"{text[: match.start()]} {text[match.end() :]}"
    return ActionItem(
        id=id,
        incident=incident,
        text=" ".join(text.split()).strip(" ,;:-"),
        type=(kind[1] or kind[2]).casefold() if kind else "",
        owner=owner[1] if owner else "",
        due=due[0],
        done=bool(mark and mark[1] in "xX"),
        entry=entry,
    )


def finished(text: str) -> str:
    """The same item's text, done."""
    return f"[x] {_DONE.sub('', text)}"


def _due(text: str) -> "tuple[date | None, re.Match[str] | None]":
    match = _DUE.search(text)
    if match is None:
        return None, None
    try:
        return date.fromisoformat(match[1]), match
    except ValueError:  # the 31st of February: it stays in the text, for somebody to see
        return None, None
