"""Whose work a statement is, where that is no application's: the console's own, or that of dumps and backups."""

from ..model.statements import StatementRate, Statements

BACKUPS = ("pg_dump", "pg_dumpall", "pg_basebackup", "pg_restore", "barman", "wal-g", "wal_g", "walg", "pgbackrest")
_USERS = frozenset(("backup", "backups"))
_TEXTS = ("base_backup", "select pg_backup_start", "select pg_backup_stop", "select pg_start_backup")


def is_own(row: StatementRate, statements: Statements) -> bool:
    """Whether the console itself asked it: under its own role, and no application says otherwise."""
    if row.application:
        return row.application.startswith("opsconsole")
    return bool(row.user) and row.user == statements.own_user


def is_backup(row: StatementRate) -> bool:
    """By the name of who runs it, or by a text that only dumps have: COPY of a whole table to the client."""
    names = (row.application.casefold(), row.user.casefold())
    text = row.text.casefold()
    dumped = text.startswith("copy ") and " to stdout" in text
    return dumped or text.startswith(_TEXTS) or any(name.startswith(BACKUPS) or name in _USERS for name in names)
