"""Which schema versions this console knows, oldest first; Alembic is imported only where a file has another one."""

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
NEWEST = REVISIONS[-1]
