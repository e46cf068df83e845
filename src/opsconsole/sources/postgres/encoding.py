"""Text of whatever encoding: the server converts nothing, and what cannot be decoded shows as `�` instead of failing.

A database in SQL_ASCII holds any bytes, pg_stat_activity tells texts of other databases in their own encoding, and
texts may be cut off in the middle of a character.
"""

import codecs
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

UNCONVERTED: dict[str, Any] = {"client_encoding": "SQL_ASCII"}
"""What a connection asks for: any other encoding lets the server refuse whole answers for one bad byte."""
_TEXTS = ("text", "varchar", "bpchar", "name", '"char"', "json", "jsonb")
"""JSON stays a text, too: who asked for it reads it."""
_UNKNOWN = 705
"""The type `unknown`: a literal as it stands in a query."""


@lru_cache(maxsize=64)
def codec(encoding: str) -> str:
    """Python's name of a server's encoding; UTF-8 where it has none."""
    name = encoding.upper().replace("WIN", "cp").replace("KOI8", "koi8-")
    try:
        return codecs.lookup("utf-8" if name == "SQL_ASCII" else name).name
    except LookupError:
        return "utf-8"


def decode(data: bytes, name: str) -> str:
    """In the database's encoding; else in UTF-8, as most other databases write; else with `�`."""
    for each in (name, "utf-8"):
        try:
            return data.decode(each)
        except UnicodeDecodeError:
            continue
    return data.decode(name, "replace")


def codec_of(connection: "psycopg.AsyncConnection[Any]") -> str:
    return codec(connection.info.parameter_status("server_encoding") or "UTF8")


def adapt(connection: "psycopg.AsyncConnection[Any]") -> str:
    """Let the connection decode every text, whatever it holds; returns Python's name of its encoding."""
    from psycopg.adapt import Loader

    name = codec_of(connection)

    class Tolerant(Loader):
        def load(self, data: Any) -> str:
            return decode(bytes(data), name)

    for kind in _TEXTS:
        connection.adapters.register_loader(kind, Tolerant)
    # Types that psycopg does not know, such as those of extensions and enumerations, come as text, too.
    for number in (0, _UNKNOWN):
        connection.adapters.register_loader(number, Tolerant)
    return name
