"""The metrics feeds: flavours, tiles with their hour, refused queries, history, splits of the worst finding."""

import time

import pytest

from opsconsole.config.catalogue import DEFAULT_TILES, EXTRA_TILES
from opsconsole.config.policies import builtin
from opsconsole.config.settings import Metrics, Panel
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.reading import ProblemKind, Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.metrics import MeasuresReader, ServicesReader, SplitsReader, TilesReader
from opsconsole.poller.topics import FINDINGS
from opsconsole.rules.tiles import judged
from opsconsole.sources.errors import SourceError
from tests.poller.metrics_fakes import Scripted, desk

POLICY = builtin("default")


async def test_the_flavour_is_the_one_whose_series_exist_with_the_labels_that_they_have() -> None:
    source = Scripted(lambda promql, at: None)
    found = "http_server_request_duration_seconds"
    source.existing = {f"{found}_{end}": frozenset(("job", "http_route")) for end in ("count", "bucket")}
    source.existing["sidekiq_queue_enqueued_jobs"] = frozenset(("name",))
    at = desk(source)
    catalogue = await at.catalogue()
    assert (catalogue.flavour.name, catalogue.flavour.histograms) == ("opentelemetry", "classic histograms")
    assert catalogue.query("services.requests").startswith("sum by (job, http_route, http_response_status_code)")
    assert catalogue.measures()["queue.depth"].value == "sum by (name) (sidekiq_queue_enqueued_jobs)"
    assert catalogue.lacks("heap")
    assert "heap" not in catalogue.chart_titles
    assert await at.catalogue() is catalogue, "found once, asked no more"
    nothing = desk(Scripted(lambda promql, at: None))
    assert (await nothing.catalogue()).flavour.name == "reference"


async def test_a_native_histogram_is_read_where_no_classic_one_exists_and_a_summary_is_none() -> None:
    name = "http_request_duration_seconds"
    source = Scripted(lambda promql, at: 1.0 if "histogram_count" in promql else None)
    source.existing = {name: frozenset(("service", "code"))}
    catalogue = await desk(source).catalogue()
    assert catalogue.flavour.native
    assert catalogue.tile("p95").value == f"histogram_quantile(0.95, sum by () (rate({name}[2m])))"
    assert catalogue.tile("requests").value == f"sum(histogram_count(rate({name}[2m])))"
    summary = Scripted(lambda promql, at: None)
    summary.existing = source.existing | {f"{name}_count": frozenset(("service", "code"))}
    assert not (await desk(summary).catalogue()).flavour.native


async def test_a_tile_without_a_series_hides_and_one_that_had_a_value_is_unknown() -> None:
    there = {"queue": True}
    source = Scripted(lambda promql, at: 31.0 if "queue_depth" in promql and there["queue"] else None)
    reader = TilesReader(desk(source), POLICY)
    first = {tile.id: tile for tile in (await reader.read())[0].tiles}
    assert list(first) == ["requests", "errors", "p95", "p99", "queue"]
    assert (first["queue"].value, first["queue"].note) == (31.0, "")
    there["queue"] = False
    gone = {tile.id: tile for tile in (await reader.read())[0].tiles}["queue"]
    assert gone.value is None
    assert gone.note.startswith("no series since ")


async def test_panels_of_the_settings_are_tiles_and_charts_with_limits_of_their_own() -> None:
    panel = Panel(title="Jobs waiting", query="sum(jobs_waiting)", warning=100.0, critical=200.0, kind="area")
    at = desk(Scripted(lambda promql, at: 150.0 if "jobs_waiting" in promql else None), Metrics(panels=(panel,)))
    (tile,) = [tile for tile in (await TilesReader(at, POLICY).read())[0].tiles if tile.value is not None]
    assert (tile.id, tile.title, tile.limit, judged(tile, POLICY)) == (
        "panel.jobs-waiting", "Jobs waiting", 100.0, "breach",
    )  # fmt: skip
    chart = (await at.catalogue()).chart("panel.jobs-waiting")
    assert (chart.value, chart.kind, chart.warning) == ("sum(jobs_waiting)", "area", 100.0)


async def test_a_server_with_another_clock_or_no_history_is_said() -> None:
    now = time.time()
    source = Scripted(lambda promql, at: None if 0 < at < now - 1200 else 1.0)
    source.clock_difference_s = 600.0
    at = desk(source)
    assert at.clock_problem() is not None
    assert at.clock_note() == "the clock of Prometheus is 10m ahead: ages and ranges are wrong by that"
    assert (await ServicesReader(at).read())[0].warnings == (at.clock_note(),)
    reader = TilesReader(at, POLICY)
    source.refused = tuple(text for text in (await at.catalogue()).all().values() if "1w" in text)
    assert any("the history of Prometheus begins at" in line for line in (await reader.read())[0].warnings)


async def test_tiles_have_a_value_a_limit_and_an_hour_of_which_only_the_tail_is_asked_again() -> None:
    source = Scripted(lambda promql, at: 0.25)
    reader = TilesReader(desk(source), POLICY)
    tiles, query = await reader.read()
    by_id = {tile.id: tile for tile in tiles.tiles}
    assert tuple(by_id) == (*DEFAULT_TILES, *EXTRA_TILES)
    assert (by_id["p99"].value, by_id["p99"].limit, by_id["p99"].rule) == (0.25, 0.5, "p99-critical")
    assert by_id["connections"].limit == 0.8 * 0.25
    assert len(by_id["p99"].recent) == 30
    assert "histogram_quantile" in query
    assert [tile.id for tile in tiles.pulse] == ["orders", "logins", "users"]
    asked = len(source.ranges)
    await reader.read()
    assert len(source.ranges) - asked <= asked, "at most one new step each"
    assert all(start == end for _, start, end, _ in source.ranges[asked:])


async def test_the_pulse_of_the_settings_is_compared_with_a_week_before() -> None:
    source = Scripted(lambda promql, at: 61.0 if at == 0.0 else 148.0)
    reader = TilesReader(desk(source, Metrics(pulse={"orders/min": "60 * sum(rate(o[5m]))"})), POLICY)
    (orders,) = (await reader.read())[0].pulse
    assert (orders.title, orders.value, orders.last_week) == ("orders/min", 61.0, 148.0)


async def test_one_refused_query_costs_one_tile_and_is_said() -> None:
    source = Scripted(lambda promql, at: 1.0)
    source.refused = ("bad(",)
    reader = TilesReader(desk(source, Metrics(queries={"tiles.users.last_week": "bad("})), POLICY)
    tiles, _ = await reader.read()
    assert next(tile for tile in tiles.tiles if tile.id == "users").last_week is None


async def test_a_refused_tile_is_unknown_with_a_warning_that_names_it() -> None:
    source = Scripted(lambda promql, at: 1.0)
    source.refused = ("bad(",)
    reader = TilesReader(desk(source, Metrics(queries={"tiles.users": "bad("})), POLICY)
    tiles, _ = await reader.read()
    users = next(tile for tile in tiles.tiles if tile.id == "users")
    assert users.value is None
    assert any(line.startswith("USERS: Prometheus refuses") for line in tiles.warnings)
    assert next(tile for tile in tiles.tiles if tile.id == "p99").value == 1.0


async def test_a_server_that_is_gone_is_the_reading_s_error() -> None:
    source = Scripted(lambda promql, at: 1.0)
    at = desk(source)
    await at.catalogue()
    source.failing = SourceError(ProblemKind.UNREACHABLE, "gone", "wait")
    for reader in (TilesReader(at, POLICY), ServicesReader(at), MeasuresReader(at, POLICY, ())):
        with pytest.raises(SourceError, match="gone"):
            await reader.read()


async def test_a_misspelt_label_or_tile_names_itself() -> None:
    for metrics in (Metrics(service_label="a b"), Metrics(tiles=("p98",)), Metrics(queries={"tiles.nope": "1"})):
        with pytest.raises(SourceError) as caught:
            await desk(Scripted(lambda promql, at: 1.0), metrics).catalogue()
        assert caught.value.problem.kind is ProblemKind.MISCONFIGURED


async def test_measures_leave_out_what_other_sources_tell_live() -> None:
    at = desk(Scripted(lambda promql, at: 0.5))
    every, _ = await MeasuresReader(at, POLICY, ()).read()
    fewer, _ = await MeasuresReader(at, POLICY, ("services", "postgres", "redis")).read()
    assert {value.measure for value in every.values} - {value.measure for value in fewer.values} == {
        "requests.p99", "requests.p95", "requests.errors", "pg.connections", "cache.hit",
    }  # fmt: skip
    assert {value.measure: value.value for value in fewer.values}["queue.depth"] == 0.5


async def test_an_empty_answer_is_no_value_and_a_refused_one_is_named() -> None:
    measures, _ = await MeasuresReader(desk(Scripted(lambda promql, at: None)), POLICY, ()).read()
    assert measures.values == ()
    source = Scripted(lambda promql, at: 1.0)
    source.refused = ("bad(",)
    refused, _ = await MeasuresReader(
        desk(source, Metrics(queries={"measures.queue.depth": "bad("})), POLICY, ()
    ).read()
    assert [measure for measure, _ in refused.failed] == ["queue.depth"]


async def test_history_reaches_back_as_far_as_the_rules_need() -> None:
    source = Scripted(lambda promql, at: 1.0)
    found = await MeasuresReader(desk(source), POLICY, ()).history({"queue.depth": 900.0})
    samples = found["queue.depth"][""]
    assert samples[-1][0] - samples[0][0] == 900.0
    assert len(source.ranges) == 1


async def test_splits_ask_nothing_without_a_finding_and_follow_the_worst_with_one() -> None:
    source = Scripted(lambda promql, at: 1.0)
    board = Board()
    reader = SplitsReader(desk(source), POLICY, board)
    assert await reader.read() == ((), "")
    assert source.queries == []
    finding = Finding("p99-critical:api", Severity.CRITICAL, "api", 1, object="api ", rule="p99-critical")
    reading: Reading[tuple[Finding, ...]] = Reading((finding,), State.OK)
    board.publish(FINDINGS, reading)
    await reader.read()
    assert any('service="api"' in promql and "by (version, le)" in promql for promql in source.queries)
