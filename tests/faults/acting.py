"""What a person does who acts with the real console on a pseudo-terminal, and what the journal says afterwards."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from tests.terminal.pty_session import Session

from .platform import Platform
from .running import opened, words

_numbers = count()
COMPILED: dict[str, str | None] = {"PYTHONDONTWRITEBYTECODE": "1"}
"""Some tests fill the disk; Python caches what it compiles without looking whether all of it was written."""
QUICK = """
from opsconsole.actions import actions, pace
actions.Pace = lambda: pace.Pace(
    poll_s=0.1, slowest_poll_s=0.3, look_up_s=1.0, look_again_s=0.1, absent_s=0.3,
)
"""
"""The executor looks more often than it would for people; it gives up no sooner, for the machine may be busy."""
_FRAME = dict.fromkeys(map(ord, "│╭╮╰╯─"), " ")
DEAF_S = 0.35
"""A dialog takes no key sooner."""
ALONE_S = 0.1
"""An enter closer behind another key confirms nothing."""
PATIENCE = 1.5
"""Two consoles, a cluster and another test run share two cores."""


@contextlib.contextmanager
def console(
    platform: Platform, folder: Path, *arguments: str, settings: str = "", size: tuple[int, int] = (120, 32),
    environment: dict[str, str | None] | None = None,
) -> Iterator[Session]:  # fmt: skip
    """The console on its Pods tab; its store and documents lie in `folder`, and no other's views are remembered."""
    given = platform.settings(folder, settings)
    own = {"XDG_STATE_HOME": str(folder / f"state-{next(_numbers)}")}
    with opened(
        folder,
        given,
        "--tab",
        "pods",
        *arguments,
        size=size,
        environment=COMPILED | own | (environment or {}),
        prelude=QUICK,
    ) as session:
        yield session


def to_auth(session: Session) -> None:
    """The cursor on the workload `auth`, which no autoscaler owns."""
    session.until("search-index", PATIENCE)
    session.send("v", "d", gap=0.1)
    session.until("worker ", PATIENCE)
    session.send("/")
    session.until(FILTER, PATIENCE)
    session.send("auth")
    session.until(lambda text: "filter: auth" in text and "auth ─" in text, PATIENCE)
    session.send("\r")  # what comes behind it is typed into the line until that is closed
    session.until("enter go", PATIENCE)


FILTER = "-l label=value"
"""What stands in the filter's line while it is empty."""


def arm(session: Session) -> None:
    session.send("W")
    session.until("ARMED", PATIENCE)


def restart(session: Session) -> None:
    """The dialog, complete."""
    session.send("R")
    session.until("dry run ok", PATIENCE)


def confirm(session: Session) -> None:
    """Tab to the second button, enter."""
    wait(session, DEAF_S)
    session.send("\t")
    session.until(lambda _: _focused(session, "[ Restart ]"), PATIENCE)
    wait(session, ALONE_S)
    session.send("\r")


def _focused(session: Session, button: str) -> bool:
    for row, line in enumerate(session.screen.display):
        if button in line:
            return bool(session.screen.buffer[row][line.index(button)].reverse)
    return False


def ready_to_restart(session: Session) -> None:
    to_auth(session)
    arm(session)
    restart(session)


def says(session: Session, *parts: str) -> None:
    """Wait until all of these stand on the screen, broken over the lines of a dialog or not."""
    session.until(lambda text: shown(text, *parts), PATIENCE)


def shown(text: str, *parts: str) -> bool:
    return all(part in words(text.translate(_FRAME)) for part in parts)


def gone(session: Session, part: str) -> None:
    """Wait until it does not stand on the screen any more."""
    session.until(lambda text: part not in text, PATIENCE)


def wait(session: Session, seconds: float) -> None:
    """Let time pass; what arrives is read."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        session.read(left)


def phases(folder: Path) -> list[str]:
    """Of the journal's lines, oldest first; none where the console died before it had made the table."""
    if not _rows(folder, "SELECT name FROM sqlite_master WHERE name = 'journal'"):
        return []
    return [phase for (phase,) in _rows(folder, "SELECT phase FROM journal ORDER BY seq")]


def notes(folder: Path) -> list[str]:
    """The texts of the timeline that people wrote."""
    return [text for (text,) in _rows(folder, "SELECT text FROM timeline WHERE source = 'human' ORDER BY recorded")]


def crashes(folder: Path) -> list[Path]:
    return list(folder.rglob("crash-*"))


def _rows(folder: Path, query: str) -> list[tuple[str, ...]]:
    if not (folder / "store.db").exists():
        return []
    with contextlib.closing(sqlite3.connect(folder / "store.db")) as connection:
        return connection.execute(query).fetchall()
