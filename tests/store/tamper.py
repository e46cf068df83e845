"""What somebody can do to the file who has the right to write it: the triggers are no hindrance then."""

import sqlite3
from pathlib import Path


def tamper(path: Path, *statements: str) -> None:
    raw = sqlite3.connect(path)
    triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        raw.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        raw.execute(statement)
    for _, sql in triggers:
        raw.execute(sql)
    raw.commit()
    raw.close()
