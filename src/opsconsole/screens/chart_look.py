"""What the charts of Metrics look at: which is the large one, its range, where it ends, and how it is drawn."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..poller.charts import PAST_S, Axis, ChartRequest, axis_of

RANGES: dict[float, str] = {
    900.0: "15m", 3600.0: "1h", 10800.0: "3h", 21600.0: "6h", 86400.0: "24h", 604800.0: "7d", 2592000.0: "30d",
}  # fmt: skip
FIRST = ("p99", "requests", "errors")
"""The large chart and the two small ones, until another is chosen."""
KINDS = {"p99": "P99 latency", "p95": "P95 latency", "requests": "requests/s", "errors": "5xx"}
"""What there is to choose from before the source has said which kinds it has series for."""


@dataclass(frozen=True)
class Look:
    """One way to look at them; all changes give another Look."""

    kind: str = FIRST[0]
    range_s: float = 3600.0
    end: float = 0.0
    """Where the range ends (unix seconds); 0 is now."""
    past: str = "last week"
    braille: bool = False
    from_zero: bool = True

    @property
    def kinds(self) -> tuple[str, ...]:
        """The large one first, then the small ones."""
        return (self.kind, *[kind for kind in FIRST if kind != self.kind][:2])

    def request(self, kind: str, columns: int, of: tuple[str, str, str] = ("", "", "")) -> ChartRequest:
        """`of` is service, endpoint, instance."""
        service, endpoint, instance = of
        past = self.past if kind == self.kind else ""
        return ChartRequest(kind, service, endpoint, self.range_s, columns, instance, self.end, past)

    def axis(self, now: float, columns: int) -> Axis:
        return axis_of(self.request(self.kind, columns), now)

    def next_range(self, around: float | None, now: float, columns: int) -> "Look":
        """The next wider range; the widest is followed by the narrowest."""
        ranges = list(RANGES)
        return self._zoomed(ranges[(ranges.index(self.range_s) + 1) % len(ranges)], around, now, columns)

    def zoomed(self, step: int, around: float | None, now: float, columns: int) -> "Look":
        """Wider (1) or closer (-1) about a time; the same at either end."""
        ranges = list(RANGES)
        place = min(max(0, ranges.index(self.range_s) + step), len(ranges) - 1)
        return self._zoomed(ranges[place], around, now, columns)

    def moved(self, quarters: int, now: float, columns: int) -> "Look":
        """Earlier or later by quarters of the range; what reaches now goes on with it."""
        on = self.axis(now, columns)
        return self._ending(on.end + quarters * on.quarter, now)

    def at_now(self) -> "Look":
        return replace(self, end=0.0)

    def _zoomed(self, range_s: float, around: float | None, now: float, columns: int) -> "Look":
        wide = replace(self, range_s=range_s)
        if around is None and not self.end:
            return wide
        middle = around if around is not None else self.end - self.range_s / 2
        quarter = wide.axis(now, columns).quarter
        return wide._ending((middle + range_s / 2) // quarter * quarter, now)

    def _ending(self, end: float, now: float) -> "Look":
        return replace(self, end=0.0 if end > now else end)

    # ---- kept from one day to the next ------------------------------------------------------------------------------

    def words(self) -> tuple[str, ...]:
        """What is worth remembering: not the time that was looked at."""
        words = (f"chart:{self.kind}", f"range:{self.range_s:g}", f"past:{self.past}")
        return (*words, *(["braille"] if self.braille else []), *([] if self.from_zero else ["fit"]))

    @classmethod
    def remembered(cls, words: Iterable[str]) -> "Look":
        """Of what is kept: words that this version does not know are passed over."""
        look = cls()
        for word in words:
            name, _, value = word.partition(":")
            if name == "chart" and value:
                look = replace(look, kind=value)
            elif name == "range" and value in {f"{range_s:g}" for range_s in RANGES}:
                look = replace(look, range_s=float(value))
            elif name == "past" and value in ("", *PAST_S):
                look = replace(look, past=value)
            elif word == "braille":
                look = replace(look, braille=True)
            elif word == "fit":
                look = replace(look, from_zero=False)
        return look
