"""What a metrics server says beside its answers, in words: that data are missing, and what it thinks of a query."""

from collections.abc import Iterable

from ..model.metrics import Answer
from ..text.units import span

APART_S = 30.0
"""Clocks that differ by less are not worth a word: a long answer's own date is that old."""


def said_beside(answers: Iterable[Answer | None]) -> tuple[str, ...]:
    """Each thing said once: first that answers are partial, and why, then what else the server warns of."""
    partial: dict[str, None] = {}
    other: dict[str, None] = {}
    for answer in answers:
        if answer is None:
            continue
        said = partial if answer.partial else other
        said.update(dict.fromkeys(_plain(line) for line in answer.warnings))
        if answer.partial and not answer.warnings:
            said["a store behind the server did not answer"] = None
    return (*(f"the answer is partial: {line}" for line in partial), *(line for line in other if line not in partial))


def clock_words(name: str, difference_s: float | None) -> str:
    """`Prometheus' clock is 10m ahead: ages and ranges are wrong by that`, or "" where the clocks agree."""
    if difference_s is None or abs(difference_s) < APART_S:
        return ""
    way = "ahead" if difference_s > 0 else "behind"
    return f"the clock of {name} is {span(abs(difference_s))} {way}: ages and ranges are wrong by that"


def _plain(line: str) -> str:
    """Prometheus' own prefix says nothing that `warning` does not."""
    return line.removeprefix("PromQL warning: ").removeprefix("PromQL info: ")
