"""The demo's PostgreSQL: real, private, and as the console expects a production server to be."""

import os
from pathlib import Path

import psutil
import psycopg
import pytest

from opsconsole.demo import postgres
from opsconsole.demo.launch import RunningDemo
from tests.demo.servers.conftest import console_dsn


def postmaster(demo: RunningDemo) -> psutil.Process:
    return next(c for c in psutil.Process(demo.supervisor.pid).children() if c.name() == "postgres")


def test_it_is_postgresql_18_with_statement_statistics(database: psycopg.Connection) -> None:
    assert database.info.server_version // 10000 == 18
    settings = {
        name: database.execute("SELECT current_setting(%s)", (name,)).fetchone()
        for name in ("max_connections", "track_io_timing", "compute_query_id", "shared_preload_libraries")
    }
    assert settings == {
        "max_connections": ("100",),
        "track_io_timing": ("on",),
        "compute_query_id": ("on",),
        "shared_preload_libraries": ("pg_stat_statements",),
    }


def test_it_answers_on_loopback_only(demo: RunningDemo) -> None:
    listening = [c.laddr.ip for c in postmaster(demo).net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]
    assert not [c for c in postmaster(demo).net_connections("unix") if c.laddr]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it under another uid")
def test_as_root_it_runs_under_another_uid_from_a_copy(demo: RunningDemo) -> None:
    server = postmaster(demo)
    assert server.uids().effective != 0
    assert Path(server.exe()).is_relative_to(demo.folder)


def test_binaries_that_others_may_not_read_are_copied_and_left_as_they_are(tmp_path: Path) -> None:
    private, public = tmp_path / "private", tmp_path / "public"
    for file, mode in ((private, 0o700), (public, 0o755)):
        file.write_bytes(b"program")
        file.chmod(mode)
        postgres._link_or_copy(str(file), f"{file}.copy")
        assert file.stat().st_mode & 0o777 == mode
        copy = Path(f"{file}.copy")
        assert copy.read_bytes() == b"program"
        assert copy.stat().st_mode & 0o555 == 0o555
        assert (copy.stat().st_ino == file.stat().st_ino) == (file is public)


@pytest.mark.parametrize("password", ["", "wrong"])
def test_without_the_password_nobody_comes_in(demo: RunningDemo, password: str) -> None:
    for user in ("opsconsole", "postgres", "shop_app"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(console_dsn(demo, user=user, password=password))


def test_the_console_may_look_and_not_touch(database: psycopg.Connection) -> None:
    row = database.execute("SELECT pg_has_role('pg_monitor', 'member'), current_setting('is_superuser')").fetchone()
    assert row == (True, "off")
    assert database.execute("SELECT count(*) FROM customers").fetchone() == (240,)
    database.execute("EXPLAIN SELECT * FROM users")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        database.execute("CREATE TABLE mine (id int)")
    database.execute("SET default_transaction_read_only = off")
    for change in ("UPDATE users SET name = 'mine'", "CREATE TABLE mine (id int)", "DELETE FROM orders"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.execute(change.encode())
