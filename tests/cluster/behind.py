"""A service whose one pod leads to a real server of this machine, for `kubectl port-forward` to reach it."""

from typing import Any

from tests.cluster.manifests import NAMESPACE
from tests.cluster.objects import unique
from tests.cluster.plane import Plane
from tests.servers.ports import until

FORWARDS = "kwok.x-k8s.io/v1alpha1"
PORT = 5432
"""Of the service and its pod; where it leads to is another matter."""


class Behind:
    """The service is `name`, its port is called `db`; the pod can be replaced by another, as a controller would."""

    def __init__(self, plane: Plane, port: int, namespace: str = NAMESPACE) -> None:
        self.plane = plane
        self.namespace = namespace
        self.name = unique("db")
        self.through = f"kube://{namespace}/{self.name}:{PORT}"
        self.pod = ""
        spec = {"selector": {"app": self.name}, "ports": [{"name": "db", "port": PORT, "targetPort": PORT}]}
        plane.create(self._object("v1", "Service", self.name, spec))
        self.lead_to(port)

    def lead_to(self, port: int) -> None:
        """A new pod takes the place of the one before; it leads to this port."""
        if self.pod:
            self.plane.delete(self._object("v1", "Pod", self.pod, {}))
            self.plane.delete(self._object(FORWARDS, "PortForward", self.pod, {}))
        self.pod = unique(self.name)
        target = {"address": "127.0.0.1", "port": port}
        leads = {"forwards": [{"ports": [PORT], "target": target}]}
        self.plane.create(self._object(FORWARDS, "PortForward", self.pod, leads))
        container = {"name": "db", "image": "registry.example/db:1", "ports": [{"name": "db", "containerPort": PORT}]}
        self.plane.create(self._object("v1", "Pod", self.pod, {"containers": [container]}, {"app": self.name}))
        until(self._runs, f"pod {self.pod} to run")

    def _runs(self) -> bool:
        pod = self.plane.request("GET", f"/api/v1/namespaces/{self.namespace}/pods/{self.pod}")
        return bool(pod["status"]["phase"] == "Running")

    def _object(
        self, api: str, kind: str, name: str, spec: dict[str, Any], labels: dict[str, str] | None = None
    ) -> dict[str, Any]:
        metadata = {"name": name, "namespace": self.namespace, "labels": labels or {}}
        return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}
