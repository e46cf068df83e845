"""What the line of a PostgreSQL server tells beside its own facts: from connections, metrics, health and the cache."""

from ...model.metrics import Measures
from ...model.pools import Connections
from ...model.postgres import ServerHealth
from ...model.reading import Reading
from ...poller.topics import MEASURES
from ...rules.server_rows import CPU
from ..server_lines import Beside
from ..table_tab import sure
from .desk import Desk

DISK = "disk"


def beside(desk: Desk) -> Beside:
    """Of the server that is looked at; only what is live."""
    connections = desk.reading("connections")
    seen = connections.value if sure(connections) and isinstance(connections.value, Connections) else None
    cpu = measured(desk.context.board.get(MEASURES), CPU, desk.server, len(desk.databases) == 1)
    return Beside(seen, cpu, _disk_free(desk.reading("health")), desk.reading("redis"))


def measured(reading: Reading[Measures], measure: str, server: str, only: bool) -> float | None:
    """What metrics say of a server, by its name; where there is one server and one value, that."""
    if not sure(reading) or reading.value is None:
        return None
    found = [value for value in reading.value.values if value.measure == measure]
    named = [value for value in found if value.object == server]
    if named:
        return named[0].value
    return found[0].value if only and len(found) == 1 else None


def _disk_free(reading: Reading[ServerHealth]) -> str:
    """`210Gi` of a check that could be made."""
    if not sure(reading) or reading.value is None:
        return ""
    check = next((check for check in reading.value.checks if check.id == DISK and check.state != "unknown"), None)
    return check.value.partition(" ")[0] if check is not None else ""
