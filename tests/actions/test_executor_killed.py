"""A console that is killed with SIGKILL at the worst moments: the next start finds out what became of its run."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from opsconsole.model.action import Phase
from tests.actions import faults
from tests.actions.executing import bench

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Moment:
    """The request at whose arrival (or answer) the console dies, and what is true then."""

    match: faults.Match
    done: bool
    journal: tuple[str, ...]
    phase: Phase | None
    replicas: int
    after_write: bool = False


MOMENTS = {
    "while evidence is kept": Moment(faults.is_read_of("/log"), False, (), None, 2),
    "before the write arrives": Moment(faults.is_write, False, ("intent",), Phase.FAILED, 2),
    "before its answer arrives": Moment(faults.is_write, True, ("intent",), Phase.READY, 5),
    "while it is followed": Moment(
        faults.is_read_of("/deployments/auth"), False, ("intent", "written"), Phase.READY, 5, True
    ),
}


@pytest.mark.parametrize("name", MOMENTS)
async def test_killed(name: str, tmp_path: Path) -> None:
    moment = MOMENTS[name]
    async with bench(tmp_path) as it:
        arrived = asyncio.Event()

        async def strike(held: faults.Held) -> web.StreamResponse:
            if moment.done:
                await held.ask()
            arrived.set()
            return await faults.hang(held)

        def strikes(seen: faults.Seen) -> bool:
            return moment.match(seen) and (bool(it.proxy.writes) or not moment.after_write)

        it.proxy.on(strikes, strike, times=9)
        console = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.actions.killed", str(it.proxy.kubeconfig(tmp_path)), str(it.store.path),
            cwd=REPOSITORY,
        )  # fmt: skip
        async with asyncio.timeout(60):
            await arrived.wait()
        assert await it.actions.settle() == ()  # it lives: nothing to look up
        console.kill()
        await console.wait()
        it.proxy.well()
        assert tuple(await it.phases()) == moment.journal
        runs = await it.actions.settle()
        assert [(await it.actions.finished(run.plan.id)).phase for run in runs] == (
            [moment.phase] if moment.phase else []
        )
        assert it.replicas() == moment.replicas
        assert (await it.phases())[len(moment.journal) :][:1] == (["found"] if moment.phase else [])
        assert not (await it.store.journal_verify()).problems
