"""The rules of databases and caches on every configured server, with their durations: time is replayed, none passes."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from opsconsole.config.policies import builtin
from opsconsole.config.server_measures import server_measures
from opsconsole.config.settings import Postgres
from opsconsole.model.counters import ServerCounters
from opsconsole.model.postgres import ServerFacts
from opsconsole.model.reading import Reading, State
from opsconsole.model.redis import CacheFigures
from opsconsole.model.sessions import Session, Sessions
from opsconsole.model.statements import StatementRate, Statements
from opsconsole.poller.board import Board
from opsconsole.poller.judge import Judge
from opsconsole.poller.postgres import server_topic
from opsconsole.poller.stored_past import StoredPast
from opsconsole.poller.topics import FINDINGS, MEASURES, PG_FACTS, PG_STATEMENTS
from opsconsole.rules.evaluate import Samples, replayed
from opsconsole.rules.findings import from_thresholds
from opsconsole.rules.measures import from_redis, from_sessions
from opsconsole.rules.statement_findings import statement_findings
from opsconsole.text import clock
from tests.poller.metrics_fakes import until
from tests.poller.test_judge import found, judging

POLICY = builtin("default")
START = datetime(2026, 3, 26, 2, 0, tzinfo=UTC).timestamp()
SECOND = server_topic(PG_FACTS, "pg-replica")

# (measure, a value in breach, one that is not, minutes of the rule)
DURATIONS = [
    ("pg.cpu", 0.81, 0.80, 10),
    ("cache.hit", 0.79, 0.80, 30),
    ("pg.connections", 0.81, 0.80, 5),
    ("statement.mean", 0.101, 0.1, 5),
    ("statement.p95", 0.101, 0.1, 5),
    ("statement.running", 1.01, 1.0, 1),
]


def course(value: float, minutes: float, step_s: float = 15.0) -> Samples:
    return tuple((START + index * step_s, value) for index in range(int(minutes * 60 / step_s) + 1))


@pytest.mark.parametrize(("measure", "bad", "good", "minutes"), DURATIONS)
def test_each_fires_on_each_server_after_its_own_time_and_not_before(
    measure: str, bad: float, good: float, minutes: int
) -> None:
    def state(value: float, lasted: float) -> list[tuple[str, str]]:
        past = {measure: {name: course(value, lasted) for name in ("pg-primary", "pg-replica")}}
        states = replayed({}, POLICY, past)
        at = START + lasted * 60
        return sorted((one.object, one.state) for one in from_thresholds(states, POLICY, at))

    assert state(bad, minutes) == [("pg-primary", "firing"), ("pg-replica", "firing")]
    assert state(bad, minutes - 0.5) == [("pg-primary", "pending"), ("pg-replica", "pending")]
    assert state(good, minutes) == []


def facts(name: str, connections: int) -> Reading[ServerFacts]:
    return Reading(ServerFacts(name, "18.1", None, False, connections, 100, 3), State.OK, clock.now())


class Kept:
    """A store that holds a breach of the replica's connections, of the last twenty minutes."""

    async def save_sample(self, kind: str, server: str, taken: datetime, payload: bytes) -> None: ...

    async def samples(
        self, kind: str, server: str, since: datetime, *, until: datetime | None = None, every_s: float = 0.0
    ) -> list[tuple[datetime, bytes]]:
        if (kind, server) != ("pg.counters", "pg-replica"):
            return []
        held = ServerFacts(server, "18.1", None, True, 90, 100, 3)
        times = [clock.now() - timedelta(minutes=20 - minute) for minute in range(20)]
        return [(at, msgspec.msgpack.encode(ServerCounters(at, held, 0, 0, 0, 0, 0, 0))) for at in times]


async def test_opened_late_it_knows_from_the_store_since_when_which_server_is_full() -> None:
    stored = StoredPast(Kept(), ["pg-primary", "pg-replica"], [])
    async with judging(Judge(POLICY, systems=[PG_FACTS, SECOND], stored=stored.read)) as board:
        board.publish(PG_FACTS, facts("pg-primary", 10))
        board.publish(SECOND, facts("pg-replica", 90))
        await until(lambda: bool(found(board)), "a finding")
        (full,) = found(board)
    assert (full.object, full.state) == ("pg-replica", "firing")
    assert "90 of 97 (93 %) > 80 %" in full.what
    assert full.since is not None
    assert timedelta(minutes=19) < clock.now() - full.since < timedelta(minutes=21)


async def test_statements_of_a_replica_are_judged_apart_from_those_of_its_primary() -> None:
    topic = server_topic(PG_STATEMENTS, "pg-replica")

    def read(server: str, share: float) -> Reading[Statements]:
        row = StatementRate("10/5/31/1", 31, "SELECT 1", 500.0, 1.0, share, 1.0, first_seen=clock.now())
        return Reading(Statements(server, 300.0, 3600.0, (row,)), State.OK, clock.now())

    async with judging(Judge(POLICY, systems=[PG_STATEMENTS, topic])) as board:
        board.publish(PG_STATEMENTS, read("pg-primary", 0.9))
        board.publish(topic, read("pg-replica", 0.4))
        await until(lambda: len([one for one in found(board) if one.rule == "statement"]) == 2, "two findings")
        objects = {one.object: one.what for one in found(board) if one.rule == "statement"}
    assert objects["10/5/31/1"] == "statement 001f new, 90 % of the time (SELECT 1)"
    assert objects["pg-replica 10/5/31/1"] == "statement 001f on pg-replica new, 40 % of the time (SELECT 1)"


def test_what_the_console_itself_asks_is_no_finding() -> None:
    row = StatementRate("10/5/31/1", 31, "SELECT 1", 500.0, 1.0, 0.9, 1.0, first_seen=clock.now())
    ours = msgspec.structs.replace(row, key="10/5/32/1", application="opsconsole")
    value = Statements("pg", 300.0, 3600.0, (row, ours))
    assert [one.finding.object for one in statement_findings(value, {})] == ["10/5/31/1"]


def cache(hit: float | None, lookups: int | None) -> Reading[CacheFigures]:
    figures = CacheFigures("redis", "8.1", "master", hit, 1, 0, "", 0.0, 0.0, 1, 0, None, 1.0, 5.0, lookups=lookups)
    return Reading(figures, State.OK, clock.now())


@pytest.mark.parametrize(("lookups", "judged"), [(0, None), (9, None), (10, 0.5), (None, 0.5)])
def test_a_hit_ratio_of_few_lookups_is_unknown(lookups: int | None, judged: float | None) -> None:
    (one,) = from_redis(cache(0.5 if lookups != 0 else None, lookups))
    assert one.value == judged


def test_the_longest_running_statement_leaves_out_what_is_no_work_and_says_unknown_of_hidden_ones() -> None:
    def session(pid: int, seconds: float, **more: str) -> Session:
        start = clock.now() - timedelta(seconds=seconds)
        known = {"state": "active", "application": "api", "backend_type": "client backend", **more}
        return Session(
            pid, start, known["state"], known["application"], "", "", "", "", "", "", start, start, start,
            backend_type=known["backend_type"],
        )  # fmt: skip

    rows = (session(1, 3), session(2, 90, state="idle"), session(3, 80, application="opsconsole"),
            session(4, 70, backend_type="walsender"))  # fmt: skip
    (one,) = from_sessions(Reading(Sessions("pg", rows), State.OK, clock.now()))
    assert one.value == pytest.approx(3, abs=1)
    assert one.text.startswith("pid 1 3")
    (nothing,) = from_sessions(Reading(Sessions("pg"), State.OK, clock.now()))
    assert nothing.value == 0.0
    (hidden,) = from_sessions(Reading(Sessions("pg", hidden=4), State.OK, clock.now()))
    assert hidden.value is None


def test_what_only_prometheus_tells_is_asked_by_the_query_of_each_servers_settings() -> None:
    told = server_measures([Postgres(name="a", cpu="cpu_a"), Postgres(name="b"), Postgres(name="c", cpu="cpu_c")])
    assert told.keys() == {"pg.cpu"}, "the P95 is nobody's: it stays unknown"
    assert told["pg.cpu"].value == (
        'label_replace(max(cpu_a), "server", "a", "", "") or label_replace(max(cpu_c), "server", "c", "", "")'
    )


def test_without_a_source_a_rule_has_no_state_at_all() -> None:
    empty: Mapping[str, Mapping[str, Samples]] = {}
    assert replayed({}, POLICY, empty) == {}
    assert Board().get(MEASURES).value is None
    assert Board().get(FINDINGS).value is None
