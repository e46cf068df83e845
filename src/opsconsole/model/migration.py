"""Changes of the database's layout, as the command of the settings tells of them."""

from datetime import datetime

import msgspec


class Migration(msgspec.Struct, frozen=True, gc=False):
    at: datetime
    name: str


class Migrations(msgspec.Struct, frozen=True, gc=False):
    """All that were applied, oldest first; None where that is unknown."""

    applied: tuple[Migration, ...] | None = None
    why: str = ""
    """Why it is unknown."""
