"""A storage of plain sample lists, for samples whose times differ from series to series."""

from collections.abc import Mapping, Sequence

import numpy as np

from opsconsole.demo.promql.series import NAME, Block, Labels, Selection, Times


class MemoryStorage:
    """Series given whole: labels → (times in ms, values), times ascending."""

    def __init__(self, series: Mapping[Labels, tuple[Sequence[int], Sequence[float]]]) -> None:
        self._blocks = [
            Block([labels], np.array(times, dtype=np.int64), np.array([values], dtype=np.float64))
            for labels, (times, values) in series.items()
        ]

    def select(self, selection: Selection, lows: Times, highs: Times) -> list[Block]:
        return [block for block in self._blocks if selection.accepts(dict(block.labels[0]))]

    def series(self, selection: Selection, low: int, high: int) -> list[Labels]:
        found = self.select(selection, np.array([low]), np.array([high]))
        return [block.labels[0] for block in found if bool(np.any((block.times >= low) & (block.times <= high)))]

    def names(self) -> list[str]:
        return sorted({dict(block.labels[0])[NAME] for block in self._blocks})
