"""How the shop's traffic breathes: the day, the week, and a smooth noise that is the same for a seed at any time."""

import hashlib
import math
from typing import TypeVar

import numpy as np

from opsconsole.demo.promql.series import Floats

DAY = 86_400.0
WEEK = 7 * DAY
_PEAK_S = 15.5 * 3600
"""Busiest time of a day, seconds after midnight UTC."""

Time = TypeVar("Time", float, Floats)


class Rhythm:
    """Functions of unix time; every one takes a number or an array of them."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._waves: dict[str, tuple[tuple[float, float], ...]] = {}

    def daily(self, at: Time) -> Time:
        """Traffic against its mean: about 0.86 in the night, 1.1 in the afternoon, a little less at weekends."""
        hours: Time = 0.11 * np.cos(2 * math.pi * (at - _PEAK_S) / DAY) + 0.015 * np.cos(4 * math.pi * at / DAY)
        # 1970-01-01 was a Thursday: Saturday evening lies 2.9 days into the unix week.
        week: Time = -0.025 * np.cos(2 * math.pi * (at - 2.9 * DAY) / WEEK)
        return 1.0 + hours + week

    def noise(self, key: str, at: Time) -> Time:
        """A smooth wandering between -1 and 1, different for every key."""
        waves = self._waves.get(key)
        if waves is None:
            waves = self._waves[key] = self._draw(key)
        total: Time = 0.0 * at
        for (period, phase), weight in zip(waves, (0.45, 0.35, 0.2), strict=True):
            total = total + weight * np.sin(2 * math.pi * at / period + phase)
        return total

    def draw(self, key: str) -> float:
        """A number in [0, 1) that belongs to the key."""
        digest = hashlib.blake2b(f"{self._seed}:{key}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64

    def _draw(self, key: str) -> tuple[tuple[float, float], ...]:
        spans = ((5400.0, 9000.0), (1500.0, 2700.0), (420.0, 780.0))
        return tuple(
            (low + (high - low) * self.draw(f"{key}/period{i}"), 2 * math.pi * self.draw(f"{key}/phase{i}"))
            for i, (low, high) in enumerate(spans)
        )
