"""A real PgBouncer of Debian over the PostgreSQL under test: two server connections for each pool."""

import os
import signal
from pathlib import Path
from typing import Any

import psycopg

from opsconsole.config.settings import Pgbouncer, Postgres, Secret
from opsconsole.demo import children
from tests.servers.ports import free_port, until
from tests.servers.postgres import PostgresUnderTest

BINARY = Path("/usr/sbin/pgbouncer")
USERS = {
    "keeper": "keeper-Words",
    "watcher": "watcher-Words",
    "console": "console-Words",
    "nobody_special": "nobody-Words",
}
CONFIG = """
[databases]
shop = host=127.0.0.1 port={server} dbname=shop pool_size=2 reserve_pool=1

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = md5
auth_file = {users}
admin_users = keeper
stats_users = watcher
pool_mode = transaction
max_client_conn = 20
query_wait_timeout = 120
reserve_pool_timeout = 0
server_login_retry = 1
"""


class PgbouncerUnderTest:
    """Starts at once; `settings()` is how the console would read it, `pooled()` how it would go through it."""

    def __init__(self, folder: Path, server: PostgresUnderTest) -> None:
        self.port = free_port()
        self._folder, self._server = folder, server
        users, self._config = folder / "users.txt", folder / "pgbouncer.ini"
        users.write_text("".join(f'"{user}" "{password}"\n' for user, password in USERS.items()))
        self._config.write_text(CONFIG.format(server=server.port, port=self.port, users=users))
        self.child = self._start()

    def connect(self, user: str, database: str = "shop", **options: Any) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=user, password=USERS[user], dbname=database, autocommit=True,
            prepare_threshold=None, cursor_factory=psycopg.ClientCursor, **options,
        )  # fmt: skip

    def order(self, command: str) -> None:
        """A command of the administrator's: PAUSE, RESUME."""
        with self.connect("keeper", "pgbouncer") as connection:
            connection.execute(command.encode())

    def settings(self, user: str = "watcher", password: str | None = None) -> Pgbouncer:
        os.environ["TEST_PGBOUNCER"] = password or USERS[user]
        dsn = f"host=127.0.0.1 port={self.port} user={user} connect_timeout=5"
        return Pgbouncer(name="pooler", dsn=dsn, password=Secret(env="TEST_PGBOUNCER"))

    def pooled(self) -> Postgres:
        os.environ["TEST_PG_POOLED"] = USERS["console"]
        dsn = f"host=127.0.0.1 port={self.port} user=console dbname=shop"
        return Postgres(name="pooled", dsn=dsn, password=Secret(env="TEST_PG_POOLED"))

    def stop(self) -> None:
        self.child.process.kill()
        self.child.process.wait(30)

    def start(self) -> None:
        self.child = self._start()

    def freeze(self) -> None:
        os.kill(self.child.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.child.process.pid, signal.SIGCONT)

    def _start(self) -> children.Child:
        # It refuses to run as root.
        user = (65534, 65534) if os.geteuid() == 0 else None
        command = [str(BINARY), str(self._config)]
        log = self._folder / "pgbouncer.log"
        child = children.start("pgbouncer", command, log, stop_signal=signal.SIGINT, user=user, cwd=self._folder)
        until(self._answers, "PgBouncer to start")
        return child

    def serves(self) -> bool:
        """Whether a client gets through to the server."""
        try:
            with self.connect("console") as connection:
                connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def _answers(self) -> bool:
        try:
            self.connect("keeper", "pgbouncer").close()
        except psycopg.OperationalError:
            return False
        return True
