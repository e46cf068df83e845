"""Platforms to switch between: a kubeconfig of several contexts, and small API servers with a pod for each name."""

from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.faults.servers import cluster
from tests.sources.canned import Respond

TOKEN = {"token": "good-token"}


def kubeconfig(
    path: Path, servers: Mapping[str, str], users: Mapping[str, Mapping[str, Any]] | None = None, current: str = ""
) -> Path:
    """A context for each server, of the same name; `users` are theirs where they have one of their own."""
    given = {name: dict((users or {}).get(name, TOKEN)) for name in servers}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current or next(iter(servers)),
        "clusters": [{"name": name, "cluster": {"server": url}} for name, url in servers.items()],
        "users": [{"name": f"user-of-{name}", "user": user} for name, user in given.items()],
        "contexts": [
            {"name": name, "context": {"cluster": name, "user": f"user-of-{name}", "namespace": "shop"}}
            for name in servers
        ],
    }
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def pod(namespace: str, name: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": namespace, "uid": f"{namespace}-{name}", "resourceVersion": "5"},
        "spec": {"nodeName": "n1", "containers": [{"name": "c"}]},
        "status": {
            "phase": "Running",
            "containerStatuses": [{"name": "c", "ready": True, "restartCount": 0, "state": {"running": {}}}],
        },
    }


def api(
    pods: Mapping[str, Sequence[str]], *, forbidden: tuple[str, ...] = (), asked: list[str] | None = None
) -> Respond:
    """An API server with these pods by namespace; `asked` takes down the paths, watches with `watch`."""
    named = [{"metadata": {"name": namespace, "uid": f"ns-{namespace}"}} for namespace in pods]
    objects = {"/api/v1/namespaces": named}
    for namespace, names in pods.items():
        objects[f"/api/v1/namespaces/{namespace}/pods"] = [pod(namespace, name) for name in names]
    objects["/api/v1/pods"] = [pod(namespace, name) for namespace, names in pods.items() for name in names]
    answers = cluster(objects, forbidden=forbidden)

    def respond(handler: BaseHTTPRequestHandler) -> None:
        where = urlsplit(handler.path)
        if asked is not None:
            asked.append(f"{where.path}{' watch' if 'watch=' in where.query else ''}")
        answers(handler)

    return respond
