"""A Prometheus that answers wrongly or not at all: what the Metrics tab and the Now page say."""

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.sources.canned import Respond, answering, drain, serving

from .running import opened, resized, shows
from .servers import saying_nothing


def settings(url: str) -> str:
    return f"""
default_profile = "broken"
[profiles.broken.prometheus]
url = "{url}"
timeout_s = 2
"""


ERROR = {"status": "error", "errorType": "bad_data", "error": "parse error: unexpected <EOF>"}


WRONG: dict[str, Respond] = {
    "parse error: unexpected <EOF>": answering(400, json.dumps(ERROR).encode()),
    "HTTP 500: upstream exploded": answering(500, b"upstream exploded", "text/plain"),
    "a web page instead of data": answering(200, b"<html><title>Sign in</title>", "text/html"),
    "does not accept the credentials: no": answering(401, b"no", "text/plain"),
    "something that is no JSON": answering(200, b'{"status": "success", "data": ', "application/json"),
}
"""An answer by what must be said of it."""


def test_a_wrong_answer_is_quoted_with_what_to_do(tmp_path: Path) -> None:
    now = [*WRONG.values()][:1]
    with (
        serving(lambda handler: now[0](handler)) as url,
        opened(tmp_path, settings(url), "--tab", "metrics") as session,
    ):
        for said, respond in WRONG.items():
            now[:] = [respond]
            session.send("r")
            assert "no service breaches" not in shows(session, "FAILED", said)
            session.send("0")
            assert "nothing found wrong" not in shows(session, "metrics blind")
            session.send("1")
            resized(session, 80, 24)
            shows(session, "FAILED", said)
            resized(session, 160, 45)


def test_a_server_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    with saying_nothing() as port:
        url = f"http://127.0.0.1:{port}"
        with opened(tmp_path, settings(url), "--tab", "metrics", size=(80, 24)) as session:
            shows(session, "did not answer within 2 s", "r asks now")


def test_not_a_number_and_no_series_are_unknown_and_never_zero_or_well(tmp_path: Path) -> None:
    with serving(_nan) as url, opened(tmp_path, settings(url), "--tab", "metrics") as session:
        text = shows(session, "REQ/s unknown", "5xx unknown")
        assert "nan" not in text.lower().replace("finance", "")
        assert "5xx 0" not in text
        session.send("0")
        shows(session, "no breach is seen, but not all is known:", "measures unknown")


def test_a_server_that_goes_leaves_its_last_figures_dated(tmp_path: Path) -> None:
    with serving(_one) as url, opened(tmp_path, settings(url), "--tab", "metrics") as session:
        shows(session, "REQ/s 1")
        broken["now"] = True
        session.send("r")
        try:
            text = shows(session, "STALE <1m", "REQ/s 1", "· no breach is seen")
        finally:
            broken.clear()
        assert "no service breaches its limits" not in text


broken: dict[str, bool] = {}


def _nan(handler: BaseHTTPRequestHandler) -> None:
    """NaN for everything that is asked at an instant, nothing over ranges."""
    _results(handler, "NaN")


def _one(handler: BaseHTTPRequestHandler) -> None:
    if broken:
        answering(503, b"shutting down", "text/plain")(handler)
    else:
        _results(handler, "1")


def _results(handler: BaseHTTPRequestHandler, value: str) -> None:
    drain(handler)
    kind, rows = ("matrix", []) if "query_range" in handler.path else ("vector", [{"metric": {}, "value": [0, value]}])
    data = {"status": "success", "data": {"resultType": kind, "result": rows}}
    answering(200, json.dumps(data).encode())(handler)
