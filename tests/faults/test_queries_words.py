"""Foreign words in the Queries tab: passwords, personal data, escapes and markup in all that is shown and kept."""

import base64
import contextlib
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.servers.postgres import PostgresUnderTest
from tests.terminal.pty_session import Session

from .running import opened, resized, shows
from .test_postgres import SECRET, settings

PRIVATE = ("S3cret-Words", "jane.doe@example.com", "4111111111111111", "+491701234567")
"""Compared without blanks, so that none hides behind the end of a line."""
TOLD = (
    "CREATE ROLE tellable PASSWORD 'S3cret-Words'",
    "ALTER ROLE tellable PASSWORD 'S3cret-Words' -- for jane.doe@example.com, +49 170 1234567",
    "DROP ROLE tellable",
    "SELECT relname AS \"jane.doe@example.com\" FROM pg_class WHERE relname = '4111 1111 1111 1111'"
    " /*application='web',route='/reset?token=S3cret-Words&mail=jane.doe%40example.com'*/",
)
HELD = "SELECT 'S3cret-Words', '4111 1111 1111 1111' /* +49 170 1234567 */ AS \"jane.doe@example.com\""
VIEWS = {
    "statements": ("s", "STATEMENT "), "sessions": ("e", "APPLICATION "), "locks": ("l", "VICTIMS "),
    "health": ("h", "CHECK "), "connections": ("c", "PART "), "servers": ("v", "SERVER "),
}  # fmt: skip
"""Each with its letter and the title of a column that no other has."""

TITLE = "\x1b]0;OWNED\x07"
EVIL = f"{TITLE}[bold]x[/bold]\u202e\u2066漢"


def stored(folder: Path, port: int) -> str:
    return settings(port).replace("\n[[", f'\n[store]\npath = "{folder / "store.db"}"\n[[', 1)


def view(session: Session, name: str) -> str:
    """Go there; what the screen shows."""
    letter, column = VIEWS[name]
    session.send("v", letter, gap=0.3)
    session.until(column)
    return session.quiet(0.2)


def written(session: Session, folder: Path) -> str:
    """All that left the console: the screen, the clipboard, and every file it made."""
    copies = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", bytes(session.raw))
    files = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    assert copies
    assert any(b"mark " in content for content in files)
    return b"\n".join([bytes(session.raw), *map(base64.b64decode, copies), *files]).decode("utf-8", "replace")


@contextlib.contextmanager
def sitting(server: PostgresUnderTest, query: str) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    """A session that is idle in a transaction, its query in sight."""
    with server.connect() as connection:
        connection.execute("BEGIN")
        connection.execute(query.encode())
        yield connection
        connection.execute("ROLLBACK")


def test_passwords_and_personal_data_stay_at_the_server(tmp_path: Path, postgres_server: PostgresUnderTest) -> None:
    about = stored(tmp_path, postgres_server.port)
    with (
        sitting(postgres_server, HELD),
        opened(tmp_path, about, "--tab", "queries", environment=SECRET) as session,
    ):
        shows(session, "pg-primary 18", "conn ")
        seen = []
        with postgres_server.connect() as other:
            for text in TOLD:
                other.execute(text.encode())
        session.send("r")
        shows(session, "ALTER ROLE tellable PASSWORD ?", patience=2)
        session.send("/")
        session.until("-l label=value")
        session.send("ALTER ROLE")
        session.until("filter: ALTER ROLE")
        session.send("\r")
        session.until("enter ")
        session.send("\r")
        seen.append(shows(session, "NUMBERS", "ALTER ROLE tellable PASSWORD ?"))
        session.send("\x1b")
        session.until(lambda text: "NUMBERS" not in text)
        session.send("y")
        seen.append(shows(session, "ALTER ROLE tellable", "PASSWORD"))
        session.quiet()
        session.send("\x1b")
        session.quiet()
        session.send("c", "r", gap=0.2)
        shows(session, "copied ")
        for name in VIEWS:
            seen.append(view(session, name))
            session.send("d")
            seen.append(session.quiet())
            session.send("\x1b")
            session.quiet()
        session.send("M")
        shows(session, "marked ")
        os.kill(session.pid, signal.SIGTERM)
        session.ended()
        left = "".join([written(session, tmp_path), *seen])
    assert "SELECT ?, ?" in left
    for private in PRIVATE:
        assert private not in "".join(left.split())


@contextlib.contextmanager
def hostile(server: PostgresUnderTest) -> Iterator[None]:
    """A table, a role, an application and statements whose names are escapes and markup; one waits for the other."""
    table, role = sql.Identifier(f"t{EVIL}"), sql.Identifier(f"r{EVIL}")
    server.run(sql.SQL("CREATE TABLE {} (id int)").format(table))
    server.run(sql.SQL("CREATE ROLE {} CONNECTION LIMIT 1").format(role))
    read = sql.SQL("SELECT id AS {} FROM {}").format(sql.Identifier(EVIL), table)
    lock = sql.SQL("LOCK TABLE {}").format(table)
    with server.connect(application_name=f"a{EVIL}") as holder, server.connect() as waiter:
        try:
            holder.execute(read)
            holder.execute("BEGIN")
            holder.execute(lock)
            waiter.pgconn.send_query(read.as_bytes(waiter))
            yield
        finally:
            holder.execute("ROLLBACK")
            waiter.close()
            server.run(sql.SQL("DROP TABLE {}").format(table))
            server.run(sql.SQL("DROP ROLE {}").format(role))


def test_names_and_texts_move_nothing(tmp_path: Path, postgres_server: PostgresUnderTest) -> None:
    about = settings(postgres_server.port)
    with opened(tmp_path, about, "--tab", "queries", size=(160, 45), environment=SECRET) as session:
        shows(session, "conn ")
        with hostile(postgres_server):
            session.send("r")
            shows(session, "LOCK TABLE", patience=2)
            for name in VIEWS:
                in_its_frame(view(session, name), name)
                if name in ("statements", "sessions", "locks"):
                    shows(session, "␛]0;OW")  # what it is stands there, and does nothing
                if name == "statements":
                    shows(session, "[bold]x[/bold]<202e>")
            resized(session, 80, 24)
            for name in ("statements", "sessions", "locks"):
                in_its_frame(view(session, name), name)
                shows(session, "␛]0;OW")
    assert TITLE.encode()[:9] not in session.raw
    assert "\u202e" not in session.raw.decode("utf-8", "replace")


def in_its_frame(text: str, name: str) -> None:
    """The screen's first and last line are where they belong."""
    first, *_, last = text.splitlines()
    assert first.split()[0] in ("0", "0Now"), name
    assert "? help" in last, name
