"""The console on 10,000 pods: start, memory, rest, keys at rest and while 3,000 pods are replaced, stalls."""

import json
import time
from dataclasses import dataclass

from .cluster.running import Running, large_cluster
from .first_paint import EMPTY
from .report import Figure, median, show, spread
from .terminal import Terminal

PODS = 10_000
ROLLED = 3_000
STARTS = 3
SETTLE_S = 10.0
KEYS = 100
WORKLOAD = r"service-\d\d\d"
ALL = r"Pods 10,?000\b"


@dataclass(frozen=True)
class Options:
    """How long to look."""

    rest_s: float = 120.0
    roll_s: float = 40.0


def large(options: Options) -> list[Figure]:
    """All of it on one server; figures are printed as they come, because it takes minutes."""
    with large_cluster(PODS) as cluster:
        show(_starts(cluster))
        with Terminal(EMPTY) as empty, Terminal(cluster.console, environment=cluster.environment) as console:
            console.until(console.shows(ALL))
            console.watch(SETTLE_S)
            show([Figure("memory with 10,000 pods (Kubernetes and store)", console.memory_mb(), "MB", 150)])
            show(_rest(console, options.rest_s))
            _to_pods(console)
            _ready(empty)
            show(spread("key to moved cursor at rest", _keys(console, KEYS), 12, 50))
            show(spread("  the same, empty application", _keys(empty, KEYS // 2), None, None))
            show(_rollout(cluster, console, empty, options.roll_s))
        return _counted(cluster)


def _starts(cluster: Running) -> list[Figure]:
    first: list[float] = []
    everything: list[float] = []
    for _ in range(STARTS + 1):
        with Terminal(cluster.console, environment=cluster.environment) as console:
            first.append(console.until(console.shows(WORKLOAD)) or float("inf"))
            everything.append(console.until(console.shows(ALL)) or float("inf"))
    # the first start makes the store
    return [
        Figure("start to first rows", median(first[1:]), "s", 1.5, f"first start ever {first[0]:.2f} s"),
        Figure("start to all 10,000 pods", median(everything[1:]), "s", 2.5, f"first start ever {everything[0]:.2f} s"),
    ]


def _rest(console: Terminal, seconds: float) -> list[Figure]:
    before = console.cpu_s()
    sent = console.watch(seconds)
    cpu = 100 * (console.cpu_s() - before) / seconds
    return [
        Figure("CPU at rest on the Pods tab", cpu, "%", 2, f"of a core, mean of {seconds:g} s"),
        Figure("bytes to the terminal at rest", sent / seconds, "B/s", 100),
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
        Figure("CPU while they roll over", 100 * (console.cpu_s() - before) / took, "%"),
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
