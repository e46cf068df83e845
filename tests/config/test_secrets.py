"""Secrets by reference: what is read, what is said when it cannot be, and that it stays unsaid."""

import sys
from pathlib import Path

import pytest

from opsconsole.config import secrets
from opsconsole.config.secrets import SecretError, describe, resolve
from opsconsole.config.settings import Secret
from opsconsole.text.redact import redact

TELL = (sys.executable, "-c", "print('from-a-command-1')")


def test_each_reference_is_read_without_its_line_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "from-the-environment")
    file = tmp_path / "secret"
    file.write_text("from-a-file\n")
    assert resolve(Secret(env="A_SECRET")) == "from-the-environment"
    assert resolve(Secret(file=str(file))) == "from-a-file"
    assert resolve(Secret(command=TELL)) == "from-a-command-1"
    assert redact("it was from-a-command-1") == "it was ***"


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        (Secret(env="NOT_SET_ANYWHERE"), "NOT_SET_ANYWHERE is not set"),
        (Secret(file="/nowhere/at/all"), "/nowhere/at/all cannot be read"),
        (Secret(command=("/nowhere/program",)), "/nowhere/program cannot be run"),
        (Secret(command=(sys.executable, "-c", "raise SystemExit(3)")), "exit code 3"),
        (Secret(), "no reference"),
    ],
)
def test_what_cannot_be_read_is_said_with_a_remedy(secret: Secret, sentence: str) -> None:
    with pytest.raises(SecretError) as caught:
        resolve(secret)
    assert sentence in caught.value.sentence
    assert caught.value.remedy


def test_a_command_that_waits_for_a_terminal_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "COMMAND_TIMEOUT_S", 10.0)
    asks = (sys.executable, "-c", "import sys; print('read:' + sys.stdin.read())")
    assert resolve(Secret(command=asks)) == "read:"


def test_a_command_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "COMMAND_TIMEOUT_S", 0.2)
    with pytest.raises(SecretError, match="did not end within"):
        resolve(Secret(command=(sys.executable, "-c", "import threading; threading.Event().wait()")))


def test_what_a_failing_command_says_is_not_repeated() -> None:
    leaks = (sys.executable, "-c", "import sys; print('hunter2', file=sys.stderr); sys.exit(1)")
    with pytest.raises(SecretError) as caught:
        resolve(Secret(command=leaks))
    assert "hunter2" not in str(caught.value)


def test_a_reference_is_shown_as_a_reference() -> None:
    assert describe(Secret(env="PGPASSWORD")) == "env PGPASSWORD"
    assert describe(Secret(command=("pass", "show", "db"))) == "command pass show db"
