"""Which statements are called again and again for one request."""

import pytest

from opsconsole.model.metrics import ServiceFigures, Services
from opsconsole.model.statements import StatementRate
from opsconsole.rules.n_plus_one import per_request, suspect
from opsconsole.rules.statement_advice import advice

SERVICES = Services(
    (
        ServiceFigures("api", requests_s=100.0),
        ServiceFigures("api", "POST /checkout", requests_s=43.0),
        ServiceFigures("api", "GET /checkout", requests_s=7.0),
        ServiceFigures("api", "/cart", requests_s=50.0),
        ServiceFigures("web", "/", requests_s=9.0),
        ServiceFigures("auth", "/health", requests_s=1.0),
        ServiceFigures("web", "/health", requests_s=1.0),
    )
)


def row(
    calls_s: float | None = 1763.0, rows: float | None = 1.0, text: str = "select * from order_items", **more: object
) -> StatementRate:
    return StatementRate("1/2/3/1", 3, text, calls_s, 2.1, more.pop("share", 0.61), rows, **more)  # type: ignore[arg-type]


def test_the_numbers_stand_in_the_sentence() -> None:
    found = suspect(row(tags=(("route", "POST /checkout"),), application="api"), SERVICES)
    assert found is not None
    assert found.words == "41 calls per request of POST /checkout, 1 row each: N+1 suspect"
    assert found.short == "41 calls per POST /checkout"
    assert (found.service, found.endpoint) == ("api", "POST /checkout")


@pytest.mark.parametrize(
    ("tags", "application", "expected"),
    [
        ({"route": "POST /checkout"}, "api", "POST /checkout"),
        ({"route": "GET /cart"}, "api", "/cart"),  # the metrics name the path only
        ({"route": "/cart/"}, "", "/cart"),
        ({}, "api", ""),  # without a route: all requests of the service
        ({}, "api +2", ""),
        ({"route": "/health"}, "web", "/health"),
        ({"route": "/health"}, "", None),  # of two services: which?
        ({"route": "PUT /checkout"}, "api", None),
        ({"job": "report"}, "api", None),  # no request at all
        ({}, "unknown", None),
        ({}, "", None),
    ],
)
def test_whose_requests(tags: dict[str, str], application: str, expected: str | None) -> None:
    found = per_request(row(tags=tuple(tags.items()), application=application), SERVICES)
    assert (found.endpoint if found else None) == expected


@pytest.mark.parametrize(
    ("calls_s", "rows", "is_suspect"),
    [(430.0, 1.0, True), (420.0, 1.0, False), (1763.0, 1.6, False), (1763.0, 0.0, True), (1763.0, None, False)],
)
def test_limits(calls_s: float, rows: float | None, is_suspect: bool) -> None:
    assert (suspect(row(calls_s, rows, tags=(("route", "POST /checkout"),)), SERVICES) is not None) == is_suspect


def test_without_figures_nothing_is_said() -> None:
    assert per_request(row(application="api"), None) is None
    assert per_request(row(None, application="api"), SERVICES) is None
    idle = Services((ServiceFigures("api", requests_s=0.0),))
    assert per_request(row(application="api"), idle) is None


@pytest.mark.parametrize(
    ("text", "calls_s", "rows", "share", "kind"),
    [
        ("select * from order_items where order_id = $1", 1800.0, 1.0, 0.6, "cache"),
        ("select * from order_items where id = $1 for update", 1800.0, 1.0, 0.6, None),
        ("update carts set a = $1", 1800.0, 1.0, 0.6, None),
        ("select * from users", 2.0, 4000.0, 0.1, "pages"),
        ("select * from users limit $1", 2.0, 4000.0, 0.1, None),
        ("select count(*) from users", 2.0, 1.0, 0.1, "cache"),
        ("select count(*) from users", 2.0, 1.0, 0.01, None),
        ("SET search_path TO shop", 60.0, 0.0, 0.0, "pool"),
        ("select ?", 60.0, 1.0, 0.0, "pool"),
        ("", 1800.0, 1.0, 0.6, None),
    ],
)
def test_advice(text: str, calls_s: float, rows: float, share: float, kind: str | None) -> None:
    found = advice(row(calls_s, rows, text, share=share))
    assert (found.kind if found else None) == kind


def test_advice_on_an_n_plus_one() -> None:
    one = row(tags=(("route", "POST /checkout"),))
    found = advice(one, per_request(one, SERVICES))
    assert found is not None
    assert found.line == "one does: read them at once (= ANY($1), or a join): 1 query instead of 41"
