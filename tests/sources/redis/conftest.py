"""The real Valkey of these tests."""

from tests.servers.fixtures import valkey_server

__all__ = ["valkey_server"]
