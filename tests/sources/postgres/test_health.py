"""The health list of a real PostgreSQL 18 and 15: what is wrong in them is made, then looked for."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta

import psycopg
import pytest

from opsconsole.model.postgres import HealthCheck
from opsconsole.model.server_signs import HealthSigns
from opsconsole.rules.health_verdict import Case
from opsconsole.rules.server_health import checks
from opsconsole.sources.postgres.health import PARTS, HealthReader
from opsconsole.sources.postgres.server import PostgresServer
from opsconsole.text import clock
from tests.servers.older_postgres import OlderPostgres
from tests.servers.postgres import PostgresUnderTest

BROKEN = """
CREATE SCHEMA trouble;
SET search_path = trouble;
CREATE TABLE orders (id serial PRIMARY KEY, customer int, note text) WITH (autovacuum_enabled = off);
INSERT INTO orders (customer, note) SELECT n % 100, 'note ' || n FROM generate_series(1, 30000) n;
CREATE INDEX orders_customer ON orders (customer);
CREATE INDEX orders_customer_again ON orders (customer);
CREATE INDEX orders_customer_note ON orders (customer, note);
ANALYZE orders;
DELETE FROM orders WHERE id <= 15000;
SELECT setval('orders_id_seq', 2000000000);
GRANT SELECT ON ALL SEQUENCES IN SCHEMA trouble TO console;
"""


@pytest.fixture(params=["18", "15"])
def server(request: pytest.FixtureRequest) -> Iterator[PostgresUnderTest | OlderPostgres]:
    made = request.getfixturevalue("postgres_server" if request.param == "18" else "older_postgres")
    with made.connect() as connection:
        connection.execute(BROKEN)
    yield made
    with made.connect() as connection:
        connection.execute("DROP SCHEMA trouble CASCADE")


@pytest.fixture
async def reader(server: PostgresUnderTest | OlderPostgres) -> AsyncIterator[HealthReader]:
    made = HealthReader(PostgresServer(server.settings()))
    yield made
    await made.server.close()


def judged(now: HealthSigns, before: HealthSigns | None = None) -> dict[str, HealthCheck]:
    return {check.id: check for check in checks(Case(now, before))}


async def seen(reader: HealthReader, wanted: Callable[[HealthSigns], bool]) -> HealthSigns:
    """The signs once the server's statistics tell what was done: a session reports within a second."""
    until = clock.boottime() + 30
    while True:
        fresh = HealthReader(reader.server)
        found = await fresh.signs()
        if wanted(found):
            return found
        assert clock.boottime() < until, "the statistics never told"


def dead(signs: HealthSigns) -> int:
    return sum(table.dead for table in signs.tables or () if table.name == "trouble.orders")


async def test_every_query_is_understood_and_says_what_it_cost(reader: HealthReader) -> None:
    signs = await reader.signs()
    assert signs.refused == ()
    assert [asked.name for asked in signs.asked] == [part.query for part in PARTS]
    assert all(asked.text and asked.server == signs.server for asked in signs.asked)
    assert signs.system


async def test_dead_rows_doubled_indexes_and_a_sequence_near_its_end(reader: HealthReader) -> None:
    found = judged(await seen(reader, lambda signs: dead(signs) == 15000))
    rows = found["dead-rows"]
    assert (rows.state, rows.value) == ("crit", "1 table, worst trouble.orders: 50 % of rows")
    assert rows.details[0].rows[0][:4] == ("trouble.orders", "15k", "15k", "50")
    assert found["autovacuum"].value == "off for trouble.orders"
    behind = found["vacuum-behind"]
    assert (behind.state, behind.remedy) == ("warn", "autovacuum is off for it: switch it on")
    doubled = found["duplicate-indexes"]
    assert doubled.remedy == (
        "DROP INDEX CONCURRENTLY trouble.orders_customer_again: trouble.orders_customer serves as well"
    )
    assert {row[0]: row[4] for row in doubled.details[0].rows if row[0].startswith("trouble")} == {
        "trouble.orders_customer_again": "equal",
        "trouble.orders_customer": "its columns begin the other's",
    }
    unused = {row[0] for row in found["unused-indexes"].details[0].rows}
    assert "trouble.orders_customer_note" in unused
    assert "trouble.orders_pkey" not in unused
    sequence = found["sequences"]
    assert (sequence.state, sequence.value) == ("warn", "trouble.orders_id_seq 93 %")
    assert sequence.remedy == "make trouble.orders.id bigint, and the sequence with it"
    assert "trouble.orders" in {row[0] for row in found["table-sizes"].details[0].rows}


async def test_whole_scans_of_a_large_table_make_it_a_suspect(
    server: PostgresUnderTest | OlderPostgres, reader: HealthReader
) -> None:
    before = await seen(reader, lambda signs: dead(signs) == 15000)
    with server.connect() as connection:
        for _ in range(30):
            connection.execute("SELECT count(*) FROM trouble.orders WHERE note LIKE '%7%'")

    def read(signs: HealthSigns) -> bool:
        return any(t.name == "trouble.orders" and t.seq_scans >= 30 for t in signs.tables or ())

    suspects = judged(await seen(reader, read), before)["missing-indexes"]
    assert suspects.state == "warn"
    assert "trouble.orders" in {row[0] for row in suspects.details[0].rows}


async def test_an_index_whose_build_failed(server: PostgresUnderTest | OlderPostgres, reader: HealthReader) -> None:
    with server.connect() as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("CREATE UNIQUE INDEX CONCURRENTLY one_each ON trouble.orders (customer)")
    invalid = judged(await reader.signs())["invalid-indexes"]
    assert (invalid.state, invalid.value) == ("warn", "trouble.one_each")
    assert invalid.remedy == "DROP INDEX CONCURRENTLY trouble.one_each, then build it again"
    assert invalid.details[0].rows[0][3] == "none runs"


async def test_a_slot_that_nobody_reads_is_listed_with_what_it_keeps(older_postgres: OlderPostgres) -> None:
    reader = HealthReader(PostgresServer(older_postgres.settings()))
    with older_postgres.connect() as connection:
        connection.execute("SELECT pg_create_physical_replication_slot('forgotten', true)")
        try:
            slots = judged(await reader.signs())["slots"]
        finally:
            connection.execute("SELECT pg_drop_replication_slot('forgotten')")
            await reader.server.close()
    assert slots.state == "ok"
    assert slots.value.endswith("1 inactive")
    name, kind, reading, *_ = slots.details[0].rows[0]
    assert (name, kind, reading.split()[0]) == ("forgotten", "physical", "inactive")


async def test_what_holds_back_vacuum_has_its_class(older_postgres: OlderPostgres) -> None:
    reader = HealthReader(PostgresServer(older_postgres.settings()))
    with older_postgres.connect() as holder, older_postgres.connect() as logical:
        logical.execute("SELECT pg_create_logical_replication_slot('outbox', 'test_decoding')")
        holder.execute("CREATE TABLE IF NOT EXISTS held (id int)")
        holder.execute("BEGIN")
        holder.execute("INSERT INTO held VALUES (1)")
        holder.execute("PREPARE TRANSACTION 'left-behind'")
        holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        holder.execute("SELECT count(*) FROM held")
        pid = str(holder.info.backend_pid)
        try:
            signs = await reader.signs()
        finally:
            await reader.server.close()
            holder.execute("ROLLBACK")
            holder.execute("ROLLBACK PREPARED 'left-behind'")
            logical.execute("SELECT pg_drop_replication_slot('outbox')")
    kinds = {sign.kind: sign.name for sign in signs.xmins or () if sign.kind != "standby feedback"}
    assert kinds == {"session": pid, "prepared": "left-behind", "slot catalog": "outbox"}
    later = judged(_later(signs, minutes=10))
    assert later["prepared"].state == "crit"
    assert later["prepared"].remedy == "ask its transaction manager, then ROLLBACK PREPARED 'left-behind'"
    assert judged(signs)["idle-in-transaction"].details[0].rows[0][2] == "idle in transaction"


async def test_a_base_backup_or_a_long_command_shows_its_progress(older_postgres: OlderPostgres) -> None:
    reader = HealthReader(PostgresServer(older_postgres.settings()))
    with older_postgres.connect() as source:
        source.execute("CREATE TABLE IF NOT EXISTS copied (id int)")
        with source.cursor() as cursor, cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write("1\n" * 100_000)
            signs = await reader.signs()
            while not signs.progress:
                signs = await HealthReader(reader.server).signs()
    await reader.server.close()
    running = judged(signs)["maintenance"]
    assert running.value.startswith("1: copy from copied")


async def test_a_setting_that_waits_for_a_restart(postgres_server: PostgresUnderTest) -> None:
    reader = HealthReader(PostgresServer(postgres_server.settings()))
    postgres_server.run("ALTER SYSTEM SET max_locks_per_transaction = 65")
    postgres_server.run("SELECT pg_reload_conf()")
    try:
        signs = await reader.signs()
        while not signs.pending_restart:
            signs = await HealthReader(reader.server).signs()
    finally:
        await reader.server.close()
        postgres_server.run("ALTER SYSTEM RESET max_locks_per_transaction")
        postgres_server.run("SELECT pg_reload_conf()")
    assert judged(signs)["settings"].value == "max_locks_per_transaction waits for a restart"


async def test_a_role_without_rights_reads_the_grant_and_never_a_zero(postgres_server: PostgresUnderTest) -> None:
    reader = HealthReader(PostgresServer(postgres_server.settings("nobody_special", "nobody-Words")))
    postgres_server.run("CREATE SEQUENCE hidden_numbers")
    try:
        with postgres_server.connect(application_name="private") as other:
            other.execute("BEGIN")
            other.execute("SELECT 1")
            found = judged(await reader.signs())
    finally:
        await reader.server.close()
        postgres_server.run("DROP SEQUENCE hidden_numbers")
    for name in ("long-transactions", "idle-in-transaction", "oldest-snapshot"):
        assert (found[name].state, found[name].value) == ("unknown", "unknown: needs pg_monitor")
        assert found[name].remedy == "GRANT pg_monitor TO nobody_special"
    assert found["sequences"].value == "unknown: needs SELECT on sequences"
    assert found["wraparound"].state == "ok"


async def test_one_query_that_fails_costs_its_own_check_only(older_postgres: OlderPostgres) -> None:
    """As some managed services do, EXECUTE on a function is taken away."""
    reader = HealthReader(PostgresServer(older_postgres.settings()))
    older_postgres.run("REVOKE EXECUTE ON FUNCTION pg_stat_get_archiver() FROM PUBLIC")
    older_postgres.run("CREATE ROLE rdsadmin")
    try:
        signs = await reader.signs()
    finally:
        await reader.server.close()
        older_postgres.run("DROP ROLE rdsadmin")
        older_postgres.run("GRANT EXECUTE ON FUNCTION pg_stat_get_archiver() TO PUBLIC")
    found = judged(signs)
    assert [refusal.part for refusal in signs.refused] == ["archiver"]
    assert (found["archiver"].state, found["archiver"].value) == ("unknown", "unknown: managed")
    assert "Amazon RDS" in found["archiver"].why
    assert found["wraparound"].state == "ok"


async def test_slow_parts_are_asked_again_only_when_their_time_has_come(reader: HealthReader) -> None:
    first = {asked.name: asked.taken for asked in (await reader.signs()).asked}
    second = {asked.name: asked.taken for asked in (await reader.signs()).asked}
    assert first == second


def _later(signs: HealthSigns, *, minutes: float) -> HealthSigns:
    from msgspec.structs import replace

    return replace(signs, taken=signs.taken + timedelta(minutes=minutes))
