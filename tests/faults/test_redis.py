"""A Redis that wants a password, loads, runs a script, lost its primary, starts again or is gone: what tab 3 says."""

import os
import threading
from pathlib import Path

import pytest
import redis

from tests.servers.ports import free_port, until
from tests.servers.valkey import CONSOLE_PASSWORD, PlainValkey, Valkeys, ValkeyUnderTest
from tests.terminal.pty_session import Session

from .running import opened, shows


def settings(port: int, more: str = "") -> str:
    return f"""
default_profile = "broken"
[[profiles.broken.redis]]
name = "cache"
url = "redis://127.0.0.1:{port}"
{more}
"""


def on_redis(session: Session) -> None:
    """Go to the view."""
    session.until("Redis")
    session.send("v", "r", gap=0.3)


def test_a_password_that_is_missing_or_wrong(tmp_path: Path, valkey_server: ValkeyUnderTest) -> None:
    with opened(tmp_path, settings(valkey_server.port), "--tab", "queries", size=(80, 24)) as session:
        on_redis(session)
        shows(session, "Redis?", "FAILED: cache wants a password", "give it a password reference")
    wrong = settings(valkey_server.port, 'password = { env = "CACHE_SECRET" }')
    environment = {"CACHE_SECRET": "wrong-Words-77"}
    with opened(tmp_path, wrong, "--tab", "queries", environment=environment) as session:
        on_redis(session)
        shows(session, "FAILED", "password")
        session.send("0")
        shows(session, "Redis rejects the credentials: cache figures blind")
        assert b"wrong-Words-77" not in session.raw


def test_a_user_with_few_rights_reads_what_it_may(tmp_path: Path, valkey_server: ValkeyUnderTest) -> None:
    valkey_server.client.acl_setuser("few", enabled=True, passwords=["+few-Words"], commands=["+info", "+ping"])
    about = settings(valkey_server.port, 'user = "few"\npassword = { env = "CACHE_SECRET" }')
    with opened(tmp_path, about, "--tab", "queries", environment={"CACHE_SECRET": "few-Words"}) as session:
        on_redis(session)
        shows(session, "unknown: needs +slowlog|get", "ACL SETUSER few +latency|latest", "answers PING in", "hit ratio")


def test_loading_says_how_far_it_is(tmp_path: Path, valkeys: Valkeys) -> None:
    server = valkeys.start("save 3600 1")
    for number in range(300):
        server.client.set(f"k{number}", os.urandom(3000))
    server.client.save()
    server.stop()
    with (server.folder / "valkey.conf").open("a") as config:
        # Each key takes so many µs to load: a minute in all.
        config.write("key-load-delay 200000\nloading-process-events-interval-bytes 1024\n")
    server.start()
    with opened(tmp_path, settings(server.port), "--tab", "queries") as session:
        on_redis(session)
        shows(session, "disk loading:", "% loaded", "refused: LOADING")


def test_a_script_that_does_not_end_leaves_the_last_figures(tmp_path: Path, valkeys: Valkeys) -> None:
    server = valkeys.start("busy-reply-threshold 50")
    with opened(tmp_path, settings(server.port), "--tab", "queries") as session:
        on_redis(session)
        shows(session, "answers PING in", "connected")
        thread = threading.Thread(target=_script, args=(server.port,))
        thread.start()
        try:
            until(lambda: _busy(server), "the script to hold the server")
            session.send("r")
            shows(session, "held by a script or function that does not end", "answers PING in", "connected")
        finally:
            server.client.script_kill()
            thread.join()


def test_a_replica_without_its_primary_says_so_first(tmp_path: Path, valkeys: Valkeys) -> None:
    primary = valkeys.start("repl-diskless-sync-delay 0")
    replica = valkeys.start(f"replicaof 127.0.0.1 {primary.port}", "replica-serve-stale-data no")
    until(lambda: replica.client.info("replication")["master_link_status"] == "up", "the replica to follow")
    primary.stop()
    until(lambda: replica.client.info("replication")["master_link_status"] == "down", "the link to be down")
    with opened(tmp_path, settings(replica.port), "--tab", "queries") as session:
        on_redis(session)
        shows(session, f"replication from 127.0.0.1:{primary.port}: down for", "refused: MASTERDOWN")


def test_stopped_and_started_between_two_readings(tmp_path: Path, valkeys: Valkeys) -> None:
    server = valkeys.start()
    with opened(tmp_path, settings(server.port), "--tab", "queries") as session:
        on_redis(session)
        shows(session, "over the last")
        server.stop()
        server.start()
        session.send("r")
        shows(session, "started again", "all counters begin anew")
        session.send("0")
        shows(session, "cache started")


def test_gone_leaves_the_last_figures_dated(tmp_path: Path, valkey_server: ValkeyUnderTest) -> None:
    user = valkey_server.settings().user
    about = settings(valkey_server.port, f'user = "{user}"\npassword = {{ env = "CACHE_SECRET" }}')
    with opened(tmp_path, about, "--tab", "queries", environment={"CACHE_SECRET": CONSOLE_PASSWORD}) as session:
        on_redis(session)
        shows(session, "memory", "clients")
        valkey_server.stop()
        try:
            session.send("r")
            shows(session, "STALE <1m", "memory", "clients")
            session.send("0")
            shows(session, "Redis does not answer: cache figures blind")
        finally:
            valkey_server.start()


def test_nothing_listens(tmp_path: Path) -> None:
    with opened(tmp_path, settings(free_port()), "--tab", "queries", size=(80, 24)) as session:
        on_redis(session)
        text = shows(session, "FAILED", "cache")
        assert "hit 0" not in text


def _script(port: int) -> None:
    with redis.Redis(port=port) as client, pytest.raises(redis.ResponseError):
        client.eval("while true do end", 0)


def _busy(server: PlainValkey) -> bool:
    try:
        return not server.client.ping()
    except redis.ResponseError:
        return True
