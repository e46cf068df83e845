"""What an API server, or somebody in between, does wrong while it is read: one row for each, with what must be said."""

import asyncio
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from tests.actions.faults import Fault, Held, Seen, answers, cut_before, garbage, status

JSON = "application/json"


@dataclass(frozen=True)
class Case:
    """One fault, and the words of which all must stand in what is said of it, sentence or remedy."""

    name: str
    fault: Fault
    says: tuple[str, ...]


def is_list(seen: Seen) -> bool:
    return seen.path.endswith("/pods") and "limit=" in seen.query


def is_later_page(seen: Seen) -> bool:
    return is_list(seen) and "continue=" in seen.query


def is_watch(seen: Seen) -> bool:
    return seen.path.endswith("/pods") and "watch=1" in seen.query


def body(content: bytes, **headers: str) -> Fault:
    """200 and just that."""

    async def fault(held: Held) -> web.StreamResponse:
        return web.Response(body=content, content_type=JSON, headers=headers)

    return fault


def spoilt(spoil: Callable[[bytes], bytes], **headers: str) -> Fault:
    """The right answer, but for what happens to it on its way."""

    async def fault(held: Held) -> web.StreamResponse:
        answer = await held.ask()
        plain = gzip.decompress(answer) if answer[:2] == b"\x1f\x8b" else answer
        return web.Response(body=spoil(plain), content_type=JSON, headers=headers)

    return fault


def busy(seconds: str, code: int = 429) -> Fault:
    async def fault(held: Held) -> web.StreamResponse:
        refusal = status(code, "TooManyRequests", "too many requests, please try again later")
        return web.json_response(refusal, status=code, headers={"Retry-After": seconds})

    return fault


def slow(release: asyncio.Event) -> Fault:
    """Answers when it is let go."""

    async def fault(held: Held) -> web.StreamResponse:
        await release.wait()
        return await held.forward()

    return fault


def told(*lines: object, cut: bool = False) -> Fault:
    """A watch that says these lines (bytes as they are) and ends, or breaks off."""
    pieces = [line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines]

    async def fault(held: Held) -> web.StreamResponse:
        return await held.say(*pieces, cut=cut)

    return fault


def bomb(megabytes: int) -> bytes:
    """So many megabytes of blanks in a thousandth of it."""
    packed = gzip.compress(b" " * 2**20, 9)
    return packed * megabytes


GONE = {"type": "ERROR", "object": status(410, "Expired", "too old resource version: 1 (2)")}
HALF = b'{"type":"MODIFIED","object":{"metadata":{"name":"api-1","uid":"u'
REST = "it is asked again by itself"

LISTS = (
    Case("429 with Retry-After", busy("1"), ("too busy (429)", "please try again later", "after 1s, as it wants")),
    Case("503 with a date as Retry-After", busy("Fri, 31 Dec 2100 23:59:59 GMT", 503), ("too busy (503)", "after 5m")),
    Case(
        "500", answers(500, "InternalError", "etcdserver: request timed out"), ("answered 500", "etcdserver", "readyz")
    ),
    Case("401", answers(401, "Unauthorized", ""), ("does not accept the credentials", "a fresh token for user admin")),
    Case("a sign-in page", garbage, ("answered with a web page", "check `server` in the kubeconfig")),
    Case("no JSON", body(b"{{{"), ("cannot be read", REST)),
    Case("another JSON", body(b'["items"]'), ("cannot be read", REST)),
    Case("nothing at all", body(b""), ("cannot be read", REST)),
    Case("half the JSON", spoilt(lambda plain: plain[: len(plain) // 2]), ("cannot be read", REST)),
    Case("gzip that is none", spoilt(bytes, **{"Content-Encoding": "gzip"}), ("not compressed as it says", REST)),
    Case(
        "gzip that is deflate", spoilt(gzip.compress, **{"Content-Encoding": "deflate"}), ("not compressed as it says",)
    ),
    Case(
        "gzip cut short",
        spoilt(lambda plain: gzip.compress(plain)[:-40], **{"Content-Encoding": "gzip"}),
        ("cannot be read", REST),
    ),
    Case("a bomb of gzip", body(bomb(300), **{"Content-Encoding": "gzip"}), ("longer than 64 MiB",)),
    Case("a broken connection", cut_before, ("broke off", "press r")),
    Case(
        "always 410", answers(410, "Expired", "The provided continue parameter is too old"), ("forgot the list", REST)
    ),
)
"""Of a list."""

WATCHES = (
    Case("429 with Retry-After", busy("1"), ("too busy (429)", "after 1s, as it wants")),
    Case("500", answers(500, "InternalError", "no leader"), ("answered 500", "no leader")),
    Case("500 in the stream", told({"type": "ERROR", "object": status(500, "", "no leader")}), ("answered 500",)),
    Case("a sign-in page", garbage, ("answered with a web page",)),
    Case("no JSON", told(b"garbage\n"), ("cannot be read",)),
    Case("no JSON compressed", body(b"garbage", **{"Content-Encoding": "gzip"}), ("not compressed as it says",)),
    Case("no connection", cut_before, ("broke off",)),
)
"""Of a watch, with words: what is shown may grow old."""

QUIET = (
    Case("closed after a while", lambda held: held.forward(0.3), ()),
    Case("broken off in the middle", told({"type": "BOOKMARK", "object": {"metadata": {}}}, cut=True), ()),
    Case("half a line", told(HALF), ()),
    Case("half a line and broken off", told(HALF, cut=True), ()),
    Case("closed at once", told(), ()),
    Case("410 at once", told(GONE), ()),
    Case("410 instead of a watch", answers(410, "Expired", "too old"), ()),
)
"""Of a watch, without a word: it is opened again, or lists take its place."""
