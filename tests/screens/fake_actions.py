"""A stand-in for the executor: plans are the ones that a test wrote, writes are only counted."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from opsconsole.actions.arming import Arming
from opsconsole.actions.errors import Refused
from opsconsole.config.settings import Profile
from opsconsole.model.action import Asked, Blast, Effect, Helped, Line, Phase, Plan, Run, Target, Warned, Write
from opsconsole.model.kubernetes import ReplicaSet
from opsconsole.model.reading import Reading, State
from opsconsole.poller import topics
from opsconsole.poller.board import Board

from . import story

TARGET = Target("Deployment", story.NAMESPACE, "api", "w-api", "arn:aws:eks:eu-west-1:123456789012:cluster/social-live")


def plan(asked: Asked | None = None, **changes: Any) -> Plan:
    """The roll-back of the drawings."""
    asked = asked or Asked("rollback", TARGET, revision="40")
    lines = (
        Line("from", "rev 41 api:1.8.2 (14m)  to rev 40 api:1.8.1 (9d, ran clean)"),
        Line("changes", "image; env FEED_V2 removed        migration since rev 40: unknown"),
        Line("takes", "20 pods, 5 at a time, ~3 min; room on nodes: 6 pods -> ok"),
        Line("fights", "HPA 3..20 keeps owning replicas; no PDB; no freeze"),
        Line("hurts", "412 req/s now; 212 customers already hurt"),
        Line("same as", f"kubectl -n {story.NAMESPACE} rollout undo deploy/api --to-revision=40"),
    )
    made = Plan(
        id="run-1", asked=asked, target=TARGET, title="ROLL BACK deployment/api", confirm="Roll back",
        was="rev 41 api:1.8.2", becomes="rev 40 api:1.8.1", lines=lines, commands=(lines[-1].words,),
        effect=Effect.DISRUPTIVE, blast=Blast(20, 0.25, 412.0, 212), warnings=(),
        writes=(Write(TARGET, "/apis/apps/v1/x", "[]", "patch deployments"),),
        undo=Asked("rollback", TARGET, revision="41", undoes="run-1"), made=story.NOW, dry_run_s=0.08,
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


GRAVE = (
    Warned("capacity", "20 of 20 pods end: nothing serves 412 requests a second", grave=True),
    Warned("autoscaler", "the HPA owns the replicas and takes this back"),
)


class FakeActions:
    """Keeps to the protocol of actions.Actions; `gate` holds a plan or a write back until a test lets it go."""

    def __init__(self, board: Board, profile: Profile, now: Callable[[], float] = lambda: 0.0) -> None:
        self.board = board
        self.arming = Arming(profile, "prod-eu", now)
        self.plans: list[Asked] = []
        self.written: list[tuple[Plan, str]] = []
        self.answer: Plan | Exception = plan()
        self.outcome: Run | Exception | None = None
        self.undone: list[str] = []
        self.gate: asyncio.Event | None = None

    async def plan(self, asked: Asked, told: Callable[[str], None] = lambda words: None) -> Plan:
        self.plans.append(asked)
        told("dry run …")
        await self._wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return msgspec.structs.replace(self.answer, asked=asked)

    async def carry_out(
        self, plan: Plan, *, typed: str = "", force: bool = False, told: Callable[[str], None] = lambda words: None
    ) -> Run:
        told("evidence …")
        await self._wait()
        if isinstance(self.outcome, Exception):
            outcome, self.outcome = self.outcome, None
            raise outcome
        self.written.append((plan, typed))
        run = self.outcome or Run(plan, Phase.WRITTEN, "0 of 20 new pods ready", story.NOW)
        self.tell(run)
        return run

    def tell(self, *runs: Run) -> None:
        self.board.publish(topics.RUNS, Reading(runs, State.OK, story.NOW))

    async def revisions(self, target: Target) -> tuple[ReplicaSet, ...]:
        return tuple(story.replica_sets().values())

    def undo_of(self, run_id: str = "") -> Asked:
        self.undone.append(run_id)
        if not self.written:
            raise Refused("nothing to do", "nothing was done from this console that could be taken back")
        undo = self.written[-1][0].undo
        assert undo is not None
        return undo

    async def undo_of_line(self, run_id: str) -> Asked:
        self.undone.append(run_id)
        return Asked("rollback", TARGET, revision="41", undoes=run_id)

    async def finished(self, run_id: str) -> Run:
        raise NotImplementedError

    async def settle(self) -> tuple[Run, ...]:
        return (Run(plan(), Phase.READY, "ready: it had been written", story.NOW, story.NOW, Helped.NONE),)

    async def close(self) -> None:
        pass

    async def _wait(self) -> None:
        if self.gate is not None:
            await self.gate.wait()
