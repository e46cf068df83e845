"""Fixtures that every test folder shares."""

from pathlib import Path

import pytest

from opsconsole.text import redact

pytest_plugins = ["tests.cluster.fixtures", "tests.servers.fixtures"]


@pytest.fixture(autouse=True)
def no_secret_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets are remembered for the life of a process; a word that one test called secret is none in the next."""
    monkeypatch.setattr(redact, "_known", set())


@pytest.fixture(autouse=True)
def state_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a console remembers of one test's views is not there in the next."""
    state = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    return state
