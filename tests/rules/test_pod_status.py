"""kubectl's words for pods, case by case.

The first cases are those of TestPrintPod in kubernetes/kubernetes, pkg/printers/internalversion/printers_test.go
(1.36); their names there stand in the ids.
"""

from datetime import UTC, datetime, timedelta

import pytest

from opsconsole.rules.pod_status import End, Facts, Run, pod_status

NOW = datetime(2026, 3, 1, tzinfo=UTC)
AGO = {seconds: NOW - timedelta(seconds=seconds) for seconds in (10, 20, 120)}
RUNNING = Run(ready=True, running=True, restarts=3)
COMPLETED = Run(ready=True, ended=End("Completed"), restarts=3)
DONE = Run(ended=End())
INIT_RUNNING = Run(running=True, restarts=3, last_ended=AGO[10])
WAITING = Run(waiting="")
CRASHED = Run(ended=End("podCrash", 1))
SIDECAR = Run(ready=True, started=True, running=True, restarts=2, restartable=True)

CASES: dict[str, tuple[Facts, list[Run], list[Run], tuple[str, str, int, datetime | None]]] = {
    "test1": (Facts("podPhase", containers=2), [], [RUNNING, Run(restarts=3)], ("podPhase", "1/2", 6, None)),
    "test2": (
        Facts("podPhase", containers=2),
        [],
        [RUNNING, Run(waiting="ContainerWaitingReason", restarts=3)],
        ("ContainerWaitingReason", "1/2", 6, None),
    ),
    "test3": (
        Facts("podPhase", containers=2),
        [],
        [Run(waiting="ContainerWaitingReason", restarts=3), Run(ended=End("ContainerTerminatedReason"), restarts=3)],
        ("ContainerWaitingReason", "0/2", 6, None),
    ),
    "test4": (
        Facts("podPhase", containers=2),
        [],
        [RUNNING, Run(ready=True, restarts=3)],
        ("podPhase", "1/2", 6, None),
    ),
    "test5": (
        Facts("podPhase", "podReason", containers=2),
        [],
        [RUNNING, Run(ready=True, restarts=3)],
        ("podReason", "1/2", 6, None),
    ),
    "test6 without ready condition": (
        Facts("Running", containers=2),
        [],
        [COMPLETED, RUNNING],
        ("NotReady", "1/2", 6, None),
    ),
    "test6 with ready condition": (
        Facts("Running", ready=True, containers=2),
        [],
        [COMPLETED, RUNNING],
        ("Running", "1/2", 6, None),
    ),
    "test7": (
        Facts("podPhase", containers=1, init_containers=1),
        [INIT_RUNNING],
        [WAITING],
        ("Init:0/1", "0/1", 3, AGO[10]),
    ),
    "test8": (
        Facts("podPhase", containers=1, init_containers=2),
        [INIT_RUNNING, WAITING],
        [WAITING],
        ("Init:0/2", "0/1", 3, AGO[10]),
    ),
    "test9": (
        Facts("podPhase", containers=1, init_containers=2),
        [DONE, INIT_RUNNING],
        [WAITING],
        ("Init:1/2", "0/1", 3, AGO[10]),
    ),
    "test10": (
        Facts("podPhase", containers=1, init_containers=2),
        [Run(ended=End(), restarts=2, last_ended=AGO[120]), INIT_RUNNING],
        [WAITING],
        ("Init:1/2", "0/1", 5, AGO[10]),
    ),
    "test11": (
        Facts("Running", containers=1, init_containers=1),
        [Run(ended=End(), restarts=2, last_ended=AGO[120])],
        [Run(running=True, restarts=4, last_ended=AGO[20])],
        ("Running", "0/1", 4, AGO[20]),
    ),
    "test14 newest restart counts": (
        Facts("Running", containers=2),
        [],
        [
            Run(ready=True, running=True, restarts=6, last_ended=AGO[10]),
            Run(ready=True, running=True, restarts=3, last_ended=AGO[120]),
        ],
        ("Running", "2/2", 9, AGO[10]),
    ),
    "test15": (Facts("podPhase", gated=True, containers=2), [], [], ("SchedulingGated", "0/2", 0, None)),
    "test16": (Facts("Succeeded", containers=1), [], [Run(ended=End("Completed"))], ("Completed", "0/1", 0, None)),
    "test17": (Facts("Failed", containers=1), [], [Run(ended=End("Error", 1))], ("Error", "0/1", 0, None)),
    "test18": (
        Facts("Succeeded", deleting=True, containers=1),
        [],
        [Run(ended=End("Completed"))],
        ("Completed", "0/1", 0, None),
    ),
    "test19": (Facts("Running", deleting=True, containers=1), [], [Run(running=True)], ("Terminating", "0/1", 0, None)),
    "test20": (Facts("Pending", deleting=True, containers=1), [], [], ("Terminating", "0/1", 0, None)),
    "test21": (
        Facts("Failed", containers=2),
        [],
        [CRASHED, Run(ready=True, running=True)],
        ("podCrash", "1/2", 0, None),
    ),
    "test22": (
        Facts("Failed", containers=2),
        [],
        [Run(ready=True, running=True), CRASHED],
        ("podCrash", "1/2", 0, None),
    ),
    "test23": (
        Facts("Failed", containers=3),
        [],
        [Run(ready=True, running=True), Run(ready=True, ended=End("podCrash", 1)), Run(ready=True, ended=End())],
        ("podCrash", "1/3", 0, None),
    ),
    "node lost while deleting": (
        Facts("Running", "NodeLost", deleting=True, containers=1),
        [],
        [RUNNING],
        ("Unknown", "1/1", 3, None),
    ),
    "node lost": (Facts("Running", "NodeLost", containers=1), [], [RUNNING], ("NodeLost", "1/1", 3, None)),
    "evicted": (Facts("Failed", "Evicted", containers=1), [], [], ("Evicted", "0/1", 0, None)),
    "exit code without reason": (
        Facts("Failed", containers=1),
        [],
        [Run(ended=End("", 3))],
        ("ExitCode:3", "0/1", 0, None),
    ),
    "signal without reason": (
        Facts("Failed", containers=1),
        [],
        [Run(ended=End("", 137, 9))],
        ("Signal:9", "0/1", 0, None),
    ),
    "init failed with reason": (
        Facts("Pending", containers=1, init_containers=1),
        [Run(ended=End("Error", 1))],
        [],
        ("Init:Error", "0/1", 0, None),
    ),
    "init failed by signal": (
        Facts("Pending", containers=1, init_containers=1),
        [Run(ended=End("", 137, 9))],
        [],
        ("Init:Signal:9", "0/1", 0, None),
    ),
    "init failed by code": (
        Facts("Pending", containers=1, init_containers=1),
        [Run(ended=End("", 2))],
        [],
        ("Init:ExitCode:2", "0/1", 0, None),
    ),
    "init crash loop": (
        Facts("Pending", containers=1, init_containers=1),
        [Run(waiting="CrashLoopBackOff", restarts=4)],
        [WAITING],
        ("Init:CrashLoopBackOff", "0/1", 4, None),
    ),
    "init waits for its turn": (
        Facts("Pending", containers=1, init_containers=1),
        [Run(waiting="PodInitializing")],
        [],
        ("Init:0/1", "0/1", 0, None),
    ),
    "sidecar runs beside the container": (
        Facts("Running", containers=1, init_containers=1, sidecars=1),
        [SIDECAR],
        [RUNNING],
        ("Running", "2/2", 5, None),
    ),
    "sidecar not ready": (
        Facts("Running", containers=1, init_containers=1, sidecars=1),
        [Run(started=True, running=True, restartable=True)],
        [RUNNING],
        ("Running", "1/2", 3, None),
    ),
    "sidecar that has not started holds the pod": (
        Facts("Pending", containers=1, init_containers=1, sidecars=1),
        [Run(running=True, restartable=True)],
        [WAITING],
        ("Init:0/1", "0/2", 0, None),
    ),
    "sidecar fails after initialisation": (
        Facts("Running", initialized=True, containers=1, init_containers=1, sidecars=1),
        [Run(waiting="CrashLoopBackOff", restarts=2, restartable=True)],
        [RUNNING],
        ("Init:CrashLoopBackOff", "1/2", 5, None),
    ),
    "restarts of finished init containers do not count": (
        Facts("Running", containers=1, init_containers=2, sidecars=1),
        [Run(ended=End(), restarts=9), SIDECAR],
        [RUNNING],
        ("Running", "2/2", 5, None),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_words_of_kubectl(name: str) -> None:
    facts, init_runs, runs, (word, ready, restarts, restarted) = CASES[name]
    status = pod_status(facts, init_runs, runs)
    assert (status.word, f"{status.ready}/{status.total}", status.restarts) == (word, ready, restarts)
    assert status.restarted == restarted
