"""After a crash: what earlier processes asked for and left without an outcome is looked up, and said."""

from collections.abc import Iterable, Sequence

import msgspec

from ..model.action import Helped, Phase, Plan, Run
from ..model.journal import JournalLine
from ..rules.rollout import State
from ..sources import person
from ..sources.errors import SourceError
from ..text import clock
from . import kept
from .follow import Vanished, state_now
from .ledger import Ledger, lost_words
from .pace import Pace
from .writing import Found, look

CLOSED = ("outcome", "effect", "refused", "found")
"""Phases after which nothing is open any more."""
NEWEST = 500
"""So many lines are looked through."""


class Lost:
    """One run without an outcome."""

    def __init__(self, lines: Sequence[JournalLine], plan: Plan | None) -> None:
        self.intent = lines[0]
        self.accepted = any(line.phase == "written" for line in lines)
        self.plan = plan


def lost_runs(lines: Iterable[JournalLine], host: str, context: str) -> tuple[Lost, ...]:
    """Runs of this machine and context whose process is not there any more, oldest first."""
    runs: dict[str, list[JournalLine]] = {}
    for line in lines:
        if line.run:
            runs.setdefault(line.run, []).append(line)
    found = []
    for own in runs.values():
        intents = [line for line in own if line.phase == "intent"]
        if not intents or any(line.phase in CLOSED for line in own):
            continue
        last = own[-1]
        if last.who.host != host or intents[0].context != context or person.alive(last.process):
            continue
        found.append(Lost([intents[0], *own], kept.plan_from(intents[0].body)))
    return tuple(found)


async def settled(ledger: Ledger, lost: Lost, pace: Pace) -> Run | None:
    """Look it up, write what was found, and return the run; None where its plan cannot be read, which is written too.

    UNKNOWN without an end, and nothing written, where the API server does not tell now: it is asked again later.
    """
    plan = lost.plan
    if plan is None:
        words = f"asked, outcome unknown, and its plan cannot be read: {lost.intent.words}"
        await ledger.found(lost.intent, words, unless=CLOSED)
        return None
    run = Run(plan, Phase.UNKNOWN, lost_words(plan), lost.intent.at)
    if plan.watches:
        run = _with(run, helped=Helped.UNKNOWN, helped_words="the console ended before it was known")
    ledger.put(run)
    try:
        phase, words = await _found(ledger, lost, plan, pace)
    except SourceError as error:
        return ledger.put(_with(run, words=lost_words(plan, error.problem.sentence)))
    run = _with(run, phase=phase, words=words, ended=None if phase is Phase.WRITTEN else clock.now())
    if not await ledger.found(lost.intent, words, unless=CLOSED, body=kept.of_run(run)):
        # another console was quicker, and follows it
        return ledger.put(_with(run, ended=clock.now()))
    await ledger.tell(run, "found", f"{plan.title}: {words}")
    return ledger.put(run)


async def _found(ledger: Ledger, lost: Lost, plan: Plan, pace: Pace) -> tuple[Phase, str]:
    seen = [await look(ledger.cluster, write) for write in plan.writes]
    before = "it was accepted; " if lost.accepted else ""
    if Found.GONE in seen:
        return Phase.GONE, f"{before}{plan.target.words} is gone now"
    if Found.REPLACED in seen:
        return Phase.GONE, f"{before}{plan.target.words} has been replaced since"
    if seen and all(each is Found.THERE for each in seen):
        return await _going(ledger, lost, plan, pace)
    if seen and all(each is Found.ABSENT for each in seen):
        if lost.accepted:
            return Phase.UNKNOWN, f"{before}the write is not there any more: somebody has changed it since"
        return Phase.FAILED, "found: the write is not there; nothing was changed"
    if Found.THERE in seen:
        return Phase.UNKNOWN, f"found: {seen.count(Found.THERE)} of {len(seen)} writes are there"
    return Phase.UNKNOWN, f"{before}cannot be told: {plan.target.words} reads otherwise now"


async def _going(ledger: Ledger, lost: Lost, plan: Plan, pace: Pace) -> tuple[Phase, str]:
    """It is there: how far is it?"""
    try:
        now = await state_now(ledger.cluster, plan, lost.intent.at, pace)
    except Vanished:
        return Phase.GONE, f"found: the write is there; {plan.target.words} is gone now"
    phase = Phase.READY if now.state is State.READY else Phase.WRITTEN
    return phase, f"found: the write is there; {now.words}"


def _with(run: Run, **fields: object) -> Run:
    return msgspec.structs.replace(run, **fields)
