"""A PostgreSQL that refuses, lacks an extension, restarts or says nothing: what the Queries tab shows."""

import os
import signal
from pathlib import Path

from tests.servers.ports import free_port
from tests.servers.postgres import PostgresUnderTest

from .running import opened, resized, shows
from .servers import saying_nothing


def settings(port: int, *, user: str = "console", database: str = "shop", password: str = "PG_SECRET") -> str:
    return f"""
default_profile = "broken"
[[profiles.broken.postgres]]
name = "pg-primary"
dsn = "host=127.0.0.1 port={port} user={user} dbname={database}"
password = {{ env = "{password}" }}
"""


SECRET = {"PG_SECRET": "console-Words"}


def test_nothing_listens(tmp_path: Path) -> None:
    with opened(tmp_path, settings(free_port()), "--tab", "queries", environment=SECRET) as session:
        said = ("FAILED", "pg-primary refuses the connection", "check host and port")
        shows(session, *said)
        resized(session, 80, 24)
        shows(session, *said)
        session.send("0")
        assert "nothing found wrong" not in shows(session, "PostgreSQL does not answer: queries and sessions blind")


def test_a_wrong_password_is_said_and_never_shown(tmp_path: Path, postgres_server: PostgresUnderTest) -> None:
    environment = {"PG_SECRET": "wrong-Words-55"}
    with opened(tmp_path, settings(postgres_server.port), "--tab", "queries", environment=environment) as session:
        shows(session, "FAILED", "password")
        session.send("!")
        shows(session, "pg.facts", "do:")
        assert b"wrong-Words-55" not in session.raw


def test_a_missing_secret_names_its_reference(tmp_path: Path) -> None:
    with opened(tmp_path, settings(free_port(), password="NEVER_SET"), "--tab", "queries", size=(80, 24)) as session:
        shows(session, "FAILED", "NEVER_SET")


def test_without_statements_everything_else_is_there(tmp_path: Path, postgres_server: PostgresUnderTest) -> None:
    about = settings(postgres_server.port, database="postgres")
    with opened(tmp_path, about, "--tab", "queries", environment=SECRET) as session:
        text = shows(session, "CREATE EXTENSION pg_stat_statements", "conn ")
        assert "no statement ran" not in text


def test_an_extension_that_is_dropped_is_said_and_found_again(
    tmp_path: Path, postgres_server: PostgresUnderTest
) -> None:
    with opened(tmp_path, settings(postgres_server.port), "--tab", "queries", environment=SECRET) as session:
        shows(session, "pg-primary 18", "conn ")
        postgres_server.run("DROP EXTENSION pg_stat_statements")
        try:
            session.send("r")
            shows(session, "STALE", "pg_stat_statements is not installed", "CREATE EXTENSION")
        finally:
            postgres_server.run("CREATE EXTENSION pg_stat_statements")
        session.send("r")
        session.until(lambda text: "STALE" not in text and "FAILED" not in text, patience=3)


def test_a_restart_between_two_readings_is_said_and_makes_no_negative_rate(
    tmp_path: Path, postgres_server: PostgresUnderTest
) -> None:
    with opened(tmp_path, settings(postgres_server.port), "--tab", "queries", environment=SECRET) as session:
        shows(session, "pg-primary 18", "conn ")
        for end in (postgres_server.stop, postgres_server.kill):
            end()
            session.send("r")
            shows(session, "STALE <1m: pg-primary", "conn ")
            postgres_server.start()
            session.send("r")
            session.until(lambda text: "STALE" not in text and "FAILED" not in text, patience=3)
            assert " -" not in session.text.split("PG  conn")[1].split("hit")[0]


def test_a_stopped_server_is_noticed_and_found_again(tmp_path: Path, postgres_server: PostgresUnderTest) -> None:
    about = settings(postgres_server.port) + "statement_timeout_s = 1\n"
    with opened(tmp_path, about, "--tab", "queries", size=(80, 24), environment=SECRET) as session:
        shows(session, "conn ")
        postgres_server.pause()
        try:
            shows(session, "STALE", "conn ", patience=3)
        finally:
            postgres_server.resume()
        session.send("r")
        session.until(lambda text: "STALE" not in text and "FAILED" not in text, patience=3)


def test_a_port_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    with saying_nothing() as port:
        about = settings(port) + "statement_timeout_s = 1\n"
        with opened(tmp_path, about, "--tab", "queries", environment=SECRET) as session:
            shows(session, "FAILED", "does not answer", patience=2)
            os.kill(session.pid, signal.SIGTERM)
            assert session.ended() == 128 + signal.SIGTERM


def test_a_question_that_takes_too_long_is_said_and_the_others_are_answered(
    tmp_path: Path, postgres_server: PostgresUnderTest
) -> None:
    postgres_server.run(
        "CREATE SCHEMA slow; CREATE VIEW slow.pg_stat_activity AS SELECT a.* FROM pg_stat_activity a, pg_sleep(60);"
        "GRANT USAGE ON SCHEMA slow TO console; GRANT SELECT ON slow.pg_stat_activity TO console"
    )
    dsn = "dbname=shop options='-c search_path=slow,pg_catalog,public'"
    about = settings(postgres_server.port).replace("dbname=shop", dsn) + "statement_timeout_s = 1\n"
    try:
        with opened(tmp_path, about, "--tab", "queries", environment=SECRET) as session:
            shows(session, ", since start", "left out", "its connections took longer than 1 s", patience=2)
            session.send("v", "e", gap=0.3)
            text = shows(session, "FAILED", "its sessions took longer than 1 s", "raise statement_timeout_s")
            assert "no session" not in text
            session.send("v", "l", gap=0.3)
            assert "nobody waits" not in shows(session, "FAILED", "its sessions took longer than 1 s")
            session.send("v", "h", gap=0.3)
            shows(session, "checks", "unknown")
    finally:
        postgres_server.run("DROP SCHEMA slow CASCADE")
