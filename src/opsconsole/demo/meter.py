"""How the real PostgreSQL answers the shop's statements: slower than usual, not at all, or with an error."""

import statistics
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from opsconsole.demo.platform import Trouble

WINDOW_S = 10
PATIENCE_S = 8.0
"""How long a request waits for a lock or a connection before it gives up."""
_SLOW_FACTOR, _SLOW_LEAST_S = 3.0, 0.004
"""Slower than usual is what takes so many times as long, and so much longer: the event loop itself takes some time."""
_LEAST_SHARE = 0.02


@dataclass(slots=True)
class _Second:
    asked: int = 0
    failed: int = 0
    fastest_s: float | None = None


@dataclass(slots=True)
class _Statement:
    """One statement's last seconds; the fastest call of each is the one that this busy process measured best."""

    seconds: deque[_Second] = field(default_factory=lambda: deque([_Second()], maxlen=WINDOW_S))
    usual_s: float | None = None


class Meter:
    """Told of every call; asked once a second for the statements in trouble."""

    def __init__(self) -> None:
        self._statements: dict[str, _Statement] = defaultdict(_Statement)

    def asked(self, id: str, calls: int) -> None:
        self._statements[id].seconds[-1].asked += calls

    def failed(self, id: str, calls: int) -> None:
        self._statements[id].seconds[-1].failed += calls

    def answered(self, id: str, calls: int, seconds: float) -> None:
        """`calls` of a statement in one batch, which took so long."""
        now = self._statements[id].seconds[-1]
        took = seconds / calls
        now.fastest_s = took if now.fastest_s is None else min(now.fastest_s, took)

    def second(self, hanging: Mapping[str, int]) -> dict[str, Trouble]:
        """End this second. `hanging`: calls that have waited long already."""
        troubles = {}
        for id, statement in self._statements.items():
            trouble = _trouble(statement, hanging.get(id, 0))
            if trouble != Trouble():
                troubles[id] = trouble
            statement.seconds.append(_Second())
        return troubles


def _trouble(statement: _Statement, hanging: int) -> Trouble:
    asked = sum(second.asked for second in statement.seconds)
    failed = sum(second.failed for second in statement.seconds)
    if not asked:
        return Trouble()
    share, failing = min(1.0, (failed + hanging) / asked), min(1.0, failed / asked)
    fastest = [second.fastest_s for second in statement.seconds if second.fastest_s is not None]
    slower_s = 0.0
    if fastest:
        usual_s = statement.usual_s = min(*fastest, statement.usual_s or fastest[0])
        now_s = statistics.median(fastest[-5:])
        if now_s > max(_SLOW_FACTOR * usual_s, usual_s + _SLOW_LEAST_S):
            slower_s = now_s - usual_s
    return Trouble(
        slower_s,
        share * PATIENCE_S if share > _LEAST_SHARE else 0.0,
        failing if failing > _LEAST_SHARE else 0.0,
    )
