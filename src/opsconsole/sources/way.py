"""How a connection learns where to go when its server is inside a cluster: asked before each connecting."""

from collections.abc import Callable
from typing import Any, Protocol

from ..model.reading import ProblemKind
from .errors import SourceError

FORM = "kube://NAMESPACE/SERVICE:PORT"


class Way(Protocol):
    """The way to one server. Its address is good for the next connection, not for the one after."""

    name: str
    """What the server is called inside the cluster: its certificate must be for it where no host is named."""

    @property
    def stands(self) -> bool:
        """False once connections over it have ended."""

    async def address(self) -> tuple[str, int]:
        """Host and port to connect to now. Raises SourceError."""

    async def lost(self, server: str, failure: SourceError) -> SourceError:
        """What to say of `server` after this failure of a connection: the way itself may know better why."""


Ways = Callable[[str], Way]
"""From `through` of the settings to a way. Costs nothing; what is wrong with it, `address` says."""


class NoWay:
    """The way of a profile without a cluster: it says what is missing."""

    stands = True

    def __init__(self, through: str) -> None:
        self.name = through

    async def address(self) -> tuple[str, int]:
        sentence = f"{self.name} needs a cluster, and this profile has none"
        raise SourceError(ProblemKind.MISCONFIGURED, sentence, "give the profile a [kubernetes] table")

    async def lost(self, server: str, failure: SourceError) -> SourceError:
        return failure


async def traced(way: Way | None, server: str, failure: SourceError) -> SourceError:
    """The failure of a connection, in the way's own words where it was the way that failed."""
    if way is None or failure.problem.kind not in (ProblemKind.UNREACHABLE, ProblemKind.TIMEOUT):
        return failure
    return await way.lost(server, failure)


def forwarded(kind: type[Any], address: tuple[str, int]) -> type[Any]:
    """A connection class of redis that goes to this address, and in TLS still asks for the host that its URL names.

    Raises ValueError for one that connects to a file.
    """
    if not hasattr(kind, "_connection_arguments"):
        raise ValueError("no host and port to replace")

    class Forwarded(kind):  # type: ignore[misc]  # which of redis' classes it is, its URL says
        def _connection_arguments(self) -> dict[str, Any]:
            given = dict(super()._connection_arguments())
            if "ssl" in given:
                given["server_hostname"] = given["host"]
            return {**given, "host": address[0], "port": address[1]}

        async def disconnect(self, nowait: bool = False, *rest: Any, **more: Any) -> None:
            # kubectl does not hand on the last word of TLS: it would be waited for in vain
            await super().disconnect(True, *rest, **more)

    return Forwarded
