"""The feed that writes the story by itself, against the real store."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from opsconsole.model.finding import Change, Finding, Severity
from opsconsole.model.incident import TimelineEntry
from opsconsole.model.reading import Reading, State
from opsconsole.poller.schedule import Alarm
from opsconsole.poller.topics import RECORDED
from opsconsole.records import recorder as module
from opsconsole.records.recorder import Recorder
from opsconsole.records.records import Records
from opsconsole.store import database
from opsconsole.text import clock

from .conftest import changed, found, look

SLOW = Finding("workload:shop/Deployment/api", Severity.CRITICAL, "api 3 of 20 ready", 2, since=clock.now(), object="a")


@pytest.fixture(autouse=True)
def _just_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long ago this file was imported: it begins now."""
    monkeypatch.setitem(globals(), "SLOW", msgspec.structs.replace(SLOW, since=clock.now()))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_MOST_EVERY_S", 0.0)
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)


@contextlib.asynccontextmanager
async def recording(*consoles: Records) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(Recorder(one.store, one).run(one.board, Alarm())) for one in consoles]
    try:
        for one in consoles:
            await said(one, State.OK)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def said(records: Records, state: State) -> Reading[int]:
    """What the recorder says of itself, once it is in that state."""
    async with asyncio.timeout(30):
        while records.board.get(RECORDED).state is not state:
            await asyncio.sleep(0.01)
    return records.board.get(RECORDED)


def publish(records: Records, *, changes: tuple[Change, ...] = (), findings: tuple[Finding, ...] = ()) -> None:
    changed(records, *changes)
    found(records, *findings)


async def entries(records: Records, count: int) -> list[TimelineEntry]:
    """What was written by itself, once there is as much as that."""
    async with asyncio.timeout(10):
        while True:
            told = [entry for entry in (await records.store.incidents()).entries if entry.source != "human"]
            if len(told) >= count:
                return told
            await asyncio.sleep(0.01)


def hpa(minutes_ago: float = 1) -> Change:
    at = clock.now() - timedelta(minutes=minutes_ago)
    return Change(at, "hpa", "HPA api 12→20 at max", "horizontal-pod-autoscaler", "shop/api")


async def declared(records: Records) -> None:
    await look(records)
    await records.declare(msgspec.structs.replace(records.propose(None), title="checkout slow"))


async def test_changes_and_transitions_come_by_themselves_while_an_incident_is_open(ada: Records) -> None:
    await declared(ada)
    async with recording(ada):
        publish(ada, changes=(hpa(),), findings=(SLOW,))
        told = await entries(ada, 2)
        publish(ada, changes=(hpa(),))
    kinds = {entry.kind: (entry.source, entry.actor, entry.text) for entry in told}
    assert kinds == {
        "scale": ("k8s", "horizontal-pod-autoscaler", "HPA api 12→20 at max"),
        "alert_fired": ("check", "opsconsole", "api 3 of 20 ready"),
    }


async def test_before_an_incident_it_only_remembers(ada: Records) -> None:
    await look(ada)
    async with recording(ada):
        publish(ada, findings=(SLOW,))
        publish(ada)
        assert len(ada.transitions.since(clock.now() - timedelta(hours=1), clock.now())) == 2
        assert (await ada.store.incidents()).entries == ()
        await declared(ada)
        told = await entries(ada, 2)
    assert [entry.kind for entry in told] == ["alert_fired", "alert_resolved"]


async def test_two_consoles_that_see_the_same_write_it_once(ada: Records, bo: Records) -> None:
    await declared(ada)
    await look(bo)
    change = hpa()
    late = msgspec.structs.replace(SLOW, since=SLOW.since + timedelta(seconds=11) if SLOW.since else None)
    async with recording(ada, bo):
        publish(ada, changes=(change,), findings=(SLOW,))
        await entries(ada, 2)
        await look(bo)
        publish(bo, changes=(change,), findings=(late,))
        publish(bo, changes=(change, hpa(0.5)), findings=(late,))
        told = await entries(bo, 3)
    assert sorted(entry.kind for entry in told) == ["alert_fired", "scale", "scale"]


async def test_what_begins_anew_within_minutes_is_told_anew(ada: Records) -> None:
    await declared(ada)
    for minutes_ago, findings in ((4, (SLOW,)), (3.4, ()), (2.5, (msgspec.structs.replace(SLOW, since=None),))):
        ada.transitions.hear(findings, clock.now() - timedelta(minutes=minutes_ago))
    await ada.gather((await ada.store.incidents()).incidents[0])
    told = [entry for entry in (await ada.store.incidents()).entries if entry.source == "check"]
    assert [entry.kind for entry in told] == ["alert_fired", "alert_resolved", "alert_fired"]


async def test_a_restart_does_not_begin_what_has_begun(ada: Records, bo: Records) -> None:
    """A console that starts counts some findings from its own start."""
    await declared(ada)
    async with recording(ada):
        publish(ada, findings=(msgspec.structs.replace(SLOW, since=clock.now() - timedelta(minutes=20)),))
        await entries(ada, 1)
    await look(bo)
    async with recording(bo):
        publish(bo, changes=(hpa(),), findings=(SLOW,))
        told = await entries(bo, 2)
    assert [entry.kind for entry in told] == ["alert_fired", "scale"]


async def test_what_is_stale_tells_nothing(ada: Records) -> None:
    await declared(ada)
    async with recording(ada):
        changed(ada, hpa(), state=State.STALE)
        found(ada, SLOW, state=State.STALE)
        publish(ada, changes=(hpa(2),))
        told = await entries(ada, 1)
    assert [entry.kind for entry in told] == ["scale"]
    assert ada.transitions.since(clock.now() - timedelta(hours=1), clock.now()) == ()


async def test_a_store_that_fails_is_said_and_tried_again(ada: Records, path: Path) -> None:
    await declared(ada)
    async with recording(ada):
        with locked(path):
            publish(ada, changes=(hpa(),))
            failed = await said(ada, State.FAILED)
        await entries(ada, 1)
        await said(ada, State.OK)
    assert failed.problem is not None
    assert "locked" in failed.problem.sentence


async def test_a_resolved_incident_takes_the_ends_of_its_own_findings_and_nothing_else(ada: Records) -> None:
    """Rules let go minutes after the value is within its limit: then the end of the harm is known, if nobody set it."""
    await declared(ada)
    slow = msgspec.structs.replace(SLOW, id="p99-critical:api", rule="p99-critical", since=clock.now())
    other = msgspec.structs.replace(SLOW, id="node:a", rule="node")
    async with recording(ada):
        publish(ada, findings=(slow,))
        await entries(ada, 1)
        resolved = await ada.move("INC-1", "resolved")
        publish(ada, changes=(hpa(),), findings=(other,))
        told = await entries(ada, 3)
    (ended,) = [entry for entry in told if entry.kind == "alert_resolved"]
    assert [entry.kind for entry in told if entry.object != slow.id] == ["field_changed"]
    (incident,) = (await ada.store.incidents()).incidents
    assert (incident.ended, incident.resolved) == (ended.occurred, resolved.resolved)


async def test_an_end_that_somebody_set_stays(ada: Records) -> None:
    await declared(ada)
    slow = msgspec.structs.replace(SLOW, id="p99-critical:api", rule="p99-critical")
    async with recording(ada):
        publish(ada, findings=(slow,))
        await entries(ada, 1)
        await ada.move("INC-1", "resolved")
        said = await ada.change("INC-1", {"ended": clock.now()})
        publish(ada)
        await entries(ada, 2)
    (incident,) = (await ada.store.incidents()).incidents
    assert incident.ended == said.ended


async def test_who_knew_of_a_finding_does_not_know_of_the_next_time(ada: Records) -> None:
    await look(ada)
    async with recording(ada):
        publish(ada, findings=(SLOW,))
        await ada.acknowledge(SLOW)
        publish(ada)
        async with asyncio.timeout(10):
            while [one.who for one in (await ada.store.incidents()).acknowledgements] != [""]:
                await asyncio.sleep(0.01)


async def test_thousands_of_changes_leave_others_their_turn(ada: Records) -> None:
    await declared(ada)
    (incident,) = (await ada.store.incidents()).incidents
    changed(ada, *(hpa(minutes / 100) for minutes in range(1000)))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    waiting = asyncio.create_task(others())
    assert await ada.gather(incident) == 1000
    waiting.cancel()
    assert turns > 10


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program holds the file's write lock."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
