"""A small API server over TLS with faults on request: lists in pages, watches, and whatever goes wrong with them.

`python -m tests.sources.kubernetes.server FOLDER [PODS]` runs it as a process of its own (to be stopped, killed, or
measured); it writes `kubeconfig` into FOLDER when it listens.
"""

import asyncio
import base64
import json
import ssl
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import trustme
import yaml
from aiohttp import web

from .objects import pod

Object = dict[str, Any]
Fault = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


class ApiServer:
    """Collections by path (`/api/v1/pods`), each with its objects by uid and the watches that are open on it."""

    def __init__(self) -> None:
        self.collections: dict[str, dict[str, Object]] = {"/api/v1/pods": {}}
        self.tokens = {"good-token"}
        self.certificates = True
        """Whether it looks at client certificates; the TLS of one that does refuses those that have run out."""
        self.forbidden: set[str] = set()
        """Exact paths that answer 403."""
        self.unwatchable: set[str] = set()
        """Exact paths that answer 403 to a watch."""
        self.reviews: Callable[[Object], bool] = lambda attributes: True
        self.fault: Fault | None = None
        self.page_limit: int | None = None
        self.version = 100
        self.requests: list[str] = []
        self.watches: list[tuple[str, asyncio.Queue[bytes | None]]] = []
        self.gone_below = 0
        """Watches from a lower version get an ERROR event 410."""
        self.authority = trustme.CA()
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def start(self, not_after: datetime | None = None) -> None:
        """Serve, with a certificate that runs out then."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, shutdown_timeout=0.2)
        await self._runner.setup()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert("127.0.0.1", not_after=not_after).configure_cert(context)
        # client certificates are asked for and recorded, not demanded
        self.authority.configure_trust(context)
        context.verify_mode = ssl.CERT_OPTIONAL if self.certificates else ssl.CERT_NONE
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        self.url = f"https://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        self.break_watches()
        assert self._runner is not None
        await self._runner.cleanup()

    def kubeconfig(self, user: dict[str, Any] | None = None, namespace: str = "shop") -> str:
        authority = base64.b64encode(self.authority.cert_pem.bytes()).decode()
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "test",
                "clusters": [{"name": "c", "cluster": {"server": self.url, "certificate-authority-data": authority}}],
                "users": [{"name": "u", "user": {"token": "good-token"} if user is None else user}],
                "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u", "namespace": namespace}}],
            }
        )

    # what a test changes

    def put(self, thing: Object, path: str = "/api/v1/pods") -> None:
        """Create or change an object; open watches hear of it."""
        self.version += 1
        thing["metadata"]["resourceVersion"] = str(self.version)
        known = thing["metadata"]["uid"] in self.collections[path]
        self.collections[path][thing["metadata"]["uid"]] = thing
        self._tell(path, "MODIFIED" if known else "ADDED", thing)

    def delete(self, uid: str, path: str = "/api/v1/pods", *, silently: bool = False) -> None:
        self.version += 1
        thing = self.collections[path].pop(uid)
        thing["metadata"]["resourceVersion"] = str(self.version)
        if not silently:
            self._tell(path, "DELETED", thing)

    def say(self, line: bytes, path: str = "/api/v1/pods") -> None:
        """Any bytes into the open watches of a path."""
        for watched, queue in self.watches:
            if watched == path:
                queue.put_nowait(line)

    def bookmark(self, path: str = "/api/v1/pods") -> None:
        told = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(self.version)}}}
        self.say(json.dumps(told).encode() + b"\n", path)

    def break_watches(self) -> None:
        for _, queue in self.watches:
            queue.put_nowait(None)

    def _tell(self, path: str, kind: str, thing: Object) -> None:
        self.say(json.dumps({"type": kind, "object": thing}).encode() + b"\n", path)

    # what it answers

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path_qs}")
        if self.fault is not None and (answer := await self.fault(request)) is not None:
            return answer
        transport = request.transport
        certified = transport is not None and transport.get_extra_info("peercert")
        if not certified and request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return status(401, "Unauthorized")
        if request.path in self.forbidden or ("watch" in request.query and request.path in self.unwatchable):
            return status(403, f"{request.path} is forbidden")
        if request.path == "/version":
            return web.json_response({"gitVersion": "v1.36.3"})
        if request.path.endswith("selfsubjectreviews"):
            return web.json_response({"status": {"userInfo": {"username": "jane"}}})
        if request.path.endswith("selfsubjectaccessreviews"):
            attributes = (await request.json())["spec"]["resourceAttributes"]
            return web.json_response({"status": {"allowed": self.reviews(attributes)}})
        path, namespace = _scope(request.path)
        if path not in self.collections:
            return status(404, f"the server could not find {request.path}")
        if "watch" in request.query:
            return await self._watch(request, path)
        return self._page(request, path, namespace)

    def _page(self, request: web.Request, path: str, namespace: str) -> web.Response:
        things = [
            thing
            for thing in self.collections[path].values()
            if not namespace or thing["metadata"].get("namespace") == namespace
        ]
        start = int(request.query.get("continue", "0"))
        end = start + int(request.query.get("limit", "1000000"))
        meta = {"resourceVersion": str(self.version), **({"continue": str(end)} if end < len(things) else {})}
        response = web.json_response({"items": things[start:end], "metadata": meta})
        response.enable_compression()
        return response

    async def _watch(self, request: web.Request, path: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        since = int(request.query.get("resourceVersion", "0"))
        if since < self.gone_below:
            gone = {"type": "ERROR", "object": {"code": 410, "reason": "Expired", "message": "too old"}}
            await response.write(json.dumps(gone).encode() + b"\n")
            return response
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        for thing in self.collections[path].values():
            if int(thing["metadata"]["resourceVersion"]) > since:
                queue.put_nowait(json.dumps({"type": "MODIFIED", "object": thing}).encode() + b"\n")
        entry = (path, queue)
        self.watches.append(entry)
        try:
            while (line := await queue.get()) is not None:
                await response.write(line)
            if request.transport is not None:
                request.transport.close()
        finally:
            self.watches.remove(entry)
        return response


def status(code: int, message: str, **headers: str) -> web.Response:
    return web.json_response({"kind": "Status", "code": code, "message": message}, status=code, headers=headers)


def _scope(path: str) -> tuple[str, str]:
    """(`/api/v1/pods`, namespace) of a path with or without a namespace."""
    before, found, after = path.partition("/namespaces/")
    if not found or "/" not in after:
        return path, ""
    namespace, _, plural = after.partition("/")
    return f"{before}/{plural}", namespace


async def main(folder: Path, pods: int) -> None:
    server = ApiServer()
    for index in range(pods):
        server.put(pod(f"api-{index:05d}", node=f"node-{index % 100}"))
    await server.start()
    (folder / "kubeconfig.part").write_text(server.kubeconfig(), encoding="utf-8")
    (folder / "kubeconfig.part").rename(folder / "kubeconfig")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3))
