"""Serves the large cluster over TLS: lists in pages with gzip, watches with bookmarks, usage, and a rollout on demand.

`python -m bench.cluster.server FOLDER [PODS [NAMESPACES [EVENTS]]]` writes FOLDER/kubeconfig and prints the address; it
ends with its input.
"""

import asyncio
import contextlib
import gc
import json
import os
import ssl
import sys
import threading
from pathlib import Path

import trustme
from aiohttp import web

from .logs import Logs
from .state import PAGE, Collection, State

BOOKMARK_S = 60.0
TOKEN = "bench"


class Server:
    """The request handlers over one State."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._rolling: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._lists = 0

    def application(self) -> web.Application:
        made = web.Application()
        made.router.add_get("/version", self.version)
        made.router.add_get("/apis/metrics.k8s.io/v1beta1/pods", self.metrics)
        made.router.add_get("/api/v1/namespaces/{namespace}/pods/{name}/log", Logs().serve)
        made.router.add_post("/bench/roll", self.roll)
        made.router.add_get("/bench/roll", self.rolled)
        made.router.add_post("/bench/events", self.tell)
        made.router.add_get("/bench/lists", self.lists)
        for prefix in ("/api/v1", "/apis/apps/v1", "/apis/batch/v1", "/apis/autoscaling/v2", "/apis/policy/v1"):
            made.router.add_get(prefix + "/{plural}", self.collection)
        return made

    async def version(self, request: web.Request) -> web.Response:
        return web.json_response({"major": "1", "minor": "36", "gitVersion": "v1.36.0"})

    async def metrics(self, request: web.Request) -> web.Response:
        return _packed(self.state.metrics(asyncio.get_running_loop().time()))

    async def collection(self, request: web.Request) -> web.StreamResponse:
        held = self.state.collections.get(request.match_info["plural"])
        if held is None:
            return web.json_response({"kind": "Status", "code": 404, "reason": "NotFound"}, status=404)
        query = request.query
        if query.get("watch"):
            return await self._watch(request, held, int(query.get("resourceVersion") or 0))
        self._lists += 1
        return _packed(held.page(int(query.get("continue") or 0), int(query.get("limit") or PAGE)))

    async def _watch(self, request: web.Request, held: Collection, version: int) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        for told, line in held.events:
            if told > version:
                queue.put_nowait(line)
        held.watchers.add(queue)
        try:
            while True:
                try:
                    async with asyncio.timeout(BOOKMARK_S):
                        lines = [await queue.get()]
                except TimeoutError:
                    lines = [held.bookmark()]
                while not queue.empty():
                    lines.append(queue.get_nowait())
                await response.write(b"".join(lines))
        except (ConnectionError, asyncio.CancelledError):
            return response
        finally:
            held.watchers.discard(queue)

    async def roll(self, request: web.Request) -> web.Response:
        """Begin to replace ?pods= within ?seconds=."""
        pods, seconds = int(request.query["pods"]), float(request.query["seconds"])
        self._rolling = asyncio.create_task(self.state.roll(pods, seconds))
        return web.json_response({})

    async def rolled(self, request: web.Request) -> web.Response:
        return web.json_response({"over": self._rolling is None or self._rolling.done()})

    async def tell(self, request: web.Request) -> web.Response:
        """Begin to tell ?minute= events a minute."""
        self._telling = asyncio.create_task(self.state.tell(int(request.query["minute"])))
        return web.json_response({})

    async def lists(self, request: web.Request) -> web.Response:
        """How many pages of lists of watched kinds were asked for so far."""
        return web.json_response({"lists": self._lists})


def _packed(body: bytes) -> web.Response:
    return web.Response(body=body, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})


async def serve(folder: Path, pods: int = 10_000, *more: int) -> None:
    """Serve until cancelled."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    runner = web.AppRunner(Server(State(pods, *more)).application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    host, port = runner.addresses[0][:2]
    (folder / "ca.pem").write_bytes(authority.cert_pem.bytes())
    (folder / "kubeconfig").write_text(json.dumps(_kubeconfig(f"https://{host}:{port}", folder / "ca.pem")))
    gc.freeze()
    print(f"https://{host}:{port}", flush=True)
    await asyncio.Event().wait()


def _kubeconfig(address: str, authority: Path) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": {"server": address, "certificate-authority": str(authority)}}],
        "users": [{"name": "bench", "user": {"token": TOKEN}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
    }


def _end_with_input() -> None:
    """Whoever started this server holds the other end of its input: when that closes, nobody needs it any more."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(Path(sys.argv[1]), *map(int, sys.argv[2:])))
