"""The way one came through the lists of a tab: places to come back to, row and scroll included."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..widgets.live_table import LiveTable
    from .kinds.kind import Part

LONGEST = 30
"""Places that are remembered; who goes round in circles forgets the oldest."""


@dataclass(frozen=True)
class Place:
    """A list as it stood when one left it."""

    pane: str
    part: "Part | None"
    filter_text: str
    row: str | None
    scroll: float


class Trail:
    """Places, the newest last."""

    def __init__(self) -> None:
        self._places: list[Place] = []

    def __bool__(self) -> bool:
        return bool(self._places)

    def leave(self, place: Place) -> None:
        self._places.append(place)
        del self._places[:-LONGEST]

    def back(self) -> Place:
        return self._places.pop()

    def forget(self) -> None:
        self._places.clear()


def stand(table: "LiveTable[Any]", place: Place) -> None:
    """Put cursor and scroll where they were."""
    if place.row is not None:
        table.go_to(place.row)
    table.scroll_to(y=place.scroll, animate=False, force=True)
