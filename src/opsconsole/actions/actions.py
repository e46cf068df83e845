"""What the screens and commands ask: plan an action, carry it out, take it back, and hear how it goes."""

import asyncio
import logging
from collections.abc import Callable

from ..config.settings import Policy, Profile
from ..model.action import Asked, Phase, Plan, Run, Target
from ..model.kubernetes import ReplicaSet
from ..poller.board import Board
from ..sources import person
from ..sources.errors import SourceError
from ..sources.kubernetes.cluster import Cluster
from ..store.store import Store
from ..text import clock
from . import rollback, undo
from .arming import Arming
from .errors import Refused
from .executor import Executor
from .kept import plan_from, run_from
from .ledger import Ledger, accepted
from .objects import Desk
from .pace import Pace
from .settle import NEWEST, lost_runs, settled

log = logging.getLogger(__name__)
Told = Callable[[str], None]
"""Hears in a few words how far a call is: `dry run …`, `evidence …`, `writing …`."""


class Actions:
    """The one way to change the platform. All methods run on the event loop; they raise SourceError (Refused names the
    guard). What goes on is on the board: topic RUNS."""

    def __init__(
        self, cluster: Cluster, board: Board, store: Store, profile: Profile, policy: Policy, profile_name: str = "",
        *, pace: Pace | None = None, now: Callable[[], float] = clock.boottime,
    ) -> None:  # fmt: skip
        """`pace` and `now` (seconds) are for tests: how long things take."""
        self.arming = Arming(profile, profile_name)
        self._pace = pace or Pace()
        self._desk = Desk(cluster, board, policy, profile, profile_name)
        self._ledger = Ledger(board, store, cluster)
        self._executor = Executor(self._desk, self._ledger, self.arming, self._pace, now)

    async def plan(self, asked: Asked, told: Told = lambda words: None) -> Plan:
        """Re-read the target, ask whether it is allowed, try it (dry run), and say what it would do.

        Needs no arming: a plan changes nothing. Raises Refused where it could never be done.
        """
        return await self._executor.plan(asked, told)

    async def carry_out(
        self, plan: Plan, *, typed: str = "", force: bool = False, told: Told = lambda words: None
    ) -> Run:
        """Guards, evidence, intent on disk, write. Returns once the API server has accepted it (or not).

        Raises Refused, or Changed with a new plan when a precondition failed; both mean that nothing was changed.
        The rollout and the findings are followed in the background: topic RUNS.
        """
        return await self._executor.carry_out(plan, typed, force, told)

    async def revisions(self, target: Target) -> tuple[ReplicaSet, ...]:
        """The revisions of a Deployment that still have their ReplicaSet, newest first."""
        return await rollback.revisions(self._desk, target)

    def undo_of(self, run_id: str = "") -> Asked:
        """What takes back a run of this console; "" is the last one, and never an older one in its place: where that
        one cannot be taken back, Refused says why."""
        if run_id:
            run = self._ledger.get(run_id)
            if run is None:
                raise Refused("nothing to do", f"this console has no run {run_id[:12]}", "look into the journal")
            if not accepted(run):
                raise Refused("nothing to do", f"{run.plan.title} was not done: {run.words}")
            return undo.undo_of(run.plan)
        own = [
            run for run in self._ledger.runs if run.plan.id in self._executor.begun and run.phase is not Phase.FAILED
        ]
        undone = {run.plan.asked.undoes for run in own if accepted(run)}
        last = next((run for run in own if run.plan.id not in undone and not run.plan.asked.undoes), None)
        if last is None:
            raise Refused("nothing to do", "this console has done nothing that could be taken back")
        if not accepted(last):
            raise Refused("nothing to do", f"what became of {last.plan.title} is unknown: {last.words}")
        return undo.undo_of(last.plan)

    async def undo_of_line(self, run_id: str) -> Asked:
        """The same for any run of the journal. Raises Refused, StoreError."""
        lines = await self._ledger.store.journal_lines(run_id)
        intent = next((line for line in lines if line.phase == "intent"), None)
        plan = plan_from(intent.body) if intent is not None else None
        if plan is None:
            raise Refused("unsupported", "the journal holds no plan of this run", "")
        # what was found out after a crash has no line `written`, but says how it stood
        runs = [self._ledger.get(run_id), *(run_from(line.body) for line in lines if line.phase == "found")]
        if not any(line.phase == "written" for line in lines) and not any(run and accepted(run) for run in runs):
            raise Refused("nothing to do", f"{plan.title} was not done, as far as the journal knows")
        if plan.target.context and plan.target.context != self._desk.cluster.context:
            raise Refused("unsupported", f"{plan.title} was done in the context {plan.target.context}", "go there")
        return undo.undo_of(plan)

    async def finished(self, run_id: str) -> Run:
        """Wait until a run is neither followed nor watched any more. Raises Refused where there is no such run."""
        if self._ledger.get(run_id) is None:
            raise Refused("nothing to do", f"this console has no run {run_id[:12]}", "look into the journal")
        changed = asyncio.Event()
        end = self._ledger.on_change(changed.set)
        try:
            while (run := self._ledger.run(run_id)).running:
                changed.clear()
                await changed.wait()
            return run
        finally:
            end()

    async def settle(self) -> tuple[Run, ...]:
        """At start: look up what earlier processes asked for and left without an outcome; writes what it found.

        A run that is UNKNOWN and has no end could not be looked up now: call it again later.
        """
        cluster = self._desk.cluster
        await cluster.ready()
        lines = await self._ledger.store.journal_lines(newest=NEWEST)
        host = person.who().host
        found = [await settled(self._ledger, lost, self._pace) for lost in lost_runs(lines, host, cluster.context)]
        runs = tuple(run for run in found if run is not None)
        for run in runs:
            if run.running:
                self._executor.resume(run)
        return runs

    async def keep_settling(self) -> None:
        """Settle, again and again while the API server or the store do not answer; ends when nothing is open."""
        pause = self._pace.poll_s
        while True:
            try:
                if all(run.ended is not None or run.running for run in await self.settle()):
                    return
            except SourceError as error:  # the frame says so too
                log.info("lost runs cannot be looked up now: %s", error.problem.sentence)
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._pace.slowest_poll_s)

    async def close(self) -> None:
        """Stop following; what is still followed keeps `written` as its last line, and the next start looks it up."""
        await self._executor.close()
