"""How rows of ours are held against rows of kubectl's, column by column."""

from collections.abc import Callable, Mapping

from opsconsole.text import units

from .kubectl import Row, same_age
from .objects import NAMESPACE

Same = Callable[[Row, Row], bool]
"""Whether a row of ours (cells by column) says what a row of kubectl's says (cells by heading)."""


def name_of(row: Row) -> str:
    return f"{row.get('NAMESPACE', NAMESPACE)}/{row['NAME']}"


def different(theirs: Mapping[str, Row], ours: Mapping[str, Row], same: Mapping[str, Same]) -> list[str]:
    """What the tables do not say alike; `same` by kubectl's heading."""
    found = [] if theirs else ["there is nothing to compare"]
    found += [f"{key} is only in kubectl's table" for key in theirs.keys() - ours.keys()]
    found += [f"{key} is only in our table" for key in ours.keys() - theirs.keys()]
    for key in sorted(theirs.keys() & ours.keys()):
        for heading, compare in same.items():
            if not compare(ours[key], theirs[key]):
                found.append(f"{key}: {heading} is {theirs[key][heading]!r}, ours: {ours[key]}")
    return found


def equal(heading: str, column: str) -> Same:
    return lambda ours, theirs: ours[column] == theirs[heading]


def or_dash(heading: str, column: str) -> Same:
    return lambda ours, theirs: ours[column] == (units.DASH if theirs[heading] == "<none>" else theirs[heading])


def aged(heading: str, column: str) -> Same:
    return lambda ours, theirs: same_age(ours[column], theirs[heading])
