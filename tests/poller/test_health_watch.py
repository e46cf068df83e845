"""Critical checks of every server on the judge's list, and what stands while a server does not answer."""

from datetime import timedelta

import pytest

from opsconsole.config.policies import builtin
from opsconsole.model.postgres import HealthCheck, ServerHealth
from opsconsole.model.reading import Reading, State
from opsconsole.poller import judge as module
from opsconsole.poller.health_watch import HealthWatch
from opsconsole.poller.judge import Judge
from opsconsole.poller.postgres import server_topic
from opsconsole.poller.topics import PG_HEALTH, PG_SESSIONS
from opsconsole.text import clock
from tests.poller.metrics_fakes import until
from tests.poller.test_judge import found, judging

POLICY = builtin("default")
SECOND = server_topic(PG_HEALTH, "pg-replica")


def health(server: str, state: str, minutes: float = 0.0, trust: State = State.OK) -> Reading[ServerHealth]:
    check = HealthCheck("slots", "Replication slots", state, "outbox lost", "0 lost", "why", "drop it")
    return Reading(ServerHealth(server, (check,)), trust, clock.now() + timedelta(minutes=minutes))


async def test_each_server_has_its_own_and_keeps_it_until_a_reading_says_that_it_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "AT_MOST_EVERY_S", 0.01)
    watch = HealthWatch([PG_HEALTH, SECOND, PG_SESSIONS], POLICY)
    async with judging(Judge(POLICY, systems=[], watchers=[watch])) as board:
        first = health("pg-primary", "crit")
        board.publish(PG_HEALTH, first)
        board.publish(SECOND, health("pg-replica", "crit"))
        await until(lambda: len(found(board)) == 2, "two findings")
        assert {(one.what, one.object, one.since == first.taken) for one in found(board)} >= {
            ("pg-primary replication slots: outbox lost", "pg-primary slots", True)
        }
        board.publish(PG_HEALTH, health("pg-primary", "ok", 1.0, State.STALE))
        board.publish(SECOND, health("pg-replica", "ok", 1.0))
        await until(lambda: len(found(board)) == 1, "what is fine again ends")
        assert found(board)[0].object == "pg-primary slots"


async def test_what_a_replica_copies_is_one_finding_of_the_primary() -> None:
    watch = HealthWatch([PG_HEALTH, SECOND], POLICY)
    check = HealthCheck("wraparound", "Wraparound, databases", "crit", "9 % left", "> 50 %", "why", "vacuum")
    for topic, server, is_replica in ((SECOND, "pg-replica", True), (PG_HEALTH, "pg-primary", False)):
        value = ServerHealth(server, (check,), is_replica=is_replica, system="7")
        watch.changed(topic, Reading(value, State.OK, clock.now()), None)
    assert [one.what for one in await watch.findings(clock.now())] == ["pg-primary wraparound: 9 % left"]
