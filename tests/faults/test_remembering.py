"""A store that is locked, corrupt or not to be had while people write things down: said, and what was typed stays."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.pty_session import Session

from .acting import DEAF_S, crashes, notes, says, wait
from .running import opened

QUICK = """
from opsconsole.store import database, store
database.BUSY_TIMEOUT_MS = 200
store.RETRY_S = 0.1
"""
TYPED = "the cache is cold"
SIZE = (100, 30)


def settings(store: Path) -> str:
    return f'default_profile = "x"\n[store]\npath = "{store}"\n[profiles.x.kubernetes]\nkubeconfig = "/nowhere"\n'


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A note is typed and not yet saved."""
    text = settings(tmp_path / "store.db")
    with opened(tmp_path, text, "--tab", "incidents", size=SIZE, prelude=QUICK) as session:
        says(session, "no incident is open")
        type_note(session)
        yield session


def type_note(session: Session) -> None:
    session.send("N")
    says(session, "[ Save ]")
    wait(session, DEAF_S)
    session.send(TYPED)
    says(session, TYPED)
    wait(session, 0.1)


def test_a_locked_store_keeps_the_note_in_its_form(session: Session, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    session.send("\r")
    says(session, "NOT SAVED: the store", "is locked by another program", "Enter tries again", TYPED)
    session.send("\x1b")
    says(session, "not saved; N goes on with what you typed")
    session.send("M")
    says(session, "M: NOT SAVED: the store")
    other.execute("ROLLBACK")
    session.send("N")
    says(session, "[ Save ]", TYPED)
    wait(session, DEAF_S)
    session.send("\r")
    says(session, "as note, loose")
    assert notes(tmp_path) == [TYPED]


def test_a_corrupt_store_is_kept_aside_and_the_note_saved_in_a_new_one(session: Session, tmp_path: Path) -> None:
    for file in tmp_path.glob("store.db*"):
        file.write_bytes(b"garbage " * 2000)
    session.send("\r")
    says(session, "NOT SAVED: the store", "is corrupt; try again: the file is kept aside", TYPED)
    wait(session, 0.1)
    session.send("\r")
    says(session, "as note, loose")
    assert notes(tmp_path) == [TYPED]
    (kept,) = [each for each in tmp_path.glob("store.db.corrupt-*") if not each.name.endswith(("-wal", "-shm"))]
    assert kept.read_bytes().startswith(b"garbage")


def test_a_store_that_cannot_be_made_is_said_by_every_key(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    text = settings(tmp_path / "file" / "store.db")
    with opened(tmp_path, text, "--tab", "incidents", size=SIZE, prelude=QUICK) as session:
        says(session, "cannot be used: ")
        session.send("D")
        says(session, "[ Declare ]")
        wait(session, DEAF_S)
        session.send("checkout is slow")
        wait(session, 0.2)
        session.send("\r")
        says(session, "NOT SAVED: the store", "check its path and permissions")
        session.send("\x1b")
        wait(session, 0.3)
        session.send("\x1b")
        wait(session, 0.3)
        session.send("M")
        says(session, "M: NOT SAVED")
        for key, said in (("T", "T: no incident is open"), ("P", "P: there is no incident")):
            session.send(key)
            says(session, said)
        session.send("q")
        assert session.ended() == 0
    assert not crashes(tmp_path)


def test_a_megabyte_is_pasted_into_a_note(session: Session, tmp_path: Path) -> None:
    line = "evil \x1b[31mred\x07 [bold]x[/] [@click=app.quit]y[/] # md | `code`\n"
    data = f"\x1b[200~{line * (2**20 // len(line))}\x1b[201~".encode()
    sender = threading.Thread(target=_write, args=(session.fd, data))
    sender.start()
    says(session, "a paste of 1,000,000 characters: only the first", "are taken")
    sender.join(10)
    wait(session, 0.3)
    session.send("\r")
    says(session, "as note, loose")
    (text,) = notes(tmp_path)
    assert text.startswith(f"{TYPED}evil")
    assert len(text) <= 2000
    assert "\x1b" not in text
    assert b"\x1b[31mred" not in session.raw


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data[:4096]) :]
