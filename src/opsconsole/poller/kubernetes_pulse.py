"""The heartbeat of one cluster: a small request that tells a quiet watch from a dead one."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ..model.kubernetes import ClusterInfo
from ..model.reading import Problem, ProblemKind, Reading, State
from ..sources.errors import SourceError
from ..sources.kubernetes.access import username
from ..sources.kubernetes.cluster import Answer, Cluster
from ..sources.kubernetes.decode import decode
from ..sources.kubernetes.wire import Version
from ..text import clock
from ..text.units import span
from .board import Board
from .feed import Wake
from .kubernetes_ledger import Ledger
from .topics import CLUSTER, Topic

MISSES = 2
APART_S = 30.0
"""From here on ages in minutes are wrong."""


class Heartbeat:
    """Asks for /version every `every_s`; after two misses the cluster's topics are late."""

    name = "k8s.cluster"
    topics: tuple[Topic[Any], ...] = (CLUSTER,)

    def __init__(self, cluster: Cluster, *, every_s: float = 15.0, timeout_s: float = 10.0) -> None:
        self.ledgers: list[Ledger[Any]] = []
        self._cluster = cluster
        self._every_s = every_s
        self._timeout_s = timeout_s
        self._user = ""
        self._misses = 0

    async def run(self, board: Board, wake: Wake) -> None:
        while True:
            left_alone_s = 0.0
            try:
                board.publish(CLUSTER, await self._beat())
                self._misses = 0
                self._tell(None)
            except SourceError as error:
                self._missed(board, error)
                left_alone_s = error.retry_after_s or 0.0
            if await wake.wait(max(self._every_s, left_alone_s)):
                self._cluster.retry_sign_in()

    def _missed(self, board: Board, error: SourceError) -> None:
        self._misses += 1
        board.mark(CLUSTER, State.FAILED, error.problem)
        if self._misses >= MISSES:
            self._tell(error.problem)

    def _tell(self, problem: Problem | None) -> None:
        for ledger in self.ledgers:
            ledger.hush(problem)

    async def _beat(self) -> Reading[ClusterInfo]:
        cluster = self._cluster
        answer = await cluster.get("/version", needs="get /version", timeout_s=self._timeout_s)
        version = decode(answer.body, Version).git_version or ""
        taken = clock.now()
        if not self._user:
            self._user = await username(cluster)
        difference = clock_difference(answer, taken)
        info = ClusterInfo(
            context=cluster.context,
            server=cluster.server,
            version=version,
            user=self._user,
            round_trip_s=answer.took_s,
            clock_difference_s=difference,
        )
        return Reading(info, State.OK, taken, answer.took_s, f"{cluster.server}/version", _apart(difference))


def clock_difference(answer: Answer, received: datetime) -> float | None:
    """Server's clock less ours in seconds; None where it sends no Date, 0 within what its whole seconds can tell."""
    date = next((value for key, value in answer.headers.items() if key.lower() == "date"), None)
    try:
        told = parsedate_to_datetime(date).astimezone(UTC) if date else None
    except ValueError:
        return None
    if told is None:
        return None
    # the Date was cut to the second, and made somewhere within the round trip
    difference = (told - received).total_seconds() + 0.5 + answer.took_s / 2
    return 0.0 if abs(difference) <= 0.5 + answer.took_s / 2 else difference


def _apart(difference_s: float | None) -> Problem | None:
    """That the two clocks do not agree; what is read counts all the same."""
    if difference_s is None or abs(difference_s) < APART_S:
        return None
    way = "behind" if difference_s > 0 else "ahead of"
    return Problem(
        ProblemKind.MISCONFIGURED,
        f"this machine's clock is {span(abs(difference_s))} {way} the API server's: ages are wrong by that",
        "set the clocks right (`timedatectl` tells whether this one is kept)",
    )
