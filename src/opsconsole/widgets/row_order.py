"""Which rows of a live table are shown in which order, which of them wait for their place, and which have left."""

import heapq
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from ..poller.slices import Slices
from ..text import units

R = TypeVar("R")

GONE = "gone"
"""The word for a row whose object is not there any more."""
SMALL = 600
"""So many rows are put in order at once; more in slices."""
RUN = 1000
"""Rows that are sorted in one go."""
FEW = 400
"""So many rows are put between the others one by one."""
ROUNDS = 3
"""So often what changed while many rows were sorted is sorted in slices, too."""


class Left(msgspec.Struct, frozen=True):
    """A row that left while it was shown, with its last values."""

    row: Any
    word: str
    at: datetime
    witnessed: bool
    """False: it was missed later, when the rows were read anew; it left some time before `at`."""

    @property
    def since(self) -> str:
        """`gone since 02:44`, `gone before 02:50`."""
        return f"{self.word} {'since' if self.witnessed else 'before'} {units.clock(self.at)}"


class RowOrder(Generic[R]):
    """Rows by identity. What changes is known at once; the order that is shown changes only when it is arranged."""

    def __init__(self, base: Callable[[R], Any]) -> None:
        self.rows: dict[str, R] = {}
        self.shown: list[str] = []
        self.place: dict[str, int] = {}
        self.left: dict[str, Left] = {}
        """Rows that are shown and have left."""
        self.waiting: set[str] = set()
        """Rows whose place, or absence, is not shown yet."""
        self.reverse = False
        self._base = base
        self._column: Callable[[R], Any] | None = None
        self._accept: Callable[[str, R], bool] | None = None
        self._base_keys: dict[str, Any] = {}
        self._column_keys: dict[str, Any] = {}
        self._accepted: set[str] = set()
        self._recent: set[str] = set()
        """Rows that changed since they were arranged: what a filter looks at beside the row may not have been there."""
        self._unsure = False
        """Whether keys, direction or filter differ from those that the shown order was made with."""

    # ---- rows that come, change and go ------------------------------------------------------------------------------

    def put(self, key: str, row: R) -> None:
        """A row that is new or differs."""
        self.rows[key] = row
        self.left.pop(key, None)
        self._base_keys[key] = self._base(row)
        if self._column is not None:
            self._column_keys[key] = self._column(row)
        self._look(key, row)
        self._recent.add(key)
        self._waits(key)

    def drop(self, key: str, word: str, at: datetime, witnessed: bool) -> bool:
        """A row that went; True where it is shown and stays until it is arranged away."""
        row = self.rows.pop(key)
        self._recent.discard(key)
        if key in self.place:
            self.left[key] = Left(row, word, at, witnessed)
            self.waiting.add(key)
            return True
        self._forget(key)
        return False

    def remove_left(self, key: str) -> int:
        """Take a row that left off the table; the place where it stood."""
        place = self.place[key]
        del self.shown[place], self.left[key]
        self._forget(key)
        self.place = {name: index for index, name in enumerate(self.shown)}
        return place

    def clear(self) -> None:
        """Forget every row: they are not looked at any more."""
        for known in (self.rows, self.place, self.left, self._base_keys, self._column_keys):
            known.clear()
        self.shown = []
        self.waiting.clear()
        self._accepted.clear()
        self._recent.clear()

    # ---- the order --------------------------------------------------------------------------------------------------

    def sort(self, column: Callable[[R], Any] | None, *, reverse: bool = False) -> None:
        """Sort by a column's key (None: the table's own order) from the next arranging on."""
        self._column, self._column_keys = column, {}
        self.reverse = reverse and column is not None
        self._unsure = True

    def turn_round(self) -> None:
        self.reverse = not self.reverse
        self._unsure = True

    def filter(self, accept: Callable[[str, R], bool] | None) -> None:
        """Show only what passes from the next arranging on."""
        self._accept, self._accepted, self._unsure = accept, set(), True

    def look_again(self, key: str) -> None:
        """Key and filter look at more than the row, and that may have changed."""
        row = self.rows.get(key)
        if row is None:
            return
        base, column = self._base(row), self._column(row) if self._column is not None else None
        if base != self._base_keys.get(key) or column != self._column_keys.get(key):
            self._recent.add(key)
            self._base_keys[key] = base
            if self._column is not None:
                self._column_keys[key] = column
        if not self._unsure:
            accepted = key in self._accepted
            self._look(key, row)
            if accepted != (key in self._accepted):
                self._recent.add(key)
            self._waits(key)

    def disturbed(self, cursor: str | None) -> bool:
        """Whether arranging would show anything else, but for a row under the cursor that has left."""
        return self._unsure or bool(self.waiting - ({cursor} & self.left.keys()))

    @property
    def quick(self) -> bool:
        """Whether arranging takes a moment only, so that it need not be done in slices."""
        return len(self.rows) <= SMALL or (not self._unsure and len(self._recent) <= FEW)

    def arrange(self, stays: str | None) -> None:
        """Put every row where it belongs; of those that left only `stays` is kept."""
        ordered = self.shown
        if self._unsure or len(self._recent) > FEW:
            recent, self._recent = self._recent, set()
            self._judge_all(recent)
            ordered = self._in_order(self._candidates())
        self._finish(ordered, stays)

    async def arrange_in_slices(self, stays: Callable[[], str | None], slices: Slices) -> None:
        """The same for many rows. What comes meanwhile finds its place at the end; it may be cancelled at any point."""
        before: set[str] = set()
        try:
            for _ in range(ROUNDS):
                before |= self._recent
                self._recent = set()
                ordered = await self._sorted(before, slices)
                if len(self._recent) <= FEW:
                    break
        except BaseException:
            self._recent |= before & self.rows.keys()
            raise
        self._finish(ordered, stays())

    async def _sorted(self, recent: set[str], slices: Slices) -> list[str]:
        for key in [*self.rows, *self.left]:
            self._judge(key, key in recent)
            if slices.over:
                await slices.rest()

        def steady(key: str) -> bool:
            return key not in self._recent and key in self._base_keys

        ordered = await _merged(self._candidates(), self._by_base, steady, slices)
        if self._column is not None:
            by = self._column_keys

            def valued(key: str) -> bool:
                return steady(key) and by.get(key) is not None

            found = list(filter(valued, ordered))
            unknown = [key for key in ordered if by.get(key) is None]
            await slices.rest()
            ordered = await _merged(found, self._by_column, valued, slices, reverse=self.reverse) + unknown
        await slices.rest()
        return ordered

    def _judge_all(self, recent: set[str]) -> None:
        for key in [*self.rows, *self.left]:
            self._judge(key, key in recent)

    def _judge(self, key: str, recent: bool) -> None:
        """What place and filter look at, where it is not known by now."""
        row = self.rows.get(key)
        if row is None:
            left = self.left.get(key)
            if left is None:
                return
            row = left.row
        if key not in self._base_keys:
            self._base_keys[key] = self._base(row)
        if self._column is not None and key not in self._column_keys:
            self._column_keys[key] = self._column(row)
        if self._unsure or recent:
            self._look(key, row)

    def _candidates(self) -> list[str]:
        # in the order that is shown, which sorts faster than any other
        shown = [key for key in self.shown if key in self._base_keys]
        rest = [key for key in self._base_keys if key not in self.place]
        return [key for key in shown + rest if self._accept is None or key in self._accepted]

    def _finish(self, ordered: list[str], stays: str | None) -> None:
        """Take over an order in which only recent rows may stand wrong, or not at all."""
        self._unsure = False
        recent, self._recent = self._recent, set()
        for key in recent:
            self._look(key, self.rows[key])
        kept = stays if stays in self.left and (self._accept is None or stays in self._accepted) else None
        for key in [key for key in self.left if key != kept]:
            del self.left[key]
            self._forget(key)
        standing = [key for key in ordered if key not in recent and (key in self.rows or key == kept)]
        for key in recent:
            if self._accept is None or key in self._accepted:
                standing.insert(self._place_in(standing, key), key)
        self.shown = standing
        self.place = dict(zip(standing, range(len(standing)), strict=True))
        self.waiting = set(self.left)

    def _place_in(self, ordered: list[str], key: str) -> int:
        low, high = 0, len(ordered)
        while low < high:
            middle = (low + high) // 2
            if self._ordered(ordered[middle], key):
                low = middle + 1
            else:
                high = middle
        return low

    def _by_base(self, key: str) -> Any:
        return self._base_keys.get(key), key

    def _by_column(self, key: str) -> Any:
        return self._column_keys[key]

    def _in_order(self, keys: list[str]) -> list[str]:
        """By the column, what is unknown last in both directions; what is alike there by the table's own order."""
        keys.sort(key=self._by_base)
        if self._column is None:
            return keys
        found = [key for key in keys if self._column_keys[key] is not None]
        found.sort(key=self._by_column, reverse=self.reverse)
        return found + [key for key in keys if self._column_keys[key] is None]

    # ---- one row ----------------------------------------------------------------------------------------------------

    def _look(self, key: str, row: R) -> None:
        if self._accept is None:
            return
        if self._accept(key, row):
            self._accepted.add(key)
        else:
            self._accepted.discard(key)

    def _forget(self, key: str) -> None:
        self._base_keys.pop(key, None)
        self._column_keys.pop(key, None)
        self._accepted.discard(key)
        self.waiting.discard(key)

    def _waits(self, key: str) -> None:
        """Whether its place is not the one that it has on the table."""
        place = self.place.get(key)
        accepted = self._accept is None or key in self._accepted
        waits = accepted if place is None else not accepted or not self._fits(key, place)
        if waits:
            self.waiting.add(key)
        else:
            self.waiting.discard(key)

    def _fits(self, key: str, place: int) -> bool:
        """Between its neighbours as they are now."""
        shown = self.shown
        above = shown[place - 1] if place else None
        below = shown[place + 1] if place + 1 < len(shown) else None
        return (above is None or self._ordered(above, key)) and (below is None or self._ordered(key, below))

    def _ordered(self, one: str, other: str) -> bool:
        base, by = self._base_keys, self._column_keys
        if self._column is not None:
            x, y = by.get(one), by.get(other)
            if x is None or y is None:
                if (x is None) != (y is None):
                    return y is None
            elif x != y:
                return bool(y < x) if self.reverse else bool(x < y)
        if one not in base or other not in base:
            return False
        return bool((base[one], one) <= (base[other], other))


async def _merged(
    keys: list[str], by: Callable[[str], Any], steady: Callable[[str], bool], slices: Slices, *, reverse: bool = False
) -> list[str]:
    """Sorted in runs, which are then merged; stable, as one sort would be.

    What is not `steady` is left out: it changed or went meanwhile, which would hold up those behind it in its run, and
    finds its place afterwards.
    """
    runs = [keys[at : at + RUN] for at in range(0, len(keys), RUN)]
    for index, run in enumerate(runs):
        runs[index] = sorted(filter(steady, run), key=by, reverse=reverse)
        if slices.over:
            await slices.rest()
    merged: list[str] = []
    for key in heapq.merge(*(filter(steady, run) for run in runs), key=by, reverse=reverse):
        merged.append(key)
        if slices.over:
            await slices.rest()
    return merged
