"""A release of the API does not give its connections back: PostgreSQL runs out of them, and refuses new ones."""

from opsconsole.demo.scenarios.script import Scenario, Stage, Step
from opsconsole.demo.shop.behaviour import Behaviour

LEAKING_VERSION = "1.8.3"
_LEAK = Behaviour(leaked_connections_s=0.16)
"""Twelve pods lose two connections a second."""


def _release(stage: Stage) -> None:
    stage.cluster.deploy("api", LEAKING_VERSION, author="deployer")


POOL_EXHAUSTION = Scenario(
    "pool-exhaustion",
    "api 1.8.3 leaks database connections until PostgreSQL refuses new ones and requests fail",
    (Step(10.0, f"deployer releases api {LEAKING_VERSION}", _release),),
    {("api", LEAKING_VERSION): _LEAK},
)
