"""The way to HTTP services inside the cluster: `kube://NAMESPACE/SERVICE:PORT` through the API server's proxy."""

import re
from urllib.parse import quote

from ...model.reading import ProblemKind
from ..errors import SourceError
from ..http import Reach
from .cluster import Cluster

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_FORM = re.compile(
    rf"kube://(?P<namespace>{_LABEL})/(?P<service>(?:https?:)?{_LABEL}(?::[a-z0-9-]+)?)(?P<path>(?:/(?!\.\.?(?:/|$))[^/?#]*)*)"
)


async def proxy_target(cluster: Cluster, url: str) -> Reach:
    """How to reach `kube://NAMESPACE/SERVICE:PORT[/path]` (`https:SERVICE:PORT` where it speaks TLS itself).

    Ask anew after a 401: tokens run out. SourceError (MISCONFIGURED) for another form of address, and whatever signing
    in raises.
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
    return Reach(
        f"{cluster.server}/api/v1/namespaces/{form['namespace']}/services/{service}/proxy{rest}",
        {"Authorization": token} if token else {},
        context,
        shown=url,
        server_hostname=name,
        proxy=cluster.proxy,
    )
