"""`y`, `d`, `enter` and `h` of the Pods tab: pages that open at once, read the object, and say what they may not."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.model.action import Target
from opsconsole.model.kubernetes import ReplicaSet
from opsconsole.model.reading import ProblemKind
from opsconsole.screens.dialogs.logs import LogPage
from opsconsole.screens.dialogs.object_page import MOST_LINES, ObjectPage
from opsconsole.screens.dialogs.page import Dialog
from opsconsole.screens.dialogs.revisions import RevisionsDialog
from opsconsole.screens.dialogs.rollouts import RolloutsDialog
from opsconsole.screens.object_pages import rollback_safety
from opsconsole.screens.rollout_page import side_lines
from opsconsole.sources.errors import SourceError
from opsconsole.sources.kubernetes.cluster import Answer
from opsconsole.sources.kubernetes.rollouts import Revision
from opsconsole.widgets.line import plain

from . import story
from .driving import until
from .story import NAMESPACE, ago
from .tabs import console, settled

APPS, CORE = f"/apis/apps/v1/namespaces/{NAMESPACE}", f"/api/v1/namespaces/{NAMESPACE}"


class Cluster:
    """Answers each path with an object, or refuses; holds its answers back while `gate` is closed."""

    def __init__(self) -> None:
        self.bodies = bodies()
        self.gate = asyncio.Event()
        self.gate.set()

    async def get(self, path: str, query: Sequence[tuple[str, str]] = (), *, needs: str, **_: Any) -> Answer:
        await self.gate.wait()
        body = self.bodies.get(path)
        if body is None:
            raise SourceError(ProblemKind.FORBIDDEN, f"forbidden: needs {needs}", "ask for the right")
        return Answer(200, msgspec.json.encode(body), {}, 0.01)


def bodies() -> dict[str, Any]:
    labels = {"app": "api", "pod-template-hash": "41"}

    def template(image: str, **env: str) -> dict[str, Any]:
        variables = [{"name": name, "value": value} for name, value in env.items()]
        container = {"name": "api", "image": f"registry.example/api:{image}", "env": variables}
        return {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": [container]}}

    def replica_set(revision: str, image: str, minutes: float, **env: str) -> dict[str, Any]:
        owner = {"kind": "Deployment", "name": "api", "uid": "w-api", "controller": True}
        metadata = {
            "name": f"api-{revision}", "namespace": NAMESPACE, "uid": f"rs-{revision}", "ownerReferences": [owner],
            "labels": {"pod-template-hash": revision}, "creationTimestamp": ago(minutes).isoformat(),
            "annotations": {"deployment.kubernetes.io/revision": revision},
        }  # fmt: skip
        return {"metadata": metadata, "spec": {"replicas": 3, "template": template(image, **env)}}

    deployment = {
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": NAMESPACE, "uid": "w-api", "managedFields": [{"manager": "x"}]},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "api"}}, "template": template("1.8.2", FEED="v2")},
        "status": {"replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3},
    }
    status = {
        "name": "api", "ready": False, "restartCount": 7,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}},
        "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137, "startedAt": ago(6).isoformat(),
                                     "finishedAt": ago(2).isoformat()}},
    }  # fmt: skip
    owner = {"kind": "ReplicaSet", "name": "api-41", "uid": "rs-41", "controller": True}
    pod = {
        "kind": "Pod",
        "metadata": {"name": "api-41-0", "namespace": NAMESPACE, "uid": "p-api-0", "labels": labels,
                     "ownerReferences": [owner], "creationTimestamp": ago(14).isoformat()},
        "spec": {**template("1.8.2", DB_PASSWORD="hunter2")["spec"], "nodeName": "node-1"},
        "status": {"phase": "Running", "containerStatuses": [status],
                   "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady",
                                   "lastTransitionTime": ago(2).isoformat()}]},
    }  # fmt: skip
    event = {"type": "Warning", "reason": "BackOff", "message": "Back-off restarting", "count": 4,
             "lastTimestamp": ago(1).isoformat()}  # fmt: skip
    sets = [replica_set("41", "1.8.2", 14, FEED="v2"), replica_set("40", "1.8.1", 60 * 24 * 9)]
    return {
        f"{APPS}/deployments/api": deployment,
        f"{APPS}/replicasets": {"items": sets},
        f"{APPS}/replicasets/api-41": sets[0],
        f"{CORE}/pods/api-41-0": pod,
        f"{CORE}/events": {"items": [event]},
        "/api/v1/nodes": {"items": [{"status": {"images": [{"names": ["registry.example/api:1.8.1"]}]}}]},
        "/api/v1/nodes/node-1": {"status": {"conditions": [{"type": "Ready", "status": "True"}]}},
    }


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def with_cluster(cluster: Cluster) -> Console:
    app = console(story.board(), start=2)
    app.context.services.cluster = cluster
    return app


async def opened(pilot: Pilot[Any], key: str, holds: str) -> str:
    """Press; the page's text once it holds what is waited for."""
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, Dialog) and holds in pilot.app.screen.page.text)
    dialog = pilot.app.screen
    assert isinstance(dialog, Dialog)
    return dialog.page.text


async def on_the_row(pilot: Pilot[Any], view: str, name: str) -> None:
    tab = await settled(pilot, view)
    assert tab.table is not None
    tab.table.go_to(next(key for key, row in tab.table.rows.items() if getattr(row, "workload", row).name == name))
    await pilot.pause()


async def test_y_opens_at_once_and_shows_the_object_as_yaml(fixed_clock: None, cluster: Cluster) -> None:
    async with with_cluster(cluster).run_test(size=(160, 45)) as pilot:
        await on_the_row(pilot, "workloads", "api")
        cluster.gate.clear()
        await opened(pilot, "y", "reading …")
        cluster.gate.set()
        await until(pilot, lambda: "kind: Deployment" in pilot.app.screen.page.text)  # type: ignore[attr-defined]
        page = pilot.app.screen
        assert isinstance(page, ObjectPage)
        assert "managedFields left out" in page.heading
        assert "manager: x" not in page.page.text
        await pilot.press("y")
        assert not isinstance(pilot.app.screen, ObjectPage)


async def test_what_may_not_be_read_is_said_with_what_to_do(fixed_clock: None, cluster: Cluster) -> None:
    async with with_cluster(cluster).run_test(size=(160, 45)) as pilot:
        await on_the_row(pilot, "workloads", "web")
        text = await opened(pilot, "y", "needs")
        assert text == f" forbidden: needs get deployments in {NAMESPACE}\n do: ask for the right"


async def test_the_page_is_filtered_and_esc_drops_the_filter_first(fixed_clock: None, cluster: Cluster) -> None:
    async with with_cluster(cluster).run_test(size=(160, 45)) as pilot:
        await on_the_row(pilot, "workloads", "api")
        await opened(pilot, "y", "kind: Deployment")
        page = pilot.app.screen
        assert isinstance(page, ObjectPage)
        await pilot.press("slash", *"image", "enter")
        await until(pilot, lambda: "kind" not in page.page.text)
        assert page.page.text.strip() == "image: registry.example/api:1.8.2"
        await pilot.press("escape")
        await until(pilot, lambda: "kind: Deployment" in page.page.text)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ObjectPage))


async def test_d_in_the_yaml_describes_and_x_shows_the_consoles_own_row(fixed_clock: None, cluster: Cluster) -> None:
    async with with_cluster(cluster).run_test(size=(160, 45)) as pilot:
        await on_the_row(pilot, "pods", "api-41-0")
        text = await opened(pilot, "y", "kind: Pod")
        assert "hunter2" not in text
        text = await opened(pilot, "d", "Restart Count:  7")
        assert "hunter2" not in text
        assert "Warning" in text
        await pilot.press("x", "j", "j", "j", "space", "escape")
        await until(
            pilot, lambda: isinstance(pilot.app.screen, ObjectPage) and '"status"' in pilot.app.screen.page.text
        )


async def test_enter_on_a_pod_tells_its_containers_events_owners_and_node(fixed_clock: None, cluster: Cluster) -> None:
    async with with_cluster(cluster).run_test(size=(160, 45)) as pilot:
        await on_the_row(pilot, "pods", "api-41-0")
        text = await opened(pilot, "enter", "CONTAINERS")
        assert "waiting: CrashLoopBackOff · not ready · restarts 7" in text
        assert "OOMKilled, exit 137, 2m ago after 4m" in text
        assert "Warning BackOff (x4)  Back-off restarting" in text
        assert "ReplicaSet/api-41 ← Deployment/api 3/3 ready" in text.replace(" 0/3 ready", "")
        assert "node-1 · Ready" in text
        assert "Ready is False: ContainersNotReady" in text


async def test_the_page_of_a_pod_leads_on_and_a_second_enter_does_not_close_it(
    fixed_clock: None, cluster: Cluster
) -> None:
    async with with_cluster(cluster).run_test(size=(160, 45)) as pilot:
        await on_the_row(pilot, "pods", "api-41-0")
        await opened(pilot, "enter", "CONTAINERS")
        page = pilot.app.screen
        await pilot.press("enter")
        assert pilot.app.screen is page
        await opened(pilot, "y", "kind: Pod")
        await opened(pilot, "d", "Restart Count:  7")
        await opened(pilot, "enter", "CONTAINERS")
        await pilot.press("l")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogPage))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is page)
        await pilot.press("e")
        await until(pilot, lambda: not isinstance(pilot.app.screen, Dialog))
        tab = await settled(pilot)
        assert tab.pane == "events"
        await pilot.press("escape")
        tab = await settled(pilot)
        assert (tab.pane, tab.row.name) == ("pods", "api-41-0")


async def test_h_on_a_workload_tells_its_revisions_and_whether_going_back_is_safe(
    fixed_clock: None, cluster: Cluster
) -> None:
    async with with_cluster(cluster).run_test(size=(160, 45)) as pilot:
        await on_the_row(pilot, "workloads", "api")
        text = await opened(pilot, "h", "IS ROLLING BACK SAFE?")
        assert "running 14m" in text
        assert "rev 40 → rev 41: image api:1.8.1→api:1.8.2 · env FEED added" in text
        assert "held by 1 of 1 node" in text
        assert "rev 40 unknown: no pod of it is there" in text
        assert "release api 1.8.1→1.8.2" in text
        text = await opened(pilot, "enter", "image: registry.example/api:1.8.1")
        assert any("api:1.8.1" in line and "api:1.8.2" in line and "│" in line for line in text.split("\n"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, RolloutsDialog))


async def test_the_revisions_to_roll_back_to_tell_below_whether_that_is_safe(
    fixed_clock: None, cluster: Cluster
) -> None:
    async with with_cluster(cluster).run_test(size=(160, 45)) as pilot:
        await settled(pilot, "workloads")
        assert isinstance(pilot.app, Console)
        target = Target("Deployment", NAMESPACE, "api")
        rows = tuple(story.replica_sets().values())

        async def revisions() -> tuple[ReplicaSet, ...]:
            return rows

        chosen: list[ReplicaSet] = []
        safety = rollback_safety(pilot.app, (NAMESPACE, "Deployment", "api"))
        dialog = RevisionsDialog(target, revisions, chosen.append, pilot.app.palette, safety)
        pilot.app.push_screen(dialog)
        await until(pilot, lambda: "held by 1 of 1 node" in dialog.page.text)
        await pilot.press("j", "G", "j", "enter")
        await until(pilot, lambda: chosen)
        assert chosen == [rows[1]], "the cursor never leaves the revisions"


async def test_of_a_huge_object_the_first_lines_are_shown_and_that_is_said(fixed_clock: None, cluster: Cluster) -> None:
    notes = {f"note-{number}": "a line\n" * 2_000 for number in range(100)}
    cluster.bodies[f"{APPS}/deployments/api"]["metadata"]["annotations"] = notes
    async with with_cluster(cluster).run_test(size=(160, 45)) as pilot:
        await on_the_row(pilot, "workloads", "api")
        await opened(pilot, "y", "note-0")
        page = pilot.app.screen
        assert isinstance(page, ObjectPage)
        assert "10,000 of 200," in page.heading
        assert page.page.text.count("\n") + 1 == MOST_LINES


@pytest.mark.parametrize("width", [80, 160])
def test_a_difference_at_the_end_of_a_long_line_is_never_cut(width: int) -> None:
    long = "registry.example/a-team/with/a-long/name/" * 2
    row = ReplicaSet("rs", NAMESPACE, "api", None, "1", 1, 1, ago(1), (f"{long}api:1",))
    one = Revision(row, {})
    texts = [f"    image: {long}api:1"], [f"    image: {long}api:2"]
    lines = [plain(line) for line in side_lines(one, one, (texts[0], texts[1]), width)]
    assert max(map(len, lines)) <= width
    assert "api:1" in "".join(line.partition("│")[0].strip() for line in lines)
    assert "api:2" in "".join(line.partition("│")[2].strip() for line in lines)
