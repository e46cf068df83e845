"""`d` and `y` on the real control plane: what they say is what the real kubectl says."""

import asyncio
import os
import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from opsconsole.config.settings import Kubernetes
from opsconsole.model.reading import ProblemKind
from opsconsole.sources.errors import SourceError
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.describe import describe
from opsconsole.sources.kubernetes.objects_raw import read_list, read_object, read_yaml
from tests.cluster.manifests import NAMESPACE
from tests.cluster.objects import namespace, unique
from tests.cluster.plane import Plane

DOCUMENTS = Path(__file__).with_name("described.yaml")
OBJECTS = [
    (each["kind"], each["metadata"]["name"]) for each in yaml.safe_load_all(DOCUMENTS.read_text(encoding="utf-8"))
]
AGE = r"(?:<unknown>|<invalid>|(?:\d+[smhdy])+)"
WITHIN_S = 15.0
CLUSTER_WIDE = ("Node", "Namespace")


class Kubectl:
    """The real one, in a namespace of its own."""

    def __init__(self, path: Path, plane: Plane, of: str) -> None:
        self.path, self.plane, self.namespace = path, plane, of

    def __call__(self, *arguments: str, text: str | None = None) -> str:
        config = str(self.plane.folder / "admin.kubeconfig")
        command = [str(self.path), "--kubeconfig", config, "-n", self.namespace, *arguments]
        environment = {**os.environ, "TZ": "UTC"}
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, env=environment)
        assert not done.returncode, done.stderr
        return str(done.stdout)


@pytest.fixture(scope="module")
def run_kubectl(real_cluster: Plane, kubectl: Path) -> Iterator[Kubectl]:
    """With every object of described.yaml in it; the controllers and kwok have seen them."""
    of = namespace(unique("described"))
    real_cluster.create(of)
    run = Kubectl(kubectl, real_cluster, of["metadata"]["name"])
    run("apply", "-f", "-", text=DOCUMENTS.read_text(encoding="utf-8"))
    run("wait", "--for=condition=ContainersReady", "pod/everything", "--timeout=60s")
    run("wait", "--for=condition=Available", "deployment/api", "--timeout=60s")
    run("wait", "--for=jsonpath={.status.replicas}=1", "statefulset/store", "--timeout=60s")
    run("wait", "--for=jsonpath={.status.numberReady}=3", "daemonset/agent", "--timeout=60s")
    run("wait", "--for=condition=Complete", "job/migrate", "--timeout=60s")
    run("wait", "--for=jsonpath={.status.conditions}", "hpa/api", "--timeout=60s")
    yield run
    real_cluster.delete(of)


@pytest.fixture
async def admin(real_cluster: Plane) -> AsyncIterator[Cluster]:
    connection = Cluster(Kubernetes(kubeconfig=str(real_cluster.folder / "admin.kubeconfig")))
    yield connection
    await connection.close()


def aged(lines: list[str]) -> list[str]:
    """Without what a second changes: ages, and the width of their column."""
    found, events = [], False
    for line in lines:
        events = events or line.startswith("Events:")
        if events:
            cells = re.split(r"\s{2,}", line.strip())
            found.append("  ".join(re.sub(rf"^{AGE}(?: \(x\d+ over {AGE}\))?$", "AGE", cell) for cell in cells))
        else:
            found.append(re.sub(rf"{AGE}$", "AGE", line))
    return [re.sub(r"-{2,}", "--", line) if "AGE" in line or events else line for line in found]


def warnings_first(lines: list[str]) -> list[str]:
    """Wanted: we write warnings before the rest, kubectl in order of time alone. Those of one instant, in any order."""
    begin = next((place for place, line in enumerate(lines) if line.startswith("Events:")), len(lines)) + 3
    return [*lines[:begin], *sorted(lines[begin:], key=lambda line: (not line.startswith("Warning"), line))]


def mended(lines: list[str]) -> list[str]:
    """Wanted: kubectl leaves a label's value out, and indents the labels of an ephemeral claim twice."""
    lines = [line.replace("       (v1:metadata.labels[", "      everything (v1:metadata.labels[") for line in lines]
    return [re.sub(r"^(    Labels:|    Annotations:) {7,}<none>", _four_less, line) for line in lines]


def _four_less(found: re.Match[str]) -> str:
    return f"{found[0].removesuffix('<none>')[:-4]}<none>"


def comparable(lines: list[str]) -> list[str]:
    return warnings_first(aged([line.rstrip() for line in lines]))


async def alike(cluster: Cluster, kubectl: Kubectl, kind: str, name: str) -> tuple[list[str], list[str]]:
    """(ours, kubectl's) of one moment: asked again where the object changed between the two."""
    until = time.monotonic() + WITHIN_S
    while True:
        ours = comparable(list(await describe(cluster, kind, "" if kind in CLUSTER_WIDE else kubectl.namespace, name)))
        theirs = comparable(mended((await asyncio.to_thread(kubectl, "describe", kind, name)).splitlines()))
        if ours == theirs or time.monotonic() > until:
            return ours, theirs
        await asyncio.sleep(0.2)


@pytest.mark.parametrize(("kind", "name"), [*OBJECTS, ("Node", "node-1")], ids=lambda value: value)
async def test_an_object_is_described_as_kubectl_describes_it(
    admin: Cluster, run_kubectl: Kubectl, kind: str, name: str
) -> None:
    ours, theirs = await alike(admin, run_kubectl, kind, name)
    assert ours == theirs


async def test_a_namespace_is_described_with_its_quotas(admin: Cluster, run_kubectl: Kubectl) -> None:
    ours, theirs = await alike(admin, run_kubectl, "Namespace", run_kubectl.namespace)
    assert ours == theirs
    assert "Resource Quotas" in ours


async def test_a_crash_loop_and_a_replica_set_are_described_as_kubectl_does(
    admin: Cluster, run_kubectl: Kubectl
) -> None:
    run_kubectl("wait", "--for=jsonpath={.status.containerStatuses[0].restartCount}=4", "pod", "-l", "app=worker")
    pod = (await read_list(admin, "Pod", run_kubectl.namespace, labels="app=worker"))[0]["metadata"]
    ours, theirs = await alike(admin, run_kubectl, "Pod", pod["name"])
    assert ours == theirs
    assert any("CrashLoopBackOff" in line for line in ours)
    ours, theirs = await alike(admin, run_kubectl, "ReplicaSet", pod["ownerReferences"][0]["name"])
    assert ours == theirs


async def test_the_yaml_is_the_object_without_managed_fields_and_what_was_applied_last(
    admin: Cluster, run_kubectl: Kubectl
) -> None:
    shown = await read_yaml(admin, "Deployment", run_kubectl.namespace, "api")
    real: dict[str, Any] = yaml.safe_load(run_kubectl("get", "deployment", "api", "-o", "yaml"))
    del real["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
    ours = yaml.safe_load(shown.text)
    for body in (real, ours):
        del body["status"], body["metadata"]["resourceVersion"]
    assert ours == real
    assert shown.left_out == ("managedFields left out", "annotation last-applied-configuration left out")


async def test_values_of_a_secret_are_masked(admin: Cluster, run_kubectl: Kubectl) -> None:
    run_kubectl("create", "secret", "generic", "hidden", "--from-literal=password=hunter2-hunter")
    shown = await read_yaml(admin, "Secret", run_kubectl.namespace, "hidden")
    assert "password: '*** (14 bytes)'" in shown.text
    assert "aHVudGVy" not in shown.text
    assert "hunter2" not in shown.text


async def test_what_may_not_be_read_or_is_gone_is_said_in_words(
    real_cluster: Plane, admin: Cluster, run_kubectl: Kubectl
) -> None:
    tenant = Cluster(Kubernetes(kubeconfig=str(real_cluster.folder / "tenant.kubeconfig")))
    with pytest.raises(SourceError) as refused:
        await read_object(tenant, "Deployment", run_kubectl.namespace, "api")
    assert refused.value.problem.kind is ProblemKind.FORBIDDEN
    assert f"get deployments in {run_kubectl.namespace}" in refused.value.problem.sentence
    with pytest.raises(SourceError) as gone:
        await describe(tenant, "Pod", NAMESPACE, "no-such-pod")
    assert gone.value.problem.sentence == f"pod/no-such-pod is not there any more in {NAMESPACE}"
    with suppress(SourceError):
        await tenant.close()
