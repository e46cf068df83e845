"""The critical path holds each service against what is normal at this hour; where that is not known, last week."""

from datetime import UTC, datetime

from opsconsole.model.baseline import Baseline, Baselines, RowBaseline
from opsconsole.model.metrics import ServiceFigures
from opsconsole.rules.path import normal_p95, path
from opsconsole.screens.now_lines import path_lines

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)


def test_normal_is_what_was_learned_of_the_hour_else_last_week() -> None:
    learned = RowBaseline("api", "", (Baseline("p99", "s", 40, 9, median=9.0), Baseline("p95", "s", 40, 9, median=0.2)))
    endpoint = RowBaseline("api", "GET /", (Baseline("p95", "s", 40, 9, median=7.0),))
    young = RowBaseline("web", "", (Baseline("p95", "s", 3, 1),))
    normal = normal_p95(Baselines(NOW, "weekdays 02h", (learned, endpoint, young)))
    assert normal == {"api": 0.2}
    figures = [ServiceFigures(name, p95_s=1.0, p95_last_week_s=0.5) for name in ("api", "web")]
    rows = path(figures, ("api", "web"), {}, None, None, normal=normal)
    assert [(row.times_normal, row.learned) for row in rows] == [(5.0, True), (2.0, False)]
    head, api, web = path_lines(rows, 100).plain.splitlines()
    assert "v NORMAL" in head
    assert ("x5.0 " in api, "x2.0 wk" in web) == (True, True)
    assert "v LAST WK" in path_lines(path(figures, ("api",), {}, None, None), 100).plain
