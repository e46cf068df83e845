"""What is ranked first in each of the demo's stories, from readings as their sources tell them then: no demo runs."""

import re
from collections.abc import Iterable
from datetime import timedelta

import msgspec
import pytest

from opsconsole.config.policies import resolve_policy
from opsconsole.config.settings import Policy, Settings
from opsconsole.model.finding import Finding
from opsconsole.model.kubernetes import Pod, Termination, Workload
from opsconsole.model.quiet import Ended
from opsconsole.model.sessions import Held, Sessions
from opsconsole.rules.blocking_findings import blocking_findings
from opsconsole.rules.cluster_findings import finding_of
from opsconsole.rules.cluster_index import ClusterIndex
from opsconsole.rules.cluster_trouble import ClusterTrouble
from opsconsole.rules.docket import Trouble
from opsconsole.rules.findings import Judged, StateKey, assemble, from_thresholds
from opsconsole.rules.quiet import quiet_findings
from opsconsole.rules.thresholds import replay
from opsconsole.rules.workload_state import workload_state

from .test_findings import customers
from .test_sessions import NOW, session
from .test_workload_state import FULL, a_pod, workload

TEN_TIMES = Settings(policies={"demo": Policy(extends="default", duration_scale=0.1)})
POLICY = resolve_policy(TEN_TIMES, "demo")
"""The demo's: everything as recommended, ten times as fast."""
Breach = tuple[str, str, float, float]
"""(rule, object, value, seconds for which it has held)."""


def measured(*breaches: Breach) -> list[Finding]:
    at = NOW.timestamp()
    states: dict[StateKey, Judged] = {}
    for rule, name, value, held_s in breaches:
        times = [at - held_s + 15 * step for step in range(int(held_s // 15) + 1)]
        states[(rule, name)] = Judged(replay([(time, value) for time in times], POLICY.rules[rule], 20.0))
    return from_thresholds(states, POLICY, at)


def seen(one: Workload, pods: Iterable[Pod] = (), minutes: float = 0.5, **more: object) -> list[Finding]:
    verdict = workload_state(one, tuple(pods), FULL if more.get("full") else None, NOW)
    trouble = Trouble(one.kind, one.namespace, one.name, one.uid, verdict)
    made = finding_of(trouble, ClusterTrouble(ClusterIndex()))
    return [msgspec.structs.replace(made, since=NOW - timedelta(minutes=minutes))]


def killed() -> list[Finding]:
    """Its container runs again already; the pod is not ready yet."""
    end = Termination("OOMKilled", 137, NOW - timedelta(seconds=3))
    pod = a_pod("worker-1", ready=0, restarts=1, last_restart=end)
    return seen(workload(name="worker", desired=3, ready=2), [pod], 0.1)


def locked() -> list[Finding]:
    root = session(29531, "idle in transaction", minutes=2, app="worker")
    root = msgspec.structs.replace(root, holds=(Held("RowExclusiveLock", "orders"),))
    return list(blocking_findings(Sessions("pg-primary", (root, *(session(n, blocked=(29531,)) for n in range(40)))),
                                  POLICY, NOW))  # fmt: skip


HURT = customers(("pro", 5, 0))


STORIES = {
    "slow-release: the latency that users feel, before what else the release fills up": (
        [
            *seen(workload(ready=20, desired=20), minutes=1.5, full=True),
            *measured(("p99-critical", "api", 1.9, 105), ("pg-connections", "pg-primary", 0.92, 120)),
        ],
        r"api P99 1.9 s",
    ),
    "crash-loop: the kill, before the heap that led to it and the pod that is missing": (
        [*measured(("heap", "worker", 554 * 2.0**20, 45), ("workload-memory", "worker", 0.94, 30)), *killed()],
        r"worker OOMKilled 1 pod",
    ),
    "hpa-ceiling: the autoscaler at its end, before a slow statement and a latency that only pends": (
        [
            *measured(("statement-mean", "2031", 0.105, 60), ("p99-critical", "api", 0.7, 15)),
            *seen(workload(ready=20, desired=20), full=True),
        ],
        r"api HPA at max",
    ),
    "lock-pileup: who blocks, before the connections that pile up and the errors so far": (
        [
            *measured(("pg-connections", "pg-primary", 0.83, 60), ("errors-warning", "api", 0.047, 45)),
            *measured(("statement-running", "pg-primary", 48.0, 40), ("p99-critical", "api", 8.1, 60)),
            *locked(),
        ],
        r"29531 of worker .*blocks 40",
    ),
    "pool-exhaustion: the connections that run out, while the errors only pend": (
        [*measured(("pg-connections", "pg-primary", 1.0, 45), ("errors-critical", "api", 0.13, 15))],
        r"pg-primary db connections",
    ),
    "noisy-neighbour: the node, before who asks for more than it requested": (
        [*measured(("node-cpu", "ip-10-0-3-88", 1.0, 105), ("workload-cpu", "report-export", 5.1, 60))],
        r"ip-10-0-3-88 node CPU",
    ),
    "quiet-failure: what cannot be seen, before a warning that can": (
        [
            *quiet_findings([Ended("api", "scrapes", NOW - timedelta(minutes=1))], (), 9, NOW),
            *measured(("pg-connections", "pg-primary", 0.85, 60)),
        ],
        r"metrics of api end",
    ),
}
"""Name: what comes of it → (findings, the first one's words)."""


@pytest.mark.parametrize("story", STORIES)
def test_first_is(story: str) -> None:
    findings, first = STORIES[story]
    ranked = assemble(findings, (), HURT, {})
    assert re.match(first, ranked[0].what), [one.what for one in ranked]
    assert ranked[0].state == "firing"
