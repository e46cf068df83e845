"""What is loaded when: nothing of the Kubernetes package before the first request, its generated classes never."""

import asyncio
import sys
from pathlib import Path

from .server import ApiServer

SCRIPT = """
import asyncio, sys
from opsconsole.config.settings import Kubernetes
from opsconsole.poller.board import Board
from opsconsole.poller.kubernetes import kubernetes_feeds
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import PODS, WORKLOADS, POD_USAGE
from opsconsole.sources.kubernetes.contexts import contexts
from opsconsole.sources.kubernetes.access import discover, access_review
from opsconsole.sources.kubernetes.cluster import Cluster

async def main():
    settings = Kubernetes(kubeconfig=sys.argv[1])
    assert contexts(sys.argv[1])
    cluster = Cluster(settings)
    feeds = kubernetes_feeds(settings, cluster)
    early = [name for name in sys.modules if name.partition(".")[0] in ("kubernetes", "textual", "requests")]
    assert not early, early
    board, poller = Board(), None
    poller = Poller(board)
    seen = asyncio.Event()
    board.subscribe(PODS, lambda reading, delta: reading.value and reading.value.complete and seen.set())
    poller.start(feeds)
    await asyncio.wait_for(seen.wait(), 20)
    await access_review(cluster)
    await discover(cluster)
    await poller.stop()
    await cluster.close()
    generated = [
        name for name in sys.modules
        if ".client.api." in name or ".client.models." in name
    ]
    assert not generated, generated[:5]
    assert "textual" not in sys.modules
    print("clean")

asyncio.run(main())
"""


async def test_generated_classes_are_never_loaded(server: ApiServer, tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text(server.kubeconfig())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCRIPT, str(tmp_path / "kubeconfig"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    assert output.decode().strip() == "clean", errors.decode()


async def test_the_pods_tab_stands_before_the_network_is_loaded() -> None:
    """Its import holds the loop at the first paint; aiohttp alone would double that."""
    told = "import sys, opsconsole.screens.pods; print(*{'aiohttp', 'kubernetes', 'sqlalchemy'} & sys.modules.keys())"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", told, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert output.decode().split() == []
