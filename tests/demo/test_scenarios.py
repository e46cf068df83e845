"""What the scenarios do to the cluster, what the console's own rules say of it, and what mends it."""

import pytest

from opsconsole.demo.kubernetes import resources as served
from opsconsole.demo.platform import NAMESPACE
from opsconsole.demo.scenarios.node_loss import LOST
from opsconsole.model.finding import Severity
from opsconsole.rules import hpa as hpas
from opsconsole.rules.node_trouble import node_trouble
from tests.demo.played import Played


def test_a_leak_fills_the_memory_and_the_kernel_kills_the_worker_again_and_again() -> None:
    demo = Played("crash-loop")
    demo.until(120)
    (leaking, *_) = [pod.name for pod in demo.pods("worker")]
    early = demo.cluster.usage.pods[NAMESPACE, leaking].memory_bytes
    assert (demo.says("worker").words, demo.shop.load.queue_depth < 40) == ("ok", True)
    demo.until(165)
    late = demo.cluster.usage.pods[NAMESPACE, leaking].memory_bytes
    assert late > early + 100 * 2**20, "a leak is seen before the kill"

    demo.until(235)
    (pod, *_) = demo.pods("worker")
    assert (pod.status, pod.restarts) == ("Running", 1), "the first restart comes at once"
    assert pod.last_restart is not None
    assert (pod.last_restart.reason, pod.last_restart.exit_code) == ("OOMKilled", 137)
    previous = [line.text for line in demo.cluster.logs.read(NAMESPACE, pod.name, previous=True)]
    assert any(line.startswith("WARN  heap ") for line in previous)

    demo.until(480)
    said = demo.says("worker")
    words = "CrashLoopBackOff 3 pods: OOMKilled 137; HPA blind: FailedGetResourceMetric"
    assert (said.severity, said.words) == (Severity.CRITICAL, words)
    assert demo.shop.load.queue_depth > 300
    assert hpas.words(demo.hpa("worker")) == "HPA blind: FailedGetResourceMetric"
    assert any("Back-off restarting failed container worker in pod worker-" in each for each in demo.events("BackOff"))
    assert demo.wrong() == {"Deployment worker": words}, "its budget waits for its pods: no trouble of its own"


def test_the_version_before_the_leak_mends_it() -> None:
    demo = Played("crash-loop")
    demo.until(300)
    demo.cluster.deploy("worker", "2.1.0", author="on call")
    demo.until(420)
    assert demo.says("worker").words == "ok"
    assert demo.shop.load.queue_depth < 40


def test_traffic_past_the_autoscalers_maximum_is_mended_by_a_higher_one() -> None:
    demo = Played("hpa-ceiling")
    calm = demo.latency("/checkout")
    demo.until(260)
    hpa = demo.hpa("api")
    want = hpas.wants(hpa)
    assert want is not None
    assert (hpa.current, want.replicas) == (20, 27)
    said = demo.says("api")
    assert (said.severity, said.words[:10], said.words[-8:]) == (Severity.WARNING, "HPA at max", "wants 27")
    assert demo.latency("/checkout") > 2 * calm
    assert demo.wrong() == {"Deployment api": said.words}

    demo.change(served.HPAS, "api", maxReplicas=30)
    demo.until(360)
    assert demo.hpa("api").current in (26, 27)
    assert demo.says("api").words == "ok"
    assert demo.latency("/checkout") < 1.2 * calm


def test_a_pod_without_a_limit_starves_its_node_until_it_is_scaled_away() -> None:
    demo = Played("noisy-neighbour")
    calm = demo.latency("/checkout")
    demo.until(80)
    (hog,) = demo.pods("report-export")
    assert (hog.cpu_limit, hog.node) == (None, "ip-10-0-3-88")
    used = demo.cluster.usage.pods[NAMESPACE, hog.name].cpu_millicores
    assert used > 5000, "of 100 that it requests"
    assert 7.7 < demo.node_cpu(hog.node) <= 8.0
    assert demo.node_cpu("ip-10-0-2-42") < 4
    assert demo.latency("/checkout") > 1.3 * calm, "a part of the requests meets a full node"
    assert demo.wrong() == {f"Node {hog.node}": f"CPU 100 % of allocatable: {hog.name} uses 5.7, requested 100m"}

    demo.change(served.DEPLOYMENTS, "report-export", replicas=0)
    demo.until(120)
    assert demo.pods("report-export") == []
    assert demo.latency("/checkout") < 1.1 * calm
    assert demo.node_cpu(hog.node) < 4


def test_a_deleted_hog_comes_back_and_starves_a_node_again() -> None:
    demo = Played("noisy-neighbour")
    demo.until(60)
    (hog,) = demo.pods("report-export")
    demo.delete(hog.name)
    demo.until(120)
    (again,) = demo.pods("report-export")
    assert again.name != hog.name
    assert demo.node_cpu(again.node) > 7.7


def test_a_lost_node_is_noticed_late_and_its_pods_move_as_far_as_there_is_room() -> None:
    demo = Played("node-loss", toleration_s=60)
    demo.until(59)
    pods = demo.pods("api")
    on_it = {pod.name for pod in pods if pod.node == LOST}
    demo.until(90)
    assert node_trouble(demo.node(LOST)).words == "ok", "for 40 seconds nobody knows"
    assert demo.shop.load.hurt["pro"][1] > 1, "requests go to pods that answer nobody"

    demo.until(120)
    trouble = node_trouble(demo.node(LOST))
    assert (trouble.severity, trouble.words[:27]) == (Severity.CRITICAL, "NotReady: NodeStatusUnknown")
    assert demo.shop.load.hurt["pro"][1] < 0.1, "its pods are out of the Services"
    left = len(pods) - len(on_it)
    assert demo.says("api").words == f"{left} of {len(pods)} ready"
    assert demo.budget("api") == (left, len(pods) - 1, 0), "healthy, wanted, disruptions allowed"
    with pytest.raises(KeyError):
        demo.node_cpu(LOST)
    assert (
        demo.wrong()
        | {
            f"Node {LOST}": trouble.words,
            "Deployment auth": "0 of 2 ready",
            "DaemonSet node-exporter": "2 of 3 ready",
        }
        == demo.wrong()
    )
    assert not [one for one in demo.wrong() if one.startswith(("Service", "PodDisruptionBudget"))], "told with auth"

    demo.until(220)
    assert {pod.status for pod in demo.pods("api") if pod.name in on_it} == {"Terminating"}, "nobody can end them"
    assert demo.pods("search-index")[0].status == "Terminating", "a StatefulSet does not replace what may still run"
    why = "cannot be scheduled: 0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu."
    short = [demo.says(name) for name in ("api", "worker", "search", "feed") if demo.says(name).words != "ok"]
    assert short
    assert all(said.severity is Severity.WARNING and said.words.endswith(why) for said in short)
    left_wrong = demo.wrong()
    assert next(iter(left_wrong)) == f"Node {LOST}", "the cause before what follows from it"
    assert not [name for name in left_wrong if name.startswith("Service ")], "all that fits runs elsewhere by now"


def test_a_node_that_comes_back_ends_what_was_given_up_and_takes_what_waits() -> None:
    demo = Played("node-loss", toleration_s=60)
    demo.until(200)
    demo.cluster.start_node(LOST)
    demo.until(240)
    assert node_trouble(demo.node(LOST)).words == "ok"
    assert not [pod for pod in demo.pods("api") if pod.status == "Terminating"]
    assert [demo.says(name).words for name in ("api", "worker", "feed")] == ["ok"] * 3
