"""What the console reads is the same of both servers: tests here run over Valkey and over Redis 7.

Where the server does nothing of its own, and only the way to it or the client is looked at, a test says `ON_VALKEY`.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.demo import children
from tests.servers.redis7 import redis7
from tests.servers.valkey import Valkeys, ValkeyUnderTest, valkeys_in

PROGRAMS = ("valkey", "redis7")


@pytest.fixture(params=PROGRAMS)
def valkeys(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Valkeys]:
    with valkeys_in(tmp_path, redis7() if request.param == "redis7" else "") as started:
        yield started


@pytest.fixture(scope="session", params=PROGRAMS)
def valkey_server(request: pytest.FixtureRequest) -> Iterator[ValkeyUnderTest]:
    program = redis7() if request.param == "redis7" else ""
    folder = Path(tempfile.mkdtemp(prefix=f"opsconsole-test-{request.param}-"))
    server = ValkeyUnderTest(folder, program)
    yield server
    children.stop_all([server.child])
    shutil.rmtree(folder, ignore_errors=True)
