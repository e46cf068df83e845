"""The health list against its limits; what cannot be known is unknown, never fine."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from opsconsole.model.counters import Checkpoints, DatabaseSign, HealthSigns, IndexSign, SlotSign, TableSign
from opsconsole.model.postgres import HealthCheck
from opsconsole.rules.server_health import checks

NOW = datetime(2025, 3, 27, 2, 53, tzinfo=UTC)
BIG = IndexSign("i", "t", 2**28, True, 0, True)
OLD = NOW - timedelta(days=60)
GOOD = HealthSigns(
    "main",
    NOW,
    180001,
    database="shop",
    blocks_hit=10_000_000,
    blocks_read=1000,
    deadlocks=3,
    stats_reset=OLD,
    databases=(DatabaseSign("shop", 1_000_000, 1000),),
    tables=(TableSign("public.orders", 1000, 100, 250.0, NOW, True),),
    indexes=(),
    slots=(),
    checkpoints=Checkpoints(100, 3),
    oldest_transaction_s=1.0,
    idle_in_transaction_s=0.0,
    autovacuum=True,
    freeze_max_age=200_000_000,
    statements="ok",
)
BEFORE = msgspec.structs.replace(GOOD, taken=NOW - timedelta(minutes=1), blocks_hit=9_000_000)


def judged(**changes: Any) -> dict[str, HealthCheck]:
    return {check.id: check for check in checks(BEFORE, msgspec.structs.replace(GOOD, **changes))}


def test_all_is_fine() -> None:
    assert {check.state for check in judged().values()} == {"ok"}


@pytest.mark.parametrize(
    ("changes", "check", "state", "said"),
    [
        ({"blocks_read": 21_000}, "cache-hit", "warn", "98"),
        ({"blocks_read": 501_000}, "cache-hit", "crit", "66.7"),
        ({"deadlocks": 4}, "deadlocks", "warn", "1 new"),
        ({"idle_in_transaction_s": 90.0}, "idle-in-transaction", "warn", "1m30s"),
        ({"idle_in_transaction_s": 301.0}, "idle-in-transaction", "crit", "5m"),
        ({"oldest_transaction_s": 4000.0}, "long-transactions", "crit", "1h"),
        ({"databases": (DatabaseSign("shop", 1_350_000_000, 1),)}, "wraparound", "warn", "63 % of transaction ids"),
        ({"databases": (DatabaseSign("shop", 1, 1_500_000_000),)}, "wraparound", "crit", "multixacts"),
        ({"tables": (TableSign("o", 10**6, 500_000, 200_050, None, True),)}, "dead-rows", "warn", "o: 500k dead"),
        ({"autovacuum": False}, "autovacuum", "crit", "off"),
        ({"indexes": (IndexSign("i", "t", 1, False, 0, True),)}, "invalid-indexes", "warn", "i"),
        ({"indexes": (BIG,)}, "unused-indexes", "warn", "256Mi"),
        ({"indexes": (IndexSign("pk", "t", 2**28, True, 0, False),)}, "unused-indexes", "ok", "none"),
        ({"checkpoints": Checkpoints(110, 90)}, "checkpoints", "warn", "90 % requested"),
        ({"slots": (SlotSign("s", False, 2**31, "extended"),)}, "slots", "warn", "2Gi kept"),
        ({"slots": (SlotSign("s", False, None, "lost"),)}, "slots", "crit", "lost"),
        ({"statements": "not installed"}, "pg-stat-statements", "warn", "not installed"),
    ],
)
def test_each_sign(changes: dict[str, Any], check: str, state: str, said: str) -> None:
    found = judged(**changes)[check]
    assert found.state == state
    assert said in found.value
    assert found.why


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"databases": None}, "wraparound"),
        ({"slots": None}, "slots"),
        ({"hidden_sessions": 4}, "long-transactions"),
        ({"stats_reset": NOW - timedelta(days=3), "indexes": (BIG,)}, "unused-indexes"),
        ({"stats_reset": None, "indexes": (BIG,)}, "unused-indexes"),
        ({"blocks_hit": BEFORE.blocks_hit}, "cache-hit"),
    ],
)
def test_what_cannot_be_known_is_unknown_with_its_reason(changes: dict[str, Any], check: str) -> None:
    found = judged(**changes)[check]
    assert (found.state, found.value) == ("unknown", "unknown")
    assert found.why


def test_the_reason_of_a_refused_part_is_told() -> None:
    found = judged(slots=None, unknown=(("slots", "main: its replication slots is not allowed"),))["slots"]
    assert "not allowed" in found.why


def test_without_a_reading_before_nothing_is_claimed() -> None:
    first = {check.id: check.state for check in checks(None, GOOD)}
    assert (first["cache-hit"], first["deadlocks"]) == ("unknown", "unknown")


def test_what_fails_stands_first() -> None:
    states = [check.state for check in judged(autovacuum=False, deadlocks=4, slots=None).values()]
    assert states[:3] == ["crit", "warn", "unknown"]
