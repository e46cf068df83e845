"""A customer table that is empty or wrong: what the Customers tab says."""

from pathlib import Path

from tests.servers.postgres import PostgresUnderTest

from .running import opened, shows
from .test_postgres import SECRET
from .test_postgres import settings as postgres


def settings(port: int, query: str) -> str:
    return f'{postgres(port)}\n[profiles.broken.customers]\nquery = """{query}"""\n'


def test_an_empty_table_is_an_answer_and_no_success(tmp_path: Path, postgres_server: PostgresUnderTest) -> None:
    about = settings(postgres_server.port, "SELECT 1 AS id, 'x' AS name WHERE false")
    with opened(tmp_path, about, "--tab", "customers", environment=SECRET) as session:
        text = shows(session, "0 customers", "the customer table is empty: check [profiles.NAME.customers]")
        assert "100 %" not in text


def test_a_query_that_is_wrong_is_quoted(tmp_path: Path, postgres_server: PostgresUnderTest) -> None:
    about = settings(postgres_server.port, "SELECT * FROM no_such_table")
    with opened(tmp_path, about, "--tab", "customers", size=(80, 24), environment=SECRET) as session:
        shows(session, "no_such_table")
        session.send("0")
        shows(session, "customer health blind")


def test_a_file_of_customers_with_wild_names(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("id,name,plan,monthly_revenue\n[b]c1[/b],\x1b[31mRed,pro,100\nc2,\u202eevil,pro,NULL\n")
    about = f'default_profile = "broken"\n[profiles.broken.customers]\nfile = "{file}"\n'
    with opened(tmp_path, about, "--tab", "customers") as session:
        shows(session, "[b]c1[/b]", "c2")
        assert b"\x1b[31mRed" not in session.raw
