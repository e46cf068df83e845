"""A container's log as it is written: lines with their times, cut from a stream that may be fast, endless or broken."""

import asyncio
import re
import time
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

import aiohttp

from ...model.logs import LogSource, stamp_of
from ...rules.log_lines import without_colours
from . import problems
from .cluster import Cluster

LONGEST = 8192
"""Bytes kept of one line."""
CHUNK = 65536
SLICE_S, PAUSE_S = 0.004, 0.001
"""All streams together let the loop go after so long, for so long."""
SILENCE_S = 60.0
"""A followed stream is opened anew after so long without a line: a kubelet may stop at a log rotation unseen."""

Raw = tuple[bytes, bytes]
"""(time as 30 bytes that order as the times do, text); the time is b"" where the line carries none."""
_OTHER_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) ?")


class Ended(StrEnum):
    """Why a stream is over."""

    END = "end"
    SILENT = "silent"


class Lines:
    """Cuts bytes into lines; a line that is too long is cut, and says how long it was."""

    def __init__(self) -> None:
        self._rest = b""
        self._lost = 0
        """Bytes of the unfinished line that were thrown away."""

    def feed(self, chunk: bytes) -> list[Raw]:
        """The lines that are whole now."""
        *whole, rest = (self._rest + chunk).split(b"\n")
        found = [_raw(line) for line in whole]
        if whole and self._lost:
            found[0] = _raw(whole[0], self._lost)
            self._lost = 0
        self._rest = rest
        if len(rest) > 2 * LONGEST:
            self._rest = rest[:LONGEST]
            self._lost += len(rest) - LONGEST
        return found

    def skim(self, chunk: bytes) -> tuple[int, bytes]:
        """How many lines are whole now, and the time of the last one: for lines that nobody can take."""
        whole, found, rest = chunk.rpartition(b"\n")
        if not found:
            self._rest = (self._rest + chunk)[:LONGEST]
            return 0, b""
        self._rest, self._lost = rest[: 2 * LONGEST], 0
        return whole.count(b"\n") + 1, _raw(whole[whole.rfind(b"\n") + 1 :])[0]

    def end(self) -> list[Raw]:
        """What stands after the last line feed."""
        return self.feed(b"\n") if self._rest else []


class _Turns:
    """Fifty streams that have something at the same moment take turns, so that no key waits for all of them."""

    def __init__(self) -> None:
        self._used = self._last = self._free = 0.0

    async def wait(self) -> None:
        """Until work may go on."""
        while (now := time.perf_counter()) < self._free:
            await asyncio.sleep(self._free - now)

    def worked(self, began: float) -> None:
        """Count the work since then."""
        now = time.perf_counter()
        self._used = now - began + (self._used if began - self._last < PAUSE_S else 0.0)
        self._last = now
        if self._used >= SLICE_S:
            self._used, self._free = 0.0, now + PAUSE_S


_turns = _Turns()


def _raw(line: bytes, lost: int = 0) -> Raw:
    """`lost`: bytes of it that are not here any more."""
    if line[29:31] == b"Z " and line[10:11] == b"T":
        stamp, text = line[:30], line[31:]
    else:
        stamp, text = _other(line)
    if len(text) + lost > LONGEST:
        text = text[:LONGEST] + f" … (cut: the line has {len(text) + lost:,} bytes)".encode()
    if b"\x1b" in text:
        text = without_colours(text)
    return stamp, text[:-1] if text.endswith(b"\r") else text


def _other(line: bytes) -> Raw:
    """A time in another zone or with fewer figures, or none."""
    found = _OTHER_TIME.match(line)
    if found is None:
        return b"", line
    try:
        return stamp_of(datetime.fromisoformat(found[1].decode())), line[found.end() :]
    except (ValueError, OverflowError):
        return b"", line


async def read_log(
    cluster: Cluster,
    source: LogSource,
    take: Callable[[list[Raw]], None],
    *,
    since: bytes = b"",
    tail: int | None = None,
    follow: bool = False,
    previous: bool = False,
    spare: Callable[[int, bytes], None] | None = None,
    may_take: Callable[[], bool] = lambda: True,
    opened: Callable[[], None] = lambda: None,
    wanted: Callable[[], bool] = lambda: True,
) -> Ended:
    """Hand out lines until the stream ends, or nobody wants more; raises SourceError.

    `since` is a time as lines carry it; the server takes whole seconds, so earlier lines of that second come too.
    While `may_take` is false lines are only counted: `spare` is told (how many, time of the last).
    """
    query = [("container", source.container), ("timestamps", "true")]
    if since:
        query.append(("sinceTime", since[:19].decode() + "Z"))
    if tail is not None:
        query.append(("tailLines", str(tail)))
    if follow:
        query.append(("follow", "true"))
    if previous:
        query.append(("previous", "true"))
    path = f"/api/v1/namespaces/{quote(source.namespace)}/pods/{quote(source.pod)}/log"
    needs = f"get pods/log in {source.namespace}"
    accept = "text/plain, application/json, */*"
    lines = Lines()
    async with cluster.stream(path, query, needs=needs, accept=accept, silence_s=SILENCE_S) as response:
        opened()
        while wanted():
            try:
                chunk = await response.content.read(CHUNK)
            except TimeoutError:
                return Ended.SILENT
            except (aiohttp.ClientError, OSError) as error:
                raise problems.unreachable(error, cluster.server) from error
            if not chunk:
                break
            await _turns.wait()
            began = time.perf_counter()
            if spare is None or may_take():
                if found := lines.feed(chunk):
                    take(found)
            else:
                spare(*lines.skim(chunk))
            _turns.worked(began)
    if found := lines.end():
        take(found)
    return Ended.END
