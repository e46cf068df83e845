"""How rows of ours are held against rows of kubectl's, column by column."""

from collections.abc import Callable, Mapping

from opsconsole.text import units

from .kubectl import Row, same_age

Same = Callable[[Row, Row], bool]
"""Whether a row of ours (cells by column) says what a row of kubectl's says (cells by heading)."""
_NOTHING = ("", "<none>", "<unset>", "<unknown>", "N/A", units.DASH)
"""How both say that there is none."""


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
    """The same words, or none on both sides."""

    def compare(ours: Row, theirs: Row) -> bool:
        return ours[column] == theirs[heading] or (ours[column] in _NOTHING and theirs[heading] in _NOTHING)

    return compare


def alike(heading: str, column: str) -> Same:
    """The same words in any letters."""
    return lambda ours, theirs: ours[column].lower() == theirs[heading].lower()


def aged(heading: str, column: str) -> Same:
    return lambda ours, theirs: same_age(ours[column], theirs[heading])


def part(heading: str, column: str, index: int) -> Same:
    """Two numbers of kubectl's stand in one column of ours: `2/3`."""
    return lambda ours, theirs: ours[column].split("/")[index] == theirs[heading]
