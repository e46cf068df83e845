"""Fixtures that every test folder shares."""

from itertools import count
from pathlib import Path

import hypothesis
import pytest

from opsconsole.text import redact

pytest_plugins = ["tests.cluster.fixtures", "tests.servers.fixtures"]

# Each run draws others; a test whose single example is dear says a smaller number itself.
hypothesis.settings.register_profile("few", max_examples=30, deadline=None)
hypothesis.settings.load_profile("few")
_numbers = count()


@pytest.fixture(autouse=True)
def no_secret_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets are remembered for the life of a process; a word that one test called secret is none in the next."""
    monkeypatch.setattr(redact, "_known", set())


@pytest.fixture(scope="session")
def states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all: whoever makes a temporary folder looks through those that there are."""
    return tmp_path_factory.mktemp("states")


@pytest.fixture(autouse=True)
def state_of_its_own(monkeypatch: pytest.MonkeyPatch, states: Path) -> Path:
    """What a console remembers of one test's views is not there in the next."""
    state = states / str(next(_numbers))
    state.mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    return state
