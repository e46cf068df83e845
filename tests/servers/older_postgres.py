"""A real PostgreSQL 15 of Debian and a replica of it: slots, prepared transactions and feedback are on."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from opsconsole.config.settings import Postgres
from opsconsole.demo import children
from tests.servers.ports import free_port, until
from tests.servers.postgres import become

BINARIES = Path("/usr/lib/postgresql/15/bin")
OPTIONS = (
    "wal_level=logical",
    "max_prepared_transactions=5",
    "hot_standby_feedback=on",
    "wal_receiver_status_interval=1",
    "fsync=off",
    "shared_preload_libraries=pg_stat_statements",
    "shared_preload_libraries=pg_stat_statements",
    "listen_addresses=127.0.0.1",
)


def _nobody() -> tuple[int, int] | None:
    """PostgreSQL refuses to run as root."""
    return (65534, 65534) if os.geteuid() == 0 else None


class OlderPostgres:
    """Starts at once, without passwords: it listens on the loopback interface only."""

    def __init__(self, folder: Path, copy_of: "OlderPostgres | None" = None) -> None:
        """`copy_of` is the primary that this one follows, taken from it by a base backup."""
        self.port = free_port()
        self.name = "older" if copy_of is None else "older-replica"
        self._folder, self._data = folder, folder / f"{self.name}-data"
        self._user = _nobody()
        self._data.mkdir(mode=0o700)
        if self._user is not None:
            os.chown(self._data, *self._user)
        if copy_of is None:
            self._run("initdb", "-U", "postgres", "-A", "trust", "--locale=C", "-E", "UTF8", "-N")
        else:
            source = ("-h", "127.0.0.1", "-p", str(copy_of.port), "-U", "postgres")
            self._run("pg_basebackup", *source, "-R", "-N", "-c", "fast", "-X", "stream")
        options = [part for option in OPTIONS for part in ("-c", option)]
        sockets = ("-c", f"unix_socket_directories={self._data}")
        command = [str(BINARIES / "postgres"), "-D", str(self._data), "-p", str(self.port), *options, *sockets]
        log = folder / f"{self.name}.log"
        self.child = children.start("postgres", command, log, stop_signal=signal.SIGQUIT, user=self._user, cwd=folder)
        until(self._answers, "PostgreSQL 15 to start")
        if copy_of is None:
            self.run("CREATE ROLE console LOGIN IN ROLE pg_monitor")

    def connect(self, user: str = "postgres", database: str = "postgres") -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(f"host=127.0.0.1 port={self.port} user={user} dbname={database}", autocommit=True)

    def run(self, query: LiteralString, database: str = "postgres") -> None:
        with self.connect(database=database) as connection:
            connection.execute(query)

    def promote(self) -> None:
        """Make a primary of this replica; returns when it is one."""
        self.run("SELECT pg_promote()")

    def settings(self) -> Postgres:
        return Postgres(name=self.name, dsn=f"host=127.0.0.1 port={self.port} user=console dbname=postgres")

    def wear(self, key: bytes, certificate: bytes, authority: bytes) -> Path:
        """Take TLS connections with this certificate; returns the authority's file for `sslrootcert`."""
        for name, content in (("server.key", key), ("server.crt", certificate)):
            file = self._data / name
            file.write_bytes(content)
            file.chmod(0o600)
            if self._user is not None:
                os.chown(file, *self._user)
        self.run("ALTER SYSTEM SET ssl = on")
        self.run("SELECT pg_reload_conf()")
        until(lambda: self._worn() == "on", "PostgreSQL to take TLS connections")
        ca_file = self._folder / "authority.crt"
        ca_file.write_bytes(authority)
        return ca_file

    def bare(self) -> None:
        """No TLS from now on."""
        self.run("ALTER SYSTEM RESET ssl")
        self.run("SELECT pg_reload_conf()")

    def _worn(self) -> str:
        with self.connect() as connection:
            return str(connection.execute("SHOW ssl").fetchall()[0][0])

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(BINARIES / program), "-D", str(self._data), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder, preexec_fn=become(self._user))

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True
