"""A real PostgreSQL 15 of Debian, for what older servers answer otherwise; slots and prepared transactions allowed."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from opsconsole.config.settings import Postgres
from opsconsole.demo import children, postgres
from tests.servers.ports import free_port, until
from tests.servers.postgres import become

BINARIES = Path("/usr/lib/postgresql/15/bin")
OPTIONS = ("wal_level=logical", "max_prepared_transactions=5", "fsync=off", "listen_addresses=127.0.0.1")


class OlderPostgres:
    """Starts at once, without passwords: it listens on the loopback interface only."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder, self._data = folder, folder / "data"
        self._user = postgres.prepare(folder, "unused").user
        self._data.mkdir(exist_ok=True)
        if self._user is not None:
            os.chown(self._data, *self._user)
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "--locale=C", "-E", "UTF8", "-N")
        options = [part for option in OPTIONS for part in ("-c", option)]
        sockets = ("-c", f"unix_socket_directories={self._data}")
        command = [str(BINARIES / "postgres"), "-D", str(self._data), "-p", str(self.port), *options, *sockets]
        self.child = children.start(
            "postgres", command, folder / "older.log", stop_signal=signal.SIGQUIT, user=self._user, cwd=folder
        )
        until(self._answers, "PostgreSQL 15 to start")
        self.run("CREATE ROLE console LOGIN IN ROLE pg_monitor")

    def connect(self, user: str = "postgres") -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(f"host=127.0.0.1 port={self.port} user={user} dbname=postgres", autocommit=True)

    def run(self, query: LiteralString) -> None:
        with self.connect() as connection:
            connection.execute(query)

    def settings(self) -> Postgres:
        return Postgres(name="older", dsn=f"host=127.0.0.1 port={self.port} user=console dbname=postgres")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(BINARIES / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder, preexec_fn=become(self._user))

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True
