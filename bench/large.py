"""The console on thousands of pods: start, memory, rest, keys at rest and while 3,000 are replaced, events, stalls."""

import json
import os
import time
from dataclasses import dataclass

from tests.cluster.build import is_built

from .cluster.real import real_cluster
from .cluster.running import Running, large_cluster
from .first_paint import EMPTY
from .report import Figure, median, show, spread
from .terminal import Terminal

PODS = 10_000
HUGE, MANY_NAMESPACES = 50_000, 300
ROLLED = 3_000
EVENTS_KEPT, EVENTS_A_MINUTE = 50_000, 5_000
STARTS = 3
SETTLE_S = 10.0
KEYS = 100
WORKLOAD = r"service-\d\d\d"


@dataclass(frozen=True)
class Options:
    """How long to look."""

    rest_s: float = 120.0
    roll_s: float = 40.0


def large(options: Options) -> list[Figure]:
    """10,000 pods from a local server; figures are printed as they come, because it takes minutes."""
    with large_cluster(PODS) as cluster:
        return _all_of(cluster, options)


def real(options: Options) -> list[Figure]:
    """The same on a real control plane."""
    if not is_built():
        return [Figure("real control plane: not built here (make cluster)", None)]
    started = time.perf_counter()
    with real_cluster(PODS) as cluster:
        made = Figure("10,000 pods made on a real control plane", time.perf_counter() - started, "s")
        show([made, Figure("load now", os.getloadavg()[0])])
        return _all_of(cluster, options)


def huge(options: Options) -> list[Figure]:
    """50,000 pods in 300 namespaces: time and memory."""
    with large_cluster(HUGE, MANY_NAMESPACES) as cluster:
        return _all_of(cluster, options)


def events(options: Options) -> list[Figure]:
    """10,000 pods, 50,000 events of the last hour and 5,000 more a minute, on a tab that does not show them."""
    with large_cluster(PODS, events=EVENTS_KEPT) as cluster:
        with Terminal(cluster.console, environment=cluster.environment) as console:
            console.until(console.shows(_all(cluster)))
            console.watch(SETTLE_S)
            _to_pods(console)
            show([Figure(f"memory with {EVENTS_KEPT:,} events", console.memory_mb(), "MB")])
            cluster.tell(EVENTS_A_MINUTE)
            console.watch(SETTLE_S)
            before = console.memory_mb()
            show(_rest(cluster, console, options.rest_s, f" with {EVENTS_A_MINUTE:,} events a minute"))
            show(spread("key to moved cursor meanwhile", _keys(console, KEYS // 2), 12, 50))
            after = console.memory_mb()
            show([Figure("memory after it", after, "MB", note=f"{after - before:+.1f} MB meanwhile")])
        return _counted(cluster)


def _all_of(cluster: Running, options: Options) -> list[Figure]:
    show(_starts(cluster))
    with Terminal(EMPTY) as empty, Terminal(cluster.console, environment=cluster.environment) as console:
        console.until(console.shows(_all(cluster)))
        console.watch(SETTLE_S)
        goal = 150 if cluster.pods == PODS else None
        show([Figure(f"memory with {cluster.pods:,} pods (Kubernetes and store)", console.memory_mb(), "MB", goal)])
        show(_rest(cluster, console, options.rest_s))
        _to_pods(console)
        _ready(empty)
        show(spread("key to moved cursor at rest", _keys(console, KEYS), 12, 50))
        show(spread("  the same, empty application", _keys(empty, KEYS // 2), None, None))
        show(_rollout(cluster, console, empty, options.roll_s))
    return _counted(cluster)


def _all(cluster: Running) -> str:
    """What stands on the screen when every pod is there, and the summary is not the count of a page any more."""
    return rf"Pods {cluster.pods // 1000},?000\b"


def _starts(cluster: Running) -> list[Figure]:
    first: list[float] = []
    everything: list[float] = []
    for _ in range(STARTS + 1):
        with Terminal(cluster.console, environment=cluster.environment) as console:
            first.append(console.until(console.shows(WORKLOAD)) or float("inf"))
            everything.append(console.until(console.shows(_all(cluster))) or float("inf"))
    # the first start makes the store
    goals = (1.5, 2.5) if cluster.pods == PODS else (None, None)
    return [
        Figure("start to first rows", median(first[1:]), "s", goals[0], f"first start ever {first[0]:.2f} s"),
        Figure(f"start to all {cluster.pods:,} pods", median(everything[1:]), "s", goals[1],
               f"first start ever {everything[0]:.2f} s"),
    ]  # fmt: skip


def _rest(cluster: Running, console: Terminal, seconds: float, while_: str = "") -> list[Figure]:
    before, lists = console.cpu_s(), cluster.lists()
    sent = console.watch(seconds)
    cpu = 100 * (console.cpu_s() - before) / seconds
    rest = not while_
    return [
        Figure(f"CPU at rest on the Pods tab{while_}", cpu, "%", 2 if rest else None, f"mean of {seconds:g} s"),
        Figure(f"bytes to the terminal at rest{while_}", sent / seconds, "B/s", 100),
        Figure("lists of watched kinds meanwhile", cluster.lists() - lists, "", 0),
    ]


def _to_pods(console: Terminal) -> None:
    """The list of pods, the cursor not on its first row: where the cursor stands nothing moves by itself."""
    console.press("vp")
    console.watch(1)
    console.press("j")
    console.watch(0.5)


def _ready(empty: Terminal) -> None:
    empty.until(empty.shows("Metrics 5"))
    empty.watch(0.5)
    empty.press("j")
    empty.watch(0.3)


def _keys(terminal: Terminal, count: int) -> list[float | None]:
    return [_key(terminal, turn) for turn in range(count)]


def _key(terminal: Terminal, turn: int) -> float | None:
    terminal.watch(0.12)
    return terminal.move("jk"[turn % 2])


def _rollout(cluster: Running, console: Terminal, empty: Terminal, seconds: float) -> list[Figure]:
    ours: list[float | None] = []
    theirs: list[float | None] = []
    before, sent, started = console.cpu_s(), console.received, time.perf_counter()
    cluster.roll(ROLLED, seconds)
    while time.perf_counter() - started < seconds:
        ours.append(_key(console, len(ours)))
        if len(ours) % 3 == 0:
            theirs.append(_key(empty, len(theirs)))
    took = time.perf_counter() - started
    return [
        *spread(f"key to moved cursor while {ROLLED:,} pods roll over", ours, 25, 50),
        *spread("  the same, empty application beside it", theirs, None, None),
        Figure("CPU while they roll over", 100 * (console.cpu_s() - before) / took, "%", 15),
        Figure("bytes to the terminal while they roll over", (console.received - sent) / took, "B/s"),
        Figure("memory after it", console.memory_mb(), "MB"),
    ]


def _counted(cluster: Running) -> list[Figure]:
    """The console's own counters of the whole session, written at its end."""
    told = json.loads(cluster.counters.read_text(encoding="utf-8"))
    return [
        Figure("longest stall of the loop since the first paint", told["longest_stall_ms"], "ms", 50),
        Figure("stalls of 50 ms and more", told["stalls"]),
        Figure("longest collection of the garbage collector", told["longest_collection_ms"], "ms", None,
               f"of {told['collections']}"),
    ]  # fmt: skip
