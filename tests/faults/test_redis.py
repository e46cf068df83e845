"""A Redis with a password, still loading, or gone: what the Queries tab says."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.servers.ports import free_port
from tests.servers.valkey import CONSOLE_PASSWORD, ValkeyUnderTest
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
    session.until("RED")
    session.send("v", "r", gap=0.3)


def test_a_password_that_is_missing_or_wrong(tmp_path: Path, valkey_server: ValkeyUnderTest) -> None:
    with opened(tmp_path, settings(valkey_server.port), "--tab", "queries", size=(80, 24)) as session:
        shows(session, "Redis?", "RED FAILED: cache wants a password")
    wrong = settings(valkey_server.port, 'password = { env = "CACHE_SECRET" }')
    environment = {"CACHE_SECRET": "wrong-Words-77"}
    with opened(tmp_path, wrong, "--tab", "queries", environment=environment) as session:
        on_redis(session)
        shows(session, "FAILED", "password")
        session.send("0")
        shows(session, "Redis rejects the credentials: cache figures blind")
        assert b"wrong-Words-77" not in session.raw


def test_loading_is_said(tmp_path: Path) -> None:
    with _loading() as port, opened(tmp_path, settings(port), "--tab", "queries") as session:
        on_redis(session)
        shows(session, "FAILED", "loading")


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


@contextlib.contextmanager
def _loading() -> Iterator[int]:
    """A server that reads its data set from disk and answers every command so."""

    class Loading(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline():
                count = int(line[1:])
                for _ in range(count):
                    self.rfile.read(int(self.rfile.readline()[1:]) + 2)
                self.wfile.write(b"-LOADING Redis is loading the dataset in memory\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Loading) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
