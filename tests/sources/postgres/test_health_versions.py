"""The version matrix of the health queries: each runs against the views as that version is documented."""

from typing import Any

import pytest

from opsconsole.sources.postgres.health import PARTS
from opsconsole.sources.postgres.queries import pick
from tests.servers.older_postgres import OlderPostgres
from tests.sources.postgres.documented import VIEWS, layout

VERSIONS = (13, 14, 16, 17)


def answers(server: OlderPostgres, version: int) -> dict[str, Any]:
    """What the parts make of the recorded answers, by the field that they fill."""
    found: dict[str, Any] = {}
    with server.connect() as connection:
        for statement in layout(version):
            connection.execute(statement)
        connection.execute("SET default_transaction_read_only = on")
        for part in PARTS:
            text = pick(part.query, version * 10000)
            if any(view in text for view in VIEWS):
                found |= part.make(connection.execute(text).fetchall())
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"DROP SCHEMA v{version} CASCADE")
    return found


@pytest.fixture(params=VERSIONS)
def told(request: pytest.FixtureRequest, older_postgres: OlderPostgres) -> tuple[int, dict[str, Any]]:
    return request.param, answers(older_postgres, request.param)


def test_what_every_version_tells_is_read_alike(told: tuple[int, dict[str, Any]]) -> None:
    _, found = told
    assert (found["checkpoints"].timed, found["checkpoints"].requested, found["checkpoints"].write_ms) == (40, 60, 1.5)
    (table,) = found["tables"]
    assert (table.name, table.live, table.dead, table.seq_rows, table.index_scans) == ("shop.orders", 100, 60, 900, 7)
    assert table.threshold == 50
    (replica,) = found["replicas"]
    assert (replica.name, replica.client, replica.state, replica.lag_s) == ("standby", "10.0.0.2", "streaming", 90.0)
    assert (found["archiver"].failed, found["archiver"].failed_wal) == (4, "0A")
    assert {"standby feedback", "slot catalog"} <= {sign.kind for sign in found["xmins"]}


def test_what_came_with_a_version_is_told_from_it_on(told: tuple[int, dict[str, Any]]) -> None:
    version, found = told
    (slot,) = found["slots"]
    trouble = "wal_removed" if version >= 17 else "in conflict with recovery" if version == 16 else ""
    assert (slot.wal_status, slot.trouble, slot.inactive_since is not None) == ("lost", trouble, version >= 17)
    (index,) = found["indexes"]
    assert (index.name, index.last_scan is not None) == ("shop.by_customer", version >= 16)
    progress = {sign.kind: sign for sign in found["progress"]}
    phase = "vacuuming indexes, index 1 of 3" if version >= 17 else "vacuuming indexes"
    assert (progress["vacuum"].phase, progress["vacuum"].done, progress["vacuum"].relation) == (phase, 410, "orders")
    assert ("copy from" in progress) == (version >= 14)
