"""Reads a secret by its reference (environment, file or command); the secret itself is returned and kept nowhere."""

import os
import subprocess
from pathlib import Path

from ..text.redact import remember
from .settings import Secret

COMMAND_TIMEOUT_S = 30.0


class SecretError(Exception):
    """A secret could not be read; the sentence names the reference, never the secret."""

    def __init__(self, sentence: str, remedy: str) -> None:
        super().__init__(f"{sentence}: {remedy}")
        self.sentence = sentence
        self.remedy = remedy


def resolve(secret: Secret) -> str:
    """The secret, without its trailing line end; from then on it is masked in every log and message.

    Blocks up to 30 s for a command; raises SecretError.
    """
    value = _read(secret)
    remember(value)
    return value


def _read(secret: Secret) -> str:
    if secret.env is not None:
        return _from_environment(secret.env)
    if secret.file is not None:
        return _from_file(secret.file)
    if secret.command:
        return _from_command(secret.command)
    raise SecretError("a secret has no reference", "give it one of env, file or command in the settings")


def describe(secret: Secret) -> str:
    """The reference as it is shown: `env PGPASSWORD`, `file /run/secret`, `command pass show db`."""
    if secret.env is not None:
        return f"env {secret.env}"
    if secret.file is not None:
        return f"file {secret.file}"
    return f"command {' '.join(secret.command or ())}"


def _from_environment(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise SecretError(f"the environment variable {name} is not set", f"export {name} before starting")
    return value


def _from_file(name: str) -> str:
    path = Path(name).expanduser()
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SecretError(f"the secret file {path} is not UTF-8 text", "write it again as plain text") from None
    except OSError as error:
        sentence = f"the secret file {path} cannot be read ({error.strerror})"
        raise SecretError(sentence, "check its path and permissions") from None


def _from_command(command: tuple[str, ...]) -> str:
    name = command[0]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_TIMEOUT_S, check=False, text=True
        )
    except subprocess.TimeoutExpired:
        sentence = f"the secret command {name} did not end within {COMMAND_TIMEOUT_S:.0f} s"
        raise SecretError(sentence, "run it by hand and see what it waits for") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it printed no UTF-8 text"
        raise SecretError(f"the secret command {name} cannot be run ({reason})", "check its path") from None
    if done.returncode != 0:
        sentence = f"the secret command {name} ended with exit code {done.returncode}"
        raise SecretError(sentence, "run it by hand and see what it says")
    return done.stdout.rstrip("\r\n")
