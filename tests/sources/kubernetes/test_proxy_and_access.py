"""Services inside the cluster through the API server, what is found there, and what is allowed."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from aiohttp import web

from opsconsole.config.settings import Kubernetes
from opsconsole.model.reading import ProblemKind
from opsconsole.sources.errors import SourceError
from opsconsole.sources.kubernetes.access import access_review, discover
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.logs import tail_logs

from .server import ApiServer, status

PROXY = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy"


async def prometheus(request: web.Request) -> web.StreamResponse | None:
    if request.path != f"{PROXY}/api/v1/query" or request.headers.get("Authorization") != "Bearer good-token":
        return None
    return web.json_response({"asked": (await request.post()).get("query")})


async def test_requests_reaches_a_service_with_our_credentials(server: ApiServer, cluster: Cluster) -> None:
    server.fault = prometheus
    target = await cluster.proxy_target("kube://monitoring/prometheus:9090")
    assert target.base_url == server.url + PROXY

    def ask() -> Any:
        with target.session() as session:
            return session.post(f"{target.base_url}/api/v1/query", data={"query": "up"}, timeout=5).json()

    assert await asyncio.get_running_loop().run_in_executor(None, ask) == {"asked": "up"}


async def test_its_trust_is_the_clusters_own(server: ApiServer, cluster: Cluster) -> None:
    """The authority of the kubeconfig is trusted, and no other: not those of requests' own bundle."""
    target = await cluster.proxy_target("kube://monitoring/prometheus:9090")
    assert target.ssl_context is not None
    assert len(target.ssl_context.get_ca_certs()) == 1
    other = ApiServer()
    await other.start()

    def ask() -> None:
        session = target.session()
        session.mount(other.url, session.get_adapter(target.base_url))
        with session, pytest.raises(requests.exceptions.SSLError):
            session.get(f"{other.url}/version", timeout=5)

    await asyncio.get_running_loop().run_in_executor(None, ask)
    await other.stop()
    assert len(target.ssl_context.get_ca_certs()) == 1


async def test_insecure_skip_tls_verify_holds_here_too(server: ApiServer, tmp_path: Path) -> None:
    server.fault = prometheus
    document = yaml.safe_load(server.kubeconfig())
    document["clusters"][0]["cluster"] = {"server": server.url, "insecure-skip-tls-verify": True}
    (tmp_path / "insecure").write_text(yaml.safe_dump(document))
    cluster = Cluster(Kubernetes(kubeconfig=str(tmp_path / "insecure")))
    target = await cluster.proxy_target("kube://monitoring/prometheus:9090")
    await cluster.close()

    def ask() -> int:
        with target.session() as session:
            return int(session.post(f"{target.base_url}/api/v1/query", timeout=5).status_code)

    assert await asyncio.get_running_loop().run_in_executor(None, ask) == 200


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("kube://m/alertmanager:web/base", "/api/v1/namespaces/m/services/alertmanager:web/proxy/base"),
        ("kube://m/https:thanos:10902", "/api/v1/namespaces/m/services/https:thanos:10902/proxy"),
        ("kube://m/loki", "/api/v1/namespaces/m/services/loki/proxy"),
    ],
)
async def test_forms_of_addresses(server: ApiServer, cluster: Cluster, url: str, path: str) -> None:
    assert (await cluster.proxy_target(url)).base_url == server.url + path


@pytest.mark.parametrize(
    "url", ["kube://monitoring", "http://x/y", "kube://m/../../secrets", "kube:///svc:1", "kube://m/s:1/a/../b"]
)
async def test_other_addresses_are_refused(cluster: Cluster, url: str) -> None:
    with pytest.raises(SourceError) as raised:
        await cluster.proxy_target(url)
    assert raised.value.problem.kind is ProblemKind.MISCONFIGURED


def service(name: str, *ports: tuple[str, int], **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "monitoring", "uid": name, "resourceVersion": "1", "labels": labels},
        "spec": {"ports": [{"name": port, "port": number} for port, number in ports]},
    }


async def test_discovery_knows_the_usual_labels_and_names(server: ApiServer, cluster: Cluster) -> None:
    found = [
        service("kube-prom-stack-prometheus", ("reloader-web", 8080), ("http-web", 9090), app="prometheus"),
        service("prometheus-operated", ("web", 9090), **{"operated-prometheus": "true"}),
        service("prometheus-node-exporter", ("metrics", 9100), app="prometheus"),
        service("am", ("web", 9093), **{"app.kubernetes.io/name": "alertmanager"}),
        service("shop", ("http", 80)),
    ]
    server.collections["/api/v1/services"] = {thing["metadata"]["uid"]: thing for thing in found}
    assert await discover(cluster) == [
        ("prometheus", "kube://monitoring/prometheus-operated:9090"),
        ("prometheus", "kube://monitoring/kube-prom-stack-prometheus:9090"),
        ("alertmanager", "kube://monitoring/am:9093"),
    ]
    server.forbidden = {"/api/v1/services"}
    assert await discover(cluster) == []


async def test_rights_are_asked_for_one_by_one(server: ApiServer, cluster: Cluster) -> None:
    server.reviews = lambda attributes: attributes["verb"] == "list" and attributes.get("namespace") != "bank"
    verbs = [("list", "pods"), ("get", "pods/log"), ("list", "nodes")]
    assert await access_review(cluster, verbs, ["shop", "bank"]) == [
        ("list", "pods", "shop", True),
        ("list", "pods", "bank", False),
        ("get", "pods/log", "shop", False),
        ("get", "pods/log", "bank", False),
        ("list", "nodes", "", True),
    ]


async def test_last_lines_of_a_log(server: ApiServer, cluster: Cluster) -> None:
    async def log(request: web.Request) -> web.StreamResponse | None:
        if "gone" in request.path:
            return status(404, 'pods "gone" not found')
        assert request.query["previous"] == "true"
        return web.Response(body=b"2026-03-26T02:44:09.123456789Z ERROR \x1b[31mheap \xff\nwithout a time\n")

    server.fault = log
    first, second = await tail_logs(cluster, "shop", "worker", "app", tail=2, previous=True)
    assert first.at is not None
    assert (first.at.isoformat(), first.text) == ("2026-03-26T02:44:09.123456+00:00", "ERROR ␛[31mheap �")
    assert (second.at, second.text) == (None, "without a time")
    with pytest.raises(SourceError) as raised:
        await tail_logs(cluster, "shop", "gone", "app")
    assert raised.value.problem.kind is ProblemKind.MISSING
    assert 'pods "gone" not found' in raised.value.problem.sentence
