"""Fixtures that every test folder shares."""

import pytest

from opsconsole.text import redact

pytest_plugins = ["tests.cluster.fixtures", "tests.servers.fixtures"]


@pytest.fixture(autouse=True)
def no_secret_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets are remembered for the life of a process; a word that one test called secret is none in the next."""
    monkeypatch.setattr(redact, "_known", set())
