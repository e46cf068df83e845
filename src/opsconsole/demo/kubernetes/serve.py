"""Serves a simulated cluster over HTTPS, with a throw-away certificate authority and a token for each user."""

import base64
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import trustme
import yaml
from aiohttp import web

from opsconsole.demo.kubernetes.apiserver import ApiServer
from opsconsole.demo.kubernetes.cluster import SimulatedCluster
from opsconsole.demo.kubernetes.proxy import ServiceProxy
from opsconsole.demo.kubernetes.rbac import USERS
from opsconsole.demo.kubernetes.watching import BOOKMARK_S
from opsconsole.demo.platform import NAMESPACE

_MOST_BYTES = 3 * 2**20
_LEAVE_S = 0.5


@dataclass(slots=True)
class Server:
    """A running API server; `tokens`: user (admin, viewer, tenant) → bearer token."""

    url: str
    ca_pem: str
    tokens: Mapping[str, str]
    _runner: web.AppRunner
    _proxy: ServiceProxy

    def kubeconfig(self, user: str = "admin", context: str = "opsconsole-demo") -> str:
        """The text of a kubeconfig for one user; it holds the token."""
        authority = base64.b64encode(self.ca_pem.encode()).decode()
        cluster = {"server": self.url, "certificate-authority-data": authority}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": context,
            "clusters": [{"name": context, "cluster": cluster}],
            "users": [{"name": user, "user": {"token": self.tokens[user]}}],
            "contexts": [{"name": context, "context": {"cluster": context, "user": user, "namespace": NAMESPACE}}],
        }
        return yaml.safe_dump(document, sort_keys=False)

    async def close(self) -> None:
        """Ends every connection and frees the port."""
        await self._runner.cleanup()
        await self._proxy.close()


async def serve(
    cluster: SimulatedCluster, host: str = "127.0.0.1", port: int = 0, *,
    proxies: Mapping[str, str] | None = None, bookmark_s: float = BOOKMARK_S,
) -> Server:  # fmt: skip
    """Starts serving; port 0 takes a free one.

    `proxies`: "monitoring/prometheus:9090" → URL on loopback that stands behind this Service.
    """
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host, "localhost").configure_cert(context)
    tokens = {user.name: secrets.token_urlsafe(24) for user in USERS}
    proxy = ServiceProxy(cluster, proxies if proxies is not None else {})
    api = ApiServer(cluster, {tokens[user.name]: user for user in USERS}, proxy, bookmark_s)
    application = web.Application(client_max_size=_MOST_BYTES)
    application.router.add_route("*", "/{path:.*}", api.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_LEAVE_S, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, host, port, ssl_context=context)
    await site.start()
    bound = runner.addresses[0][1]
    return Server(f"https://{host}:{bound}", authority.cert_pem.bytes().decode(), tokens, runner, proxy)
