"""Whoever looks: each list of the Pods tab shows rows, or says which right is missing; none is blank."""

from functools import partial
from pathlib import Path

import pytest

from tests.cluster.plane import Plane
from tests.faults.running import opened, resized
from tests.terminal.pty_session import Session

HERE = "payroll"
SETTINGS = '[profiles.p.kubernetes]\nkubeconfig = "{path}"\nnamespaces = {namespaces}\n'
LISTS = {"d": "deployments", "p": "pods", "n": "nodes", "h": "horizontalpodautoscalers", "e": "events"}
"""By letter of the view: what must be listed for it."""
TENANTS = "social-live-prod"


@pytest.fixture(scope="module")
def plane(real_cluster: Plane) -> Plane:
    real_cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HERE}})
    # the name comes first in each list, however full other tests left the plane
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "x:1"}]}}
    for namespace in (HERE, TENANTS):
        about = {"name": "00-of-all-rights", "namespace": namespace}
        spec = {"replicas": 1, "selector": {"matchLabels": {"app": "x"}}, "template": template}
        real_cluster.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about, "spec": spec})
        reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "00-of-all-rights"}
        cpu = {
            "type": "Resource",
            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
        }
        body = {"scaleTargetRef": reference, "minReplicas": 1, "maxReplicas": 2, "metrics": [cpu]}
        kind = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
        real_cluster.create({**kind, "metadata": about, "spec": body})
    return real_cluster


def pick(session: Session, letter: str) -> None:
    session.send("v")
    session.until(_asks)
    session.send(letter)


def _asks(text: str) -> bool:
    return "workloads" in text.splitlines()[-1].lower()


def views(session: Session) -> dict[str, str]:
    """The screen on each view, once it says something."""
    told = {}
    for letter, what in LISTS.items():
        pick(session, letter)
        told[letter] = session.until(partial(_says_something, f"needs list {what}"))
    return told


def _says_something(refusal: str, text: str) -> bool:
    return refusal in text or any(map(_row, text.splitlines()))


def _row(line: str) -> bool:
    return "of-all-rights" in line or line.lstrip().startswith("node-")


@pytest.mark.parametrize("user", ["viewer", "operator", "tenant"])
def test_each_list_shows_rows_or_names_the_right_that_is_missing(plane: Plane, tmp_path: Path, user: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(plane.kubeconfig(user))
    with opened(tmp_path, SETTINGS.format(path=path, namespaces="[]"), "--tab", "pods") as session:
        session.until("2 Pods:")
        told = views(session)
        all_of_it = user == "viewer"
        for letter, what in LISTS.items():
            assert all_of_it or f"forbidden: needs list {what}" in told[letter]
        session.send("q")
        assert session.ended() == 0


def test_one_namespace_of_two_is_shown_and_the_other_named_in_each_list(plane: Plane, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(plane.kubeconfig("tenant"))
    settings = SETTINGS.format(path=path, namespaces=f'["{TENANTS}", "{HERE}"]')
    with opened(tmp_path, settings, "--tab", "pods") as session:
        session.until("2 Pods:")
        for letter, what in LISTS.items():
            pick(session, letter)
            if letter == "n":
                session.until("forbidden: needs list nodes")
            else:
                session.until(f"forbidden: needs list {what} in {HERE}")
                session.until(lambda text: any(map(_row, text.splitlines())))
        pick(session, "d")
        session.until(f"forbidden: needs list deployments in {HERE}")
        resized(session, 80, 24)
        session.until(f"forbidden: needs list deployments in {HERE}")
        session.send("q")
        assert session.ended() == 0
