"""Where a number came from, in words: the query, whom it was put to, when, and how long the answer took."""

from collections.abc import Iterable
from typing import Any

from ..model.asked import Asked
from ..model.reading import Reading
from ..text import clock, units
from ..text.clean import clean, clean_lines


def asked_of(reading: Reading[Any]) -> tuple[Asked, ...]:
    """The queries behind a reading; some values hold those of their parts, which are not all asked every time."""
    held: tuple[Asked, ...] = getattr(reading.value, "asked", ())
    return held or reading.asked


def asked_words(asked: Iterable[Asked]) -> str:
    """Each query with a line above it that says when, where and how long."""
    return "\n\n".join(map(_words, asked))


def _words(asked: Asked) -> str:
    when = f"{asked.taken:%H:%M:%S}Z, {units.age(asked.taken, clock.now())} ago"
    many = asked.counted if asked.counted.endswith("s") else ""
    counted = units.plural(asked.rows, asked.counted, many) if asked.counted else "an answer"
    answer = clean(asked.problem) if asked.problem else counted
    head = f"{clean(asked.server)} was asked for {clean(asked.what)} at {when}"
    return f"{head}: {answer} in {units.seconds(asked.took_s)}\n\n{clean_lines(asked.text.strip())}"
