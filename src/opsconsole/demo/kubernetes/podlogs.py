"""pods/log: lines from a time on, the last of them, with times, and followed."""

from aiohttp import web

from opsconsole.demo.kubernetes.cluster import SimulatedCluster
from opsconsole.demo.kubernetes.errors import bad_request, invalid
from opsconsole.demo.kubernetes.logs import Line
from opsconsole.demo.kubernetes.quantities import format_time, parse_time
from opsconsole.demo.kubernetes.reading import get
from opsconsole.demo.kubernetes.requests import Asked
from opsconsole.demo.kubernetes.store import Stored


async def serve_log(cluster: SimulatedCluster, asked: Asked, request: web.Request) -> web.StreamResponse:
    """Answers GET …/pods/NAME/log as text. Raises 400, 404 or 422."""
    pod = get(cluster, asked)
    container = _container(pod, asked)
    key, previous = pod.name, asked.flag("previous")
    if previous and not cluster.logs.has_previous(*key):
        raise bad_request(f'previous terminated container "{container}" in pod "{asked.name}" not found')
    if not previous:
        _check_running(pod, container)
    follow = asked.flag("follow") and not previous and _runs(pod, container)
    stamped = asked.flag("timestamps")
    queue = cluster.logs.follow(*key) if follow else None
    since, tail = _since(cluster, asked, pod), _positive(asked, "tailLines")
    lines = cluster.logs.read(*key, since, tail, previous=previous)
    text = b"".join(_line(each, stamped) for each in lines)
    limit = _positive(asked, "limitBytes")
    if limit is not None:
        text = text[:limit]
    response = web.StreamResponse(headers={"Content-Type": "text/plain", "Cache-Control": "no-cache, private"})
    try:
        await response.prepare(request)
        await response.write(text)
        while queue is not None and (line := await queue.get()) is not None:
            await response.write(_line(line, stamped))
        await response.write_eof()
    except ConnectionResetError:
        return response
    finally:
        if queue is not None:
            cluster.logs.unfollow(*key, queue)
    return response


def _container(pod: Stored, asked: Asked) -> str:
    names = [each["name"] for each in pod.body["spec"]["containers"]]
    wanted = asked.query.get("container")
    if wanted and wanted not in names:
        raise bad_request(f"container {wanted} is not valid for pod {asked.name}")
    if not wanted and len(names) > 1:
        raise bad_request(
            f"a container name must be specified for pod {asked.name}, choose one of: [{' '.join(names)}]"
        )
    return wanted or str(names[0])


def _runs(pod: Stored, container: str) -> bool:
    statuses = (pod.body.get("status") or {}).get("containerStatuses") or ()
    return any(each["name"] == container and "running" in each["state"] for each in statuses)


def _check_running(pod: Stored, container: str) -> None:
    statuses = {each["name"]: each for each in (pod.body.get("status") or {}).get("containerStatuses") or ()}
    status = statuses.get(container, {"state": {"waiting": {"reason": "ContainerCreating"}}})
    waiting = status["state"].get("waiting")
    if waiting is not None and "terminated" not in status.get("lastState", {}):
        raise bad_request(
            f'container "{container}" in pod "{pod.name[1]}" is waiting to start: {waiting.get("reason")}'
        )


def _since(cluster: SimulatedCluster, asked: Asked, pod: Stored) -> float | None:
    seconds = _positive(asked, "sinceSeconds", least=1)
    if seconds is not None:
        return cluster.now - seconds
    if not (text := asked.query.get("sinceTime")):
        return None
    try:
        return parse_time(text)
    except ValueError as error:
        raise bad_request(f'parsing time "{text}" as RFC 3339 failed') from error


def _positive(asked: Asked, name: str, least: int = 0) -> int | None:
    value = asked.number(name)
    if value is not None and value < least:
        bound = f"greater than or equal to {least}" if not least else "greater than 0"
        message = f"Invalid value: {value}: must be {bound}"
        raise invalid("PodLogOptions", "", asked.name, name, message)
    return value


def _line(line: Line, stamped: bool) -> bytes:
    if not stamped:
        return f"{line.text}\n".encode()
    return f"{format_time(line.at)[:-1]}.{int(line.at % 1 * 1e9):09d}Z {line.text}\n".encode()
