"""Connecting by libpq to a server inside a cluster: elsewhere than the dsn says, with the TLS checks it asks for."""

from typing import TYPE_CHECKING, Any

from ...model.reading import ProblemKind
from ..errors import SourceError
from ..way import Way, traced
from . import errors

if TYPE_CHECKING:
    import psycopg


async def detour(way: Way | None, name: str, dsn: str) -> dict[str, Any]:
    """Where libpq connects to instead; the host that the dsn names is still the one its certificate must be for.

    Raises SourceError, and psycopg.Error for a dsn that cannot be understood.
    """
    if way is None:
        return {}
    from psycopg.conninfo import conninfo_to_dict

    address, port = await way.address()
    host = str(conninfo_to_dict(dsn).get("host") or "")
    if "," in host:
        sentence = f"the dsn of {name} names several hosts, and `through` is the way to one"
        raise SourceError(ProblemKind.MISCONFIGURED, sentence, "name one host, or none, in the dsn")
    return {"host": host if host and not host.startswith("/") else way.name, "hostaddr": address, "port": port}


async def refusal(way: Way | None, name: str, error: "psycopg.Error") -> SourceError:
    """The error of a connection that did not come about, in the way's own words where it was the way that failed."""
    return await traced(way, name, errors.connecting(name, error))
