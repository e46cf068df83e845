"""A campaign brings the API more traffic, in bursts, than the maximum of its autoscaler allows it to serve well."""

from collections.abc import Callable

from opsconsole.demo.scenarios.script import Scenario, Stage, Step

_BURSTS = 2.5
"""The CPU of a campaign's busiest moments against its mean: pods are throttled well before their limit."""


def _traffic(factor: float) -> Callable[[Stage], None]:
    def act(stage: Stage) -> None:
        stage.shop.set_traffic("api", factor, bursts=_BURSTS)

    return act


HPA_CEILING = Scenario(
    "hpa-ceiling",
    "a campaign takes the API past its autoscaler's maximum of 20 pods: CPU over target, latency rises",
    (
        Step(20.0, "the campaign begins: the API gets 1.4 times its traffic", _traffic(1.4)),
        Step(80.0, "1.9 times its traffic", _traffic(1.9)),
        Step(140.0, "2.3 times its traffic", _traffic(2.3)),
    ),
)
