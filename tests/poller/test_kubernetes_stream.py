"""A stream of one kind of object that ends in the middle of its list."""

import asyncio
from pathlib import Path

import pytest

from opsconsole.config.settings import Kubernetes
from opsconsole.poller import kubernetes_stream, topics
from opsconsole.poller.board import Board
from opsconsole.poller.kubernetes_ledger import Ledger
from opsconsole.poller.kubernetes_stream import ListWatch
from opsconsole.poller.slices import Slices
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.kinds import NODES
from tests.demo.kubernetes.running import running


class OneRow(Slices):
    """A slice that is over after one row, and others that never let it go on."""

    @property
    def over(self) -> bool:
        return True

    async def rest(self) -> None:
        await asyncio.Event().wait()


async def test_who_ends_between_two_slices_of_a_list_knows_every_row_that_was_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_stream, "Slices", OneRow)
    async with running() as run:
        (tmp_path / "kubeconfig").write_text(run.server.kubeconfig(), encoding="utf-8")
        cluster, ledger = Cluster(Kubernetes(kubeconfig=str(tmp_path / "kubeconfig"))), Ledger(topics.NODES, Board())
        stream = ListWatch(cluster, NODES, None, ledger)
        listing = asyncio.create_task(stream.run())
        while not ledger.collection.rows:
            await asyncio.sleep(0.01)
        listing.cancel()
        await asyncio.gather(listing, return_exceptions=True)
        assert stream.uids == ledger.collection.rows.keys()
        await cluster.close()
