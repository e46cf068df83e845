"""The one way of every write: guards, evidence, intent on disk, the write with its preconditions, and what follows."""

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from ..model.action import Asked, Helped, Phase, Plan, Run
from ..sources.errors import SourceError
from ..store.errors import StoreError
from ..text import clock, units
from . import effect, evidence, guards, kept
from . import plan as planners
from .arming import Arming
from .errors import Changed, Refused
from .follow import follow
from .guards import PreconditionFailed
from .ledger import Ledger, lost_words
from .objects import Desk
from .pace import Pace
from .writing import Found, gone, look, look_up, lost, precondition_failed, send

MOST_PLANS = 3
"""A target that changes between each reading and its dry run is planned so often."""
_PASSING = re.compile(
    r"(?<=\()(?:\d+[a-z]+)+(?= or more\)|\))|~(?:\d+[a-z]+)+|\S+(?= req/s now)|\d+ customers?(?= already)"
)
"""What passes by itself in the lines of a plan: how long a revision ran and a rollout lasts, requests, who is hurt."""
Told = Callable[[str], None]
log = logging.getLogger(__name__)


class Executor:
    """Plans and carries out; what it has begun goes on when the caller goes away."""

    def __init__(self, desk: Desk, ledger: Ledger, arming: Arming, pace: Pace, now: Callable[[], float]) -> None:
        self.desk = desk
        self.ledger = ledger
        self.arming = arming
        self.pace = pace
        self.now = now
        self.begun: set[str] = set()
        """Ids of the runs of this process."""
        self._writing: set[asyncio.Task[Any]] = set()
        self._following: set[asyncio.Task[Any]] = set()

    async def plan(self, asked: Asked, told: Told) -> Plan:
        """A plan that is allowed and that the server would take."""
        for _ in range(MOST_PLANS):
            told("reading the target")
            plan = await planners.plan(self.desk, asked)
            told("dry run")
            rights, tried = await asyncio.gather(
                guards.rights(self.desk.cluster, plan),
                guards.dry_run(self.desk.cluster, plan, self.pace),
                return_exceptions=True,
            )
            if isinstance(rights, BaseException):
                raise rights
            if isinstance(tried, PreconditionFailed):
                continue
            if isinstance(tried, BaseException):
                raise tried
            return tried
        raise Refused("dry run", f"{asked.target.words} changes faster than it can be planned", "wait a moment")

    async def carry_out(self, plan: Plan, typed: str, force: bool, told: Told) -> Run:
        """See Actions.carry_out."""
        if self.ledger.get(plan.id) is not None:
            raise Refused("nothing to do", "this plan was carried out already", "make a new one")
        guards.typed(plan, typed, force=force)
        try:
            guards.armed(self.arming)
            told("checking")
            await self._still_true(plan, told)
            await guards.dry_run(self.desk.cluster, plan, self.pace)
        except PreconditionFailed:
            raise await self._changed(plan, told) from None
        except Refused as refusal:
            await self._note_refusal(plan, refusal)
            raise
        stood = effect.before(self.desk.board, plan)
        told("keeping evidence")
        text, _ = await asyncio.gather(
            evidence.collect(self.desk.cluster, self.desk.board, plan, self.pace.evidence_s), self.ledger.who()
        )
        try:
            guards.armed(self.arming)  # ten minutes may have ended meanwhile
        except Refused as refusal:
            await self._note_refusal(plan, refusal)
            raise
        told("writing")
        task = self._start(self._writing, self._commit(plan, stood, text, told), f"write {plan.id}")
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Let a write that is on its way come to its end, then stop following."""
        if self._writing:
            await asyncio.wait(self._writing, timeout=self.pace.close_s)
        tasks = [*self._writing, *self._following]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def resume(self, run: Run) -> None:
        """Follow what an earlier process has written."""
        nothing = effect.Before((), frozenset())
        self._start(self._following, self._follow(run.plan.id, nothing), f"follow {run.plan.id}")

    async def _note_refusal(self, plan: Plan, refusal: Refused) -> None:
        await self.ledger.note_line(plan, "refused", f"{plan.title}: {refusal.problem.sentence}")

    # ---- from the intent to the answer -----------------------------------------------------------------------------

    async def _commit(self, plan: Plan, stood: effect.Before, text: str, told: Told) -> Run:
        """Nobody can interrupt this: from the intent on disk to the line that says what became of it."""
        began = clock.now()
        try:
            sha = await self.ledger.store.keep_evidence(text)
            words = f"{plan.title}: {plan.was} → {plan.becomes}"
            reason = f" ({plan.asked.reason})" if plan.asked.reason else ""
            await self.ledger.line(plan, "intent", words + reason, body=kept.of_plan(plan), evidence=sha, at=began)
        except StoreError as error:
            raise Refused(
                "disk", f"nothing was done: what is about to be done cannot be kept: {error.problem.sentence}",
                error.problem.remedy,
            ) from error  # fmt: skip
        self.begun.add(plan.id)
        run = self.ledger.put(Run(plan, Phase.ASKED, "asked", began))
        for number, write in enumerate(plan.writes):
            try:
                await send(self.desk.cluster, write, timeout_s=self.pace.write_s)
            except SourceError as error:
                if not lost(error):
                    return await self._not_taken(run, number, error, told)
                told("the answer was lost: looking up")
                found = await self._looked_up(run, number, error, self.pace.look_up_s)
                if found is Found.UNKNOWN:
                    self._start(self._following, self._keep_looking(run, number, error, stood), "look up")
                if found is not Found.THERE:
                    return self.ledger.run(plan.id)
        return await self._taken(run, stood)

    async def _taken(self, run: Run, stood: effect.Before, words: str = "accepted") -> Run:
        """The API server has it: say so in the journal, and follow."""
        plan = run.plan
        took_s = (clock.now() - run.began).total_seconds()
        unsaid = await self.ledger.note_line(plan, "written", f"{plan.title}: {words}", took_s=took_s)
        if plan.asked.undoes and not unsaid:
            undone = msgspec.structs.replace(plan, id=plan.asked.undoes)
            await self.ledger.note_line(undone, "undone", f"taken back: {plan.title}")
        if unsaid:
            words = f"{words}; the journal could not be written: {unsaid}"
        self._leave_stuck(plan)
        now = self.ledger.change(plan.id, phase=Phase.WRITTEN, words=words)
        reason = f" ({plan.asked.reason})" if plan.asked.reason else ""
        self._start(
            self._following,
            self._tell_and_follow(now, f"{plan.title}: {plan.was} → {plan.becomes}{reason}", stood),
            f"follow {plan.id}",
        )
        return now

    def _leave_stuck(self, plan: Plan) -> None:
        """What this one mends is not the work of an earlier run that is stuck: that one stays so."""
        stuck = {
            f"action follow {run.plan.id}"
            for run in self.ledger.runs
            if run.phase is Phase.STUCK and run.plan.follows is not None and run.plan.follows == plan.follows
        }
        for task in self._following:
            if task.get_name() in stuck:
                task.cancel()

    async def _not_taken(self, run: Run, number: int, error: SourceError, told: Told) -> Run:
        """The API server said no, or was not reached: Changed, Refused, or a run that failed."""
        plan = run.plan
        if not number and (precondition_failed(error) or gone(error)):
            await self.ledger.note_line(plan, "refused", f"{plan.title}: not what was planned for; nothing was done")
            self.ledger.forget(plan.id)
            raise await self._changed(plan, told)
        return await self._ended(run, Phase.FAILED, f"{_done_before(plan, number)}: {failure_words(error)}")

    async def _changed(self, plan: Plan, told: Told) -> Changed | SourceError:
        """What to raise where the plan is out of date: the new plan, or why there is none."""
        try:
            new = await self.plan(_same_target(plan), told)
        except SourceError as error:
            return error
        return Changed(new, differing(plan, new))

    async def _still_true(self, plan: Plan, told: Told) -> None:
        """A plan that has lain there for long is made again: what would be warned of by now is shown before it is done.

        The preconditions speak for the target alone, not for a freeze, a rollout or an autoscaler that came since.
        """
        if plan.made is None or (clock.now() - plan.made).total_seconds() < self.pace.stale_s:
            return
        new = await self.plan(_same_target(plan), told)
        known = {warned.id for warned in plan.warnings}
        if new.target != plan.target or new.typed != plan.typed or any(one.id not in known for one in new.warnings):
            raise Changed(new, differing(plan, new))

    # ---- when the answer was lost ----------------------------------------------------------------------------------

    async def _looked_up(self, run: Run, number: int, error: SourceError, within_s: float) -> Found:
        """What became of the write; where it is neither there nor unknown, the run has ended with that."""
        plan, write = run.plan, run.plan.writes[number]
        found, said = await look_up(self.desk.cluster, write, self.pace, within_s)
        why = error.problem.sentence
        match found:
            case Found.ABSENT:
                await self._ended(run, Phase.FAILED, f"{why}; the write is not there: {_done_before(plan, number)}")
            case Found.GONE | Found.REPLACED:
                words = "was deleted" if found is Found.GONE else "was deleted and made anew"
                await self._ended(run, Phase.GONE, f"{why}; {plan.target.words} {words} meanwhile")
            case Found.OTHER:
                words = f"outcome unknown: {why}, and {plan.target.words} reads otherwise by now"
                await self._ended(run, Phase.UNKNOWN, words)
            case Found.UNKNOWN:
                self.ledger.change(plan.id, phase=Phase.UNKNOWN, words=lost_words(plan, said or why))
        return found

    async def _keep_looking(self, run: Run, number: int, error: SourceError, stood: effect.Before) -> None:
        """Ask until the API server tells; without an answer the run stays open, and the next start looks it up."""
        plan = run.plan
        if await self._looked_up(run, number, error, self.pace.follow_s) is Found.THERE:
            rest = plan.writes[number + 1 :]
            if rest:  # never go on writing on one's own after a break
                words = f"{number + 1} of {len(plan.writes)} writes are there; the others were not sent"
                await self._ended(run, Phase.UNKNOWN, words)
                return
            await self._taken(run, stood, "accepted; its answer was lost, and found out")

    async def _ended(self, run: Run, phase: Phase, words: str) -> Run:
        ended = msgspec.structs.replace(run, phase=phase, words=words, ended=clock.now())
        return await self._outcome(ended)

    # ---- what follows ----------------------------------------------------------------------------------------------

    async def _tell_and_follow(self, run: Run, words: str, stood: effect.Before) -> None:
        await self.ledger.tell(run, "written", words)
        await self._follow(run.plan.id, stood)

    async def _follow(self, run_id: str, stood: effect.Before) -> None:
        run = self.ledger.run(run_id)
        plan, said = run.plan, set[Phase]()

        async def tell(phase: Phase, words: str) -> None:
            if phase is Phase.WRITTEN:
                self.ledger.change(run_id, phase=phase, words=words, ended=None)
                return
            if phase is Phase.READY:
                words += await self._otherwise(plan)
            run = msgspec.structs.replace(
                self.ledger.run(run_id), phase=phase, words=f"stuck: {words}" if phase is Phase.STUCK else words,
                ended=clock.now(),
            )  # fmt: skip
            if phase in said:
                self.ledger.put(run)
                return
            said.add(phase)
            if stood.watched:
                ready = phase is Phase.READY
                run = msgspec.structs.replace(
                    run, helped=Helped.WATCHING if ready else Helped.UNKNOWN,
                    helped_words=_watching(stood) if ready else f"it is {phase}",
                )  # fmt: skip
            await self._outcome(run)

        reached = await follow(self.desk.cluster, plan, run.began, self.pace, tell, self.now)
        if reached is Phase.READY and stood.watched:
            await self._watch(run_id, stood)

    async def _otherwise(self, plan: Plan) -> str:
        """What is ready need not be what was written: a later action, or somebody else, may have changed it since."""
        try:
            found = [await look(self.desk.cluster, write) for write in plan.writes]
        except SourceError:
            return ""
        other = Found.OTHER in found or Found.ABSENT in found
        return f"; but {plan.target.words} reads otherwise by now than it was written" if other else ""

    async def _watch(self, run_id: str, stood: effect.Before) -> None:
        plan = self.ledger.run(run_id).plan
        helped, words = await effect.watch(self.desk.board, self.desk.policy, plan, stood, self.pace, self.now)
        run = msgspec.structs.replace(self.ledger.run(run_id), helped=helped, helped_words=words)
        said = f"{helped}: {words}" if helped is not Helped.UNKNOWN else f"whether it helped is unknown: {words}"
        await self.ledger.note_line(plan, "effect", f"{plan.title}: {said}", body=kept.of_run(run))
        await self.ledger.tell(run, "effect", f"{plan.title}: {said}")
        self.ledger.put(run)

    async def _outcome(self, run: Run) -> Run:
        """The line and the entries that say what it came to, and then the screens: who hears of the end may leave.

        A run may get stuck and be ready after all: then it has two.
        """
        took_s = ((run.ended or clock.now()) - run.began).total_seconds()
        words = f"{run.plan.title}: {run.words}" + (f", after {units.span(took_s)}" if run.phase is Phase.READY else "")
        unsaid = await self.ledger.note_line(run.plan, "outcome", words, body=kept.of_run(run), took_s=took_s)
        await self.ledger.tell(run, f"outcome-{run.phase}", words)
        if unsaid:
            run = msgspec.structs.replace(run, words=f"{run.words}; the journal could not be written: {unsaid}")
        return self.ledger.put(run)

    def _start(self, among: set[asyncio.Task[Any]], work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        task = asyncio.create_task(work, name=f"action {name}")
        among.add(task)
        task.add_done_callback(among.discard)
        task.add_done_callback(_heard)
        return task


def differing(was: Plan, now: Plan) -> tuple[str, ...]:
    """Titles of the lines that read otherwise; that a minute has passed, or other requests came, is no difference."""
    before, after = ({line.title: _PASSING.sub("…", line.words) for line in each.lines} for each in (was, now))
    return tuple(title for title in after | before if before.get(title) != after.get(title))


def _same_target(plan: Plan) -> Asked:
    """What was asked, of the object that the plan was made for: who gave only a name is not led to another one."""
    asked = plan.asked.target
    known = [each for each in (plan.target, plan.follows) if each is not None and each.words == asked.words]
    if asked.uid or not known:
        return plan.asked
    return msgspec.structs.replace(plan.asked, target=known[0])


def _watching(stood: effect.Before) -> str:
    return "watching " + "; ".join(one.what for one in stood.watched[:2])


def failure_words(error: SourceError) -> str:
    """Why the API server did not take it, in a sentence."""
    said = f": {error.said}" if error.said else ""
    match error.status:
        case 401:
            return f"the credentials have run out. {error.problem.remedy}".strip()
        case 403:
            return ("quota" if "exceeded quota" in error.said else "forbidden") + said
        case 400 | 422:
            return f"the API server does not take it{said}"
        case 429:
            return f"the API server is too busy{said}"
    return error.problem.sentence


def _done_before(plan: Plan, number: int) -> str:
    """What stands when the write of that number was not done."""
    return f"{number} of {len(plan.writes)} writes are done, the others are not" if number else "nothing was changed"


def _heard(task: asyncio.Task[Any]) -> None:
    """Nobody may wait for it: a mistake of ours must not be silent."""
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, SourceError | Changed):
        log.error("%s failed", task.get_name(), exc_info=error)
