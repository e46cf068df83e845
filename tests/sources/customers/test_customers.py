"""The customer table from a real PostgreSQL and from files: mapping, bad cells, hurt, and what cannot be read."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from opsconsole.config.settings import CustomerTable, Policy, Postgres
from opsconsole.model.customer import CustomerBase
from opsconsole.model.reading import ProblemKind
from opsconsole.poller.customers import AccountDesk
from opsconsole.sources import customers as module
from opsconsole.sources.customers import CustomerSource
from opsconsole.sources.errors import SourceError
from tests.servers.postgres import PostgresUnderTest

INPUTS = ("engagement", "tickets", "nps")
COLUMNS = {"tickets": "open_tickets"}


async def read(table: CustomerTable, *servers: Postgres) -> CustomerBase:
    source = CustomerSource(table, servers, INPUTS)
    try:
        return (await source.customers())[0]
    finally:
        await source.close()


async def problem(table: CustomerTable, *servers: Postgres) -> tuple[ProblemKind, str]:
    with pytest.raises(SourceError) as caught:
        await read(table, *servers)
    return caught.value.problem.kind, caught.value.problem.sentence


QUERY = """
-- the comment and the semicolon are allowed
SELECT * FROM (VALUES
  ('c-1', 'Alder', 'pro', 9800.10::numeric, 'cs-2', DATE '2024-01-05', DATE '2026-03-01', 'payment overdue',
   TIMESTAMPTZ '2026-03-20 01:00+01', 41.5, 9, NULL::int, 60.0, 4),
  ('c-2', 'Birch', 'free', NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
) t (id, name, plan, monthly_revenue, owner, signed_up, last_contact, flags, as_of,
     engagement, open_tickets, nps, engagement_30d, open_tickets_30d);
"""


async def test_a_query_becomes_customers(postgres_server: PostgresUnderTest) -> None:
    base = await read(CustomerTable(query=QUERY, columns=COLUMNS), postgres_server.settings())
    first, second = base.customers
    assert (first.id, first.monthly_revenue, first.currency) == ("c-1", Decimal("9800.10"), "USD")
    assert (first.signed_up, first.last_contact) == (date(2024, 1, 5), date(2026, 3, 1))
    assert first.flags == ("payment overdue",)
    assert [(one.id, one.raw) for one in first.inputs] == [("engagement", 41.5), ("tickets", 9.0), ("nps", None)]
    assert [one.raw for one in first.past_score_inputs] == [60.0, 4.0, None]
    assert base.as_of == first.inputs[0].taken == datetime(2026, 3, 20, tzinfo=UTC)
    assert (second.monthly_revenue, second.owner, second.flags) == (None, "", ())
    assert base.rejected == ()


async def test_who_is_hurt_gets_its_window(postgres_server: PostgresUnderTest) -> None:
    hurt = "SELECT 'c-1' AS who, 1204 AS s, 3 AS f, now() - make_interval(secs => %(window_s)s) WHERE 'a%%' LIKE 'a%%'"
    table = CustomerTable(query="SELECT 'c-1' AS id", hurt_query=hurt, hurt_window_s=60)
    source = CustomerSource(table, [postgres_server.settings()], INPUTS)
    assert source.measures_hurt
    found = await source.hurt()
    assert found is not None
    assert found[0][:3] == ("c-1", 1204, 3)
    assert isinstance(found[0][3], datetime)
    await source.close()


async def test_an_empty_table_is_an_answer(postgres_server: PostgresUnderTest) -> None:
    base = await read(CustomerTable(query="SELECT 1 AS id WHERE false"), postgres_server.settings())
    assert (base.customers, base.as_of, base.rejected) == ((), None, ())


async def test_a_query_that_writes_is_refused(postgres_server: PostgresUnderTest) -> None:
    postgres_server.run("CREATE TABLE IF NOT EXISTS precious (id int)")
    for query in (
        "WITH gone AS (DELETE FROM precious RETURNING id) SELECT * FROM gone",
        "SELECT 1 AS id) customer; DROP TABLE precious; SELECT * FROM (SELECT 1",
    ):
        kind, _ = await problem(CustomerTable(query=query), postgres_server.settings())
        assert kind is not ProblemKind.UNREACHABLE
    postgres_server.run("SELECT * FROM precious")


async def test_a_table_without_an_id_says_which_columns_it_has(postgres_server: PostgresUnderTest) -> None:
    kind, sentence = await problem(CustomerTable(query="SELECT 1 AS nr, 2 AS name"), postgres_server.settings())
    assert kind is ProblemKind.MISCONFIGURED
    assert sentence == "the customer table has no column id; it has nr, name"


async def test_the_named_server_is_asked(postgres_server: PostgresUnderTest) -> None:
    other = Postgres(name="other", dsn="host=127.0.0.1 port=9")
    table = CustomerTable(query="SELECT 1 AS id", server="pg-primary")
    assert len((await read(table, other, postgres_server.settings())).customers) == 1
    assert (await problem(CustomerTable(query="SELECT 1 AS id"), other))[0] is ProblemKind.UNREACHABLE
    assert (await problem(CustomerTable(query="SELECT 1 AS id")))[0] is ProblemKind.MISCONFIGURED


CSV = (
    "ID,Name,Monthly_Revenue,engagement,open_tickets,as_of,flags\n"
    "c-1,\x1b[31mred,1200.50,88,nine,2026-03-20,champion_left\n"
    "c-2,[bold]x,NULL,,,20 March,\n"
    ",nobody,,,,,\n"
    "c-1,again,,,,,\n"
)


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    file = tmp_path / "customers.csv"
    file.write_text(CSV)
    return file


async def test_a_file_with_bad_cells_names_each_and_uses_the_rest(csv_file: Path) -> None:
    base = await read(CustomerTable(file=str(csv_file), columns=COLUMNS, currency="EUR"))
    assert base.rejected == (
        "c-1: tickets is no number: nine",
        "c-2: as_of is no date: 20 March",
        "row 3: no id",
        "c-1: stands twice in the table; the first one counts",
    )
    first, second = base.customers
    assert "\x1b" not in first.name
    assert (first.monthly_revenue, first.currency, first.flags) == (Decimal("1200.50"), "EUR", ("champion left",))
    assert (second.name, second.monthly_revenue) == ("[bold]x", None)
    assert first.inputs[1].raw is None


async def test_parquet_is_read_with_its_types(csv_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "customers.parquet"
    duckdb.connect().execute(
        f"COPY (SELECT 'c-9' AS id, 12.34::DECIMAL(9,2) AS monthly_revenue, 0.1::DOUBLE AS engagement, "
        f"DATE '2026-03-20' AS as_of, ['a', 'b'] AS flags) TO '{file}' (FORMAT parquet)"
    )
    (found,) = (await read(CustomerTable(file=str(file)))).customers
    assert (found.monthly_revenue, found.flags, found.inputs[0].raw) == (Decimal("12.34"), ("a", "b"), 0.1)
    assert found.inputs[0].taken == datetime(2026, 3, 20, tzinfo=UTC)


async def test_a_missing_file_is_said(tmp_path: Path) -> None:
    kind, sentence = await problem(CustomerTable(file=str(tmp_path / "no.csv")))
    assert (kind, sentence) == (ProblemKind.MISCONFIGURED, f"{tmp_path}/no.csv does not exist")


async def test_the_feed_judges_and_keeps_the_table_when_hurt_fails(csv_file: Path) -> None:
    table = CustomerTable(file=str(csv_file), columns=COLUMNS, hurt_query="SELECT 1")
    value, source = await AccountDesk(table, [Postgres(dsn="host=127.0.0.1 port=9")], Policy()).read()
    assert len(value.rows) == 2
    assert source == str(csv_file)
    assert not value.hurt_measured
    assert value.rejected[-1].startswith("who is hurt is not known: ")


async def test_a_table_without_an_end_is_cut_and_says_so(
    csv_file: Path, postgres_server: PostgresUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 2)
    note = "the table has more than 2 rows: those behind them are left out"
    base = await read(CustomerTable(file=str(csv_file), columns=COLUMNS))
    assert (len(base.customers), base.rejected[0]) == (2, note)
    endless = CustomerTable(query="SELECT n::text AS id FROM generate_series(1, 1000000) n")
    base = await read(endless, postgres_server.settings())
    assert (len(base.customers), base.rejected) == (2, (note,))
