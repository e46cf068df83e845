"""The shop's database: schema, deterministic content and roles, all made inside the server (well under a second)."""

from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from opsconsole.demo.customers import CUSTOMER_SCHEMA, customer_content

DATABASE = "shop"
APPLICATION_ROLE = "shop_app"
CONSOLE_ROLE = "opsconsole"
EXPORTER_ROLE = "exporter"

USERS, POSTS, PRODUCTS, CARTS, ORDERS, SESSIONS, JOBS = 4000, 10000, 800, 3000, 9000, 4000, 1500

_SCHEMA: LiteralString = """
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, name text NOT NULL,
    plan text NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE follows (user_id bigint NOT NULL, followee_id bigint NOT NULL, PRIMARY KEY (user_id, followee_id));
CREATE TABLE posts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, author_id bigint NOT NULL, body text NOT NULL,
    likes integer NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE user_sessions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id bigint NOT NULL, last_seen timestamptz NOT NULL)
    WITH (fillfactor = 70);
CREATE TABLE products (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, price numeric(10, 2) NOT NULL,
    stock integer NOT NULL) WITH (fillfactor = 70);
CREATE TABLE carts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id bigint NOT NULL, coupon text,
    updated_at timestamptz NOT NULL) WITH (fillfactor = 70);
CREATE TABLE cart_items (
    cart_id bigint NOT NULL, product_id bigint NOT NULL, quantity integer NOT NULL,
    PRIMARY KEY (cart_id, product_id));
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id bigint NOT NULL, payment_state text NOT NULL,
    total numeric(10, 2) NOT NULL, created_at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 80);
CREATE TABLE order_items (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint NOT NULL, product_id bigint NOT NULL,
    quantity integer NOT NULL, price numeric(10, 2) NOT NULL);
CREATE TABLE notifications (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id bigint NOT NULL, text text NOT NULL,
    read_at timestamptz);
CREATE TABLE jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL, payload text NOT NULL,
    attempts integer NOT NULL DEFAULT 0, claimed_at timestamptz) WITH (fillfactor = 70);
"""

POSTS_CONTENT: LiteralString = """
INSERT INTO posts (author_id, body, likes, created_at)
SELECT 1 + (random() * (%(users)s - 1))::int,
    'a ' || (ARRAY['coffee','garden','bicycle','holiday','music','river','recipe','winter'])[1 + (random() * 7)::int]
    || ' story, part ' || n || ': ' || repeat(md5(n::text), 3),
    (random() * 400)::int, now() - make_interval(days => %(newest_days)s) - (%(posts)s - n) * interval '4 minutes'
FROM generate_series(1, %(posts)s) n;
"""
"""Posts of a time that ended `newest_days` ago."""

_CONTENT: LiteralString = """
INSERT INTO users (email, name, plan, created_at)
SELECT 'user' || n || '@social-live.example',
    (ARRAY['Ada','Ben','Chloe','Dmitri','Elif','Farah','Goran','Hana','Ivo','June'])[1 + n %% 10] || ' ' || n,
    (ARRAY['free','free','free','pro','pro','enterprise'])[1 + (random() * 5)::int],
    now() - random() * interval '900 days'
FROM generate_series(1, %(users)s) n;
INSERT INTO follows SELECT DISTINCT 1 + (n - 1) / 6, 1 + (random() * (%(users)s - 1))::int
FROM generate_series(1, %(users)s * 6) n;
INSERT INTO user_sessions (user_id, last_seen)
SELECT 1 + (random() * (%(users)s - 1))::int, now() - random() * interval '3 days'
FROM generate_series(1, %(sessions)s);
INSERT INTO products (name, price, stock)
SELECT 'product ' || n, round((2 + random() * 198)::numeric, 2), (random() * 500)::int
FROM generate_series(1, %(products)s) n;
INSERT INTO carts (user_id, coupon, updated_at)
SELECT 1 + (random() * (%(users)s - 1))::int, CASE WHEN random() < 0.1 THEN 'WELCOME10' END,
    now() - random() * interval '2 days'
FROM generate_series(1, %(carts)s);
INSERT INTO cart_items SELECT DISTINCT ON (1, 2) c, 1 + (random() * (%(products)s - 1))::int, 1 + (random() * 3)::int
FROM generate_series(1, %(carts)s) c, generate_series(1, 3);
INSERT INTO orders (user_id, payment_state, total, created_at)
SELECT 1 + (random() * (%(users)s - 1))::int, 'paid', round((4 + random() * 316)::numeric, 2),
    now() - (%(orders)s - n) * interval '7 minutes'
FROM generate_series(1, %(orders)s) n;
INSERT INTO order_items (order_id, product_id, quantity, price)
SELECT o, 1 + (random() * (%(products)s - 1))::int, 1 + (random() * 3)::int, round((2 + random() * 198)::numeric, 2)
FROM generate_series(1, %(orders)s) o, generate_series(1, 1 + (o %% 4 = 0)::int);
INSERT INTO notifications (user_id, text, read_at)
SELECT 1 + (random() * (%(users)s - 1))::int, 'somebody liked your post', CASE WHEN random() < 0.8 THEN now() END
FROM generate_series(1, 8000);
INSERT INTO jobs (kind, payload)
SELECT (ARRAY['thumbnail','digest','invoice','webhook'])[1 + n %% 4], 'job ' || n FROM generate_series(1, %(jobs)s) n;
"""

# order_items has no index on order_id: nobody notices until a release asks for it forty times per checkout.
_INDEXES: LiteralString = """
CREATE UNIQUE INDEX users_email_key ON users (email);
CREATE INDEX posts_author_created_idx ON posts (author_id, created_at DESC);
CREATE INDEX posts_created_idx ON posts (created_at);
CREATE INDEX user_sessions_user_idx ON user_sessions (user_id);
CREATE INDEX orders_created_idx ON orders (created_at);
CREATE INDEX notifications_unread_idx ON notifications (user_id) WHERE read_at IS NULL;
ANALYZE;
"""


def create_database(dsn: str, passwords: dict[str, str], seed: int) -> None:
    """Make the database `shop`, its roles and its content through the superuser's `dsn` (database postgres).

    `passwords` holds those of the application ("shop") and of the console ("console").
    Raises psycopg.Error when the server refuses.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        for role, password, groups in (
            (APPLICATION_ROLE, passwords["shop"], ()),
            (EXPORTER_ROLE, passwords["shop"], ("pg_monitor", "pg_use_reserved_connections")),
            (CONSOLE_ROLE, passwords["console"], ("pg_monitor", "pg_use_reserved_connections", "pg_read_all_data")),
        ):
            connection.execute(_create_role(role, password, groups))
        connection.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(_name(CONSOLE_ROLE)))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(_name(DATABASE), _name(APPLICATION_ROLE)))
    with psycopg.connect(psycopg.conninfo.make_conninfo(dsn, dbname=DATABASE)) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute(sql.SQL("SET ROLE {}").format(_name(APPLICATION_ROLE)))
        connection.execute("SELECT setseed(%s)", (_unit(seed),))
        for text in (_SCHEMA, CUSTOMER_SCHEMA):
            connection.execute(text)
        _run(connection, _CONTENT + POSTS_CONTENT, {**_sizes(), "newest_days": 0})
        customer_content(connection, seed, datetime.now(UTC).date())
        connection.execute(_INDEXES)
        connection.execute(
            sql.SQL("GRANT SELECT ON customers, customer_inputs, customer_requests TO {}").format(_name(CONSOLE_ROLE))
        )
        # How far a sequence is, pg_monitor does not tell.
        connection.execute(sql.SQL("GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(_name(CONSOLE_ROLE)))
    with psycopg.connect(psycopg.conninfo.make_conninfo(dsn, dbname=DATABASE), autocommit=True) as connection:
        # The statements of this set-up are no part of the platform's story.
        connection.execute("SELECT pg_stat_statements_reset()")


def _run(connection: psycopg.Connection[Any], text: LiteralString, values: dict[str, int]) -> None:
    """Run several statements with parameters: bound on the client, since the server takes one at a time."""
    psycopg.ClientCursor(connection).execute(text, values)


def _sizes() -> dict[str, int]:
    return {
        "users": USERS, "posts": POSTS, "products": PRODUCTS, "carts": CARTS, "orders": ORDERS, "sessions": SESSIONS,
        "jobs": JOBS,
    }  # fmt: skip


def _create_role(role: str, password: str, groups: tuple[str, ...]) -> sql.Composed:
    member = sql.SQL(" IN ROLE {}").format(sql.SQL(", ").join(map(_name, groups))) if groups else sql.SQL("")
    return sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(_name(role), sql.Literal(password)) + member


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _unit(seed: int) -> float:
    """A seed as PostgreSQL's setseed takes it: between -1 and 1."""
    return (seed * 0.618033988749895) % 2 - 1
