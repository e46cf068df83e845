"""The health list against its limits; what cannot be known is unknown, never fine."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from opsconsole.model.asked import Asked
from opsconsole.model.finding import Change
from opsconsole.model.postgres import HealthCheck
from opsconsole.model.server_signs import (
    ArchiverSign,
    Checkpoints,
    ColumnSign,
    DatabaseSign,
    Disk,
    DuplicateSign,
    ExtensionSign,
    Growth,
    HealthSigns,
    IndexSign,
    PreparedSign,
    ProgressSign,
    ReceiverSign,
    Refusal,
    ReplicaSign,
    SequenceSign,
    SizeSign,
    SlotSign,
    TableAgeSign,
    TableSign,
    TransactionSign,
    XminSign,
)
from opsconsole.rules.health_growth import Sizes, growth, sizes
from opsconsole.rules.health_verdict import Case
from opsconsole.rules.server_health import checks

NOW = datetime(2025, 3, 27, 2, 53, tzinfo=UTC)
GI = 2**30
AGED = "30 days of statistics"


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


SHOP = DatabaseSign("shop", 10**6, 1000, 90_000, 10, 10**7, 1000, 3, 5, 10**6, 0, None, ago(days=60))
ORDERS = TableSign("public.orders", 10**6, 100, 200_050.0, ago(hours=1), True, 10, 100_050.0, ago(hours=1), 5, 50, 900)
GOOD = HealthSigns(
    "main",
    NOW,
    180001,
    database="shop",
    user="console",
    started=ago(days=90),
    system="4711",
    settings={"autovacuum": "on", "track_counts": "on", "autovacuum_max_workers": "3", "max_slot_wal_keep_size": "-1"},
    databases=(SHOP,),
    transactions=(TransactionSign(7, "api", "app", "shop", "active", 1.0, None),),
    xmins=(XminSign("session", "7", 12, ago(seconds=1), "api app shop active"),),
    prepared=(),
    progress=(),
    tables=(ORDERS,),
    table_ages=(TableAgeSign("public.orders", 10**6, 1000, 200_000_000, GI),),
    indexes=(),
    duplicates=(),
    sequences=(SequenceSign("public.orders_id_seq", 10**6, 2**31 - 1, "orders.id"),),
    replicas=(ReplicaSign("standby", "10.0.0.2", "streaming", "async", 0, None),),
    slots=(SlotSign("standby", True, 1000, "reserved", "physical"),),
    archiver=ArchiverSign("on", 100, 0, ago(minutes=1), None, ""),
    checkpoints=Checkpoints(100, 3),
    extensions=(ExtensionSign("pg_stat_statements", "1.11", "1.11"),),
    database_sizes=(SizeSign("shop", 100 * GI),),
    table_sizes=(SizeSign("public.orders", 60 * GI),),
    columns=(ColumnSign("public.orders", "note", 0.98, -0.5, 0.1, 12),),
    statements="ok",
)
EARLIER = msgspec.structs.replace(SHOP, commits=80_000, blocks_hit=9 * 10**6)
BEFORE = msgspec.structs.replace(GOOD, taken=ago(minutes=1), databases=(EARLIER,))
DISK = Disk(500 * GI, 1000 * GI, "a query")
UNUSED = IndexSign("public.i", "public.orders", 2**28, True, 0, True)
REPLICA = msgspec.structs.replace(GOOD, server="standby", is_replica=True, replicas=(), indexes=(UNUSED,))


def shop(**changes: Any) -> dict[str, Any]:
    return {"databases": (msgspec.structs.replace(SHOP, **changes),)}


def orders(**changes: Any) -> dict[str, Any]:
    return {"tables": (msgspec.structs.replace(ORDERS, **changes),)}


def judged(case: dict[str, Any] | None = None, **changes: Any) -> dict[str, HealthCheck]:
    known: dict[str, Any] = {"before": BEFORE, "disk": DISK, "growth": Growth(3600.0, {"shop": 0.0})} | (case or {})
    return {check.id: check for check in checks(Case(msgspec.structs.replace(GOOD, **changes), **known))}


def test_all_is_fine() -> None:
    assert {check.id: check.value for check in judged().values() if check.state != "ok"} == {}


@pytest.mark.parametrize(
    ("changes", "check", "state", "said"),
    [
        (shop(blocks_read=21_000), "cache-hit", "warn", "98"),
        (shop(blocks_read=501_000), "cache-hit", "crit", "66.7"),
        (shop(rollbacks=2010), "rollbacks", "warn", "16.7 % rolled back"),
        (shop(deadlocks=4), "deadlocks", "warn", "1 new"),
        (shop(temp_bytes=2 * GI), "temp-files", "crit", "2Gi/min"),
        (shop(checksum_failures=2), "checksums", "crit", "shop"),
        ({"checkpoints": Checkpoints(110, 90)}, "checkpoints", "warn", "90 % requested"),
        ({"archiver": ArchiverSign("on", 9, 4, ago(hours=2), ago(minutes=1), "0A")}, "archiver", "crit", "fails since"),
        ({"archiver": ArchiverSign("on", 9, 4, ago(minutes=1), ago(hours=2), "")}, "archiver", "ok", "4 failed before"),
        (shop(xid_age=1_350_000_000), "wraparound", "warn", "63 % of transaction ids"),
        (shop(mxid_age=1_500_000_000), "wraparound", "crit", "multixacts"),
        ({"table_ages": (TableAgeSign("t", 310_000_000, 1, 200_000_000, 1),)}, "wraparound-tables", "warn", "late"),
        ({"xmins": (XminSign("slot", "old", 60_000_000, None, ""),)}, "oldest-snapshot", "crit", "slot old: 60M"),
        ({"prepared": (PreparedSign("x1", "app", "shop", ago(minutes=2), 7),)}, "prepared", "warn", "1, oldest 2m"),
        ({"transactions": (TransactionSign(7, "", "", "", "idle", 99.0, 90.0),)}, "idle-in-transaction", "warn", "1m"),
        ({"transactions": (TransactionSign(7, "", "", "", "", 4e3, None),)}, "long-transactions", "crit", "1h"),
        ({"settings": {"autovacuum": "off"}}, "autovacuum", "crit", "autovacuum off"),
        (orders(autovacuum=False), "autovacuum", "warn", "off for public.orders"),
        ({"workers": 3}, "autovacuum", "warn", "3 of 3 workers busy"),
        (orders(dead=500_000), "vacuum-behind", "warn", "public.orders: 500k dead"),
        (orders(dead=500_000), "dead-rows", "warn", "33 % of rows"),
        (orders(modified=10**6), "column-statistics", "warn", "1 out of date: public.orders"),
        (orders(last_analyze=None), "column-statistics", "warn", "1 never analyzed"),
        (orders(seq_scans=900, seq_rows=9 * 10**8), "missing-indexes", "warn", "public.orders 50 % by index"),
        ({"indexes": (IndexSign("i", "t", 1, False, 0, True),)}, "invalid-indexes", "warn", "i"),
        ({"indexes": (UNUSED,), "replicas": ()}, "unused-indexes", "warn", "256Mi"),
        ({"indexes": (IndexSign("pk", "t", 2**28, True, 0, False),)}, "unused-indexes", "ok", "none"),
        ({"duplicates": (DuplicateSign("i2", "t", GI, "i1", True),)}, "duplicate-indexes", "warn", "i2 (1Gi)"),
        ({"duplicates": (DuplicateSign("i2", "t", GI, "i1", False),)}, "duplicate-indexes", "ok", "1 covered"),
        ({"sequences": (SequenceSign("s", 2 * 10**9, 2**31 - 1, "t.id"),)}, "sequences", "warn", "s 93 %"),
        ({"sequences": (SequenceSign("s", -99, -100, ""),)}, "sequences", "crit", "s 99 %"),
        ({"replicas": (ReplicaSign("r", "", "streaming", "", 2 * GI, 1.0),)}, "replication", "crit", "r: 2Gi, 1 s"),
        ({"replicas": (ReplicaSign("r", "", "streaming", "", 10, 60.0),)}, "replication", "warn", "r: 10B, 1m"),
        ({"slots": (SlotSign("s", False, 2 * GI, "extended"),)}, "slots", "warn", "s keeps 2Gi, 1 inactive"),
        ({"slots": (SlotSign("s", False, None, "lost"),)}, "slots", "crit", "lost"),
        ({"slots": (SlotSign("s", True, 1, "unreserved"),)}, "slots", "crit", "about to be lost"),
        ({"slots": (SlotSign("s", False, 1, "", "logical", trouble="wal_removed"),)}, "slots", "crit", "lost"),
        ({"extensions": (ExtensionSign("postgis", "3.4", "3.5"),)}, "extensions", "warn", "postgis"),
        ({"pending_restart": ("shared_buffers",)}, "settings", "warn", "shared_buffers waits for a restart"),
        ({"statements": "not installed"}, "pg-stat-statements", "warn", "not installed"),
    ],
)  # fmt: skip
def test_each_sign(changes: dict[str, Any], check: str, state: str, said: str) -> None:
    found = judged(**changes)[check]
    assert (found.state, said in found.value) == (state, True), found.value
    assert found.why
    assert found.remedy or state == "ok"


@pytest.mark.parametrize(
    ("changes", "check", "said"),
    [
        ({"databases": None}, "wraparound", "unknown"),
        ({"slots": None}, "slots", "unknown"),
        ({"hidden_sessions": 4}, "long-transactions", "unknown: needs pg_monitor"),
        ({"hidden_sessions": 4}, "oldest-snapshot", "unknown: needs pg_monitor"),
        ({"replicas": (ReplicaSign("r", "", None, "", None, None),)}, "replication", "unknown: needs pg_monitor"),
        ({"hidden_sequences": 2}, "sequences", "unknown: needs SELECT on sequences"),
        (shop(blocks_hit=EARLIER.blocks_hit), "cache-hit", "unknown: hardly anything is read"),
        (shop(stats_reset=ago(seconds=30)), "cache-hit", "unknown: in a minute"),
        (shop(checksum_failures=None), "checksums", "unknown: needs data checksums"),
        (shop(stats_reset=ago(days=3)) | {"indexes": (UNUSED,)}, "unused-indexes", f"unknown: needs {AGED}"),
        ({"indexes": (UNUSED,)}, "unused-indexes", "unknown: needs its replicas"),
    ],
)  # fmt: skip
def test_what_cannot_be_known_is_unknown_with_its_reason(changes: dict[str, Any], check: str, said: str) -> None:
    found = judged(**changes)[check]
    assert (found.state, found.value) == ("unknown", said)
    assert found.why
    assert "GRANT pg_monitor TO console" in found.remedy or "pg_monitor" not in said


def test_a_refused_query_costs_its_own_check_and_names_the_grant() -> None:
    refused = (Refusal("slots", "main: its slots is not allowed", True), Refusal("tables", "took longer than 5 s"))
    found = judged(slots=None, tables=None, monitors=False, refused=refused)
    assert (found["slots"].value, found["slots"].remedy) == ("unknown: needs pg_monitor", "GRANT pg_monitor TO console")
    assert (found["dead-rows"].value, found["dead-rows"].why) == ("unknown", "took longer than 5 s")
    assert found["wraparound"].state == "ok"


def test_what_a_managed_service_keeps_to_itself_is_called_so() -> None:
    refused = (Refusal("archiver", "not allowed", True),)
    found = judged({"disk": None}, archiver=None, refused=refused, provider="Amazon RDS")
    assert (found["archiver"].value, found["archiver"].remedy) == ("unknown: managed", "")
    assert (found["disk"].value, "Amazon RDS" in found["disk"].why) == ("unknown: managed", True)


def test_without_a_reading_before_nothing_is_claimed() -> None:
    first = {check.id: check.state for check in checks(Case(GOOD))}
    assert {first[name] for name in ("cache-hit", "deadlocks", "rollbacks", "temp-files", "disk")} == {"unknown"}


def test_an_index_counts_as_unused_only_where_no_replica_reads_it() -> None:
    reading = {"copies": (msgspec.structs.replace(REPLICA, indexes=()),)}
    assert judged(reading, indexes=(UNUSED,))["unused-indexes"].state == "ok"
    unused = judged({"copies": (REPLICA,)}, indexes=(UNUSED,))["unused-indexes"]
    assert (unused.state, unused.remedy) == ("warn", "DROP INDEX CONCURRENTLY public.i")
    assert "1 replica" in unused.why


def test_an_index_that_was_read_long_ago_is_unused_whatever_the_age_of_the_statistics() -> None:
    """From 16 on the server says when it was scanned last."""
    once = msgspec.structs.replace(UNUSED, scans=9, last_scan=ago(days=40))
    found = judged(indexes=(once,), replicas=(), **shop(stats_reset=ago(days=1), blocks_hit=10**7))
    assert found["unused-indexes"].state == "warn"


@pytest.mark.parametrize(
    ("receiver", "state", "said"),
    [
        (ReceiverSign("streaming", "10.0.0.1:5432", 0, 0.0, False), "ok", "0B, 0 ms"),
        (ReceiverSign("streaming", "10.0.0.1:5432", 0, 900.0, False), "ok", "0B"),
        (ReceiverSign("streaming", "10.0.0.1:5432", 100, 400.0, False), "crit", "6m"),
        (ReceiverSign("streaming", "10.0.0.1:5432", 0, 0.0, True), "crit", "replay paused"),
        (ReceiverSign("", "", 0, 0.0, False), "warn", "receives nothing"),
    ],
)
def test_a_replica_judges_its_own_lag(receiver: ReceiverSign, state: str, said: str) -> None:
    found = judged(is_replica=True, receiver=receiver)["replication"]
    assert (found.state, said in found.value) == (state, True), found.value


def test_the_disk_is_judged_by_when_it_is_full() -> None:
    fills = {"disk": Disk(20 * GI, 100 * GI, ""), "growth": Growth(3600.0, {"shop": 10 * GI / 3600})}
    found = judged(fills)["disk"]
    assert (found.state, found.value) == ("crit", "20Gi free (20 %), full in 2h")
    # What the volume itself lost counts more than what the databases grew: the log stands on it, too.
    lost = judged(fills | {"disk": Disk(20 * GI, 100 * GI, "", filling=GI / 3600)})["disk"]
    assert (lost.state, lost.value) == ("warn", "20Gi free (20 %), full in 20h")
    blind = judged({"disk": None, "disk_problem": "Prometheus does not answer"})["disk"]
    assert (blind.value, blind.why) == ("unknown: needs metrics", "Prometheus does not answer")


def test_growth_is_straight_from_the_oldest_of_six_hours_to_the_newest() -> None:
    kept = [
        Sizes(ago(hours=9), {"shop": 0}, {}),
        Sizes(ago(hours=2), {"shop": 10 * GI}, {"t": GI}),
        Sizes(NOW, {"shop": 14 * GI, "restored": GI}, {"t": GI}),
    ]
    databases, tables = growth(kept)
    assert databases == Growth(7200.0, {"shop": 2 * GI / 3600})
    assert tables == Growth(7200.0, {"t": 0.0})
    assert growth(kept[-1:]) == (None, None)
    assert sizes(GOOD) is None
    asked = (Asked("database_sizes", "", "", "main", ago(minutes=4), 0.1),)
    assert sizes(msgspec.structs.replace(GOOD, asked=asked)) == Sizes(
        ago(minutes=4), {"shop": 100 * GI}, {"public.orders": 60 * GI}
    )


def test_what_runs_is_told_with_its_share_and_stops_needless_advice() -> None:
    runs = (
        ProgressSign("vacuum", 9, "shop", "orders", "scanning heap", 41, 100, "blocks", ago(minutes=9), "autovacuum"),
    )
    found = judged(progress=runs, **orders(dead=500_000))
    assert found["maintenance"].value == "1: vacuum orders 41 %"
    assert found["vacuum-behind"].remedy == "a vacuum of it runs (scanning heap): wait"


def test_changed_settings_are_listed_with_their_values() -> None:
    changes = (Change(ago(hours=1), "setting", "main work_mem 4 MB→16 MB", "", "main"),)
    found = judged({"changes": changes})["settings"]
    assert found.value == "1 change in 24 h"
    assert found.details[0].rows == (("01:53", "main work_mem 4 MB→16 MB"),)


def test_what_fails_stands_first_and_the_worse_harm_before_the_lesser() -> None:
    found = list(
        judged(settings={"autovacuum": "off"}, slots=None, **shop(deadlocks=4, mxid_age=1_500_000_000)).values()
    )
    assert [check.id for check in found][:4] == ["wraparound", "autovacuum", "deadlocks", "slots"]


def test_a_finding_about_dead_rows_names_their_share_and_the_worst_table() -> None:
    def short(*dead: int) -> str:
        tables = tuple(msgspec.structs.replace(ORDERS, name=f"public.t{n}", dead=d) for n, d in enumerate(dead))
        case = Case(msgspec.structs.replace(GOOD, tables=tables))
        return next(check.short for check in checks(case) if check.id == "dead-rows")

    assert short(100) == ""
    assert short(9 * 10**6) == "90 % of t0"
    assert short(10**6, 9 * 10**6, 100) == "90 % of t1, 2 tables"
