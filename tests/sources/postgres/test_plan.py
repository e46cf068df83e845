"""Plans as a real PostgreSQL 18 makes them for statements that it has seen, and why there is none."""

from collections.abc import AsyncIterator, Iterator
from typing import LiteralString

import pytest

from opsconsole.config.settings import Postgres
from opsconsole.demo.postgres import SUPERUSER
from opsconsole.model.reading import Problem
from opsconsole.sources.errors import SourceError
from opsconsole.sources.postgres.plan import Planner, explain
from opsconsole.sources.postgres.server import PostgresServer
from tests.servers.older_postgres import OlderPostgres
from tests.servers.postgres import PASSWORD, PostgresUnderTest


@pytest.fixture(scope="module")
def shop(postgres_server: PostgresUnderTest) -> Iterator[PostgresUnderTest]:
    postgres_server.run(
        "CREATE TABLE items (id bigint PRIMARY KEY, order_id bigint, name text);"
        "INSERT INTO items SELECT n, n / 2, 'thing ' || n FROM generate_series(1, 40000) n;"
        "CREATE INDEX items_order ON items (order_id);"
        "CREATE TABLE closed (id int);"
        "GRANT SELECT ON items TO console"
    )
    postgres_server.run("VACUUM ANALYZE items")
    yield postgres_server
    postgres_server.run("DROP TABLE items, closed")


@pytest.fixture
async def server(shop: PostgresUnderTest) -> AsyncIterator[PostgresServer]:
    opened = PostgresServer(shop.settings())
    yield opened
    await opened.close()


async def key_of(server: PostgresServer, words: str) -> str:
    """The statement's key: who else would know its query id?"""
    rows = await server.put("test", "keys", f"SELECT userid, dbid, queryid, query FROM pg_stat_statements /*{words}*/")
    found = [row for row in rows if words in row[3] and "EXPLAIN" not in row[3] and "pg_stat_statements" not in row[3]]
    assert len(found) == 1, found
    return "/".join(str(part) for part in (*found[0][:3], 1))


async def refused(server: PostgresServer, words: str) -> Problem:
    with pytest.raises(SourceError) as raised:
        await explain(server, await key_of(server, words))
    return raised.value.problem


async def test_a_plan_changes_when_its_index_is_dropped(server: PostgresServer, shop: PostgresUnderTest) -> None:
    with shop.connect() as other:
        other.execute("SELECT * FROM items WHERE order_id = 4711 AND name <> 'S3CRET' /*application='api'*/")
        key = await key_of(server, "items WHERE order_id")
        before = await explain(server, key)
        assert before.indexes == ("items_order",), before
        assert before.hints == ()
        assert [dict(node.conditions).get("Index Cond") for node in before.nodes][-1] == "(order_id = $1)"
        other.execute("DROP INDEX items_order")
        after = await explain(server, key)
    assert after.indexes == ()
    scan = after.nodes[-1]
    assert (scan.kind, scan.relation) == ("Seq Scan", "items")
    assert scan.marks == ("100 % of the cost", "reads all 40.0k rows") or "reads all" in scan.marks[1]
    assert after.cost > 10 * before.cost
    assert "CREATE INDEX CONCURRENTLY ON items (order_id)" in after.hints[0]


async def test_nothing_is_executed_and_nothing_stays_behind(server: PostgresServer, shop: PostgresUnderTest) -> None:
    with shop.connect() as other:
        other.execute("GRANT DELETE ON items TO console")
        other.execute("DELETE FROM items WHERE id = 77")
        plan = await explain(server, await key_of(server, "DELETE FROM items"))
        assert plan.nodes[0].kind == "Delete"
        left = other.execute("SELECT count(*) FROM items WHERE id > 77").fetchall()
        ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'opsconsole'"
        sessions = other.execute(ours).fetchall()
    assert left == [(39923,)]
    assert sessions == [(1,)]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT count(*) AS one FROM items WHERE now() - interval '1 day' > now()", "AS one"),
        ("SELECT count(*) AS two FROM items WHERE name LIKE '%' || 'x' || '%' LIMIT 3", "AS two"),
        ("WITH a AS (SELECT 1) SELECT * FROM a AS three WHERE timestamp '2026-01-01' < now()", "AS three"),
    ],
)
async def test_texts_as_the_server_normalises_them(
    server: PostgresServer, shop: PostgresUnderTest, sql: LiteralString, words: str
) -> None:
    shop.run(sql)
    assert (await explain(server, await key_of(server, words))).nodes


async def test_another_database(server: PostgresServer, shop: PostgresUnderTest) -> None:
    shop.run("SELECT 11 AS elsewhere", database="postgres")
    plan = await explain(server, await key_of(server, "AS elsewhere"))
    assert (plan.database, plan.nodes[0].kind) == ("postgres", "Result")


async def test_why_there_is_no_plan(server: PostgresServer, shop: PostgresUnderTest) -> None:
    with shop.connect() as other:
        other.execute("SELECT * FROM closed WHERE id = 1")
        other.execute("CREATE TEMP TABLE fleeting (id int)")
        other.execute("SELECT * FROM fleeting WHERE id = 1")
    closed = await refused(server, "FROM closed")
    assert "permission denied for table closed" in closed.sentence
    assert "SELECT on its tables" in closed.remedy
    fleeting = await refused(server, "FROM fleeting")
    assert 'relation "fleeting" does not exist' in fleeting.sentence
    assert "search_path" in fleeting.remedy
    assert "CREATE is a utility statement" in (await refused(server, "CREATE TEMP TABLE")).sentence
    with pytest.raises(SourceError, match="does not hold this statement"):
        await explain(server, "1/2/3/1")


async def test_a_lock_on_its_table_is_not_waited_for(server: PostgresServer, shop: PostgresUnderTest) -> None:
    shop.run("SELECT count(*) AS locked FROM items")
    with shop.connect() as other:
        other.execute("BEGIN; LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
        assert "waited for a lock" in (await refused(server, "AS locked")).sentence
        other.execute("ROLLBACK")


async def test_older_than_16(older_postgres: OlderPostgres) -> None:
    server = PostgresServer(older_postgres.settings())
    with pytest.raises(SourceError, match="from 16 on") as raised:
        await explain(server, "1/2/3/1")
    assert "force_generic_plan" in raised.value.problem.remedy
    await server.close()


async def test_a_second_command_is_refused_by_the_server_itself(
    server: PostgresServer, shop: PostgresUnderTest
) -> None:
    planner = Planner(server, "shop")
    with pytest.raises(SourceError, match="multiple commands"):
        await planner.plan(b"SELECT $1; COMMIT; CREATE TABLE smuggled (id int)")
    await planner.close()


async def test_no_function_is_called_with_the_rights_of_a_superuser(shop: PostgresUnderTest) -> None:
    shop.run(
        "CREATE FUNCTION planned() RETURNS text IMMUTABLE LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'called as %', current_user; END $$"
    )
    for user, said in (
        (shop.settings(), "called as console"),
        (superuser(shop), "no plan is asked for as a superuser"),
    ):
        server = PostgresServer(user)
        planner = Planner(server, "shop")
        with pytest.raises(SourceError, match=said):
            await planner.plan(b"SELECT planned()")
        await planner.close()
        await server.close()
    shop.run("DROP FUNCTION planned")


def superuser(shop: PostgresUnderTest) -> Postgres:
    return shop.settings(SUPERUSER, PASSWORD)
