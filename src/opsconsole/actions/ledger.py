"""What becomes of each run: on the board for the screens, in the journal, and in the timelines of open incidents."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Collection
from datetime import datetime

import msgspec

from ..model.action import Phase, Plan, Run
from ..model.incident import Incident, TimelineEntry
from ..model.journal import JournalLine, Who
from ..model.reading import Reading, State
from ..poller.board import Board
from ..poller.topics import INCIDENTS, RUNS
from ..sources import person
from ..sources.kubernetes.access import username
from ..sources.kubernetes.cluster import Cluster
from ..store.errors import StoreError
from ..store.store import Store
from ..text import clock
from ..text.redact import redact

MOST_RUNS = 50
WHO_S = 3.0
"""The API server may not answer; then the name in the kubeconfig stands for the person."""
_OURS = uuid.UUID("5f0c7a52-3d0e-5bb0-9d6c-0a8f4f7f2f11")
_SOURCE = "this console"
log = logging.getLogger(__name__)


class Ledger:
    """Knows the runs of this console. Publishing never fails; `line` raises StoreError, `note_line` does not."""

    def __init__(self, board: Board, store: Store, cluster: Cluster) -> None:
        self.board = board
        self.store = store
        self.cluster = cluster
        self._runs: dict[str, Run] = {}
        self._heard: list[Callable[[], None]] = []
        self._who: Who | None = None
        self._process = person.process()
        self._publish()

    # ---- runs ------------------------------------------------------------------------------------------------------

    @property
    def runs(self) -> tuple[Run, ...]:
        """Newest first."""
        return tuple(reversed(self._runs.values()))

    def get(self, run_id: str) -> Run | None:
        return self._runs.get(run_id)

    def run(self, run_id: str) -> Run:
        """A run that is known to be there."""
        return self._runs[run_id]

    def put(self, run: Run) -> Run:
        """Take a run in, or how it stands now; the screens hear of it."""
        if self._runs.get(run.plan.id) == run:
            return run
        self._runs[run.plan.id] = run
        ended = [id for id, each in self._runs.items() if not each.running]
        for id in ended[: max(0, len(self._runs) - MOST_RUNS)]:
            del self._runs[id]
        self._publish()
        return run

    def change(self, run_id: str, **fields: object) -> Run:
        """The run with other fields."""
        return self.put(msgspec.structs.replace(self._runs[run_id], **fields))

    def forget(self, run_id: str) -> None:
        """Take out a run that was not begun after all."""
        if self._runs.pop(run_id, None) is not None:
            self._publish()

    def on_change(self, heard: Callable[[], None]) -> Callable[[], None]:
        """Hear of each change; returns what ends it."""
        self._heard.append(heard)
        return lambda: self._heard.remove(heard)

    def _publish(self) -> None:
        self.board.publish(RUNS, Reading(self.runs, State.OK, clock.now(), source=_SOURCE))
        for heard in tuple(self._heard):
            heard()

    # ---- journal ---------------------------------------------------------------------------------------------------

    async def who(self) -> Who:
        """The person here, with the name that the API server knows; that is asked once."""
        if self._who is None:
            try:
                async with asyncio.timeout(WHO_S):
                    self._who = person.who(kubernetes=await username(self.cluster))
            except TimeoutError:
                return person.who(kubernetes=self.cluster.user)
        return self._who

    async def line(
        self, plan: Plan, phase: str, words: str, *, body: str = "", evidence: str = "", took_s: float | None = None,
        at: datetime | None = None,
    ) -> JournalLine:  # fmt: skip
        """Write a line of the journal; on disk when this returns. Raises StoreError."""
        return await self.store.journal(
            JournalLine(
                seq=0, at=at or clock.now(), run=plan.id, phase=phase, who=await self.who(), process=self._process,
                verb=plan.asked.verb, context=plan.target.context, namespace=plan.target.namespace,
                object=plan.target.words, words=redact(words), body=body, evidence=evidence, took_s=took_s,
            )
        )  # fmt: skip

    async def found(self, intent: JournalLine, words: str, *, unless: Collection[str], body: str = "") -> bool:
        """Write what became of an intent; False where another console has closed its run first. Raises StoreError."""
        line = msgspec.structs.replace(
            intent, at=clock.now(), phase="found", who=await self.who(), process=self._process, words=redact(words),
            body=body, evidence="", took_s=None,
        )  # fmt: skip
        return await self.store.journal_new(line, unless=unless)

    async def note_line(
        self, plan: Plan, phase: str, words: str, *, body: str = "", took_s: float | None = None
    ) -> str:
        """The same for what cannot be undone by a full disk: returns what went wrong, "" when it is on disk."""
        try:
            await self.line(plan, phase, words, body=body, took_s=took_s)
        except StoreError as error:
            log.warning("a line of the journal could not be written: %s", error.problem.sentence)
            return error.problem.sentence
        return ""

    # ---- timelines -------------------------------------------------------------------------------------------------

    async def tell(self, run: Run, phase: str, words: str) -> None:
        """Add an entry to the timeline of each incident that goes on, or was resolved after the run began: its effect
        may be known later. Once for each run and phase."""
        try:
            incidents = await self._incidents(run.began)
            entries = [await self._entry(incident, run, phase, words) for incident in incidents]
            if entries:
                await self.store.append_new(entries)
        except StoreError as error:
            log.warning("an entry of the timeline could not be written: %s", error.problem.sentence)

    async def _incidents(self, began: datetime) -> tuple[Incident, ...]:
        reading = self.board.get(INCIDENTS)
        held = reading.value if reading.state is State.OK and reading.value else await self.store.incidents()
        return tuple(
            incident
            for incident in held.incidents
            if incident.open or (incident.state == "resolved" and incident.resolved and incident.resolved >= began)
        )

    async def _entry(self, incident: Incident, run: Run, phase: str, words: str) -> TimelineEntry:
        now, plan = clock.now(), run.plan
        return TimelineEntry(
            id=str(uuid.uuid5(_OURS, f"{incident.id}/{plan.id}/{phase}")), incident=incident.id, occurred=now,
            recorded=now, kind="action", actor=(await self.who()).user, source="human", text=redact(words),
            link=f"journal:{plan.id}", detail=redact(plan.asked.reason), object=plan.target.words,
        )  # fmt: skip


def lost_words(plan: Plan, why: str = "") -> str:
    return f"asked, outcome unknown: {plan.title}" + (f" ({why})" if why else "")


def accepted(run: Run) -> bool:
    """Whether the API server has taken the write."""
    return run.phase in (Phase.WRITTEN, Phase.READY, Phase.STUCK, Phase.GONE)
