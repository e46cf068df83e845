"""Lets HTTP sources reach services inside a cluster with the console's own Kubernetes credentials."""

from .http import Reach
from .kubernetes.cluster import Cluster


class ThroughCluster:
    """The service proxy of one cluster, as `http.reach` asks for it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def service(self, namespace: str, service: str, port: str) -> Reach:
        """How `kube://namespace/service:port` is reached now; raises SourceError. Ask again after a 401."""
        return await self._cluster.proxy_target(f"kube://{namespace}/{service}:{port}")
