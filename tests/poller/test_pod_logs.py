"""The logs of all services where there is no Loki: what some lines of the pods tell, and how sure it is."""

import pytest

from opsconsole.model.logs import Level
from opsconsole.poller.pod_logs import PodLogsReader
from opsconsole.text import clock
from tests.screens.logged import HandCluster, logged
from tests.screens.story import NOW


async def test_each_workload_with_its_counts_and_the_errors_that_are_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    app, _ = logged()
    from opsconsole.poller.topics import FINDINGS, PODS

    board = app.context.board
    board.publish(FINDINGS, board.get(FINDINGS).__class__(()))
    pods = board.get(PODS).value
    assert pods is not None
    for uid in [uid for uid, pod in pods.rows.items() if not pod.name.startswith("worker")]:
        del pods.rows[uid]
    overview, _ = await PodLogsReader(HandCluster(), board).read()  # type: ignore[arg-type]
    (worker,) = overview.services
    assert (worker.service, worker.since is not None and worker.since < NOW, worker.breach) == ("worker", True, "")
    assert [(one.pattern.rstrip(" \x07"), one.level) for one in worker.new or ()] == [
        ("ERROR heap <N> of <N> GB", Level.ERROR)
    ]
    assert (sum(filter(None, worker.errors)), sum(filter(None, worker.warnings))) == (2, 2)
    assert None not in worker.errors[-5:]
    assert worker.read == "2 of 2 containers, 8 lines"
    assert overview.source == "the pods' own logs (no Loki)"
