"""Notes as they are typed: `!decision roll back` is a decision, and so on."""

import re

import msgspec

from ..text.clean import clean

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
    """What is to be said where a note begins with a `!word` that is none of ours; else ""."""
    match = _STRANGE.match(text)
    if match is None or _MARKED.match(text):
        return ""
    return f"{clean(match[1], 20)} stays a note; there are {' '.join(f'!{one}' for one in KINDS)}"


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
