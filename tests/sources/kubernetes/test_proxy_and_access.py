"""Services inside the cluster through the API server, what is found there, and what is allowed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from opsconsole.config.settings import Http, Kubernetes
from opsconsole.model.reading import ProblemKind
from opsconsole.sources.errors import SourceError
from opsconsole.sources.http import Reach, reach, request_options
from opsconsole.sources.kubernetes import cluster as cluster_module
from opsconsole.sources.kubernetes.access import access_review, discover
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.logs import tail_logs
from opsconsole.sources.prometheus import Prometheus
from opsconsole.sources.through_cluster import ThroughCluster

from .server import ApiServer, status

PROXY = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy"
WANTED = Http(url="kube://monitoring/prometheus:9090", timeout_s=5.0)


async def prometheus(request: web.Request) -> web.StreamResponse | None:
    if request.path != f"{PROXY}/api/v1/query" or request.headers.get("Authorization") != "Bearer good-token":
        return None
    return web.json_response({"status": "success", "data": {"resultType": "scalar", "result": [1.0, "7"]}})


async def asked(cluster: Cluster) -> float | None:
    """What Prometheus answers through the cluster."""
    source = Prometheus(lambda: reach(WANTED, ThroughCluster(cluster)))
    try:
        return (await source.query("up")).samples[0].value
    finally:
        source.close()


def kubeconfig(api: ApiServer, path: Path, **changes: Any) -> Kubernetes:
    """The server's own kubeconfig with other words about its cluster; None takes a key out."""
    document = yaml.safe_load(api.kubeconfig())
    entry = {**document["clusters"][0]["cluster"], **changes}
    document["clusters"][0]["cluster"] = {key: value for key, value in entry.items() if value is not None}
    path.write_text(yaml.safe_dump(document))
    return Kubernetes(kubeconfig=str(path))


async def test_prometheus_is_reached_with_our_credentials(server: ApiServer, cluster: Cluster) -> None:
    server.fault = prometheus
    assert (await cluster.proxy_target(WANTED.url)).base == server.url + PROXY
    assert await asked(cluster) == 7.0


async def test_its_trust_is_the_clusters_own(cluster: Cluster) -> None:
    """The authority of the kubeconfig is trusted, and no other: not those of requests' own bundle."""
    target = await cluster.proxy_target(WANTED.url)
    assert target.context is not None
    other = ApiServer()
    await other.start()

    async def elsewhere() -> Reach:
        return replace(target, base=other.url)

    source = Prometheus(elsewhere)
    with pytest.raises(SourceError) as raised:
        await source.query("up")
    source.close()
    await other.stop()
    assert raised.value.problem.kind is ProblemKind.MISCONFIGURED
    assert "certificate" in raised.value.problem.sentence
    assert len(target.context.get_ca_certs()) == 1


async def test_insecure_skip_tls_verify_holds_here_too(server: ApiServer, tmp_path: Path) -> None:
    server.fault = prometheus
    insecure = {"certificate-authority-data": None, "insecure-skip-tls-verify": True}
    cluster = Cluster(kubeconfig(server, tmp_path / "insecure", **insecure))
    assert await asked(cluster) == 7.0
    await cluster.close()


async def test_the_kubeconfigs_server_name_and_proxy_hold_here_too(server: ApiServer, tmp_path: Path) -> None:
    server.fault = prometheus
    changes = {"server": server.url.replace("127.0.0.1", "localhost"), "tls-server-name": "127.0.0.1"}
    named = Cluster(kubeconfig(server, tmp_path / "named", **changes))
    assert await asked(named) == 7.0
    assert request_options(await named.proxy_target(WANTED.url))["server_hostname"] == "127.0.0.1"
    await named.close()
    behind = Cluster(kubeconfig(server, tmp_path / "proxy", **{"proxy-url": "http://127.0.0.1:9"}))
    assert request_options(await behind.proxy_target(WANTED.url))["proxy"] == "http://127.0.0.1:9"
    with pytest.raises(SourceError) as raised:
        await asked(behind)
    assert raised.value.problem.kind is ProblemKind.UNREACHABLE
    await behind.close()


async def test_an_answer_that_is_too_long_is_given_up(
    server: ApiServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def long(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * (2 << 20))

    monkeypatch.setattr(cluster_module, "_LONGEST_BODY", 1 << 20)
    server.fault = long
    with pytest.raises(SourceError, match="longer than 1 MiB"):
        await cluster.get("/version", needs="get /version")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("kube://m/alertmanager:web/base", "/api/v1/namespaces/m/services/alertmanager:web/proxy/base"),
        ("kube://m/https:thanos:10902", "/api/v1/namespaces/m/services/https:thanos:10902/proxy"),
        ("kube://m/loki", "/api/v1/namespaces/m/services/loki/proxy"),
    ],
)
async def test_forms_of_addresses(server: ApiServer, cluster: Cluster, url: str, path: str) -> None:
    assert (await cluster.proxy_target(url)).base == server.url + path


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
