"""One write to the API server, and what became of it where its answer was lost."""

import asyncio
import time
from enum import StrEnum
from typing import Any

import aiohttp
import msgspec

from ..model.action import Target, Write
from ..model.reading import ProblemKind
from ..sources.errors import SourceError
from ..sources.kubernetes.cluster import Cluster
from ..text.clean import clean
from .kept import masked
from .pace import Pace
from .patch import digest

REJECTED = "the server rejected our request"
"""What the API server says of a JSON Patch whose `test` failed: status 422 without a cause."""
FIELD_MANAGER = "opsconsole"


class Found(StrEnum):
    """What a look at the object tells of a write."""

    THERE = "there"
    ABSENT = "not there"
    OTHER = "otherwise"
    """Neither as it was nor as it should be: somebody else wrote too."""
    GONE = "gone"
    REPLACED = "replaced"
    UNKNOWN = "unknown"


async def send(cluster: Cluster, write: Write, *, dry_run: bool = False, timeout_s: float = 15.0) -> float:
    """Send it; how long the server took. Raises SourceError."""
    query = [("fieldManager", FIELD_MANAGER), *([("dryRun", "All")] if dry_run else [])]
    started = time.perf_counter()
    await cluster.request(
        write.method, write.path, query, needs=write.needs, body=msgspec.json.decode(write.body),
        content_type=write.content_type, timeout_s=timeout_s,
    )  # fmt: skip
    return time.perf_counter() - started


def precondition_failed(error: SourceError) -> bool:
    """Whether the object is not what the plan showed: a failed `test`, or somebody who writes at the same time."""
    return error.status == 409 or (error.status == 422 and error.said.startswith(REJECTED))


def gone(error: SourceError) -> bool:
    return error.status == 404


def lost(error: SourceError) -> bool:
    """Whether the write may have been done all the same: no answer, or one that does not say."""
    if error.status is not None:
        return error.status >= 500
    if isinstance(error.__cause__, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return False  # nobody took the connection: nothing was sent
    return error.problem.kind in (ProblemKind.UNREACHABLE, ProblemKind.TIMEOUT, ProblemKind.BAD_ANSWER)


async def look(cluster: Cluster, write: Write) -> Found:
    """Compare the object with what the write leaves behind; UNKNOWN where it cannot be compared. Raises SourceError."""
    try:
        answer = await cluster.get(object_path(write), needs=f"get {write.target.words} in {write.target.namespace}")
    except SourceError as error:
        if gone(error):
            return Found.GONE
        raise
    try:
        body = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return Found.UNKNOWN
    return compared(body, write)


def compared(body: Any, write: Write) -> Found:
    """What an object tells of a write: by identity first, then by the values."""
    uid = pointed(body, "/metadata/uid")
    if write.target.uid and uid != write.target.uid:
        return Found.REPLACED
    if not write.after:
        return Found.UNKNOWN
    if all(_same(pointed(body, pointer), wanted) for pointer, wanted in write.after):
        return Found.THERE
    # a Scale leaves its zero out, the object does not; and secrets in the kept body are masked
    before = tested(write)
    if before and all(
        (masked(pointed(body, pointer)) or None) == (masked(value) or None) for pointer, value in before.items()
    ):
        return Found.ABSENT
    return Found.OTHER


def tested(write: Write) -> dict[str, Any]:
    """What the write's preconditions say was there, by pointer."""
    try:
        operations = msgspec.json.decode(write.body)
    except msgspec.DecodeError:
        return {}
    return {
        each["path"]: each.get("value")
        for each in operations
        if isinstance(each, dict) and each.get("op") == "test" and isinstance(each.get("path"), str)
    }


async def look_up(cluster: Cluster, write: Write, pace: Pace, within_s: float) -> tuple[Found, str]:
    """What became of a write whose answer was lost, asked again and again within a time; never sent again.

    A server that is slow may still write what it was asked for: ABSENT counts only when it stays so.
    """
    loop = asyncio.get_running_loop()
    end, absent_since = loop.time() + within_s, None
    pause, said = pace.look_again_s, ""
    while True:
        try:
            async with asyncio.timeout(pace.write_s):
                found = await look(cluster, write)
            said = ""
        except SourceError as error:
            found, said = Found.UNKNOWN, error.problem.sentence
            absent_since = None
        except TimeoutError:
            found, said = Found.UNKNOWN, "the API server does not answer"
            absent_since = None
        if found in (Found.THERE, Found.GONE, Found.REPLACED, Found.OTHER):
            return found, said
        if found is Found.ABSENT:
            absent_since = loop.time() if absent_since is None else absent_since
            if loop.time() - absent_since >= pace.absent_s:
                return found, said
        if loop.time() >= end:
            return (Found.UNKNOWN, said)
        await asyncio.sleep(pause)
        pause = pause if not said else min(pause * 2, pace.slowest_poll_s)


def object_path(write: Write) -> str:
    """The object itself, where the write goes to a subresource of it."""
    return write.path.removesuffix("/scale")


def pointed(body: Any, pointer: str) -> Any:
    """The value at a JSON pointer; None where there is none."""
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(body, list) and step.isdigit() and int(step) < len(body):
            body = body[int(step)]
        elif isinstance(body, dict):
            body = body.get(step)
        else:
            return None
    return body


def described(target: Target) -> str:
    return f"{target.words} in {clean(target.namespace, 63)}"


def _same(value: Any, wanted: str) -> bool:
    if wanted.startswith("sha256:"):
        return digest(value) == wanted
    try:
        return bool(value == msgspec.json.decode(wanted))
    except msgspec.DecodeError:
        return bool(value == wanted)
