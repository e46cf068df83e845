"""The demo from the command to all six tabs filled; then the memory with every source, and the Now page at rest."""

import re
import time
from functools import partial

from .cluster.running import opsconsole
from .large import Options
from .report import Figure
from .terminal import Terminal

FILLED = {
    "1": r"REQ/s \d",
    "2": r"Workloads \d+",
    "3": r"PG +conn \d",
    "4": r"BUDGET \w",
    "5": r"\d+ customers:",
    "6": r"no incident is open|INC-\d",
}
"""What stands on each tab once its readings are there."""
PATIENCE_S = 60.0
CALM_S = 30.0


def demo(options: Options) -> list[Figure]:
    """`opsconsole demo --scenario calm`, from the command on."""
    with Terminal([opsconsole(), "demo", "--scenario", "calm"]) as terminal:
        first = terminal.until(terminal.shows(r"\b1 Metrics"), PATIENCE_S)
        filled = _all_tabs(terminal)
        console = terminal.processes()[0]
        memory = terminal.memory_mb(console)
        terminal.press("0")
        terminal.watch(15)
        sent, before, started = terminal.received, _cpu(terminal), time.perf_counter()
        seconds = min(options.rest_s, CALM_S)
        terminal.watch(seconds)
        took = time.perf_counter() - started
        sent, cpu = terminal.received - sent, _cpu(terminal) - before
        terminal.press("W")
        terminal.watch(8)  # what the key says stands for six seconds
        armed = terminal.watch(seconds) / seconds
        return [
            Figure("demo: command to the console's frame", first, "s"),
            Figure("demo: command to all six tabs filled", filled, "s", 8),
            Figure("memory with every source configured (demo)", memory, "MB"),
            Figure("bytes to the terminal, calm Now page", sent / took, "B/s", 100),
            Figure("bytes to the terminal, armed and counting down", armed, "B/s"),
            Figure("CPU, calm Now page, console alone", 100 * cpu / took, "%"),
        ]


def _all_tabs(terminal: Terminal) -> float | None:
    """Seconds from the command until each tab has been seen filled, looking from one to the next."""
    for digit, pattern in FILLED.items():
        terminal.press(digit)
        if terminal.until(partial(_filled, terminal, digit, pattern), PATIENCE_S) is None:
            print(f"tab {digit} was not filled:\n{terminal.text()}")
            return None
    return time.perf_counter() - terminal.started


def _filled(terminal: Terminal, digit: str, pattern: str) -> bool:
    """The tab is the one in front, and below the frame's lines stands what its readings bring."""
    lines = terminal.text().splitlines()
    front = next((line for line in lines[:4] if re.match(rf"\s*{digit} \w+:", line)), None)
    return front is not None and re.search(pattern, "\n".join(lines[2:])) is not None


def _cpu(terminal: Terminal) -> float:
    """Of the console's own process: the platform beside it has work of its own."""
    times = terminal.processes()[0].cpu_times()
    return times.user + times.system
