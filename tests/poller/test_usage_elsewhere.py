"""Without metrics-server the usage of pods comes from Prometheus, and stays unknown where that has none."""

from collections.abc import Iterable
from typing import cast

import pytest

from opsconsole.config.settings import Metrics
from opsconsole.model.kubernetes import Usage
from opsconsole.model.metrics import Answer, Sample
from opsconsole.model.reading import ProblemKind
from opsconsole.poller.prometheus import Desk
from opsconsole.poller.usage_elsewhere import UsageElsewhere, or_else
from opsconsole.sources.errors import SourceError
from opsconsole.sources.prometheus import Prometheus

ABSENT = SourceError(ProblemKind.MISSING, "this cluster has no metrics.k8s.io", "install metrics-server in the cluster")


class Cadvisor:
    """A Prometheus that holds what cadvisor tells of two pods, and of one of them the memory only."""

    def __init__(self, *pods: str) -> None:
        self.pods = pods

    async def names(self, wanted: Iterable[str]) -> frozenset[str]:
        """Of the metrics that catalogues know none: what is asked for here has one name everywhere."""
        return frozenset()

    async def query(self, promql: str, at: float | None = None) -> Answer:
        pods = self.pods if "working_set" in promql else self.pods[:1]
        value = 2.0**20 if "working_set" in promql else 0.25
        labels = [(("namespace", "shop"), ("pod", pod)) for pod in pods]
        return Answer(promql, samples=tuple(Sample(each, 0.0, value) for each in labels))


def told(*pods: str) -> UsageElsewhere:
    return UsageElsewhere(Desk(cast(Prometheus, Cadvisor(*pods)), Metrics()))


async def absent() -> tuple[dict[str, Usage], str]:
    raise ABSENT


async def there() -> tuple[dict[str, Usage], str]:
    return {"shop/api-1": Usage(0.5, 1.0)}, "/apis/metrics.k8s.io/v1beta1/pods"


async def test_the_cluster_tells_what_prometheus_knows_only_else() -> None:
    assert await or_else(there, told("api-1").pods)() == await there()
    usage, source = await or_else(absent, told("api-1", "api-2").pods)()
    assert usage == {"shop/api-1": Usage(0.25, 2.0**20)}, "half a figure is none"
    assert source.startswith("Prometheus: sum by (namespace, pod) (rate(container_cpu_usage_seconds_total")


@pytest.mark.parametrize("elsewhere", [None, told().pods, absent], ids=["none", "empty", "failing"])
async def test_where_nobody_knows_the_cluster_says_why(elsewhere: None) -> None:
    with pytest.raises(SourceError) as caught:
        await or_else(absent, elsewhere)()
    assert caught.value is ABSENT
