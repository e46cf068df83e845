"""pods/log of the large cluster: all followers together get a fixed number of lines a second, each with its time."""

import asyncio
import random
import time

from aiohttp import web

LINES_PER_S = 20_000
TICK_S = 0.02
FIRST = 200
_LEVELS = ("INFO ", "INFO ", "INFO ", "INFO ", "INFO ", "DEBUG", "WARN ", "ERROR")


class Logs:
    """Counts who follows; `t=` in each line is the unix time at which it was written."""

    def __init__(self) -> None:
        self._followers = 0
        self._random = random.Random(1)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        await response.write(self._lines(FIRST if "sinceTime" not in request.query else 0))
        if "follow" not in request.query:
            return response
        self._followers += 1
        owed, last = 0.0, time.perf_counter()
        try:
            while True:
                await asyncio.sleep(TICK_S)
                now = time.perf_counter()
                owed += (now - last) * LINES_PER_S / self._followers
                last = now
                await response.write(self._lines(int(owed)))
                owed -= int(owed)
        except (ConnectionError, asyncio.CancelledError):
            return response
        finally:
            self._followers -= 1

    def _lines(self, count: int) -> bytes:
        now = time.time_ns()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(now // 10**9)) + f"{now % 10**9 // 1000:06d}"
        return "".join(self._line(stamp, at, now / 1e9) for at in range(count)).encode()

    def _line(self, stamp: str, at: int, written: float) -> str:
        number = self._random.getrandbits(32)
        level = _LEVELS[number % len(_LEVELS)]
        request = f"GET /orders/{number % 999_983} 200 {number % 887}ms req={number:08x} user={number % 99_991}"
        return f"{stamp}{at % 1000:03d}Z {level} {request} t={written:.3f}\n"
