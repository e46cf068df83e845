"""Fixtures that every test folder shares."""

pytest_plugins = ["tests.cluster.fixtures", "tests.servers.fixtures"]
