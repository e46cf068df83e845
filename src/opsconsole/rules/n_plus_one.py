"""N+1: one query brings a list, and then one query per row of it brings what belongs to the row.

Its signs (https://docs.sqlalchemy.org/en/20/glossary.html#term-N-plus-one-problem): a statement that brings about one
row and is called many times for each request. Requests are counted elsewhere, by the services themselves; the endpoint
is the one that a comment in the statement names. Without such a comment all requests of the application are taken,
which can only make the number too small.
"""

import msgspec

from ..model.metrics import ServiceFigures, Services
from ..model.statements import StatementRate
from ..text.clean import clean
from ..text.units import number

MOST_ROWS = 1.5
CALLS = 10.0
"""From so many calls for each request on."""
LEAST_REQUESTS_S = 0.02
"""Of fewer requests (one a minute or so) the two counts need not be of the same ones."""


class PerRequest(msgspec.Struct, frozen=True, gc=False):
    """How often a statement is called for each request."""

    calls: float
    of: str
    """`POST /checkout`, or `api` where its comment names no endpoint."""
    rows_per_call: float | None
    requests_s: float
    service: str
    endpoint: str

    @property
    def suspect(self) -> bool:
        return self.calls >= CALLS and self.rows_per_call is not None and self.rows_per_call <= MOST_ROWS

    @property
    def words(self) -> str:
        """`41 calls per request of POST /checkout, 1 row each: N+1 suspect`."""
        calls = number(self.calls, 0 if self.calls >= CALLS else 1)
        said = f"{calls} {'call' if calls == '1' else 'calls'} per request of {clean(self.of)}"
        if not self.suspect or self.rows_per_call is None:
            return said
        rows = number(self.rows_per_call, 1)
        return f"{said}, {rows} {'row' if rows == '1' else 'rows'} each: N+1 suspect"

    @property
    def count(self) -> str:
        return number(self.calls, 0)

    @property
    def short(self) -> str:
        """`41 calls per POST /checkout`."""
        return f"{self.count} calls per {clean(self.of)}"


def per_request(row: StatementRate, services: Services | None) -> PerRequest | None:
    """None where nobody knows whose requests it serves, or how many there are."""
    figures = services.figures if services is not None else ()
    if row.calls_s is None or row.key == "others":
        return None
    found, of = endpoint_of(row, figures)
    requests_s = sum(one.requests_s or 0.0 for one in found)
    if not found or requests_s < LEAST_REQUESTS_S:
        return None
    return PerRequest(row.calls_s / requests_s, of, row.rows_per_call, requests_s, found[0].service, found[0].endpoint)


def suspect(row: StatementRate, services: Services | None) -> PerRequest | None:
    found = per_request(row, services)
    return found if found is not None and found.suspect else None


def endpoint_of(row: StatementRate, figures: tuple[ServiceFigures, ...]) -> tuple[list[ServiceFigures], str]:
    """The endpoint that its comment names, of its own service where several have one of that name; else its service."""
    tags, application = dict(row.tags), row.main_application
    route = tags.get("route", "")
    if route:
        named = [one for one in figures if one.endpoint and _same(one.endpoint, route)]
        own = [one for one in named if one.service == application] or named
        services = {one.service for one in own}
        return (own, route) if len(services) == 1 else ([], "")
    if "job" in tags:
        return [], ""
    return [one for one in figures if application and one.service == application and not one.endpoint], application


def _same(endpoint: str, route: str) -> bool:
    """`/checkout` is meant by `POST /checkout` and the other way round; two methods of one path are two endpoints."""
    method, path = _split(endpoint)
    wanted, route_path = _split(route)
    return path == route_path and (not method or not wanted or method == wanted)


def _split(text: str) -> tuple[str, str]:
    head, blank, rest = text.strip().partition(" ")
    method, path = (head.upper(), rest.strip()) if blank and head.isalpha() else ("", text.strip())
    return method, path.rstrip("/") or "/"
