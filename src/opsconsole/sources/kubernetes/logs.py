"""The last lines of a container's log."""

from datetime import datetime

import msgspec

from ...text import clock
from ...text.clean import clean
from .cluster import Cluster

MOST_BYTES = 1024 * 1024


class LogLine(msgspec.Struct, frozen=True, gc=False):
    at: datetime | None
    """As the container runtime noted it; None where a line carries no time."""
    text: str


async def tail_logs(
    cluster: Cluster,
    namespace: str,
    pod: str,
    container: str = "",
    *,
    tail: int = 100,
    since_s: int | None = None,
    previous: bool = False,
) -> tuple[LogLine, ...]:
    """The newest lines, oldest first, at most a megabyte; `previous` is the run before the last restart.

    SourceError: MISSING when pod or container is gone, BAD_ANSWER when it has no log (yet).
    """
    query = [("tailLines", str(tail)), ("timestamps", "true"), ("limitBytes", str(MOST_BYTES))]
    if container:
        query.append(("container", container))
    if since_s is not None:
        query.append(("sinceSeconds", str(since_s)))
    if previous:
        query.append(("previous", "true"))
    answer = await cluster.get(
        f"/api/v1/namespaces/{namespace}/pods/{pod}/log", query, needs=f"get pods/log in {namespace}",
        accept="text/plain, application/json, */*",
    )  # fmt: skip
    return tuple(_line(line) for line in answer.body.decode("utf-8", "replace").splitlines() if line)


def _line(line: str) -> LogLine:
    stamp, _, text = line.partition(" ")
    try:
        return LogLine(clock.parse(stamp), clean(text))
    except ValueError:
        return LogLine(None, clean(line))
