"""What a node's loss would mean is worked out when it is looked at, and again when the cluster has changed."""

import asyncio

import msgspec
import pytest

from opsconsole.model.collection import Delta
from opsconsole.rules.cluster_index import ClusterIndex
from opsconsole.rules.node_loss import loss_words
from opsconsole.screens import node_losses
from opsconsole.screens.node_losses import NodeLosses
from tests.rules.capacity_samples import node, pods


async def test_the_first_look_finds_nothing_and_the_answer_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_losses, "AGAIN_S", 0.0)
    index = ClusterIndex()
    index.pods_changed(Delta({one.uid: one for one in (*pods(6), *pods(4, at="n2"))}, reset=True))
    rows = {"1": node("n1"), "2": node("n2")}
    losses = NodeLosses(index, lambda: rows)
    told = asyncio.Event()
    losses.listen(told.set)

    async def said(name: str) -> str:
        told.clear()
        losses.of(name)
        await asyncio.wait_for(told.wait(), 10)
        found = losses.of(name)
        assert found is not None
        return loss_words(found)

    assert losses.of("n1") is None
    assert await said("n1") == "2 of 6 pods would not fit (api 2: cpu)"
    told.clear()
    losses.of("n1")
    assert not told.is_set(), "what has not changed is not worked out again"

    index.pods_changed(Delta({}, frozenset({"u-api-n2-0", "u-api-n2-1"})))
    assert await said("n1") == "all 6 pods would fit elsewhere"
    rows["2"] = msgspec.structs.replace(rows["2"], unschedulable=True)
    losses.nodes_changed()
    assert await said("n1") == "6 of 6 pods would not fit (api 6: cordoned)"
