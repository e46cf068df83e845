"""A node goes silent on a busy day: its pods are given up, and the other nodes have not room for all of them."""

from opsconsole.demo.scenarios.script import Scenario, Stage, Step

LOST = "ip-10-0-1-17"


def _busy(stage: Stage) -> None:
    stage.shop.set_traffic("api", 1.3)


def _stop(stage: Stage) -> None:
    stage.cluster.stop_node(LOST)


NODE_LOSS = Scenario(
    "node-loss",
    f"{LOST} falls silent: NotReady after 40 s, its pods moved after the toleration, as far as there is room",
    (
        Step(0.0, "a busy day: the API gets 1.3 times its traffic", _busy),
        Step(60.0, f"the machine under {LOST} fails", _stop),
    ),
)
