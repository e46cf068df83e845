"""The chain of the journal: how a line is hashed, and what a look through the lines finds. No file, no database.

The hash of a line is the SHA-256 of its canonical JSON: all members but `hash`, sorted by name, no spaces, everything
beyond ASCII escaped. `previous` is one of them, so each hash covers all lines before it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from ..model.journal import JournalHead, Verified

START = "0" * 64
"""`previous` of the first line."""
NEAR = 64
"""How many places around its own a line that does not fit is tried on, to say where it stood."""

Fields = Mapping[str, Any]
"""A line as JSON knows it: `at` is text, `who` a mapping."""


def canonical(fields: Fields) -> str:
    """The text that is hashed."""
    content = {name: value for name, value in fields.items() if name != "hash"}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def hashed(fields: Fields) -> str:
    return hashlib.sha256(canonical(fields).encode("ascii")).hexdigest()


def look_through(lines: Iterable[Fields], head: JournalHead | None = None) -> Verified:
    """What is wrong with the lines (by `seq`), and whether they hold the line whose head was printed earlier."""
    found = list(lines)
    shifts = _shifts(found)
    problems = [*_gaps(found), *_contents(found, shifts), *_links(found, shifts)]
    last = JournalHead(found[-1]["seq"], found[-1]["hash"]) if found else JournalHead(0, START)
    if head is not None:
        problems += _missed(found, last, head)
    return Verified(len(found), last, tuple(problems))


def _shifts(lines: Sequence[Fields]) -> list[int | None]:
    """For each line how far from here it stood when it was hashed: 0 where it still does; None: it fits nowhere."""
    shifts: list[int | None] = []
    guess = 0
    for line in lines:
        near = (0, guess, *(sign * step for step in range(1, NEAR + 1) for sign in (-1, 1)))
        fits = (shift for shift in near if _intact({**line, "seq": line["seq"] + shift}))
        shifts.append(next(fits, None))
        guess = shifts[-1] or guess
    return shifts


def _gaps(lines: Sequence[Fields]) -> Iterator[str]:
    expected = 1
    for line in lines:
        if line["seq"] > expected:
            are = "is" if line["seq"] - 1 == expected else "are"
            yield f"{_span(expected, line['seq'] - 1)} {are} missing"
        elif line["seq"] < expected:
            yield f"line {line['seq']} is there twice"
        expected = line["seq"] + 1


def _contents(lines: Sequence[Fields], shifts: Sequence[int | None]) -> Iterator[str]:
    """A sentence for each altered line, and one for each run of lines that stand in another place together."""
    for shift, run in groupby(zip(lines, shifts, strict=True), key=itemgetter(1)):
        places = [line["seq"] for line, _ in run]
        if shift is None:
            yield from (f"line {seq} was altered: its content is not what its hash was made of" for seq in places)
        elif shift:
            first, last = places[0], places[-1]
            stand, were = ("stands", "it was") if first == last else ("stand", "they were")
            written = _span(first + shift, last + shift)
            yield f"{_span(first, last)} {stand} in another place: {were} written as {written}"


def _links(lines: Sequence[Fields], shifts: Sequence[int | None]) -> Iterator[str]:
    """Neighbours that were not written one after the other, where that is not said by their contents already."""
    places = {line["hash"]: line["seq"] for line in lines} | {START: 0}
    moved = {line["seq"] for line, shift in zip(lines, shifts, strict=True) if shift}
    before: Fields = {"seq": 0, "hash": START}
    for line, shift in zip(lines, shifts, strict=True):
        seq = line["seq"]
        if shift is not None and seq == before["seq"] + 1 and line["previous"] != before["hash"]:
            follows = places.get(line["previous"])
            if follows is None:
                why = "what stood between them was taken out, or what stands before was written anew"
                yield f"line {seq} does not follow {_after(before['seq'])}: {why}"
            elif follows >= seq and not shift:
                yield f"line {seq} stands in another place: it was written right after line {follows}"
            elif follows < seq and not any(follows < place < seq for place in moved):
                were = "was" if follows + 1 == seq - 1 else "were"
                after = f"line {seq} was written right after {_after(follows)}"
                yield f"{_span(follows + 1, seq - 1)} {were} inserted: {after}"
        before = line


def _missed(lines: Sequence[Fields], last: JournalHead, head: JournalHead) -> list[str]:
    """Why the lines do not hold the head; nothing where they do."""
    if head.seq == 0:
        return [] if head.hash == START else ["the head is none of a journal: line 0 has a hash of zeros"]
    if head.seq > last.seq:
        return [f"the end is missing: the head is of line {head.seq}, and the journal ends with line {last.seq}"]
    if any(line["seq"] == head.seq and line["hash"] == head.hash for line in lines):
        return []
    return [f"line {head.seq} is not the one that the head was printed of: it is another journal, or one written anew"]


def _intact(line: Fields) -> bool:
    try:
        return bool(hashed(line) == line["hash"])
    except (TypeError, ValueError):  # a value that no line was ever written with
        return False


def _span(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first} to {last}"


def _after(seq: int) -> str:
    return f"line {seq}" if seq else "the beginning"
