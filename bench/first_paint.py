"""How long until something stands on the screen, beside an empty Textual application."""

import sys
from collections.abc import Mapping, Sequence

from .cluster.running import large_cluster
from .report import Figure, median
from .terminal import Terminal

PAIRS = 7
GOAL_RATIO = 1.3
EMPTY = (sys.executable, "-m", "bench.empty_app")


def first_paint(_: object) -> list[Figure]:
    """Start one after the other, so that the machine is the same for both of a pair."""
    ratios: list[float] = []
    ours: list[float] = []
    theirs: list[float] = []
    with large_cluster(400) as cluster:
        _painted(cluster.console, cluster.environment)
        for _ in range(PAIRS):
            theirs.append(_painted(EMPTY, {}))
            ours.append(_painted(cluster.console, cluster.environment))
            ratios.append(ours[-1] / theirs[-1])
    return [
        Figure("first paint of an empty application with six tabs", median(theirs), "s"),
        Figure("first paint of the console", median(ours), "s"),
        Figure("first paint, ratio of each pair, median", median(ratios), "", GOAL_RATIO, f"{PAIRS} pairs"),
    ]


def _painted(argv: Sequence[str], environment: Mapping[str, str]) -> float:
    with Terminal(argv, environment=environment) as terminal:
        return terminal.until(terminal.painted) or float("inf")
