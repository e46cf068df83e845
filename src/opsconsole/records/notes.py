"""Notes as they are typed: `!decision roll back` is a decision, and so on."""

import re

import msgspec

KINDS = ("decision", "hypothesis", "finding", "todo")
_MARKED = re.compile(rf"\s*!({'|'.join(KINDS)})\b:?\s*", re.IGNORECASE)
_TODO = re.compile(r"\s*TODO:\s*")
"""As scribes write it."""


_STRANGE = re.compile(r"\s*(!\w+)")


class Note(msgspec.Struct, frozen=True, gc=False):
    """What kind of entry it becomes, and its words."""

    kind: str
    text: str


def stranger(text: str) -> str:
    """The `!word` that a note begins with where it is none of ours: `!foo`; else ""."""
    match = _STRANGE.match(text)
    return match[1] if match is not None and not _MARKED.match(text) else ""


def parsed(text: str) -> Note:
    """The kind and the words; a mark that is none of ours stays in the text. ValueError where there are no words."""
    kind, words = "note", text
    if match := _MARKED.match(text):
        kind, words = match[1].lower(), text[match.end() :]
    elif match := _TODO.match(text):
        kind, words = "todo", text[match.end() :]
    if not words.strip():
        raise ValueError("a note needs words" if kind == "note" else f"!{kind} needs words")
    return Note(kind, words)
