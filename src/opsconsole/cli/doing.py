"""How `opsconsole do` goes: sources up, plan printed, guards asked, carried out, followed; and its exit code."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from ..actions import kept
from ..actions.actions import Actions
from ..actions.errors import Changed, Refused
from ..actions.script import script
from ..assembly import Assembly
from ..config.choice import Chosen
from ..config.policies import resolve_policy
from ..config.settings import Profile, Settings
from ..model.action import Asked, Helped, Phase, Plan, Run, Target
from ..model.reading import Reading, State
from ..poller import topics
from ..poller.board import Board
from ..sources.errors import SourceError
from ..text.clean import clean
from . import do_words

T = TypeVar("T")

DONE, NOT_WELL, UNUSABLE, REFUSED = 0, 1, 2, 3
GATHER_S = 12.0
"""How long to wait for what surrounds the target; what has not come by then reads unknown."""
JUDGE_S = 2.0
JOURNAL_S = 3.0
AROUND = (
    topics.WORKLOADS, topics.PODS, topics.REPLICA_SETS, topics.HPAS, topics.NODES, topics.INCIDENTS, topics.JOURNAL,
)  # fmt: skip
MEASURED = (topics.SERVICES, topics.MEASURES)


class Wish(msgspec.Struct, frozen=True, gc=False):
    """What the command line asks for."""

    verb: str
    """scale, restart, rollback, bounds; undo."""
    kind: str = ""
    name: str = ""
    replicas: int | None = None
    change: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    revision: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class How:
    """The options that every action has."""

    plan: bool = False
    script: bool = False
    yes: bool = False
    reason: str = ""
    confirm: str = ""
    force: bool = False
    namespace: str = ""
    no_follow: bool = False
    timeout: float = 600.0
    as_json: bool = False
    terminal: bool = False
    """Somebody is there to type a name."""

    @property
    def looks_only(self) -> bool:
        return self.plan or self.script


class Interrupted(Exception):
    """Ctrl+C."""


def run(settings: Settings, chosen: Chosen, wish: Wish, how: How) -> int:
    """Do it from beginning to end; the exit code."""
    store_path = Path(settings.store.path).expanduser() if settings.store.path else None
    board = Board()
    policy = resolve_policy(settings, chosen.profile.policy)
    assembly = Assembly(_needed(chosen.profile), policy, board, store_path=store_path, name=chosen.name)
    return asyncio.run(_do(assembly, board, chosen, wish, how))


def _needed(profile: Profile) -> Profile:
    """What tells of a workload: nothing waits for bills and customers, and no session is opened on the databases."""
    return msgspec.structs.replace(profile, postgres=(), redis=(), billing=None, customers=None)


async def _do(assembly: Assembly, board: Board, chosen: Chosen, wish: Wish, how: How) -> int:
    async with _interrupts() as interrupt:
        doing = Doing(assembly, board, chosen, wish, how, interrupt)
        try:
            return await doing.run()
        except Refused as error:
            return doing.end(REFUSED, do_words.refusal(error), guard=error.guard)
        except SourceError as error:
            return doing.end(UNUSABLE, do_words.failure(error))
        except Interrupted:
            return doing.end(REFUSED, "interrupted: nothing was changed")
        finally:
            await assembly.stop()


@contextlib.asynccontextmanager
async def _interrupts() -> AsyncIterator[asyncio.Event]:
    """Ctrl+C sets the event instead of ending the program in the middle of a write."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, event.set)
    try:
        yield event
    finally:
        loop.remove_signal_handler(signal.SIGINT)


class Doing:
    """One command on its way. `run` raises Refused, SourceError, Interrupted: each means that nothing was changed."""

    def __init__(
        self, assembly: Assembly, board: Board, chosen: Chosen, wish: Wish, how: How, interrupt: asyncio.Event
    ) -> None:
        self._assembly = assembly
        self._board = board
        self._chosen = chosen
        self._wish = wish
        self._how = how
        self._interrupt = interrupt
        self._plan: Plan | None = None
        self._run: Run | None = None
        self._said = ""

    async def run(self) -> int:
        """The exit code."""
        self._check_options()
        self._assembly.start()
        actions = self._assembly.actions
        assert actions is not None  # the profile names a cluster
        if actions.arming.forbidden and not self._how.looks_only:
            raise Refused("profile", f"not done: {actions.arming.forbidden}", "use another profile")
        self._tell("reading the cluster …")
        await self._unless_interrupted(gather(self._board, measured=self._chosen.profile.prometheus is not None))
        asked = await self._unless_interrupted(self._asked(actions))
        plan = await self._unless_interrupted(actions.plan(asked, self._tell))
        return await self._act_on(actions, plan)

    async def _act_on(self, actions: Actions, plan: Plan) -> int:
        changed: tuple[str, ...] = ()
        while True:
            self._plan = plan
            if self._how.script:
                click.echo(script(plan))
                return DONE
            self._show(plan, changed)
            if self._how.plan:
                return self.end(DONE, "nothing was changed: this is the plan")
            typed = await self._consent(plan)
            actions.arming.arm()
            try:
                run = await self._to_its_end(
                    actions.carry_out(plan, typed=typed, force=self._how.force, told=self._tell)
                )
            except Changed as error:
                plan, changed = error.plan, error.fields
                if not self._how.terminal or self._how.yes:
                    self._plan = plan
                    self._show(plan, changed)
                    sentence = "nothing was changed: the target is not what the plan showed; this is what is there now"
                    return self.end(REFUSED, sentence, guard="changed")
                self._tell("nothing was changed: the target is not what the plan showed; this is what is there now")
                continue
            return await self._outcome(actions, run)

    # ---- what was asked -------------------------------------------------------------------------------------------

    def _check_options(self) -> None:
        how = self._how
        if how.looks_only:
            return
        if self._chosen.profile.production and not how.reason:
            raise Refused("reason", f"the profile {self._chosen.name} is production: say why", "add --reason TEXT")
        if how.force and not how.reason:
            raise Refused("reason", "--force takes a reason", "add --reason TEXT")
        if not how.yes and not how.terminal:
            raise Refused("typed", "there is no terminal to ask on", "look with --plan, then add --yes")

    async def _asked(self, actions: Actions) -> Asked:
        wish, how = self._wish, self._how
        if wish.verb == "undo":
            undo = await actions.undo_of_line(wish.run or self._newest_run())
            return msgspec.structs.replace(undo, reason=how.reason)
        target = Target(wish.kind, await self._namespace(), wish.name)
        return Asked(
            wish.verb, target, replicas=wish.replicas, change=wish.change, minimum=wish.minimum, maximum=wish.maximum,
            revision=wish.revision, reason=how.reason,
        )  # fmt: skip

    async def _namespace(self) -> str:
        """-n, else the one that the settings name, else the context's own; never guessed from the name."""
        if self._how.namespace:
            return self._how.namespace
        kubernetes = self._chosen.profile.kubernetes
        if kubernetes is not None and len(kubernetes.namespaces) == 1:
            return kubernetes.namespaces[0]
        cluster = self._assembly.cluster
        assert cluster is not None
        await cluster.ready()
        namespace = cluster.namespace
        workloads = self._board.get(topics.WORKLOADS).value
        same = [
            each.namespace
            for each in (workloads.rows.values() if workloads is not None and workloads.complete else ())
            if (each.kind, each.name) == (self._wish.kind, self._wish.name)
        ]
        if same and namespace not in same:
            there = ", ".join(sorted(clean(each, 63) for each in same))
            words = Target(self._wish.kind, namespace, self._wish.name).words
            raise Refused("gone", f"{clean(words)} is not in {clean(namespace, 63)} but in {there}", "add -n NAMESPACE")
        return namespace

    def _newest_run(self) -> str:
        """The newest action on this cluster that is neither an undo nor taken back. Raises Refused."""
        cluster = self._assembly.cluster
        context = cluster.context if cluster is not None else ""
        lines = self._board.get(topics.JOURNAL).value or ()
        written = {line.run for line in lines if line.phase == "written"}
        plans = [
            (line.run, kept.plan_from(line.body)) for line in lines if line.phase == "intent" and line.run in written
        ]
        taken_back = {plan.asked.undoes for _, plan in plans if plan is not None}
        for run, plan in plans:
            if plan is not None and plan.target.context == context and not plan.asked.undoes and run not in taken_back:
                return run
        raise Refused("nothing to do", "the journal has no action on this cluster that could be undone", "name its RUN")

    # ---- consent --------------------------------------------------------------------------------------------------

    async def _consent(self, plan: Plan) -> str:
        """What was typed, or given in its place. Raises Refused."""
        how, name = self._how, plan.typed or plan.asked.target.name
        if how.confirm and how.confirm != name:
            raise Refused("typed", f"not done: --confirm does not name {clean(name, 253)}")
        if not how.yes:
            return how.confirm or await self._typed(name)
        grave = [warned for warned in plan.warnings if warned.grave]
        if grave and not how.force:
            ids = ", ".join(warned.id for warned in grave)
            raise Refused("bounds", f"not done: grave warning ({ids})", "add --force and --reason TEXT")
        if plan.typed and how.confirm != plan.typed:
            raise Refused("typed", "not done: this plan takes the name too", f"add --confirm {clean(plan.typed, 253)}")
        return how.confirm

    async def _typed(self, name: str) -> str:
        click.echo(f"type {clean(name, 253)} to do it, or press enter to leave it: ", nl=False, err=True)
        line = (await self._unless_interrupted(_line_of_terminal())).strip()
        if line != name:
            raise Refused("typed", "not done: the name was not typed")
        return line

    # ---- afterwards -----------------------------------------------------------------------------------------------

    async def _outcome(self, actions: Actions, run: Run) -> int:
        self._run = run
        if run.phase is Phase.FAILED:
            return self.end(REFUSED, do_words.progress(run), guard="server")
        self._tell(do_words.progress(run))
        if self._how.no_follow:
            code = NOT_WELL if run.phase is Phase.UNKNOWN else DONE
            return self.end(code, f"{do_words.progress(run)}; not followed any further")
        why = await self._follow(actions, run)
        run = self._run
        if why:
            ready = run.phase is Phase.READY and why != "interrupted"
            return self.end(DONE if ready else NOT_WELL, f"{do_words.progress(run)}; {do_words.left(run, why)}")
        well = run.phase is Phase.READY and run.helped is not Helped.WORSE
        return self.end(DONE if well else NOT_WELL, do_words.progress(run) + do_words.undo(run))

    async def _follow(self, actions: Actions, run: Run) -> str:
        """Tell how it goes until it is over, stuck, too long or interrupted; why it was left, "" when it is over."""
        stuck = asyncio.Event()

        def heard(reading: Reading[tuple[Run, ...]], _: object) -> None:
            now = next((each for each in reading.value or () if each.plan.id == run.plan.id), None)
            if now is not None and self._run is not None and now != self._run:
                before, self._run = self._run, now
                if now.running and do_words.progress(now) != do_words.progress(before):
                    self._tell(do_words.progress(now))
                if now.phase in (Phase.STUCK, Phase.GONE):
                    stuck.set()

        unsubscribe = self._board.subscribe(topics.RUNS, heard)
        heard(self._board.get(topics.RUNS), None)
        waits = {
            name: asyncio.ensure_future(each)
            for name, each in (
                ("", actions.finished(run.plan.id)),
                ("stuck", stuck.wait()),
                ("interrupted", self._interrupt.wait()),
            )
        }
        try:
            done, _ = await asyncio.wait(waits.values(), timeout=self._how.timeout, return_when=asyncio.FIRST_COMPLETED)
            if waits[""] in done:
                self._run = waits[""].result()  # type: ignore[assignment]  # of `finished`
            if waits[""] in done or waits["stuck"] in done:
                await _in_journal(self._board, run.plan.id)
                return ""
            return "interrupted" if waits["interrupted"] in done else "time"
        finally:
            unsubscribe()
            for each in waits.values():
                each.cancel()
            await asyncio.gather(*waits.values(), return_exceptions=True)

    def end(self, code: int, sentence: str, *, guard: str = "") -> int:
        """Say how it ended; returns the exit code."""
        if self._how.as_json:
            click.echo(do_words.document(code, sentence, guard, self._plan, self._run))
        elif code in (UNUSABLE, REFUSED):
            click.echo(f"opsconsole: {sentence}", err=True)
        else:
            click.echo(sentence, err=self._how.plan)
        return code

    # ---- small things ---------------------------------------------------------------------------------------------

    def _show(self, plan: Plan, changed: tuple[str, ...]) -> None:
        if not self._how.as_json:
            for line in do_words.plan_lines(plan, changed):
                click.echo(line)

    def _tell(self, words: str) -> None:
        if words != self._said:
            self._said = words
            click.echo(clean(words), err=True)

    async def _unless_interrupted(self, work: Awaitable[T]) -> T:
        """Its result; Interrupted, and the work cancelled, when Ctrl+C comes first."""
        task, interrupt = asyncio.ensure_future(work), asyncio.ensure_future(self._interrupt.wait())
        try:
            await asyncio.wait((task, interrupt), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Interrupted
            return task.result()
        finally:
            for each in (task, interrupt):
                each.cancel()
            await asyncio.gather(task, interrupt, return_exceptions=True)

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        """Its result, Ctrl+C or not: a write is not cut in two."""
        task, interrupt = asyncio.ensure_future(work), asyncio.ensure_future(self._interrupt.wait())
        try:
            await asyncio.wait((task, interrupt), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self._tell("the write is on its way: a moment …")
            return await task
        finally:
            interrupt.cancel()


async def gather(board: Board, *, measured: bool) -> None:
    """Wait, not for long, until what surrounds the target is on the board, and has been judged once."""
    wanted = (*AROUND, *(MEASURED if measured else ()))
    changed, judged = asyncio.Event(), asyncio.Event()
    ends = [board.subscribe(topic, lambda reading, delta: changed.set()) for topic in wanted]
    ends.append(board.subscribe(topics.FINDINGS, lambda reading, delta: judged.set()))
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GATHER_S):
                while not all(_there(board.get(topic)) for topic in wanted):
                    changed.clear()
                    await changed.wait()
        judged.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(JUDGE_S):
                await judged.wait()
    finally:
        for end in ends:
            end()


async def _in_journal(board: Board, run_id: str) -> None:
    """Wait, not for long, until the journal shows what a run came to: what is printed then is on disk."""
    told = asyncio.Event()
    unsubscribe = board.subscribe(topics.JOURNAL, lambda reading, delta: told.set())
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(JOURNAL_S):
                while not any(
                    line.run == run_id and line.phase == "outcome" for line in board.get(topics.JOURNAL).value or ()
                ):
                    told.clear()
                    await told.wait()
    finally:
        unsubscribe()


def _there(reading: Reading[Any]) -> bool:
    """Whether nothing better is to be expected soon."""
    if reading.state in (State.FAILED, State.OFF):
        return True
    return reading.value is not None and getattr(reading.value, "complete", True)


async def _line_of_terminal() -> str:
    """The next line that is typed; "" at its end. The loop goes on meanwhile."""
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()
    descriptor = sys.stdin.fileno()

    def ready() -> None:
        if not typed.done():
            typed.set_result(sys.stdin.readline())

    loop.add_reader(descriptor, ready)
    try:
        return await typed
    finally:
        loop.remove_reader(descriptor)
