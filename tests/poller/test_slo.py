"""Objectives followed on a real Prometheus, whose series are made so that every sum can be redone by hand."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from opsconsole.cli.main import console
from opsconsole.config.settings import Http, Metrics, SloFiles
from opsconsole.model.finding import Severity
from opsconsole.model.metrics import Answer, Series
from opsconsole.model.slo import Counts, SloFigures, Slos
from opsconsole.poller.prometheus import Desk
from opsconsole.poller.slo import SloReader
from opsconsole.poller.slo_ledger import Ledger
from opsconsole.rules import slo as sums
from opsconsole.rules.slo_findings import slo_findings
from opsconsole.sources.http import reach
from opsconsole.sources.prometheus import Prometheus
from opsconsole.text import clock
from tests.demo.promql.real import real_prometheus
from tests.require import require

from .metrics_fakes import Scripted, desk

DAYS = 2
HOUR_S = 3600


def slo(name: str, part: str, *, kind: str = "bad", total: str = "requests_total", target: float = 0.999) -> str:
    return f"""\
apiVersion: openslo/v1
kind: SLO
metadata: {{name: {name}}}
spec:
  service: api
  indicator:
    spec:
      ratioMetric:
        {kind}: {{metricSource: {{type: Prometheus, spec: {{query: '{part}'}}}}}}
        total: {{metricSource: {{type: Prometheus, spec: {{query: '{total}'}}}}}}
  timeWindow: [{{duration: 30d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{target: {target}}}]
---
"""


PROBES = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: up}
spec:
  service: api
  indicator: {spec: {thresholdMetric: {metricSource: {type: Prometheus, spec: {query: probe_success}}}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Timeslices
  objectives: [{op: gte, value: 1, target: 0.999, timeSliceTarget: 1, timeSliceWindow: 1m}]
"""


def series(now: int) -> str:
    """Two days at a sample a minute: 100 good requests each, in the last hour 5 bad ones more; a probe that failed for
    nine minutes an hour and a half ago. It goes on for a while, so that a slow test still finds the newest."""
    times = range(now - DAYS * 86400, now + 1800, 60)
    hour_ago = now - HOUR_S
    lines = ["# TYPE requests counter"]
    lines += [
        f'requests_total{{status="200",endpoint="/a"}} {100 * (index + 1)} {at}' for index, at in enumerate(times)
    ]
    lines += [f'requests_total{{status="500",endpoint="/a"}} {max(0, 5 * (at - hour_ago) // 60)} {at}' for at in times]
    lines.append("# TYPE probe_success gauge")
    lines += [f"probe_success {0 if 0 <= at - (now - 5400) < 540 else 1} {at}" for at in times]
    return "\n".join([*lines, "# EOF\n"])


@pytest.fixture(scope="module")
def now() -> int:
    return int(time.time()) // 60 * 60


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, now: int) -> Iterator[str]:
    found = all(shutil.which(program) for program in ("prometheus", "promtool"))
    require("prometheus", found, "install the Debian package prometheus")
    with real_prometheus(tmp_path_factory.mktemp("prometheus"), series(now)) as server:
        yield server.url


async def read(url: str, file: Path, settings: SloFiles | None = None) -> Slos:
    """Until the whole window has been read."""
    source = Prometheus(lambda: reach(Http(url=url)))
    reader = SloReader(Desk(source, Metrics(endpoint_label="endpoint")), settings or SloFiles(files=(str(file),)))
    try:
        while True:
            slos, _ = await reader.read()
            if not any(one.period is not None and one.period.reading for one in slos.figures):
                return slos
    finally:
        source.close()


def figures(slos: Slos, key: str) -> SloFigures:
    return next(one for one in slos.figures if one.key == key)


async def test_every_figure_can_be_redone_by_hand(url: str, now: int, tmp_path: Path) -> None:
    file = tmp_path / "slo.yaml"
    file.write_text(slo("errors", 'requests_total{status="500"}', total="sum(requests_total)") + PROBES)
    slos = await read(url, file)
    one = figures(slos, "errors")
    # an hour of 60 steps: 300 bad of 6,300, which is 47.6 times what 99.9 % allows
    hour = one.over(3600.0)
    assert hour is not None
    assert hour.bad == pytest.approx(300, rel=0.03)
    assert hour.total == pytest.approx(6300, rel=0.03)
    assert hour.burn == pytest.approx(300 / 6300 / 0.001, rel=0.02)
    day = one.over(86400.0)
    assert day is not None
    assert day.burn == pytest.approx(300 / 144_300 / 0.001, rel=0.06)
    # two days of 100 a minute, and 300: all that the server has of the 30 days
    period = one.period
    assert period is not None
    assert period.covered_s == pytest.approx(DAYS * 86400, abs=3700)
    minutes = (period.end.timestamp() - (now - HOUR_S)) / 60
    assert period.total == pytest.approx(DAYS * 1440 * 100 + 5 * minutes, rel=0.03)
    assert period.bad == pytest.approx(5 * minutes, rel=0.04)
    assert period.bad is not None
    assert period.total is not None
    assert one.left is not None
    assert one.left == pytest.approx(1 - period.bad / (0.001 * period.total))
    assert one.left < 0  # some 300 bad, where 0.1 % of two days allows 288
    assert one.events_left == pytest.approx(0.001 * period.total - period.bad)
    assert one.exhausted_s == 0.0
    line = sums.reconciliation(one)
    assert "of the 2d there are, not 30d" in line
    assert "target 99.9 %: 1 - " in line
    assert sum(stretch.bad for stretch in one.consumed) == pytest.approx(period.bad, rel=0.01)
    assert {name for stretch in one.consumed for name, _ in stretch.parts} == {"/a"}


async def test_a_page_fires_since_its_burn_began_and_is_a_finding(url: str, now: int, tmp_path: Path) -> None:
    file = tmp_path / "slo.yaml"
    file.write_text(slo("errors", 'requests_total{status="500"}') + PROBES)
    slos = await read(url, file)
    page = figures(slos, "errors").legs[0]
    assert (page.leg.factor, page.state) == (14.4, "firing")
    # 14.4 over the hour is reached after some 18 of its minutes: read out of the past, on a grid of three minutes
    assert page.since is not None
    assert page.since.timestamp() == pytest.approx(now - 42 * 60, abs=240)
    # the server itself says the same of SRE Workbook's expression for the same series
    burns = [
        f"sum(increase(requests_total{{status='500'}}[{window}])) / sum(increase(requests_total[{window}])) / 0.001"
        for window in ("1h", "5m")
    ]
    source = Prometheus(lambda: reach(Http(url=url)))
    end = time.time() // 180 * 180
    theirs = await source.query_range(" and ".join(f"({burn} > 14.4)" for burn in burns), end - 6 * HOUR_S, end, 180)
    source.close()
    assert page.since.timestamp() == theirs.series[0].times[0]
    # nine slices of 120 are 75x over two hours, and over a day 6.25x: a ticket, and no page while it is well again
    up = figures(slos, "up")
    assert [leg.state for leg in up.legs] == ["ok", "ok", "firing", "firing"]
    assert up.period is not None
    assert up.period.bad == 9.0
    minutes = (up.period.end.timestamp() - (now - DAYS * 86400)) / 60
    assert up.period.total == pytest.approx(minutes, abs=2)  # no slice is counted in two hours
    found = {finding.id: finding for finding in slo_findings(slos, clock.now())}
    assert found["slo.page:errors"].severity is Severity.CRITICAL
    assert found["slo.page:errors"].object == "slo:errors"
    assert found["slo.ticket:up"].severity is Severity.WARNING


async def test_a_file_that_changes_is_read_again_and_what_has_no_series_is_unknown(url: str, tmp_path: Path) -> None:
    file = tmp_path / "slo.yaml"
    file.write_text(slo("quick", 'latency_bucket{le="0.5"}', kind="good"))
    source = Prometheus(lambda: reach(Http(url=url)))
    reader = SloReader(Desk(source, Metrics()), SloFiles(files=(str(file),)))
    try:
        (one,) = (await reader.read())[0].figures
        assert one.left is None
        assert 'has the histogram a bucket le="0.5"?' in one.problem
        assert sums.severity(one) == 3
        (blind,) = slo_findings(Slos((one,)), clock.now())
        assert (blind.id, blind.severity, blind.value) == ("slo.uncounted:quick", Severity.BLIND, one.problem)
        file.write_text(slo("gone", "requests_total", total="gone_total") + "kind: Nothing\n")
        slos, _ = await reader.read()
        assert [one.key for one in slos.figures] == ["gone"]
        assert slos.figures[0].silent_since is not None
        assert "apiVersion: must be openslo/v1" in slos.problems[0]
        blind_spots = slo_findings(slos, clock.now().replace(year=clock.now().year + 1))
        assert [(one.severity, one.rule) for one in blind_spots] == [
            (Severity.BLIND, "slo.silent"), (Severity.BLIND, "slo.mistake"),
        ]  # fmt: skip
    finally:
        source.close()


def test_the_command_line_tells_the_same_with_the_exit_code_of_a_monitor(url: str, tmp_path: Path) -> None:
    file, settings = tmp_path / "slo.yaml", tmp_path / "config.toml"
    file.write_text(slo("errors", 'requests_total{status="500"}') + PROBES)
    settings.write_text(f'[profiles.p.prometheus]\nurl = "{url}"\n[profiles.p.slo]\nfiles = ["{file}"]\n')

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(console, ["slo", "--config", str(settings), *arguments])
        return result.exit_code, result.output

    code, text = run()
    assert code == 2
    assert "CRITICAL errors (api, 99.9 % over 30d): budget -" in text
    assert "of the 2d there are, not 30d" in text
    code, text = run("up", "--json")
    told = json.loads(text)
    assert (code, told["verdict"], [one["name"] for one in told["objectives"]]) == (1, "warning", ["up"])
    assert told["objectives"][0]["bad"] == 9.0
    code, text = run("--openslo", "errors")
    assert code == 0
    assert "apiVersion: openslo/v1" in text
    assert "name: up" not in text
    assert run("nothing")[0] == run("--nothing")[0] == 3
    file.write_text("kind: SLO")
    assert run()[0] == 3
    assert run("--example")[1].count("kind: SLO") == 5


async def test_a_long_window_is_asked_for_in_pieces_once_and_then_only_its_newest_hour() -> None:
    asked: list[tuple[float, float, float]] = []

    async def ask(query: str, start: float, end: float, step: float) -> Answer:
        asked.append((start, end, step))
        times = tuple(start + index * step for index in range(round((end - start) / step) + 1))
        return Answer(query, series=(Series((), times, tuple(1.0 if query == "bad" else 1000.0 for _ in times)),))

    at, length_s = 1_800_000_000.0, 30 * 86400.0
    ledger, counts = Ledger(length_s), Counts("bad", "total", good=False)

    async def fill(at: float) -> bool:
        return await ledger.fill(ask, ("bad", "total"), counts, at - length_s, at, time.monotonic() + 60)

    assert await fill(at)
    assert len(asked) == 2 * 5  # four weeks and two days
    assert max((end - start) / step + 1 for start, end, step in asked) == 168
    period = ledger.period(at - length_s, at, True, length_s, at, (2.0, 500.0), True)
    assert (period.bad, period.total) == (len(ledger.sums) + 2.0, 1000.0 * len(ledger.sums) + 500.0)
    asked.clear()
    assert await fill(at + 3600)
    assert [(end - start) / step + 1 for start, end, step in asked] == [1, 1]
    assert not await Ledger(length_s).fill(ask, ("bad", "total"), counts, at - length_s, at, time.monotonic() - 1)


async def test_a_query_that_the_server_refuses_leaves_the_others_and_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "slo.yaml"
    file.write_text(slo("fine", 'requests_total{status="500"}') + slo("dear", "dear_total"))
    source = Scripted(lambda query, at: 5.0 if "500" in query else 1000.0)
    source.refused = tuple(f"sum(increase(dear_total[{window}]))" for window in ("5m", "30m", "1h"))
    reader = SloReader(desk(source), SloFiles(files=(str(file),)))
    slos, _ = await reader.read()
    fine, dear = (figures(slos, key) for key in ("fine", "dear"))
    assert fine.legs[0].long == pytest.approx(5.0)
    assert "narrow its query, or record it by a rule" in dear.problem
    assert (sums.severity(dear), [leg.state for leg in dear.legs]) == (3, ["unknown"] * 4)
