"""The catalogue of queries: labels and overrides of the settings, quoting, and every word filled in."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.config.catalogue import Catalogue, CatalogueError, Flavour, conventions, flavours, quoted, recognised
from opsconsole.config.settings import Metrics, Panel
from opsconsole.model.metrics import Answer, Sample
from opsconsole.rules.services import Names, ServiceAnswers, services

REFERENCE, TELEMETRY = flavours()[:2]


@pytest.mark.parametrize("flavour", flavours(), ids=lambda flavour: flavour.name)
def test_every_expression_is_finished_and_balanced(flavour: Flavour) -> None:
    for id, promql in Catalogue(Metrics(), flavour).all().items():
        assert "$" not in promql, id
        assert promql.count("(") == promql.count(")"), id


def test_percentiles_are_taken_of_summed_buckets_only() -> None:
    for id, promql in Catalogue(Metrics(), REFERENCE).all().items():
        assert "avg" not in promql, id
        if "histogram_quantile" in promql:
            assert re.search(r"histogram_quantile\(0\.\d+, sum by \([\w, ]*\ble\) ", promql), id


def test_a_convention_in_milliseconds_is_read_in_seconds_and_its_matchers_stand_in_every_selector() -> None:
    istio = next(flavour for flavour in flavours() if flavour.name == "istio")
    p95 = Catalogue(Metrics(), istio).chart("p95", "api").value
    assert p95 == (
        "histogram_quantile(0.95, sum by (le) (rate(istio_request_duration_milliseconds_bucket"
        '{reporter=~"destination|waypoint",destination_service_name="api"}[2m]))) * 0.001'
    )


def test_names_with_dots_are_quoted_as_prometheus_3_takes_them() -> None:
    dotted = next(flavour for flavour in flavours() if flavour.name == "opentelemetry-dotted")
    catalogue = Catalogue(Metrics(), dotted)
    assert catalogue.query("services.requests") == (
        'sum by ("service.name", "http.route", "http.response.status_code") '
        '(rate({__name__="http.server.request.duration_count"}[2m]))'
    )
    assert catalogue.label("service") == "service.name"


def test_own_names_take_the_place_of_any_word() -> None:
    own = Metrics(names={"requests": "shop_requests_total", "buckets": "shop_duration", "status": "code"})
    catalogue = Catalogue(own, REFERENCE)
    assert (catalogue.flavour.name, catalogue.flavour.native) == ("own", True)
    assert catalogue.tile("errors").value.startswith('(sum(rate(shop_requests_total{code=~"5.."}[2m]))')


def test_labels_of_the_settings_reach_every_query() -> None:
    catalogue = Catalogue(Metrics(service_label="app", endpoint_label="route"), REFERENCE)
    assert catalogue.query("services.requests").startswith("sum by (app, route, status)")
    assert catalogue.measures()["requests.p99"].objects == ("app",)
    assert (
        Catalogue(Metrics(), TELEMETRY).query("services.versions").startswith("sum by (service_name, service_version)")
    )
    assert Catalogue(Metrics(service_label="app"), TELEMETRY).label("service") == "app"


@pytest.mark.parametrize("label", ["a b", "1a", 'x"}', "", "a-b"])
def test_what_is_no_label_name_never_enters_a_query(label: str) -> None:
    with pytest.raises(CatalogueError, match="service_label"):
        Catalogue(Metrics(service_label=label), REFERENCE)


@given(st.text(max_size=30))
def test_a_service_s_name_cannot_leave_its_quotes(name: str) -> None:
    literal = quoted(name)
    inner = literal[1:-1]
    assert literal[0] == literal[-1] == '"'
    assert re.fullmatch(r'(?:[^"\\\n]|\\["\\n])*', inner)


def test_any_expression_can_be_replaced_and_new_measures_added() -> None:
    overrides = {
        "services.requests": "job:requests:rate2m",
        "tiles.p99": 'slo:p99{job=~"a$"}',
        "tiles.p99.last_week": "slo:p99:week",
        "charts.requests": "sum(r{$select})",
        "measures.pg.cpu": "max(pg_cpu_ratio)",
        "measures.queue.depth": "sum by (queue) (q)",
    }
    catalogue = Catalogue(Metrics(queries=overrides), REFERENCE)
    assert catalogue.query("services.requests") == "job:requests:rate2m"
    assert (catalogue.tile("p99").value, catalogue.tile("p99").last_week) == ('slo:p99{job=~"a$"}', "slo:p99:week")
    assert catalogue.chart("requests", "api").value == 'sum(r{service="api"})'
    assert catalogue.measures()["pg.cpu"].value == "max(pg_cpu_ratio)"
    assert catalogue.measures()["queue.depth"].value == "sum by (queue) (q)"


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        (Metrics(queries={"services.nope": "1"}), "services.nope"),
        (Metrics(queries={"tiles.p98": "1"}), "tiles.p98"),
        (Metrics(tiles=("p98",)), "p98"),
        (Metrics(names={"request": "x"}), "request"),
        (Metrics(names={"requests": 'x"}'}), "is no name"),
        (Metrics(panels=(Panel(title="A b", query="1"), Panel(title="a-B", query="2"))), "two are called"),
    ],
)
def test_an_unknown_id_is_named(metrics: Metrics, words: str) -> None:
    with pytest.raises(CatalogueError, match=re.escape(words)):
        Catalogue(metrics, REFERENCE)


def test_an_unknown_word_in_an_override_is_named() -> None:
    catalogue = Catalogue(Metrics(queries={"tiles.users": "sum($nonsense)"}), REFERENCE)
    with pytest.raises(CatalogueError, match="nonsense"):
        catalogue.tile("users")


def test_without_a_label_of_the_status_nobody_knows_how_many_fail() -> None:
    """No failure found and nothing to find them by are two things: the share is NaN then, which is unknown."""
    series, subject = {"http_requests_total"}, {"requests": {"service", "path"}}
    blind = recognised(conventions(), series, set(), subject)
    assert "or NaN * sum" in Catalogue(Metrics(), blind).measures()["requests.errors"].value
    named = Catalogue(Metrics(names={"status": "answer"}), blind)
    assert "or 0 * sum" in named.measures()["requests.errors"].value
    row = services(ServiceAnswers(Answer("", samples=(Sample((("service", "api"),), 0.0, 2.0),)), Answer("")), Names())
    assert (row.figures[0].requests_s, row.figures[0].server_errors) == (2.0, None)
