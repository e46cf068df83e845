"""Storage of a running platform: a closed-form past, followed by what each scrape has recorded since."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from opsconsole.demo.promql.series import (
    NAME,
    STALE,
    Block,
    Floats,
    Labels,
    PromQLError,
    Selection,
    Times,
    covered,
)

FINE_MS = 3_600_000
"""How long every scrape is kept; older than this, one a minute."""
COARSE_STEP_MS = 60_000
RETENTION_MS = 15 * 86_400_000
MOST_SAMPLES = 16_000_000
"""Samples that one selector may load."""
_SEGMENT_SCRAPES = 60
Ids = NDArray[np.int64]


class Past(Protocol):
    """Series as functions of time, up to the first scrape."""

    def times(self, newest: int) -> Times:
        """When they count as sampled (ms), seen from a store whose newest sample is that old."""

    def has(self, ids: Ids) -> NDArray[np.bool_]:
        """Which of the series have a past."""

    def values(self, ids: Ids, times: Times) -> Floats:
        """Shape (series, times)."""


@dataclass
class _Segment:
    """Consecutive scrapes of the same set of series."""

    ids: Ids
    """Ascending."""
    times: Times = field(default_factory=lambda: np.zeros(_SEGMENT_SCRAPES, dtype=np.int64))
    values: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    count: int = 0

    def __post_init__(self) -> None:
        if not self.values.size:
            self.values = np.zeros((len(self.ids), _SEGMENT_SCRAPES))

    def append(self, at: int, values: Floats) -> None:
        self.times[self.count] = at
        self.values[:, self.count] = values
        self.count += 1  # last: a reader in another thread sees only whole columns

    def thinned(self) -> "_Segment":
        kept = np.flatnonzero(self.times[: self.count] % COARSE_STEP_MS == 0)
        return _Segment(self.ids, self.times[kept].copy(), self.values[:, kept].copy(), len(kept))


@dataclass(frozen=True)
class _Piece:
    """A stretch of time during which no series came or went."""

    begins: int
    times: Times
    members: NDArray[np.bool_]
    """Which of the selected series were there."""
    segment: _Segment | None
    columns: NDArray[np.int64]


class SegmentStorage:
    """Written by one thread, read by others."""

    def __init__(self) -> None:
        self._labels: list[Labels] = []
        self._as_dict: list[dict[str, str]] = []
        self._ids: dict[Labels, int] = {}
        self._by_name: dict[str, list[int]] = {}
        self._segments: list[_Segment] = []
        self._fine_from = 0
        self._past: Past | None = None
        self.newest = 0
        """Time of the newest sample, ms; 0 before the first."""

    def set_past(self, past: Past) -> None:
        self._past = past

    def id_of(self, labels: Labels) -> int:
        """The number of a series, which is new if the labels are."""
        found = self._ids.get(labels)
        if found is None:
            found = len(self._labels)
            as_dict = dict(labels)
            self._labels.append(labels)
            self._as_dict.append(as_dict)
            self._ids[labels] = found
            self._by_name.setdefault(as_dict[NAME], []).append(found)
        return found

    def append(self, at: int, ids: Ids, values: Floats) -> None:
        """One scrape at `at` ms: the series (ascending) and their values. Series that are missing have ended."""
        last = self._segments[-1] if self._segments else None
        if last is None or last.count == _SEGMENT_SCRAPES or not np.array_equal(last.ids, ids):
            last = _Segment(ids)
            self._segments.append(last)
            self._age(at)
        last.append(at, values)
        self.newest = at

    def _age(self, now: int) -> None:
        """Thin out what is older than an hour, forget what is older than the retention."""
        segments = list(self._segments)
        while self._fine_from < len(segments) - 1:
            segment = segments[self._fine_from]
            if segment.times[segment.count - 1] > now - FINE_MS:
                break
            segments[self._fine_from] = segment.thinned()
            self._fine_from += 1
        kept = [s for s in segments if s.count == 0 or s.times[s.count - 1] >= now - RETENTION_MS]
        self._fine_from -= len(segments) - len(kept)
        self._segments = kept

    def names(self) -> list[str]:
        return sorted(self._by_name)

    def series(self, selection: Selection, low: int, high: int) -> list[Labels]:
        ids = self._selected(selection)
        found = np.zeros(len(ids), dtype=np.bool_)
        for piece in self._pieces(ids, np.array([low]), np.array([high])):
            if len(piece.times):
                found |= piece.members
        return [self._labels[i] for i in ids[found]]

    def select(self, selection: Selection, lows: Times, highs: Times) -> list[Block]:
        ids = self._selected(selection)
        pieces = self._pieces(ids, lows, highs) if len(ids) and len(lows) else []
        if not pieces:
            return []
        if sum(len(piece.times) * int(np.sum(piece.members)) for piece in pieces) > MOST_SAMPLES:
            raise PromQLError(
                "query processing would load too many samples into memory in query execution", "execution"
            )
        patterns, pattern_of = np.unique(np.stack([p.members for p in pieces]), axis=1, return_inverse=True)
        return [
            self._block(ids[pattern_of.ravel() == index], _presence(pieces, patterns[:, index]))
            for index in range(patterns.shape[1])
            if bool(np.any(patterns[:, index]))
        ]

    def _selected(self, selection: Selection) -> Ids:
        if selection.name is not None:
            candidates: Sequence[int] = tuple(self._by_name.get(selection.name, ()))
        else:
            candidates = range(len(self._as_dict))  # appended to last: a reader sees whole series only
        return np.array([i for i in candidates if selection.accepts(self._as_dict[i])], dtype=np.int64)

    def _pieces(self, ids: Ids, lows: Times, highs: Times) -> list[_Piece]:
        pieces = []
        if self._past is not None:
            times = self._past.times(self.newest)
            columns = covered(times, lows, highs)
            if len(times):
                pieces.append(_Piece(int(times[0]), times[columns], self._past.has(ids), None, columns))
        for segment in list(self._segments):
            count = segment.count
            if not count or segment.times[count - 1] < lows[0]:
                continue
            if segment.times[0] > highs[-1]:
                break
            columns = covered(segment.times[:count], lows, highs)
            members = np.isin(ids, segment.ids, assume_unique=True)
            pieces.append(_Piece(int(segment.times[0]), segment.times[columns], members, segment, columns))
        return pieces

    def _block(self, ids: Ids, presence: list[tuple[_Piece, bool]]) -> Block:
        """Series that came and went together; a stale marker stands where they went."""
        times, values = [], []
        for piece, ended in presence:
            if ended:
                times.append(np.array([piece.begins], dtype=np.int64))
                values.append(np.broadcast_to(STALE, (len(ids), 1)))
            elif piece.segment is None and self._past is not None:
                times.append(piece.times)
                values.append(self._past.values(ids, piece.times))
            elif piece.segment is not None:
                times.append(piece.times)
                rows = np.searchsorted(piece.segment.ids, ids)
                values.append(piece.segment.values[np.ix_(rows, piece.columns)])
        return Block([self._labels[i] for i in ids], np.concatenate(times), np.concatenate(values, axis=1))


def _presence(pieces: list[_Piece], there: NDArray[np.bool_]) -> list[tuple[_Piece, bool]]:
    """The pieces in which some series are, and (marked) those at whose beginning they have just ended."""
    result = []
    was = False
    for piece, now in zip(pieces, there, strict=True):
        if now or was:
            result.append((piece, not now))
        was = bool(now)
    return result
