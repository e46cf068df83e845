"""The doctor against real servers, the simulated and the real API server, and servers that are not well."""

import socket
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from opsconsole.checks import cluster as kubernetes
from opsconsole.checks import databases, metrics
from opsconsole.checks.check import Ask, Check, Verdict, clock_check, collected
from opsconsole.config.settings import Http, Kubernetes, Loki, Postgres, Profile, Redis
from opsconsole.sources.kubernetes.access import READS, access_review
from opsconsole.sources.kubernetes.cluster import Cluster
from tests.cluster.credentials import kubeconfig
from tests.cluster.plane import Plane
from tests.demo.kubernetes.running import running
from tests.servers.postgres import PostgresUnderTest
from tests.servers.valkey import ValkeyUnderTest
from tests.sources.canned import answering, serving
from tests.sources.kubernetes.offering import offer
from tests.sources.kubernetes.server import ApiServer

RBAC = Path(__file__).parents[2] / "config" / "kubernetes-rbac.yaml"


async def run(ask: Ask, *, longest_s: float = 20.0) -> list[Check]:
    return await collected("it", ask, longest_s=longest_s)


def said(checks: list[Check]) -> list[tuple[Verdict, str]]:
    return [(check.verdict, check.said) for check in checks]


async def test_a_postgres_that_is_well(postgres_server: PostgresUnderTest) -> None:
    checks = await run(lambda: databases.postgres(postgres_server.settings()))
    assert said(checks) == [
        (Verdict.FINE, "database shop as console"),
        (Verdict.FINE, "pg_stat_statements is loaded and installed"),
        (Verdict.FINE, checks[2].said),
    ]
    assert checks[2].said.endswith("of 95 connections in use; with all of them taken console does not get in")
    assert "pg_use_reserved_connections" in checks[2].remedy
    assert checks[0].version.startswith("18")
    assert checks[0].took_ms is not None
    assert abs(checks[0].clock_difference_s or 0) < 5


async def test_a_role_without_rights_and_a_database_without_the_extension(postgres_server: PostgresUnderTest) -> None:
    settings = postgres_server.settings("nobody_special", "nobody-Words", database="postgres")
    checks = await run(lambda: databases.postgres(settings))
    assert [(check.verdict, check.remedy) for check in checks[1:]] == [
        (Verdict.DEGRADED, 'GRANT pg_monitor TO "nobody_special";'),
        (Verdict.DEGRADED, "CREATE EXTENSION pg_stat_statements; in that database"),
        (Verdict.FINE, checks[-1].remedy),
    ]


async def test_a_role_that_gets_in_when_all_is_taken(postgres_server: PostgresUnderTest) -> None:
    postgres_server.run("GRANT pg_use_reserved_connections TO console")
    try:
        checks = await run(lambda: databases.postgres(postgres_server.settings()))
    finally:
        postgres_server.run("REVOKE pg_use_reserved_connections FROM console")
    assert checks[-1].said.endswith("with all of them taken console still gets in: reserved")
    assert checks[-1].remedy == ""


async def test_a_wrong_password_is_unusable_and_not_repeated(postgres_server: PostgresUnderTest) -> None:
    (check,) = await run(lambda: databases.postgres(postgres_server.settings("console", "wrong-Words-9")))
    assert check.verdict is Verdict.UNUSABLE
    assert check.remedy
    assert "wrong-Words-9" not in check.said


async def test_a_valkey_that_is_well(valkey_server: ValkeyUnderTest) -> None:
    checks = await run(lambda: databases.redis(valkey_server.settings()))
    assert said(checks) == [(Verdict.FINE, "master, INFO is allowed")]
    assert checks[0].version.startswith("valkey ")


async def test_the_shipped_acl_is_enough_and_less_is_named(valkey_server: ValkeyUnderTest) -> None:
    rules = (RBAC.parent / "redis-user.acl").read_text().splitlines()[-1].split()[2:]
    admin: Any = valkey_server.client
    admin.execute_command("ACL", "SETUSER", "shipped", *rules[:1], ">shipped-Words", *rules[2:])
    assert said(await run(lambda: databases.redis(valkey_server.settings("shipped", "shipped-Words")))) == [
        (Verdict.FINE, "master, INFO is allowed")
    ]
    admin.execute_command("ACL", "SETUSER", "shipped", "-slowlog")
    checks = await run(lambda: databases.redis(valkey_server.settings("shipped", "shipped-Words")))
    assert said(checks)[1:] == [(Verdict.DEGRADED, "slow log is unknown: needs +slowlog|get")]
    assert checks[1].remedy == "ACL SETUSER shipped +slowlog|get"
    admin.execute_command("ACL", "DELUSER", "shipped")


def _kubernetes(tmp_path: Path, text: str) -> Kubernetes:
    file = tmp_path / "kubeconfig"
    file.write_text(text)
    return Kubernetes(kubeconfig=str(file))


async def test_a_cluster_and_a_service_behind_it(tmp_path: Path) -> None:
    with serving(answering(200, b'{"status":"success","data":{"resultType":"vector","result":[]}}')) as url:
        async with running(proxies={"monitoring/prometheus:9090": url}) as run_:
            text = kubeconfig(run_.server.url, run_.server.ca_pem, "admin", run_.server.tokens["admin"])
            settings = _kubernetes(tmp_path, text)
            prometheus = Http(url="kube://monitoring/prometheus:9090")
            cluster = Cluster(settings)
            profile = Profile(kubernetes=settings, prometheus=prometheus)
            checks = await run(lambda: kubernetes.checks(cluster, profile))
            behind = await run(lambda: metrics.prometheus(prometheus, cluster))
            await cluster.close()
    assert [check.verdict for check in checks] == [Verdict.FINE] * 5
    assert checks[0].said.endswith("as admin")
    assert checks[0].version.startswith("v1.")
    assert checks[-1].said == "may reach kube://monitoring/prometheus:9090 through the service proxy"
    assert said(behind)[-1][0] is Verdict.DEGRADED
    assert "no series `up`" in behind[-1].said


async def test_somebody_who_may_little_learns_what_is_missing(tmp_path: Path) -> None:
    async with running() as run_:
        text = kubeconfig(run_.server.url, run_.server.ca_pem, "tenant", run_.server.tokens["tenant"])
        settings = msgspec.structs.replace(_kubernetes(tmp_path, text), namespaces=("social-live-prod",))
        cluster = Cluster(settings)
        profile = Profile(kubernetes=settings, loki=Loki(url="kube://monitoring/loki:3100"))
        checks = await run(lambda: kubernetes.checks(cluster, profile))
        await cluster.close()
    missing = [check for check in checks if check.said.startswith("in social-live-prod")]
    assert said(missing) == [
        (Verdict.DEGRADED, "in social-live-prod, may not list nodes, nodes.metrics.k8s.io; watch nodes"),
        (
            Verdict.DEGRADED,
            "in social-live-prod, an object's page (y, d) needs get nodes, namespaces; "
            "the lists of endpoints, namespaces and claims needs list namespaces; "
            "those lists as they change needs watch namespaces; "
            "describe of a Node needs get leases.coordination.k8s.io in kube-node-lease",
        ),
    ]
    assert all("kubernetes-rbac.yaml" in check.remedy for check in missing)
    assert checks[-1].verdict is Verdict.UNUSABLE
    assert "services/proxy in monitoring" in checks[-1].said


async def test_somebody_with_one_namespace_is_told_to_name_it(tmp_path: Path) -> None:
    async with running() as run_:
        text = kubeconfig(run_.server.url, run_.server.ca_pem, "tenant", run_.server.tokens["tenant"])
        cluster = Cluster(_kubernetes(tmp_path, text))
        checks = await run(lambda: kubernetes.checks(cluster, Profile(kubernetes=cluster.settings)))
        await cluster.close()
    (refused,) = [check for check in checks if check.verdict is Verdict.UNUSABLE]
    assert refused.said == "may not list pods in namespace default, nor in all of them"
    assert 'namespaces = ["NAME"]' in refused.remedy


async def test_what_an_old_server_lacks_is_named(tmp_path: Path) -> None:
    server = ApiServer()
    await server.start()
    offer(
        server, aggregated=False, batch={"v1": ["jobs"], "v1beta1": ["cronjobs"]},
        autoscaling={"v2beta2": ["horizontalpodautoscalers"]}, policy={"v1": ["poddisruptionbudgets"]},
    )  # fmt: skip
    cluster = Cluster(_kubernetes(tmp_path, server.kubeconfig()))
    checks = await run(lambda: kubernetes.checks(cluster, Profile(kubernetes=cluster.settings)))
    await cluster.close()
    await server.stop()
    assert [check for check in said(checks) if "this server" in check[1] and "metrics" not in check[1]] == [
        (
            Verdict.DEGRADED,
            "this server does not offer endpointslices.discovery.k8s.io: nothing is said of these",
        ),
        (
            Verdict.FINE,
            "reads cronjobs.batch in v1beta1, horizontalpodautoscalers.autoscaling in v2beta2: "
            "this server has no newer version",
        ),
    ]


@pytest.mark.parametrize(("user", "verdict"), [("admin", Verdict.FINE), ("viewer", Verdict.DEGRADED)])
async def test_watching_secrets_needs_its_own_right(tmp_path: Path, user: str, verdict: Verdict) -> None:
    async with running() as run_:
        text = kubeconfig(run_.server.url, run_.server.ca_pem, user, run_.server.tokens[user])
        settings = msgspec.structs.replace(_kubernetes(tmp_path, text), watch_secrets=True)
        cluster = Cluster(settings)
        checks = await run(lambda: kubernetes.checks(cluster, Profile(kubernetes=settings)))
        await cluster.close()
    (check,) = [check for check in checks if "secrets" in check.said]
    assert check.verdict is verdict


async def test_an_expired_token_is_unusable(tmp_path: Path) -> None:
    async with running() as run_:
        cluster = Cluster(_kubernetes(tmp_path, kubeconfig(run_.server.url, run_.server.ca_pem, "x", "expired")))
        checks = await run(lambda: kubernetes.checks(cluster, Profile()))
        await cluster.close()
    assert [check.verdict for check in checks] == [Verdict.UNUSABLE]


async def test_the_shipped_rbac_gives_every_right_that_is_asked_for(
    real_cluster: Plane, kubectl: Path, tmp_path: Path
) -> None:
    admin = _kubernetes(tmp_path, real_cluster.kubeconfig("admin")).kubeconfig or ""
    manifest = tmp_path / "rbac.yaml"
    manifest.write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: monitoring}\n---\n"
        + RBAC.read_text().replace("name: operators", "name: tenants")
    )

    def apply(verb: str) -> None:
        command = [str(kubectl), "--kubeconfig", admin, verb, "-f", str(manifest)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    apply("apply")
    try:
        folder = tmp_path / "tenant"
        folder.mkdir()
        cluster = Cluster(_kubernetes(folder, real_cluster.kubeconfig("tenant")))
        reads = [pair for pair in READS if pair[1] != "services/proxy"]
        reviews = await access_review(cluster, [*reads, ("list", "secrets"), ("delete", "pods")], ["default"])
        refused = {(verb, resource) for verb, resource, _, may in reviews if not may}
        proxy = Check("", Verdict.FINE, "")
        async for check in kubernetes.checks(
            cluster, Profile(prometheus=Http(url="kube://monitoring/prometheus-operated:9090"))
        ):
            proxy = check
        await cluster.close()
    finally:
        apply("delete")
    assert refused == {("list", "secrets"), ("delete", "pods")}
    assert proxy.verdict is Verdict.FINE


async def test_older_rights_are_enough_to_work_and_what_a_page_lacks_is_named(
    real_cluster: Plane, kubectl: Path, tmp_path: Path
) -> None:
    """A role that was applied before the console opened objects: all rows are there."""
    documents = [each for each in yaml.safe_load_all(RBAC.read_text()) if each["kind"].startswith("ClusterRole")]
    read = next(each for each in documents if each["metadata"]["name"] == "opsconsole-read")
    newer = {"services", "endpointslices", "controllerrevisions", "poddisruptionbudgets"}
    read["rules"] = [rule for rule in read["rules"] if not newer & set(rule["resources"])]
    manifest = tmp_path / "rbac.yaml"
    manifest.write_text(yaml.safe_dump_all(documents).replace("name: operators", "name: tenants"))
    admin = _kubernetes(tmp_path, real_cluster.kubeconfig("admin")).kubeconfig or ""

    def apply(verb: str) -> None:
        command = [str(kubectl), "--kubeconfig", admin, verb, "-f", str(manifest)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    apply("apply")
    try:
        folder = tmp_path / "tenant"
        folder.mkdir()
        cluster = Cluster(_kubernetes(folder, real_cluster.kubeconfig("tenant")))
        checks = await run(lambda: kubernetes.checks(cluster, Profile(kubernetes=cluster.settings)), longest_s=60)
        await cluster.close()
    finally:
        apply("delete")
    assert all(check.verdict is not Verdict.UNUSABLE for check in checks)
    (lacking,) = [check for check in checks if "needs" in check.said]
    assert lacking.verdict is Verdict.DEGRADED
    assert lacking.said.split("; ") == [
        "in all namespaces, an object's page (y, d) needs get poddisruptionbudgets.policy, services, resourcequotas, "
        "endpointslices.discovery.k8s.io",
        "the lists of endpoints, namespaces and claims needs list endpointslices.discovery.k8s.io",
        "those lists as they change needs watch endpointslices.discovery.k8s.io",
        "describe of a Node needs get leases.coordination.k8s.io in kube-node-lease",
        "the history (h) of a StatefulSet or DaemonSet needs list controllerrevisions.apps",
    ]
    (unseen,) = [check for check in checks if "may not" in check.said]
    assert unseen.said == (
        "in all namespaces, may not list poddisruptionbudgets.policy, resourcequotas; "
        "watch poddisruptionbudgets.policy, services, resourcequotas"
    )
    assert "kubernetes-rbac.yaml" in lacking.remedy


async def test_loki_and_opencost_say_whether_they_are_ready() -> None:
    with serving(answering(200, b"ready", "text/plain")) as url:
        (check,) = await run(lambda: metrics.ready("loki", Http(url=url), None))
    assert (check.verdict, check.source) == (Verdict.FINE, "loki")
    with serving(answering(503, b"warming up", "text/plain")) as url:
        (check,) = await run(lambda: metrics.ready("opencost", Http(url=url), None))
    assert check.verdict is Verdict.UNUSABLE
    assert "503" in check.said


@pytest.mark.parametrize("kind", ["prometheus", "alertmanager", "loki", "postgres", "redis", "kubernetes"])
async def test_a_server_that_takes_the_connection_and_says_nothing_never_hangs_it(kind: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        http = Http(url=f"http://127.0.0.1:{port}")
        cluster = Cluster(_kubernetes(tmp_path, kubeconfig(f"http://127.0.0.1:{port}", "", "x", "t")))
        asks: dict[str, Ask] = {
            "prometheus": lambda: metrics.prometheus(http, None),
            "alertmanager": lambda: metrics.alertmanager(http, None),
            "loki": lambda: metrics.ready("loki", http, None),
            "postgres": lambda: databases.postgres(Postgres(dsn=f"host=127.0.0.1 port={port} dbname=x user=x")),
            "redis": lambda: databases.redis(Redis(url=f"redis://127.0.0.1:{port}")),
            "kubernetes": lambda: kubernetes.checks(cluster, Profile()),
        }
        checks = await run(asks[kind], longest_s=1.0)
        await cluster.close()
    assert [check.verdict for check in checks] == [Verdict.UNUSABLE]
    assert checks[0].remedy


def test_clocks_that_differ_are_said() -> None:
    assert clock_check("x", 4.9) == clock_check("x", None) == []
    (check,) = clock_check("x", -61.0)
    assert check.said.startswith("its clock is 61 s behind this machine's")


async def test_a_mistake_in_a_check_is_a_check() -> None:
    async def broken():  # type: ignore[no-untyped-def]  # an iterator that fails before it yields
        raise ValueError("oops")
        yield

    (check,) = await run(broken)
    assert check.verdict is Verdict.UNUSABLE
    assert "oops" in check.said
