"""What config/kubernetes-rbac.yaml gives, on the real control plane: enough for every action, and no more."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from opsconsole.actions.errors import Refused
from opsconsole.checks.check import Verdict
from opsconsole.checks.cluster import checks
from opsconsole.config.settings import Kubernetes, Profile
from opsconsole.model.action import Phase
from opsconsole.sources.errors import SourceError
from opsconsole.sources.kubernetes.describe import describe
from opsconsole.sources.kubernetes.objects_raw import read_list, read_object
from opsconsole.sources.kubernetes.rollouts import read_rollouts
from tests.cluster import objects
from tests.demo.kubernetes.target import APPS, CORE, HPAS, NAMESPACE, Target, eventually, unique

from .consoles import ONLY_REAL, Console, console, line

pytestmark = [pytest.mark.asyncio(loop_scope="module"), ONLY_REAL]
RBAC = Path(__file__).parents[3] / "config" / "kubernetes-rbac.yaml"
PATHS = {
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings",
}
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
BUDGETS = f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets"
READ = ("opsconsole-read", "opsconsole-nodes", "opsconsole-leases")


async def apply(target: Target, *names: str) -> None:
    """The documents of these names; they go again with the test."""
    for document in yaml.safe_load_all(RBAC.read_text()):
        metadata = document["metadata"]
        if metadata["name"] in names:
            await target.create(PATHS[document["kind"]].format(namespace=metadata.get("namespace")), document)


async def test_the_operator_may_do_every_action(target: Target, tmp_path: Path) -> None:
    await apply(target, *READ, "opsconsole-operate")
    async with console(target, tmp_path, "operator") as c:
        api = await c.deployment(2)
        needs = set()
        for verb, asked in (("scale", {"replicas": 3}), ("restart", {}), ("rollback", {})):
            run = await c.do(verb, api, **asked)
            assert run.phase is Phase.READY, run.words
            needs |= {write.resource for write in run.plan.writes}
            assert "no PDB" in line(run.plan, "fights")  # it may list them
        await target.create(HPAS, objects.autoscaler(api.name, 1, 6))
        bounds = await c.do("scale", api, replicas=4)
        body = await target.create(f"{APPS}/statefulsets", objects.stateful_set(unique("act"), 1))
        kept = await c.seen(c.target(body, "StatefulSet"))
        runs = [bounds, await c.do("scale", kept, replicas=2), await c.do("restart", kept)]
        needs |= {write.resource for run in runs for write in run.plan.writes}
        assert all(run.phase is Phase.READY for run in runs), [run.words for run in runs]
        needs |= {"daemonsets.apps", "scaledobjects.keda.sh"}
        assert needs == {resource for verb, resource in granted() if verb == "patch"}
        assert await spoken(c) == (Verdict.FINE, "may scale, restart and roll back, in social-live-prod")


def granted() -> set[tuple[str, str]]:
    """(verb, resource) of opsconsole-operate."""
    documents: list[Any] = list(yaml.safe_load_all(RBAC.read_text()))
    role = next(
        each for each in documents if (each["kind"], each["metadata"]["name"]) == ("ClusterRole", "opsconsole-operate")
    )
    found = set()
    for rule in role["rules"]:
        for resource in rule["resources"]:
            plural, _, subresource = resource.partition("/")
            name = f"{plural}.{rule['apiGroups'][0]}" + (f"/{subresource}" if subresource else "")
            found |= {(verb, name) for verb in rule["verbs"]}
    return found


async def test_who_may_only_read_sees_everything_and_changes_nothing(target: Target, tmp_path: Path) -> None:
    await apply(target, *READ)
    async with console(target, tmp_path, "operator") as c:
        api = await c.deployment(1)
        with pytest.raises(Refused) as caught:
            await c.plan("restart", api)
        assert caught.value.guard == "rights"
        verdict, said = await spoken(c)
        assert (verdict, said.partition(":")[0]) == (Verdict.FINE, "may only look")


async def test_who_may_only_read_opens_every_page(target: Target, tmp_path: Path) -> None:
    await apply(target, *READ)
    node = (await target.get("/api/v1/nodes"))["items"][0]["metadata"]["name"]
    await eventually(lambda: holder(target, node))
    body = await target.create(f"{APPS}/statefulsets", objects.stateful_set(unique("page"), 1))
    name = body["metadata"]["name"]
    service = {"metadata": {"name": name}, "spec": {"selector": {"app": name}, "ports": [{"port": 80}]}}
    await target.create(f"{CORE}/services", service)
    await target.create(BUDGETS, objects.budget(name, 1))
    async with console(target, tmp_path, "operator") as c:
        await c.seen(c.target(body, "StatefulSet"))
        kinds = ("StatefulSet", "Service", "PodDisruptionBudget")
        pages = [await describe(c.cluster, kind, NAMESPACE, name) for kind in kinds]
        pages.append(await describe(c.cluster, "Node", "", node))
        assert not [line for page in pages for line in page if "forbidden" in line]
        assert f"  HolderIdentity:  {await holder(target, node)}" in pages[-1]
        assert await read_list(c.cluster, "EndpointSlice", NAMESPACE) is not None
        rollouts = await read_rollouts(c.cluster, "StatefulSet", NAMESPACE, name)
        assert [each.row.revision for each in rollouts.revisions] == ["1"]
        assert rollouts.holding is not None
        with pytest.raises(SourceError, match="needs get secrets"):
            await read_object(c.cluster, "Secret", NAMESPACE, name)


async def holder(target: Target, node: str) -> str:
    """Who renews the lease of a node; "" before there is one."""
    answer = await target.call("GET", f"{LEASES}/{node}")
    return str(answer.body["spec"]["holderIdentity"]) if answer.status == 200 else ""


async def spoken(c: Console) -> tuple[Verdict, str]:
    """What the doctor says of writing."""
    profile = Profile(kubernetes=Kubernetes(namespaces=(NAMESPACE,)))
    found = [each async for each in checks(c.cluster, profile)]
    check = next(each for each in found if each.said.startswith(("may scale", "may only look", "may change")))
    return check.verdict, check.said
