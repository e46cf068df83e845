"""The way to HTTP services inside the cluster: `kube://NAMESPACE/SERVICE:PORT` through the API server's proxy."""

import re
import ssl
from typing import Any
from urllib.parse import quote

import msgspec

from ...model.reading import ProblemKind
from ..errors import SourceError
from .cluster import Cluster

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_FORM = re.compile(
    rf"kube://(?P<namespace>{_LABEL})/(?P<service>(?:https?:)?{_LABEL}(?::[a-z0-9-]+)?)(?P<path>(?:/(?!\.\.?(?:/|$))[^/?#]*)*)"
)


class ProxyTarget(msgspec.Struct, frozen=True):
    """Everything an HTTP client of another kind needs to reach a service as the console's own user."""

    base_url: str
    """Without a trailing slash; append the service's own paths."""
    headers: dict[str, str]
    """Authorization, where a token is used. Ask anew after a 401: tokens run out."""
    ssl_context: ssl.SSLContext | None
    """Trust and client certificate; None for plain http. Of its own: safe in another thread."""
    server_hostname: str = ""
    """The name to ask the server for (SNI and verification) where the kubeconfig gives one."""

    def session(self, base: Any = None) -> Any:
        """A `requests.Session` (or the given one) set up for this target; use it in one thread."""
        import requests
        import urllib3
        from requests.adapters import HTTPAdapter

        target = self

        class Adapter(HTTPAdapter):
            """Uses the target's TLS context as it is, instead of requests' own bundle of authorities."""

            def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
                if target.ssl_context is not None:
                    options["ssl_context"] = target.ssl_context
                    options["cert_reqs"] = target.ssl_context.verify_mode
                if target.server_hostname:
                    options["server_hostname"] = options["assert_hostname"] = target.server_hostname
                super().init_poolmanager(*arguments, **options)

            def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
                """Nothing to set: the context verifies."""

            def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
                host, options = super().build_connection_pool_key_attributes(request, verify, cert)
                ours = ("cert_reqs", "ca_certs", "ca_cert_dir")
                return host, {key: value for key, value in options.items() if key not in ours}

        if self.ssl_context is not None and self.ssl_context.verify_mode is ssl.CERT_NONE:
            # the kubeconfig says so; a warning for each request would only spoil the screen
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        session = base if base is not None else requests.Session()
        session.headers.update(self.headers)
        session.mount(self.base_url, Adapter(max_retries=0))
        return session


async def proxy_target(cluster: Cluster, url: str) -> ProxyTarget:
    """How to reach `kube://NAMESPACE/SERVICE:PORT[/path]` (`https:SERVICE:PORT` where it speaks TLS itself).

    SourceError (MISCONFIGURED) for another form of address; whatever signing in raises.
    """
    form = _FORM.fullmatch(url)
    if form is None:
        raise SourceError(
            ProblemKind.MISCONFIGURED, "a service inside the cluster is written kube://NAMESPACE/SERVICE:PORT",
            "correct the address in the settings",
        )  # fmt: skip
    await cluster.ready()
    token = await cluster.authorization()
    context, name = await cluster.tls()
    service, rest = quote(form["service"], safe=":"), (form["path"] or "").rstrip("/")
    return ProxyTarget(
        f"{cluster.server}/api/v1/namespaces/{form['namespace']}/services/{service}/proxy{rest}",
        {"Authorization": token} if token else {},
        context,
        name,
    )
