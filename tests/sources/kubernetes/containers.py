"""Containers that log: what they wrote, and a server that tells it as a kubelet does, with cuts and rotations."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web

from .server import ApiServer, status


def at(second: float, minute: int = 44) -> datetime:
    return datetime(2026, 3, 26, 2, minute, tzinfo=UTC).replace(second=int(second), microsecond=round(second % 1 * 1e6))


def stamp(second: float, minute: int = 44) -> bytes:
    return at(second, minute).strftime("%Y-%m-%dT%H:%M:%S.%f000Z").encode()


@dataclass
class Written:
    """One container's files: the current one, and that of the run before."""

    lines: list[tuple[bytes, bytes]] = field(default_factory=list)
    previous: list[tuple[bytes, bytes]] | None = None
    refuses: tuple[int, str] | None = None
    followers: list["asyncio.Queue[bytes | None]"] = field(default_factory=list)

    def write(self, second: float, text: str | bytes, minute: int = 44) -> None:
        line = (stamp(second, minute), text.encode() if isinstance(text, str) else text)
        self.lines.append(line)
        self.say(b" ".join(line) + b"\n")

    def say(self, raw: bytes) -> None:
        for queue in self.followers:
            queue.put_nowait(raw)

    def end(self) -> None:
        """The streams end in order, as when the container does."""
        self.say(b"")

    def cut(self) -> None:
        """The connections break."""
        for queue in self.followers:
            queue.put_nowait(None)

    def rotate(self) -> None:
        """What was written is in another file now, which nobody reads."""
        self.lines.clear()


class Containers:
    """By `pod/container`; `serve` it as the fault of an ApiServer."""

    def __init__(self, server: ApiServer) -> None:
        self.written: dict[str, Written] = {}
        self.asked: list[dict[str, str]] = []
        server.fault = self.serve

    def __getitem__(self, name: str) -> Written:
        return self.written.setdefault(name, Written())

    async def serve(self, request: web.Request) -> web.StreamResponse | None:
        if not request.path.endswith("/log"):
            return None
        query = dict(request.query)
        self.asked.append(query)
        one = self[f"{request.path.split('/')[-2]}/{query['container']}"]
        if one.refuses is not None:
            return status(*one.refuses)
        lines = one.previous if "previous" in query else one.lines
        if lines is None:
            return status(400, "previous terminated container not found")
        since = query.get("sinceTime", "").encode()
        lines = [line for line in lines if line[0][:19] >= since[:19]]
        if "tailLines" in query:
            lines = lines[max(0, len(lines) - int(query["tailLines"])) :]
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        if "follow" in query:
            one.followers.append(queue)
        await response.prepare(request)
        await response.write(b"".join(b" ".join(line) + b"\n" for line in lines))
        try:
            while "follow" in query and (raw := await queue.get()) != b"":
                if raw is None:
                    assert request.transport is not None
                    request.transport.abort()
                    return response
                await response.write(raw)
        except ConnectionResetError:
            pass
        finally:
            if queue in one.followers:
                one.followers.remove(queue)
        return response
