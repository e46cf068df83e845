"""Links to other tools: what is filled in, what is left out, what is refused in the settings."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from opsconsole.config.link_templates import mistakes
from opsconsole.rules.links import About, links, trace_ids, trace_link

START, END = datetime(2026, 3, 26, 2, 41, tzinfo=UTC), datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_template_is_filled_in_for_exactly_this_service_and_range_and_left_out_where_something_is_not_known() -> None:
    about = About(START, END, "api & web", "shop")
    templates = {
        "Grafana": "https://g.example/d/svc?var-service={service}&from={from_ms}&to={to_ms}",
        "Pod": "https://g.example/pod/{pod}",
        "jaeger": "https://jaeger.example/",
    }
    found = {one.title: one.url for one in links(templates, about)}
    assert found == {
        "Grafana": "https://g.example/d/svc?var-service=api%20%26%20web&from=1774492860000&to=1774493580000",
        "Jaeger: traces": "https://jaeger.example/search?service=api%20%26%20web"
        "&start=1774492860000000&end=1774493580000000&limit=20",
    }


def test_explore_of_loki_takes_the_query_as_the_json_that_grafana_reads() -> None:
    about = About(START, END, "api", query='{app="api"} |= "a\\b"')
    (link,) = links({"loki": "https://g.example"}, about)
    (panes,) = parse_qs(urlsplit(link.url).query)["panes"]
    pane = json.loads(panes)["o"]
    assert pane["queries"][0]["expr"] == about.query
    assert pane["range"] == {"from": "1774492860000", "to": "1774493580000"}
    assert '"' not in link.url
    assert "{" not in link.url
    assert "api" in unquote(link.url)


def test_the_traces_that_a_line_names() -> None:
    for line, ids in (
        (f'level=error trace_id={TRACE} msg="no"', [TRACE]),
        (f'{{"traceId":"{TRACE.upper()}","n":1}}', [TRACE]),
        (f"traceparent 00-{TRACE}-00f067aa0ba902b7-01", [TRACE]),
        ("req=2f46186c order=4bf92f3577b34da6 trace off", []),
    ):
        assert [trace for _, _, trace in trace_ids(line)] == ids
        about = About(START, END, trace_id=ids[0] if ids else "")
        assert trace_link({"jaeger": "https://j.example"}, about) == (f"https://j.example/trace/{TRACE}" if ids else "")


def test_a_template_that_cannot_serve_is_refused_with_the_reason() -> None:
    for template, said in (
        ("https://g.example/{servce}", "{servce}, which is not known"),
        ("javascript:alert({service})", "must be an address"),
        ("https://me:pw@g.example/{service}", "holds a user or password"),
        ("https://g.example/\x1b]8;;{service}", "control character"),
        ("https://g.example/home", "no placeholder"),
    ):
        assert any(said in one for one in mistakes("Grafana board", template)), template
    assert list(mistakes("grafana", "https://g.example")) == []
