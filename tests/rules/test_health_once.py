"""What a primary and its replicas tell alike is one finding, and nothing that only one of them tells is lost."""

from datetime import UTC, datetime

import msgspec

from opsconsole.model.postgres import HealthCheck
from opsconsole.rules.health_findings import Ill
from opsconsole.rules.health_once import Place, once

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
PLACES = {"replica": Place("7", True), "primary": Place("7", False), "second": Place("7", True)}


def told(*ids: str, value: str = "3", things: int = 0, told: bool = True) -> dict[str, Ill]:
    return {id: Ill(HealthCheck(id, id, "crit", value, "", "", "", things=things), NOW, NOW, told=told) for id in ids}


def left(held: dict[str, dict[str, Ill]], places: dict[str, Place] = PLACES) -> set[tuple[str, str]]:
    return {(server, id) for server, ills in once(held, places).items() for id in ills}


def test_what_a_replica_copies_is_told_of_the_primary_and_what_it_counts_itself_of_both() -> None:
    both = {"replica": told("wraparound", "checksums"), "primary": told("wraparound", "checksums")}
    assert left(both) == {("primary", "wraparound"), ("primary", "checksums"), ("replica", "checksums")}
    assert left({"replica": told("wraparound-tables"), "primary": told("wraparound")}) == {("primary", "wraparound")}


def test_a_replica_tells_it_where_nobody_else_does() -> None:
    assert left({"replica": told("sequences"), "primary": {}}) == {("replica", "sequences")}
    assert left({"replica": told("sequences"), "second": told("sequences")}) == {("replica", "sequences")}


def test_servers_that_only_may_belong_together_tell_each_their_own() -> None:
    both = {"replica": told("wraparound"), "primary": told("wraparound")}
    unknown = {"replica": Place("", True), "primary": Place("", False)}
    copy = {"replica": msgspec.structs.replace(PLACES["replica"], is_replica=False), "primary": PLACES["primary"]}
    assert left(both, {}) == left(both, unknown) == left(both, copy) == {(one, "wraparound") for one in both}


def test_a_lag_is_told_by_the_replica_that_has_it_unless_the_primary_knows_of_more() -> None:
    late = told("replication", value="replay paused, 3Gi, 400 s")
    assert left({"replica": late, "primary": told("replication", things=1)}) == {("replica", "replication")}
    both = {("replica", "replication"), ("primary", "replication")}
    assert left({"replica": late, "primary": told("replication", things=2)}) == both
    cut = told("replication", value="receives nothing, 3Gi, 400 s")
    assert left({"replica": cut, "primary": told("replication", things=1)}) == both
    soon = told("replication", told=False)
    assert ("primary", "replication") in left({"replica": soon, "primary": told("replication", things=1)})
