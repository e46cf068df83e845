"""A profile becomes running feeds, and ends: what it does not name is off, every server of it counts."""

import asyncio
from pathlib import Path

from opsconsole.assembly import Assembly
from opsconsole.config.policies import builtin
from opsconsole.config.settings import Billing, CustomerTable, Kubernetes, Postgres, Profile, Redis
from opsconsole.model.finding import Finding
from opsconsole.model.journal import JournalLine
from opsconsole.model.reading import State
from opsconsole.poller.board import Board
from opsconsole.poller.topics import FINDINGS, INCIDENTS, PG_FACTS, PG_SESSIONS, PG_STATEMENTS, REDIS, every_topic
from opsconsole.sources import person
from opsconsole.store.store import Store
from opsconsole.text import clock
from tests.demo.kubernetes.running import running
from tests.poller.metrics_fakes import until

NOBODY = "host=127.0.0.1 port=9 user=nobody"


def found(board: Board) -> tuple[Finding, ...]:
    return board.get(FINDINGS).value or ()


async def test_with_a_cluster_alone_everything_else_is_off_and_nothing_is_blind_for_it(tmp_path: Path) -> None:
    profile = Profile(kubernetes=Kubernetes(kubeconfig=str(tmp_path / "none")))
    board = Board()
    assembly = Assembly(profile, builtin("default"), board, store_path=tmp_path / "store.db")
    assembly.start()
    try:
        await until(lambda: [one.id for one in found(board)] == ["blind:k8s"], "blindness of the cluster alone")
        others = [topic for topic in every_topic() if topic.system not in ("k8s", "store", "rules", "actions")]
        assert {board.get(topic).state for topic in others} == {State.OFF}
        await until(lambda: board.get(INCIDENTS).state is State.OK, "the store")
    finally:
        await assembly.stop()


async def test_a_second_server_that_does_not_answer_makes_the_console_blind_too(tmp_path: Path) -> None:
    profile = Profile(
        postgres=(Postgres(name="one", dsn=NOBODY), Postgres(name="two", dsn=NOBODY)),
        redis=(Redis(name="a", url="redis://127.0.0.1:9"), Redis(name="b", url="redis://127.0.0.1:9")),
    )
    board = Board()
    assembly = Assembly(profile, builtin("default"), board, store_path=tmp_path / "store.db")
    assembly.start()
    try:
        await until(lambda: {one.id for one in found(board)} == {"blind:pg", "blind:redis"}, "blindness")
        for topic in (PG_FACTS, PG_SESSIONS, PG_STATEMENTS, REDIS):
            board.mark(topic, State.LATE)
        await until(lambda: sorted(one.value.split()[0] for one in found(board)) == ["b", "two"], "the others")
    finally:
        await assembly.stop()


async def test_nothing_is_left_behind(tmp_path: Path) -> None:
    profile = Profile(
        postgres=(Postgres(dsn=NOBODY),),
        billing=Billing(focus=(str(tmp_path / "*.csv"),)),
        customers=CustomerTable(query="SELECT 1"),
    )
    before = asyncio.all_tasks()
    board = Board()
    assembly = Assembly(profile, builtin("default"), board, store_path=tmp_path / "store.db")
    assembly.start()
    await until(lambda: {one.id for one in found(board)} == {"blind:pg", "blind:bill", "blind:cust"}, "blindness")
    await assembly.stop()
    assert asyncio.all_tasks() <= before


async def test_a_run_that_an_earlier_process_left_is_settled_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store.open(path)
    dead = JournalLine(
        0, clock.now(), "r", "intent", person.who(), "1/1", "scale", "opsconsole-demo", "n", "deployment/a", "SCALE it"
    )
    await store.journal(dead)
    async with running() as run:
        config = tmp_path / "kubeconfig"
        config.write_text(run.server.kubeconfig())
        assembly = Assembly(
            Profile(kubernetes=Kubernetes(kubeconfig=str(config))), builtin("default"), Board(), store_path=path
        )
        assembly.start()
        try:
            async with asyncio.timeout(20):
                while len(lines := await store.journal_lines("r")) < 2:
                    await asyncio.sleep(0.02)
        finally:
            await assembly.stop()
    assert (lines[-1].phase, lines[-1].process) == ("found", person.process())
    assert lines[-1].words == "asked, outcome unknown, and its plan cannot be read: SCALE it"
    await store.close()
