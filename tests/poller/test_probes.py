"""The feed of probes, on a page that breaks and a store that outlives the console."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from opsconsole.config.settings import Probe
from opsconsole.model.probe import ProbeState
from opsconsole.poller.board import Board
from opsconsole.poller.probes import ProbesFeed
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import PROBES
from opsconsole.rules.probes import state_of
from opsconsole.store.store import Store
from tests.servers.ports import free_port
from tests.sources.canned import answering, serving


@asynccontextmanager
async def console(store: Path, target: str) -> AsyncIterator[Callable[[], ProbeState | None]]:
    opened, board = Store.open(store), Board()
    poller = Poller(board)
    poller.start([ProbesFeed([Probe(name="shop", target=target, every_s=5.0)], opened)])

    def shop() -> ProbeState | None:
        held = board.get(PROBES).value
        return held.probes[0] if held is not None else None

    try:
        yield shop
    finally:
        await poller.stop()
        await opened.close()


async def first(shop: Callable[[], ProbeState | None]) -> ProbeState:
    async with asyncio.timeout(20):
        while (found := shop()) is None:
            await asyncio.sleep(0.02)
    return found


async def test_counts_and_since_go_on_after_the_console_was_started_anew(tmp_path: Path) -> None:
    broken = f"http://127.0.0.1:{free_port()}/"
    began: list[datetime | None] = []
    for run in (1, 2):
        async with console(tmp_path / "store.db", broken) as shop:
            found = await first(shop)
            began.append(found.since)
            assert (found.failed_in_a_row, found.asked_day, found.failed_day) == (run, run, run)
    assert began[0] == began[1], "it has failed since the first console saw it fail"
    with serving(answering(200, b"")) as url:
        async with console(tmp_path / "store.db", f"{url}/") as shop:
            found = await first(shop)
            assert (found.failed_in_a_row, found.asked_day, found.failed_day) == (0, 3, 2)
            assert found.since is not None
            assert began[0] is not None
            assert found.since > began[0]


async def test_who_looks_once_hears_of_all_probes_and_of_failures_often_enough_to_be_told(tmp_path: Path) -> None:
    """Also where the first address of a name is not the one that listens: `localhost` is ::1, too."""
    with serving(answering(200, b"")) as url:
        probes = [
            Probe(name="gone", target=f"http://127.0.0.1:{free_port()}/", fails=2),
            Probe(name="port", target=f"tcp://localhost:{url.rpartition(':')[2]}"),
        ]
        opened, board, told = Store.open(tmp_path / "store.db"), Board(), asyncio.Event()
        poller = Poller(board)
        board.subscribe(PROBES, lambda reading, delta: told.set())
        poller.start([ProbesFeed(probes, opened, looks_once=True)])
        try:
            async with asyncio.timeout(20):
                await told.wait()
            found = board.get(PROBES).value
            assert found is not None
            assert [(one.name, state_of(one)) for one in found.probes] == [
                ("gone", "failed"), ("port", "ok"),
            ]  # fmt: skip
        finally:
            await poller.stop()
            await opened.close()
