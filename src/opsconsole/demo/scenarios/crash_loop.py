"""A release of the worker leaks memory: some minutes after each start the kernel kills it, again and again."""

from opsconsole.demo.scenarios.script import Scenario, Stage, Step
from opsconsole.demo.shop.behaviour import Behaviour
from opsconsole.demo.shop.inventory import MIB

LEAKING_VERSION = "2.2.0"
_LEAK = Behaviour(leak_bytes_s=3.2 * MIB)
"""From 470 MiB to the limit of 1 GiB in three minutes."""


def _release(stage: Stage) -> None:
    stage.cluster.deploy("worker", LEAKING_VERSION, author="deployer")


CRASH_LOOP = Scenario(
    "crash-loop",
    "worker 2.2.0 leaks memory: OOMKilled after three minutes, then CrashLoopBackOff; the queue grows",
    (Step(20.0, f"deployer releases worker {LEAKING_VERSION}", _release),),
    {("worker", LEAKING_VERSION): _LEAK},
)
