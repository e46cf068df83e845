"""One line of the Redis view."""

import msgspec


class CacheRow(msgspec.Struct, frozen=True, gc=False):
    key: str
    part: str
    """work, memory, clients, replication, …"""
    name: str
    state: str
    """crit, warn, unknown; "" where nothing is wrong, or nothing is judged."""
    value: str
    limit: str = ""
    """The limit, or what belongs to the value."""
    why: str = ""
    remedy: str = ""
    text: str = ""
    """Its full text, where it has one."""
    place: int = 0
    asked: tuple[str, ...] = ()
    """Names of the commands it comes from, where its part does not tell."""
    server: str = ""
    """Whose it is, where several are shown."""
