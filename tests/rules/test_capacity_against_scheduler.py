"""What the rules say of room, and of a node that goes away, held against what the real scheduler then does."""

from collections.abc import Iterator

import pytest

from tests.cluster.build import have_binaries
from tests.cluster.manifests import Object
from tests.cluster.plane import Plane
from tests.rules.scheduling import Fit, Gone, Host, asks, fits_more, waits_after

GPU = {"nvidia.com/gpu": "1"}
DEAR = ("dear", "yes", "NoSchedule")
SSD = {"disk": "ssd"}


@pytest.fixture(scope="module")
def plane() -> Iterator[Plane]:
    """A control plane without nodes: every case brings its own."""
    have_binaries()
    with Plane(nodes=0) as running:
        yield running


def tolerating(**toleration: str) -> Object:
    return asks("500m", "1Gi", tolerations=[toleration])


def near(*terms: list[Object]) -> Object:
    """A pod with a required node affinity of these terms."""
    required = {"nodeSelectorTerms": [{"matchExpressions": lines} for lines in terms]}
    return asks("500m", "1Gi", affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}})


def line(key: str, operator: str, *values: str) -> Object:
    return {"key": key, "operator": operator, "values": list(values)}


SMALL = asks("500m", "1Gi")
WITH_INIT = {**SMALL, "initContainers": [{**asks("1500m")["containers"][0], "name": "setup"}]}
WIDE = asks("1")
HELD = {**asks("1"), "nodeSelector": {"disk": "ssd"}}
PROXY = {**asks("500m")["containers"][0], "name": "proxy", "restartPolicy": "Always"}
WITH_SIDECAR = {**SMALL, "initContainers": [PROXY]}
SIDECAR_FIRST = {**SMALL, "initContainers": [PROXY, *WITH_INIT["initContainers"]]}

CASES: dict[str, Fit] = {
    "by-cpu": Fit([Host("2")], SMALL),
    "by-memory": Fit([Host(memory="3500Mi")], SMALL),
    "nodes-of-different-size": Fit([Host("1"), Host("3"), Host("900m")], asks("700m")),
    "beside-others": Fit([Host("2"), Host("2")], SMALL, [(0, SMALL), (0, SMALL), (1, asks("1700m"))]),
    "overcommitted": Fit([Host("1"), Host("1")], SMALL, [(0, asks("3"))]),
    "pod-limit": Fit([Host(pods="3")], SMALL, [(0, asks())]),
    "cordoned": Fit([Host("1"), Host("1", cordoned=True)], SMALL),
    "cordon-tolerated": Fit([Host("1", cordoned=True)], tolerating(operator="Exists")),
    "tainted": Fit([Host("1"), Host("1", taints=[DEAR])], SMALL),
    "taint-preferred-only": Fit([Host("1"), Host("1", taints=[("dear", "yes", "PreferNoSchedule")])], SMALL),
    "taint-tolerated": Fit([Host("1"), Host("1", taints=[DEAR])], tolerating(key="dear", value="yes")),
    "taint-of-another-value": Fit([Host("1"), Host("1", taints=[DEAR])], tolerating(key="dear", value="no")),
    "taint-of-another-effect": Fit(
        [Host("1"), Host("1", taints=[DEAR])], tolerating(key="dear", operator="Exists", effect="NoExecute")
    ),
    "two-taints-one-tolerated": Fit(
        [Host("1"), Host("1", taints=[DEAR, ("odd", "", "NoSchedule")])], tolerating(key="dear", operator="Exists")
    ),
    "selector": Fit([Host("1"), Host("2", labels=SSD)], {**SMALL, "nodeSelector": SSD}),
    "affinity-in": Fit([Host("1"), Host("2", labels=SSD)], near([line("disk", "In", "ssd", "nvme")])),
    "affinity-not-in": Fit([Host("1"), Host("2", labels=SSD)], near([line("disk", "NotIn", "ssd")])),
    "affinity-gt": Fit([Host("1", labels={"age": "3"}), Host("2", labels={"age": "9"})],
                       near([line("age", "Gt", "5")])),
    "affinity-either": Fit(
        [Host("1"), Host("2", labels=SSD), Host("1", labels={"zone": "a"})],
        near([line("disk", "Exists")], [line("zone", "In", "a")]),
    ),
    "affinity-all": Fit([Host("1", labels=SSD), Host("2", labels={**SSD, "zone": "a"})],
                        near([line("disk", "Exists"), line("zone", "In", "a")])),
    "gpu": Fit([Host(more={"nvidia.com/gpu": "3"}), Host()], asks("100m", more=GPU), [(0, asks(more=GPU))]),
    "ephemeral-storage": Fit([Host(more={"ephemeral-storage": "5Gi"})], asks(more={"ephemeral-storage": "2Gi"})),
    "hugepages": Fit([Host(more={"hugepages-2Mi": "64Mi"})], asks("100m", "64Mi", more={"hugepages-2Mi": "20Mi"})),
    "init-container": Fit([Host("4")], WITH_INIT),
    "sidecar": Fit([Host("4")], WITH_SIDECAR),
    "init-beside-sidecar": Fit([Host("4")], SIDECAR_FIRST),
    "pod-as-a-whole": Fit([Host("4")], {**SMALL, "resources": {"requests": {"cpu": "900m"}}}),
}  # fmt: skip


def test_as_many_more_fit_as_the_scheduler_places(plane: Plane) -> None:
    found = fits_more(plane, CASES)
    assert {name: told for name, (told, _) in found.items()} == {name: done for name, (_, done) in found.items()}
    assert len(found) == 27
    assert {name for name, (told, _) in found.items() if not told} == set(), "each case has room for some"


LOSSES: dict[str, Gone] = {
    "all-fit": Gone([Host("2"), Host("2"), Host("2")], [(6, SMALL)]),
    "some-wait": Gone([Host("2"), Host("2"), Host("2")], [(11, SMALL)]),
    "a-large-node-goes": Gone([Host("8"), Host("1"), Host("1")], [(16, SMALL)]),
    "of-many-sizes": Gone([Host("8"), Host("4", labels=SSD)], [(4, WIDE), (5, SMALL), (1, HELD)]),
    "none-may-go-elsewhere": Gone([Host("2", labels=SSD), Host("4")], [(3, {**SMALL, "nodeSelector": SSD})]),
    "one-kind-may-one-may-not": Gone(
        [Host("4", labels=SSD), Host("4", taints=[DEAR])],
        [(2, {**SMALL, "nodeSelector": SSD}), (3, tolerating(key="dear", operator="Exists"))],
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_as_many_wait_for_a_place_when_a_node_goes(plane: Plane, name: str) -> None:
    fewest, most, waiting = waits_after(plane, f"gone-{name}", LOSSES[name])
    assert fewest <= waiting <= most
    if name != "of-many-sizes":  # only where sizes differ does it matter in which order they come
        assert fewest == most
