"""The logs of all services where there is no Loki: the pods' own, read bounded while somebody looks at them."""

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from ..model.kubernetes import Pod
from ..model.logs import Level, LogOverview, ServiceLog, moment_of
from ..model.reading import ProblemKind
from ..rules import log_overview
from ..rules.workload_state import controller
from ..sources.errors import SourceError
from ..text import clock
from .board import Board
from .log_news import log_news
from .topics import CHANGES, FINDINGS, POD_LOGS, PODS
from .wanted_poll import WantedPoll
from .wishes import Wishes

if TYPE_CHECKING:
    from ..sources.kubernetes.cluster import Cluster

EVERY_S = 60.0
MOST_WORKLOADS = 15
"""Looked through in one round: those in trouble first; each costs four requests at most."""
MOST_CONTAINERS, LINES_EACH = 2, 1_000
AT_ONCE = 3
Key = tuple[str, str, str]
"""(namespace, kind, name) of a workload."""


class PodLogsReader:
    """Reads some lines of some containers of each workload."""

    def __init__(self, cluster: "Cluster", board: Board) -> None:
        self._cluster = cluster
        self._board = board

    async def read(self) -> tuple[LogOverview, str]:
        workloads = self._workloads()
        ranked = sorted(workloads, key=lambda key: (not _in_trouble(workloads[key]), key[2], key[0]))
        chosen, at_once = ranked[:MOST_WORKLOADS], asyncio.Semaphore(AT_ONCE)
        ends = log_overview.axis(clock.now().timestamp())

        async def one(key: Key) -> ServiceLog:
            async with at_once:
                return await self._service(key, workloads[key], ends)

        rows = sorted(await asyncio.gather(*map(one, chosen)), key=log_overview.rank)
        failed = [row for row in rows if row.problem]
        if rows and len(failed) == len(rows):
            raise SourceError(ProblemKind.UNREACHABLE, failed[0].problem, "l on a pod says more")
        remarks = [f"at most {MOST_CONTAINERS} containers of a workload and {LINES_EACH:,} lines on each side are read"]
        if len(ranked) > len(chosen):
            remarks.insert(0, f"{len(ranked) - len(chosen)} of {len(ranked)} workloads are not read")
        return LogOverview(tuple(rows), "the pods' own logs (no Loki)", tuple(remarks)), "GET …/pods/NAME/log"

    def _workloads(self) -> dict[Key, list[Pod]]:
        pods = self._board.get(PODS).value
        found: dict[Key, list[Pod]] = defaultdict(list)
        for pod in pods.rows.values() if pods is not None else ():
            owner = controller(pod)
            if owner is not None and owner.kind != "Job":
                found[pod.namespace, owner.kind, owner.name].append(pod)
        return found

    async def _service(self, key: Key, pods: list[Pod], ends: tuple[float, ...]) -> ServiceLog:
        """Its lines of both sides of the breach, counted by slice; what lies before the first line read is unknown."""
        findings, changes = self._board.get(FINDINGS).value or (), self._board.get(CHANGES).value or ()
        since, breach = log_overview.breach_of(key[2], findings, changes, clock.now())
        counts: dict[log_overview.Cell, dict[float, float]] = defaultdict(lambda: defaultdict(float))
        first = clock.now().timestamp()
        slice_s = log_overview.SLICE_S

        def heard(stamp: bytes, level: int) -> None:
            nonlocal first
            moment = moment_of(stamp)
            if moment is not None:
                at = moment.timestamp()
                first = min(first, at)
                counts[key[2], key[0], level][-(-at // slice_s) * slice_s] += 1

        news = await log_news(
            self._cluster, pods, since, most=MOST_CONTAINERS, lines=LINES_EACH, span=log_overview.HOUR, heard=heard
        )
        if news.before + news.after < LINES_EACH and not news.problem and news.read:
            # everything there was has been read: where no line is, none was written
            first = min(first, (since - log_overview.HOUR).timestamp())
            counts[key[2], key[0], Level.UNKNOWN][ends[0]] += 0.0
        (row,) = log_overview.rows(counts, ends, slice_s, known_from=first) or (ServiceLog(key[2], key[0], slice_s),)
        wrong = tuple(one for one in news.patterns if one.level >= log_overview.LEAST_NEWS)
        return msgspec.structs.replace(
            row, since=since, breach=breach, new=wrong, before=news.before, problem=news.problem,
            read=f"{news.read} of {news.containers} containers, {news.before + news.after:,} lines",
        )  # fmt: skip


def _in_trouble(pods: list[Pod]) -> bool:
    return any(pod.ready < pod.total or pod.restarts for pod in pods)


def pod_logs_feed(cluster: "Cluster", board: Board, wishes: Wishes) -> WantedPoll[LogOverview]:
    """Read while somebody looks at it."""
    reader = PodLogsReader(cluster, board)
    return WantedPoll("pod logs", POD_LOGS, EVERY_S, reader.read, wishes, timeout_s=45.0)
