"""The queries: `NAME.FLOOR.sql` serves servers from major version FLOOR on, until a higher floor takes over."""

from functools import cache
from importlib import resources


def pick(name: str, version: int) -> str:
    """The text of the query for a server of `server_version_num` `version`; LookupError where it is too old."""
    return _text(name, version // 10000)


def floors(name: str) -> tuple[int, ...]:
    """The major versions from which the query has a text of its own, ascending."""
    files = resources.files(__name__).iterdir()
    parts = (file.name.split(".") for file in files if file.name.endswith(".sql"))
    return tuple(sorted(int(part[1]) for part in parts if part[0] == name))


@cache
def _text(name: str, major: int) -> str:
    fitting = [floor for floor in floors(name) if floor <= major]
    if not fitting:
        raise LookupError(f"no query {name} for PostgreSQL {major}")
    return (resources.files(__name__) / f"{name}.{fitting[-1]}.sql").read_text(encoding="utf-8")
