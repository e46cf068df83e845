"""How many sources are well, and which is not: `src 6/7 loki FAILED`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..model.reading import ProblemKind, Reading, State
from ..poller.topics import CLUSTER, ON_DEMAND, Topic, every_topic

__all__ = ["OURS", "Sources", "every_topic", "summarise"]

OURS = frozenset({"rules", "actions"})
"""Systems that are no source: what we conclude ourselves."""
BY_PART = frozenset({"k8s", "pg"})
"""Systems that give rights part by part."""
_RANK = {State.OFF: -1, State.OK: 0, State.LATE: 1, State.STALE: 2, State.FAILED: 3}


@dataclass(frozen=True)
class Sources:
    """Systems that are configured, and the state of each that is not well (worst first)."""

    total: int = 0
    unwell: tuple[tuple[str, State], ...] = ()
    limited: tuple[str, ...] = ()
    """Systems that are well but forbid us a part."""

    @property
    def well(self) -> int:
        return self.total - len(self.unwell)

    def words(self, *, compact: bool = False) -> str:
        """`src 6/7 loki FAILED`, `src 7/7`; compact: `src6/7`."""
        if compact:
            return f"src{self.well}/{self.total}"
        text = f"src {self.well}/{self.total}"
        if not self.unwell:
            return f"{text} {self.limited[0]} partly forbidden" if self.limited else text
        name, state = self.unwell[0]
        more = f" +{len(self.unwell) - 1}" if len(self.unwell) > 1 else ""
        return f"{text} {name} {state.upper() if state is not State.LATE else 'late'}{more}"

    @property
    def style(self) -> str:
        """The token of its colour."""
        if not self.unwell:
            return "warning" if self.limited else "dim"
        return "blind" if self.unwell[0][1] in (State.FAILED, State.STALE) else "warning"


def summarise(readings: Iterable[tuple[Topic[Any], Reading[Any]]]) -> Sources:
    """A system is as well as its worst topic; one whose topics are all off, or unheard of, is not counted.

    What the credentials may not read does not count beside what they may: it is no failure that would pass.
    """
    worst: dict[str, State] = {}
    forbidden: dict[str, State] = {}
    readable: set[str] = set()
    """Systems that show something; a heartbeat alone does not."""
    for topic, reading in readings:
        if topic.system in OURS or (topic in ON_DEMAND and reading.value is None and reading.problem is None):
            continue
        refused = reading.problem is not None and reading.problem.kind is ProblemKind.FORBIDDEN
        denied = refused and topic.system in BY_PART
        part = forbidden if denied else worst
        part[topic.system] = max(part.get(topic.system, State.OFF), reading.state, key=_RANK.__getitem__)
        if reading.state is State.OK and topic != CLUSTER:
            readable.add(topic.system)
    limited = [system for system in forbidden if worst.get(system) is State.OK and system in readable]
    for system in forbidden.keys() - set(limited):
        worst[system] = max(worst.get(system, State.OFF), forbidden[system], key=_RANK.__getitem__)
    configured = {system: state for system, state in worst.items() if state is not State.OFF}
    unwell = [(system, state) for system, state in configured.items() if state is not State.OK]
    return Sources(len(configured), tuple(sorted(unwell, key=lambda pair: -_RANK[pair[1]])), tuple(limited))
