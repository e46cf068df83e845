"""services/proxy: passes requests on to what stands behind a Service, where the demo runs something real."""

from collections.abc import Mapping

import aiohttp
from aiohttp import web

from opsconsole.demo.kubernetes.cluster import SimulatedCluster
from opsconsole.demo.kubernetes.errors import not_found, unavailable
from opsconsole.demo.kubernetes.requests import Asked
from opsconsole.demo.kubernetes.resources import SERVICES

_PASSED_ON = ("Content-Type", "Accept", "Accept-Encoding")
_PASSED_BACK = ("Content-Type", "Content-Encoding", "Warning")


class ServiceProxy:
    """`targets`: "namespace/service:port" → base URL on loopback, such as monitoring/prometheus:9090."""

    def __init__(self, cluster: SimulatedCluster, targets: Mapping[str, str]) -> None:
        self._cluster = cluster
        self._targets = targets
        self._session: aiohttp.ClientSession | None = None

    async def serve(self, asked: Asked, request: web.Request) -> web.StreamResponse:
        """Raises 404 for an unknown Service, 503 where nothing answers behind it."""
        name, port = _service(asked.name)
        service = self._cluster.store.get(SERVICES.key, asked.namespace, name)
        if service is None:
            raise not_found(SERVICES, name)
        ports = service.body["spec"].get("ports") or []
        found = next((each for each in ports if port in ("", str(each["port"]), each.get("name"))), None)
        if found is None:
            raise unavailable(f'no service port {port} found for service "{name}"')
        target = self._targets.get(f"{asked.namespace}/{name}:{found['port']}")
        if target is None:
            raise unavailable(f'no endpoints available for service "{asked.name}"')
        return await self._pass_on(f"{target.rstrip('/')}/{asked.rest}", request)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _pass_on(self, url: str, request: web.Request) -> web.StreamResponse:
        if self._session is None:
            self._session = aiohttp.ClientSession(auto_decompress=False)
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        try:
            async with self._session.request(
                request.method, url, params=request.query, data=await request.read(), headers=headers,
                allow_redirects=False,
            ) as answer:  # fmt: skip
                back = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
                return web.Response(body=await answer.read(), status=answer.status, headers=back)
        except aiohttp.ClientError as error:
            raise unavailable(f"error trying to reach service: {error}") from error


def _service(text: str) -> tuple[str, str]:
    """(service, port or name of a port) of `name`, `name:port` or `scheme:name:port`."""
    parts = text.split(":")
    if len(parts) == 3:
        return parts[1], parts[2]
    return parts[0], parts[1] if len(parts) == 2 else ""
