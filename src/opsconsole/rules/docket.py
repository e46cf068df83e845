"""Which objects are to be judged, and what was said of each last: the worst stand first."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from ..model.finding import Severity
from .verdict import OK, Verdict

AGAIN = timedelta(seconds=10)
"""What time alone may make worse is judged again so often."""


class Trouble(msgspec.Struct, frozen=True, gc=False):
    """One object that something is wrong with."""

    kind: str
    namespace: str
    name: str
    uid: str
    verdict: Verdict


class Docket:
    """All by uid."""

    def __init__(self) -> None:
        self._due: set[str] = set()
        self._waiting: set[str] = set()
        """Those that are not well, or that time may make so."""
        self._called_at: datetime | None = None
        self._verdicts: dict[str, Verdict] = {}
        self._wrong: dict[str, Trouble] = {}

    def due(self, uids: Iterable[str]) -> None:
        """These are to be judged anew."""
        self._due.update(uids)

    def call(self, now: datetime) -> Iterator[str]:
        """Those that are due now, one by one; with them, now and then, those that time may have changed."""
        if self._called_at is None or now - self._called_at >= AGAIN:
            self._due |= self._waiting
            self._called_at = now
        for uid in tuple(self._due):
            if uid in self._due:  # else it went while others were judged
                self._due.discard(uid)
                yield uid

    def say(self, judged: Trouble, *, timed: bool = False) -> None:
        """The verdict on an object; `timed`: time alone may change it although it is well."""
        uid, verdict = judged.uid, judged.verdict
        self._verdicts[uid] = verdict
        if verdict.severity is not None or timed:
            self._waiting.add(uid)
        else:
            self._waiting.discard(uid)
        if verdict.wrong:
            self._wrong[uid] = judged
        else:
            self._wrong.pop(uid, None)

    def forget(self, uid: str) -> None:
        """It is gone, or nothing is said of it any more."""
        self._verdicts.pop(uid, None)
        self._wrong.pop(uid, None)
        self._waiting.discard(uid)
        self._due.discard(uid)

    def verdict(self, uid: str) -> Verdict:
        """As judged last; ok of what nothing is known of."""
        return self._verdicts.get(uid, OK)

    def wrong(self, uid: str) -> bool:
        return uid in self._wrong

    def found(self) -> tuple[Trouble, ...]:
        """Everything that is wrong, worst first."""
        return tuple(sorted(self._wrong.values(), key=rank))


def rank(trouble: Trouble) -> tuple[Severity, str, str, str]:
    """Worst first; among equals by kind, namespace and name."""
    return trouble.verdict.severity or Severity.INFO, trouble.kind, trouble.namespace, trouble.name
