"""The chain of the journal: how a line is hashed, and what a look through the lines finds. No file, no database.

The hash of a line is the SHA-256 of its canonical JSON: all members but `hash`, sorted by name, no spaces, everything
beyond ASCII escaped. `previous` is one of them, so each hash covers all lines before it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
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
    problems = [*_gaps(found), *_altered(found), *_links(found)]
    last = JournalHead(found[-1]["seq"], found[-1]["hash"]) if found else JournalHead(0, START)
    if head is not None:
        problems += _missed(found, last, head)
    return Verified(len(found), last, tuple(problems))


def _gaps(lines: Sequence[Fields]) -> list[str]:
    problems = []
    expected = 1
    for line in lines:
        if line["seq"] > expected:
            problems.append(f"{_lines(expected, line['seq'] - 1)} missing")
        elif line["seq"] < expected:
            problems.append(f"line {line['seq']} is there twice")
        expected = line["seq"] + 1
    return problems


def _altered(lines: Sequence[Fields]) -> list[str]:
    """Lines whose content is not what was hashed; those that only stand elsewhere are said as runs."""
    problems: list[str] = []
    runs: list[tuple[int, int, int]] = []
    for line in lines:
        if _intact(line):
            continue
        shift = _moved(line, runs[-1][2] if runs else 0)
        if shift is None:
            problems.append(f"line {line['seq']} was altered: its content is not what its hash was made of")
        elif runs and runs[-1][1] == line["seq"] - 1 and runs[-1][2] == shift:
            runs[-1] = (runs[-1][0], line["seq"], shift)
        else:
            runs.append((line["seq"], line["seq"], shift))
    return problems + [_stood(*run) for run in runs]


def _stood(first: int, last: int, shift: int) -> str:
    if first == last:
        return f"line {first} stands in another place: it was written as line {first + shift}"
    return (
        f"lines {first} to {last} stand in another place: they were written as lines {first + shift} to {last + shift}"
    )


def _links(lines: Sequence[Fields]) -> list[str]:
    """Neighbours that were not written one after the other."""
    places = {line["hash"]: line["seq"] for line in lines}
    problems = []
    before: Fields = {"seq": 0, "hash": START}
    for line in lines:
        seq = line["seq"]
        if seq == before["seq"] + 1 and line["previous"] != before["hash"]:
            follows = 0 if line["previous"] == START else places.get(line["previous"])
            if follows is None:
                why = "what stood between them was taken out, or what stands before was written anew"
                problems.append(f"line {seq} does not follow {_after(before['seq'])}: {why}")
            elif follows < seq - 1:
                were = "were" if follows + 1 < seq - 1 else "was"
                between = f"{_span(follows + 1, seq - 1)} {were} inserted or put in another order"
                problems.append(f"{between}: line {seq} was written right after {_after(follows)}")
            else:
                problems.append(f"line {seq} was put in another order: it was written right after line {follows}")
        before = line
    return problems


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


def _moved(line: Fields, guess: int) -> int | None:
    """How far from here it stood when it was hashed; None where it fits no place near."""
    for shift in (guess, *(sign * step for step in range(1, NEAR + 1) for sign in (-1, 1))):
        if _intact({**line, "seq": line["seq"] + shift}):
            return shift
    return None


def _lines(first: int, last: int) -> str:
    return f"{_span(first, last)} {'is' if first == last else 'are'}"


def _span(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first} to {last}"


def _after(seq: int) -> str:
    return f"line {seq}" if seq else "the beginning"
