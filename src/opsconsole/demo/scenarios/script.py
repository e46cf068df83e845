"""The scenario engine: steps that act on the platform at their time, once each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from opsconsole.demo.platform import Backstage, Cluster, Servers
from opsconsole.demo.shop.behaviour import Behaviours


class Traffic(Protocol):
    """What a step may change of the shop's users."""

    def set_traffic(self, service: str, factor: float, bursts: float = 1.0) -> None:
        """Multiply the requests that a service gets; 1.0 is normal. `bursts`: its busiest moments against the mean."""

    def stop_scraping(self, workload: str) -> None:
        """Have Prometheus forget the pods of a workload as targets: what they publish themselves ends."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a step acts on."""

    shop: Traffic
    cluster: Cluster
    servers: Servers = field(default_factory=Backstage)


@dataclass(frozen=True, slots=True)
class Step:
    at_s: float
    """Seconds after the start, before `--speed` compresses them."""
    says: str
    """What happens, in words."""
    act: Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    says: str
    steps: tuple[Step, ...] = ()
    behaviours: Behaviours = field(default_factory=dict)

    def after(self, delay_s: float, name: str, says: str) -> "Scenario":
        """The same scenario, beginning later."""
        later = tuple(Step(step.at_s + delay_s, step.says, step.act) for step in self.steps)
        return Scenario(name, says, later, self.behaviours)


class Script:
    """A scenario being played; `speed` compresses its times."""

    def __init__(self, scenario: Scenario, started: float, speed: float) -> None:
        if speed <= 0:
            raise ValueError(f"the speed of a scenario must be above zero, not {speed}")
        self._waiting = sorted(scenario.steps, key=lambda step: step.at_s)
        self._started = started
        self._speed = speed

    def advance(self, now: float, stage: Stage) -> list[Step]:
        """Play every step whose time has come; the steps played."""
        played = []
        while self._waiting and now - self._started >= self._waiting[0].at_s / self._speed:
            step = self._waiting.pop(0)
            step.act(stage)
            played.append(step)
        return played
