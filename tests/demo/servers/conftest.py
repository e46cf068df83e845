"""One running demo for all tests that only look at it."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from opsconsole.demo.launch import RunningDemo, start_demo


@pytest.fixture(scope="session")
def demo() -> Iterator[RunningDemo]:
    with start_demo("calm", seed=1) as running:
        yield running


def console_dsn(demo: RunningDemo, **changed: str) -> str:
    """How the console reaches the demo's PostgreSQL."""
    parts = {
        "host": "127.0.0.1",
        "port": demo.facts["postgres_port"],
        "dbname": "shop",
        "user": "opsconsole",
        "password": Path(demo.facts["secrets"], "console").read_text(),
    }
    return psycopg.conninfo.make_conninfo(**{**parts, **changed})


@pytest.fixture
def database(demo: RunningDemo) -> Iterator[psycopg.Connection]:
    with psycopg.connect(console_dsn(demo), autocommit=True) as connection:
        yield connection


@pytest.fixture
def cache(demo: RunningDemo) -> Iterator[Redis]:
    password = Path(demo.facts["secrets"], "reader").read_text()
    with Redis(
        port=demo.facts["valkey_port"], username="opsconsole", password=password, decode_responses=True
    ) as client:
        yield client
