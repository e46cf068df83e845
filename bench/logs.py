"""A workload's logs at 20,000 lines a second: processor, memory, delay from written to shown, keys, stalls."""

import json
import re
import time

from .cluster.logs import LINES_PER_S
from .cluster.running import large_cluster
from .large import WORKLOAD, Options
from .report import Figure, spread
from .terminal import Terminal

PODS = 1_000
LOOK_S = 30.0
KEYS = 30
_WRITTEN = re.compile(r" t=(\d+\.\d+)")


def logs(options: Options) -> list[Figure]:
    """One console follows a workload's logs; figures over half a minute."""
    with large_cluster(PODS) as cluster:
        with Terminal(cluster.console, environment=cluster.environment) as console:
            console.until(console.shows(WORKLOAD))
            console.watch(3)
            idle = console.memory_mb()
            console.press("l")
            console.until(console.shows(r"FOLLOW"))
            console.watch(5)
            before, taken, read = console.cpu_s(), time.perf_counter(), _read(console)
            delays, sent = _delays(console, LOOK_S)
            took = time.perf_counter() - taken
            cpu = 100 * (console.cpu_s() - before) / took
            rate = (_read(console) - read) / took
            head = console.screen.display[0].strip()
            figures = [
                Figure("lines read", rate, "/s", note=f"of {LINES_PER_S:,} written; {head}"),
                Figure("CPU while they come", cpu, "%"),
                Figure("memory", console.memory_mb(), "MB", note=f"{idle:.0f} MB before"),
                Figure("bytes to the terminal", sent / took, "B/s"),
                *spread("a line from written to shown", delays, None, None),
                *spread("key to moved cursor while they come", _keys(console), 25, 50),
            ]
        told = json.loads(cluster.counters.read_text(encoding="utf-8"))
        return [*figures, Figure("longest stall of the loop", told["longest_stall_ms"], "ms", 50)]


def _delays(console: Terminal, seconds: float) -> tuple[list[float | None], int]:
    """How old the newest line on the screen is, twice a second; and the bytes that came."""
    delays: list[float | None] = []
    sent, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        sent += console.watch(0.5)
        found = [float(text) for text in _WRITTEN.findall(console.text())]
        if found:
            delays.append(time.time() - max(found))
    return delays, sent


def _read(console: Terminal) -> int:
    """Lines that were read so far: those dropped and those that are there."""
    head = console.screen.display[0].replace(",", "")
    return sum(int(number) for number in re.findall(r"dropped (\d+)|(\d+) lines", head) for number in number if number)


def _keys(console: Terminal) -> list[float | None]:
    """Up from the end: the first stops following, the others move the cursor."""
    console.press("k")
    console.watch(0.5)
    found = []
    for _ in range(KEYS):
        console.watch(0.12)
        found.append(console.move("k"))
    return found
