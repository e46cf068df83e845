"""The real PostgreSQL of these tests."""

from tests.servers.fixtures import postgres_server

__all__ = ["postgres_server"]
