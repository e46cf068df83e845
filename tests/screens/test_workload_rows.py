"""The row of a workload: a dash where there is nothing to measure, a question mark where it is not known."""

from datetime import UTC, datetime

import pytest

from opsconsole.model.kubernetes import Workload
from opsconsole.rules.cluster_index import ClusterIndex
from opsconsole.rules.restarts import Count
from opsconsole.rules.verdict import OK
from opsconsole.screens.columns.workloads import workload_columns
from opsconsole.screens.workload_rows import workload_row

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "desired", "ready", "cpu"),
    [("CronJob", 0, "-", "-"), ("Deployment", 0, "0/0", "-"), ("Deployment", 3, "0/3", "?")],
)
def test_what_has_no_pods_measures_nothing(kind: str, desired: int, ready: str, cpu: str) -> None:
    one = Workload("w", "shop", kind, "mails", desired, 0, 0, 0, None)
    row = workload_row(one, OK, ClusterIndex(), {}, Count(0, True), NOW)
    cells = {column.id: column.render(row) for column in workload_columns()}
    words = {id: cell if isinstance(cell, str) else cell[0] for id, cell in cells.items()}
    assert (words["ready"], words["cpu"]) == (ready, cpu)
