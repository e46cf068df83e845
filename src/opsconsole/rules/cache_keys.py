"""The lines about big and hot keys: how one asks for them, how far the search is, what it found."""

from collections.abc import Iterator

from ..model.redis import KeySearch
from ..text import units
from .cache_row import CacheRow

ASK = "keys"
"""Key of the line on which enter starts and stops the search."""
BUDGET = "at most 20,000 keys and 15 s"
_WHY = "Only SCAN, MEMORY USAGE, TYPE and OBJECT FREQ, a hundred keys at a time with rests; never KEYS."


def key_rows(search: KeySearch | None, stopped: bool) -> Iterator[CacheRow]:
    if search is None:
        yield _asking("not asked", f"enter looks: {BUDGET}")
        return
    seen = f"{search.scanned:,} of {units.UNKNOWN if search.total is None else f'{search.total:,}'} keys"
    if search.problem:
        yield _asking(search.problem, "enter looks again", "unknown", search.remedy)
    elif stopped:
        yield _asking(f"stopped after {seen}", "enter looks again")
    elif not search.ended:
        yield _asking(f"looking, {seen}", "enter stops it")
    elif search.whole:
        yield _asking(f"all {search.scanned:,} keys seen", "enter looks again")
    else:
        yield _asking(f"{seen} seen: the budget is used up", "a sample · enter looks again")
    for number, key in enumerate(search.keys):
        hot = "" if key.frequency is None else f", used {key.frequency} of 255 (LFU)"
        unknown = f"size unknown ({search.no_sizes or 'it was gone by then'})"
        size = unknown if key.bytes is None else units.size(key.bytes)
        yield CacheRow(
            f"key:{number}", "key", key.name, "", size + hot, key.type,
            "Size as MEMORY USAGE estimates it from a few of its elements.",
            "Split what is big, give it a time to live; delete with UNLINK, not DEL.", key.name,
        )  # fmt: skip
    if search.keys and all(key.frequency is None for key in search.keys):
        yield CacheRow(
            "key:hot", "key", "hot keys", "", units.UNKNOWN, search.no_frequencies or "needs an lfu policy",
            "Only allkeys-lfu and volatile-lfu count how often a key is used.",
        )  # fmt: skip


def _asking(value: str, limit: str, state: str = "", remedy: str = "") -> CacheRow:
    return CacheRow(ASK, "keys", "big and hot keys", state, value, limit, _WHY, remedy)
