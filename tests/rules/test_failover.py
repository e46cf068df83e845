"""Fail-overs by what two readings of a server say, and the roles of all servers side by side."""

from datetime import UTC, datetime, timedelta

import msgspec

from opsconsole.model.postgres import ServerFacts, ServerPlace
from opsconsole.rules.failover import failover_changes, named, role_findings
from opsconsole.rules.server_rows import about

AT = datetime(2026, 3, 26, 2, 41, tzinfo=UTC)
SYSTEM = "7412345678901234567"


def server(name: str, *, replica: bool = False, timeline: int | None = 2, **place: object) -> ServerFacts:
    stands = ServerPlace(SYSTEM, timeline, "0/3000148", f"10.0.0.{name[-1]}:5432")
    started = AT - timedelta(days=9, seconds=ord(name[-1]))
    stands = msgspec.structs.replace(stands, **place)
    return ServerFacts(name, "18.1", started, replica, 10, 100, 3, place=stands)


def words(before: ServerFacts, now: ServerFacts) -> list[str]:
    return [change.what for change in failover_changes(before, now, AT)]


def test_a_promotion_is_said_with_its_timeline() -> None:
    (change,) = failover_changes(server("pg-2", replica=True), server("pg-2", timeline=3), AT)
    assert (change.kind, change.what, change.at) == ("fail-over", "pg-2 is primary now (timeline 3)", AT)
    assert change.object == "pg-2"


def test_one_that_comes_back_as_a_replica_says_of_whom() -> None:
    assert words(server("pg-1"), server("pg-1", replica=True, follows="10.0.0.2:5432")) == [
        "pg-1 is a replica now of 10.0.0.2:5432"
    ]


def test_a_replica_that_turns_to_the_new_primary_says_so() -> None:
    before, now = (server("pg-3", replica=True, follows=host) for host in ("10.0.0.1:5432", "10.0.0.2:5432"))
    assert words(before, now) == ["pg-3 follows another primary now of 10.0.0.2:5432 (timeline 2)"]


def test_another_server_behind_the_same_address_is_no_promotion() -> None:
    before = server("pg-1")
    now = msgspec.structs.replace(server("pg-2", timeline=3), server="pg-1")
    assert words(before, now) == ["pg-1 is another server now: 10.0.0.2:5432, the primary (timeline 3)"]
    foreign = msgspec.structs.replace(now, place=msgspec.structs.replace(now.place, system="99"))
    assert words(before, foreign)[0].endswith("of another database system")


def test_a_restart_and_an_unknown_timeline_are_none() -> None:
    before = server("pg-1")
    assert words(before, msgspec.structs.replace(before, started=AT)) == []
    unknown = msgspec.structs.replace(before.place, timeline=None, system="", address="")
    assert words(before, msgspec.structs.replace(before, place=unknown)) == []


def roles(*servers: ServerFacts, silent: tuple[str, ...] = (), had: bool = True) -> list[str]:
    newest = {one.server: one for one in servers}
    live = [name for name in newest if name not in silent]
    return [found.what for found in role_findings(newest, live, [SYSTEM] if had else [], {})]


def test_two_primaries_of_one_system_are_a_split_brain() -> None:
    assert roles(server("pg-1"), server("pg-2", timeline=3), server("pg-3", replica=True)) == [
        "split brain: pg-1 and pg-2 are both primary of one system (timelines 2 and 3)"
    ]


def test_a_finding_is_about_the_servers_that_it_names_whatever_they_are_called() -> None:
    (both,) = role_findings(
        {one.server: one for one in (server("of-1"), server("a-2", timeline=3))}, ["of-1", "a-2"], [], {}
    )
    assert named(both) == ("a-2", "of-1")
    assert about([both], "primary") == about([both], "a") == ()
    assert about([both], "a-2") == about([both], "of-1") == (both,)
    (none,) = role_findings(
        {"replica": server("replica", replica=True, address="10.0.0.9:5432")}, ["replica"], [SYSTEM], {}
    )
    assert named(none) == ("replica",)


def test_two_primaries_of_two_systems_and_one_server_named_twice_are_none() -> None:
    assert roles(server("pg-1"), server("pg-2", system="99")) == []
    twice = msgspec.structs.replace(server("pg-1"), server="pooled")
    assert roles(server("pg-1"), twice) == []


def test_no_primary_is_said_where_there_was_one() -> None:
    members = (server("pg-1"), server("pg-2", replica=True))
    assert roles(*members, silent=("pg-1",)) == ["no primary: pg-2 is a replica, pg-1 does not answer"]
    assert roles(server("pg-2", replica=True), had=False) == [], "only the replica is configured"
    assert roles(*members, silent=("pg-1", "pg-2")) == [], "that nobody answers is said by the blind finding"
