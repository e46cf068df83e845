"""A way to a server that a test holds up, cuts off, or lets end elsewhere: for all a client knows, the server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Relay:
    """Passes everything on to `target`, a port of this machine."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.asked = 0
        """Messages that clients sent since `hold`."""
        self.answered = 0
        """Bytes that the server sent."""
        self._open = asyncio.Event()
        self._open.set()
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def hold(self) -> None:
        """Answers wait from now on; what is asked is passed on."""
        self.asked = 0
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def lead_to(self, target: int) -> None:
        """Cut all connections off; new ones end there."""
        self.target = target
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        self._writers += [writer, back]
        await asyncio.gather(self._ask(reader, back), self._answer(there, writer))

    async def end(self) -> None:
        """Cut everything off, and wait until nobody passes anything on any more."""
        self.release()
        self.lead_to(self.target)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ask(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(2**20):
                self.asked += 1
                sink.write(data)
                await sink.drain()
        sink.close()

    async def _answer(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(2**20):
                self.answered += len(data)
                await self._open.wait()
                sink.write(data)
                await sink.drain()
        sink.close()


@contextlib.asynccontextmanager
async def relay(target: int) -> AsyncIterator[Relay]:
    made = Relay(target)
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made.end()
