"""The word that `kubectl get pods` prints for a pod, and how it counts ready containers and restarts.

Source of every rule here: printPod in kubernetes/kubernetes, pkg/printers/internalversion/printers.go (1.36).
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec


class End(msgspec.Struct, frozen=True, gc=False):
    """How a container's current run ended."""

    reason: str = ""
    exit_code: int = 0
    signal: int = 0


class Run(msgspec.Struct, frozen=True, gc=False):
    """One container's status as the kubelet reported it; at most one of waiting, running and ended is set."""

    ready: bool = False
    started: bool = False
    restarts: int = 0
    waiting: str | None = None
    """Reason it waits, maybe empty; None when it does not wait."""
    running: bool = False
    ended: End | None = None
    last_ended: datetime | None = None
    """When the run before this one ended."""
    restartable: bool = False
    """An init container with restartPolicy Always: a sidecar."""


class Facts(msgspec.Struct, frozen=True, gc=False):
    """What the word depends on, beside the containers."""

    phase: str
    reason: str = ""
    """The pod's own status.reason (Evicted, NodeLost …)."""
    deleting: bool = False
    gated: bool = False
    """Condition PodScheduled carries the reason SchedulingGated."""
    initialized: bool = False
    """Condition Initialized is True."""
    ready: bool = False
    """Condition Ready is True."""
    containers: int = 0
    """How many the spec names, init containers not among them."""
    init_containers: int = 0
    sidecars: int = 0


class PodStatus(msgspec.Struct, frozen=True, gc=False):
    word: str
    ready: int
    total: int
    restarts: int
    restarted: datetime | None
    """What kubectl prints as `(5m ago)` behind the restarts; None where it prints nothing."""


def pod_status(facts: Facts, init_runs: Sequence[Run], runs: Sequence[Run]) -> PodStatus:
    """The words of one row of `kubectl get pods`; `init_runs` and `runs` in the order of the pod's status."""
    word = facts.reason or facts.phase
    if facts.gated:
        word = "SchedulingGated"
    init_word, ready = _initializing(facts, init_runs)
    word = init_word or word
    # kubectl stops looking at the init container that is not done yet
    counted: Sequence[Run] = init_runs[: _position(init_runs) + 1]
    if init_word is None or facts.initialized:
        counted = [*(run for run in counted if run.restartable), *runs]
        word, running = _running(word, facts, runs)
        ready += running
    if facts.deleting and facts.reason == "NodeLost":
        word = "Unknown"
    elif facts.deleting and facts.phase not in ("Succeeded", "Failed"):
        word = "Terminating"
    restarts = sum(run.restarts for run in counted)
    ends = [run.last_ended for run in counted if run.last_ended is not None]
    return PodStatus(word, ready, facts.containers + facts.sidecars, restarts, max(ends) if ends and restarts else None)


def _done(run: Run) -> bool:
    """Whether initialisation may go on behind this init container."""
    return (run.ended is not None and run.ended.exit_code == 0) or (run.restartable and run.started)


def _position(runs: Sequence[Run]) -> int:
    return next((index for index, run in enumerate(runs) if not _done(run)), len(runs))


def _initializing(facts: Facts, runs: Sequence[Run]) -> tuple[str | None, int]:
    """(`Init:…` of the first init container that is not done, or None; ready sidecars before it)."""
    position = _position(runs)
    ready = sum(run.ready and not (run.ended and run.ended.exit_code == 0) for run in runs[:position])
    if position == len(runs):
        return None, ready
    run = runs[position]
    if run.ended is not None:
        return f"Init:{_end(run.ended)}", ready
    if run.waiting and run.waiting != "PodInitializing":
        return f"Init:{run.waiting}", ready
    return f"Init:{position}/{facts.init_containers}", ready


def _running(word: str, facts: Facts, runs: Sequence[Run]) -> tuple[str, int]:
    """(word, ready containers) once initialisation is over: the first container's reason overwrites the others'."""
    ready, error = 0, ""
    for run in reversed(runs):
        if run.waiting:
            word = run.waiting
        elif run.ended is not None:
            word = _end(run.ended)
            if run.ended.exit_code != 0:
                error = word
        elif run.ready and run.running:
            ready += 1
    if word == "Completed":
        if ready and facts.ready:
            word = "Running"
        elif error:
            word = error
        elif ready:
            word = "NotReady"
    return word, ready


def _end(end: End) -> str:
    if end.reason:
        return end.reason
    return f"Signal:{end.signal}" if end.signal else f"ExitCode:{end.exit_code}"
