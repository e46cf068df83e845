"""A release of the API brings an N+1 query into the checkout and a costlier feed."""

from opsconsole.demo.scenarios.script import Scenario, Stage, Step
from opsconsole.demo.shop import statements as sql
from opsconsole.demo.shop.behaviour import Behaviour, Change
from opsconsole.demo.shop.endpoints import CHECKOUT

BAD_VERSION = "1.8.2"

_N_PLUS_ONE = Behaviour(
    endpoints={
        # 44 queries instead of 3: the items of every past order, one by one, several at a time.
        CHECKOUT: Change(
            median_s=0.769,
            sigma=0.37,
            spread=(0.96, 1.08),
            cpu_ms=850.0,
            error_ratio=0.0042,
            queries={sql.ORDER_ITEMS: 42.0},
            parallel_queries=8.0,
        ),
        "/feed": Change(cpu_ms=205.0),
    },
    memory_factor=1.12,
)


def _release(stage: Stage) -> None:
    stage.cluster.deploy("api", BAD_VERSION, author="deployer", env={"FEED_V2": "on"})


CALM = Scenario("calm", "nothing happens: the platform on a normal day")
SLOW_RELEASE = Scenario(
    "slow-release",
    "api 1.8.2 makes the checkout ask the database 44 times per request; the HPA runs to its maximum",
    (Step(0.0, "deployer releases api 1.8.2", _release),),
    {("api", BAD_VERSION): _N_PLUS_ONE},
)
DEFAULT = SLOW_RELEASE.after(120.0, "default", "two calm minutes, then slow-release")
