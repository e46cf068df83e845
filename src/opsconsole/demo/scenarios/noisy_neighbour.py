"""An export without a CPU limit takes every CPU of its node: whatever else runs there becomes slow."""

from opsconsole.demo.scenarios.script import Scenario, Stage, Step
from opsconsole.demo.shop.behaviour import Behaviour

HOG = "report-export"
_GRABS = Behaviour(grabs_millicores=16_000.0)
"""Sixteen threads that never wait, on a node with eight CPUs."""


def _launch(stage: Stage) -> None:
    stage.cluster.launch(HOG, author="analytics")


NOISY_NEIGHBOUR = Scenario(
    "noisy-neighbour",
    "report-export, which has no CPU limit, starves a node: the pods beside it answer slowly",
    (Step(20.0, "analytics starts report-export", _launch),),
    {(HOG, "0.3.0"): _GRABS},
)
