"""One kind of object in one scope: listed, watched, resumed, listed again; its rows go into a ledger."""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ..model.asked import Asked
from ..model.reading import Problem, ProblemKind
from ..sources.errors import SourceError
from ..sources.kubernetes.cluster import Cluster
from ..sources.kubernetes.decode import Unreadable
from ..sources.kubernetes.kinds import Kind
from ..sources.kubernetes.listing import Heard, pages, watch
from ..sources.kubernetes.problems import Gone
from ..text import clock
from .kubernetes_ledger import Health, Ledger, absent
from .kubernetes_newest import Newest
from .schedule import backoff, jitter
from .slices import Slices

SILENCE_S = 150.0
LISTED_EVERY_S = 30.0
"""Who may list but not watch gets a new list so often."""
ABSENT_AGAIN_S = 1800.0
"""A kind that the server does not offer is looked for again so often, and at each refresh."""
SHORT_S = 1.0
MOST_SHORT = 3
"""So many watches in a row that ended within SHORT_S and brought nothing: then lists take their place for a while."""


class Forbidden(Exception):
    """The first cluster-wide list was refused: somebody must look for narrower scopes."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


class Absent(Exception):
    """The first list found nothing at its address: somebody must ask what the server offers."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


class ListWatch:
    """Runs until cancelled; never raises but Forbidden and Absent, and these only before its first success."""

    def __init__(
        self, cluster: Cluster, kind: Kind[Any], namespace: str | None, ledger: Ledger[Any], *,
        silence_s: float = SILENCE_S, listed_every_s: float = LISTED_EVERY_S,
    ) -> None:  # fmt: skip
        self.namespace = namespace
        self._cluster = cluster
        self._kind = kind
        self._ledger = ledger
        self._silence_s = silence_s
        self._listed_every_s = listed_every_s
        self._uids: set[str] = set()
        self._newest = Newest(kind.most) if kind.most is not None else None
        self._version = ""
        """Where the watch goes on; "" asks for a new list."""
        self._listed = False
        self._listed_at: datetime | None = None
        self._list_took_s = 0.0
        self._failures = 0
        self._short = 0
        """Watches in a row that ended at once and brought nothing."""
        self._again = asyncio.Event()
        ledger.stands(self, Health.STARTING)

    @property
    def kind(self) -> Kind[Any]:
        return self._kind

    @property
    def uids(self) -> frozenset[str]:
        """Of the rows that it keeps."""
        return frozenset(self._uids)

    def asked(self) -> Asked | None:
        """The list that its rows come from and the watch that keeps them fresh; None before the first list."""
        if self._listed_at is None:
            return None
        path = self._kind.path(self.namespace)
        watched = f"GET {path}?watch=1&resourceVersion={self._version}" if self._version else ""
        where = f"in {self.namespace or 'all namespaces'}" if self._kind.namespaced else "of the cluster"
        answer = f"resourceVersion {self._version or 'none: a new list is due'}"
        return Asked(
            "watch", f"{self._kind.resource} {where}, and what changes", f"GET {path}\n{watched}".strip(),
            self._cluster.context or "Kubernetes", self._listed_at, self._list_took_s, len(self._uids),
            counted="object", answer=answer,
        )  # fmt: skip

    def inherit(self, uids: Iterable[str]) -> None:
        """Keep rows of a stream that ended; those that the next list does not show go then."""
        self._uids.update(uids)

    def refresh(self, *, doubted: bool = False) -> None:
        """Do not wait any longer; an open watch is closed and resumed, which shows whether the server is there.

        `doubted`: what is shown may be old (the machine slept); it stays stale until the server is heard again.
        """
        if doubted and self._listed:
            self._ledger.stands(self, Health.STALE)
        self._again.set()

    async def run(self) -> None:
        while True:
            try:
                self._again.clear()
                if not self._version:
                    await self._list()
                if not await self._until_refreshed():
                    # no right to watch, or no use in it: what is there is asked for anew, and the watch with it
                    self._version = ""
                    await self._pause(0, at_least_s=self._listed_every_s)
            except Gone as gone:
                # of a list: once it is simply begun anew
                if self._failures:
                    await self._failed(gone)
                self._failures += 1
            except TimeoutError:
                # nothing for so long: not even a bookmark; what is shown may be old
                self._ledger.stands(self, Health.STALE, _silence(self._silence_s))
            except SourceError as error:
                await self._failed(error)

    async def _failed(self, error: SourceError) -> None:
        problem = error.problem
        if problem.kind is ProblemKind.FORBIDDEN:
            if self.namespace is None and self._kind.namespaced and not self._listed:
                raise Forbidden(problem)
            # a scope that may not be listed is no failure while others may
            self._ledger.stands(self, Health.DENIED, problem)
            for uid in tuple(self._uids):
                self._forget(uid)
        elif problem.kind is ProblemKind.MISSING and not self._listed:
            raise Absent(problem)
        else:
            self._ledger.stands(self, Health.FAILED, problem)
        self._failures += 1
        await self._pause(self._failures, at_least_s=error.retry_after_s or 0.0)

    async def absent(self) -> None:
        """The server does not offer it: wait for a refresh, or long."""
        self._ledger.stands(self, Health.ABSENT, absent(self._kind.resource))
        await self._pause(0, at_least_s=ABSENT_AGAIN_S)

    async def rest(self) -> None:
        """Wait as after a failure."""
        self._failures += 1
        await self._pause(self._failures)

    async def _pause(self, failures: int, *, at_least_s: float = 0.0) -> None:
        if not failures and not at_least_s:
            return
        seconds = max(at_least_s, jitter(backoff(1.0, failures)) if failures else 0.0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._again.wait()

    async def _list(self) -> None:
        """Every object; rows appear page by page, and what is there no more goes at the end."""
        self._ledger.source = self._kind.path(self.namespace)
        seen: set[str] = set()
        version = ""
        started = time.perf_counter()
        slices = Slices()
        async with contextlib.aclosing(pages(self._cluster, self._kind, self.namespace)) as arriving:
            async for page in arriving:
                self._ledger.heard(time.perf_counter() - started)
                # until now it stood as it did before: a list that is asked for anew mends nothing yet
                self._ledger.stands(self, Health.LIVE if self._listed else Health.LISTING)
                for wire in page.items:
                    uid = (wire.metadata and wire.metadata.uid) or ""
                    seen.add(uid)
                    # at once: a stream that is cancelled between two slices must know every row that it has put
                    self._uids.add(uid)
                    if self._newest is not None:
                        self._newest.take(uid, wire)
                    self._ledger.convert(uid, wire, self._kind)
                    if slices.over:
                        await slices.rest()
                for thing in page.unreadable:
                    self._ledger.cannot_read(thing)
                    seen.add(thing.uid)
                    self._uids.add(thing.uid)
                self._thin()
                version = version or page.meta.resource_version or ""
        for uid in self._uids - seen:
            self._forget(uid)
        self._version = version
        self._listed_at, self._list_took_s = clock.now(), time.perf_counter() - started
        self._listed = True
        self._failures = 0
        self._ledger.stands(self, Health.LIVE)
        self._ledger.touch()

    async def _until_refreshed(self) -> bool:
        """Watch until the stream ends or a refresh is asked for; False where watching does not work."""
        started = time.perf_counter()
        watching = asyncio.ensure_future(self._watch())
        asked = asyncio.ensure_future(self._again.wait())
        try:
            await asyncio.wait((watching, asked), return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                watching.result()
        except Gone:
            # a new list puts it right: at once, unless that did not help
            self._version = ""
        except SourceError as error:
            if error.problem.kind is not ProblemKind.FORBIDDEN:
                raise
            return False
        finally:
            for task in (watching, asked):
                task.cancel()
            await asyncio.gather(watching, asked, return_exceptions=True)
        if self._again.is_set() or time.perf_counter() - started >= SHORT_S:
            self._short = 0
            return True
        # a server that ends it at once must not be asked without end
        self._short += 1
        if self._short >= MOST_SHORT:
            self._short = 0
            return False
        await self._pause(self._short if self._version else self._short - 1)
        return True

    async def _watch(self) -> None:
        """One watch until it ends; that one which was accepted breaks off is nothing worth a word: it is resumed."""
        slices = Slices()
        accepted = False
        arriving = watch(self._cluster, self._kind, self.namespace, self._version, silence_s=self._silence_s)
        try:
            async with contextlib.aclosing(arriving):
                async for news in arriving:
                    accepted = True
                    self._ledger.heard()
                    self._ledger.stands(self, Health.LIVE)
                    self._take(news)
                    self._thin()
                    if slices.over:
                        await slices.rest()
        except SourceError as error:
            if not accepted or error.problem.kind is not ProblemKind.UNREACHABLE:
                raise

    def _take(self, news: Heard) -> None:
        for wire, gone in zip(news.changed, news.deleted, strict=True):
            if isinstance(wire, Unreadable):
                self._ledger.cannot_read(wire)
                continue
            uid = (wire.metadata and wire.metadata.uid) or ""
            if gone:
                self._forget(uid)
            else:
                self._uids.add(uid)
                if self._newest is not None:
                    self._newest.take(uid, wire)
                self._ledger.later(uid, wire, self._kind)
        if news.version:
            self._failures = self._short = 0
            self._version = news.version

    def _forget(self, uid: str) -> None:
        self._uids.discard(uid)
        self._ledger.drop((uid,))
        if self._newest is not None:
            self._newest.drop(uid)

    def _thin(self) -> None:
        """Let go of the oldest where more come than are kept."""
        if self._newest is not None and (old := self._newest.surplus()):
            self._uids.difference_update(old)
            self._ledger.drop(old)


def _silence(seconds: float) -> Problem:
    return Problem(ProblemKind.TIMEOUT, f"the watch was silent for {seconds:g} s and was opened again", "press r")
