"""What Prometheus can answer wrongly: each becomes one typed error in plain words, with what to do, and no secret."""

import asyncio
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import trustme

from opsconsole.config.settings import Http, Secret
from opsconsole.model.reading import Problem, ProblemKind
from opsconsole.rules.server_words import said_beside
from opsconsole.sources import http
from opsconsole.sources.asking import gathering
from opsconsole.sources.errors import SourceError
from opsconsole.sources.http import Reach, reach
from opsconsole.sources.prometheus import Prometheus
from tests.servers.ports import free_port
from tests.sources.canned import Respond, answering, drain, serving

TOKEN = "s3cr3t-bearer-token"


def source(url: str, **settings: Any) -> Prometheus:
    wanted = Http(url=url, **{"timeout_s": 5.0, **settings})
    return Prometheus(lambda: reach(wanted))


async def problem(respond: Respond, **settings: Any) -> Problem:
    with serving(respond) as url:
        prometheus = source(url, **settings)
        with pytest.raises(SourceError) as caught:
            await prometheus.query("up")
        prometheus.close()
    return caught.value.problem


def vector(*pairs: tuple[dict[str, str], str], **beside: Any) -> bytes:
    result = [{"metric": labels, "value": [1700000000.5, value]} for labels, value in pairs]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}, **beside}).encode()


REFUSED = b'{"status":"error","errorType":"bad_data","error":"parse error: unexpected identifier \\"x\\""}'


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, REFUSED, ProblemKind.REFUSED, 'unexpected identifier "x"'),
        (422, REFUSED, ProblemKind.REFUSED, "refuses the query"),
        (200, REFUSED, ProblemKind.REFUSED, "refuses the query"),
        (401, b"Unauthorized\n", ProblemKind.UNAUTHORIZED, "does not accept the credentials: Unauthorized"),
        (403, b"no", ProblemKind.FORBIDDEN, "forbids it: no"),
        (404, b"404 page not found", ProblemKind.MISCONFIGURED, "nothing at this address"),
        (429, b"", ProblemKind.REFUSED, "asked too often"),
        (500, b"boom", ProblemKind.BAD_ANSWER, "HTTP 500: boom"),
        (
            503,
            b'{"status":"error","errorType":"timeout","error":"query timed out"}',
            ProblemKind.UNREACHABLE,
            "timed out",
        ),
        (200, b"<!doctype html><html>Grafana</html>", ProblemKind.BAD_ANSWER, "web page"),
        (200, b"{", ProblemKind.BAD_ANSWER, "no JSON"),
        (200, b'{"status":"success","data":7}', ProblemKind.BAD_ANSWER, "no JSON"),
        (200, b"\xff\xfe", ProblemKind.BAD_ANSWER, "no JSON"),
    ],
)
async def test_a_wrong_answer_says_what_is_wrong_and_what_to_do(
    status: int, body: bytes, kind: ProblemKind, words: str
) -> None:
    found = await problem(answering(status, body))
    assert found.kind is kind
    assert words in found.sentence
    assert found.remedy


async def test_a_redirect_to_a_login_page_is_not_followed() -> None:
    asked: list[str] = []

    def respond(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        answering(302, b"", Location="https://login.example/start?token=abcdef123")(handler)

    found = await problem(respond)
    assert found.kind is ProblemKind.UNAUTHORIZED
    assert "login.example/start" in found.sentence
    assert "abcdef123" not in found.sentence
    assert all("/api/v1/query" in path for path in asked)


async def test_what_the_server_says_is_cleaned_of_escapes_and_secrets() -> None:
    body = json.dumps({"error": f"bad \x1b[31m token={TOKEN}"}).encode()
    found = await problem(answering(400, body))
    assert "\x1b" not in found.sentence
    assert TOKEN not in found.sentence


async def test_a_server_that_is_not_there_or_never_answers_is_said_within_the_deadline() -> None:
    closed = source(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(SourceError, match="cannot be reached: Connection refused"):
        await closed.query("up")
    closed.close()
    released = threading.Event()
    found = await problem(lambda handler: released.wait(20), timeout_s=0.2)
    released.set()
    assert found.kind is ProblemKind.TIMEOUT
    assert "within 0.2 s" in found.sentence


async def test_a_server_that_drips_its_answer_does_not_outlast_the_deadline() -> None:
    released = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not released.wait(0.02):
            handler.wfile.write(b" ")

    found = await problem(drip, timeout_s=0.3)
    released.set()
    assert found.kind is ProblemKind.TIMEOUT


async def test_an_answer_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    from opsconsole.sources.prometheus import wire

    monkeypatch.setattr(wire, "BODY_LIMIT", 1000)
    found = await problem(answering(200, b" " * 5000))
    assert found.kind is ProblemKind.BAD_ANSWER
    assert "longer than" in found.sentence


async def test_nan_and_infinities_are_unknown_and_an_empty_result_is_no_error() -> None:
    body = vector(({"a": "1"}, "NaN"), ({"a": "2"}, "+Inf"), ({"a": "3"}, "-Inf"), ({"a": "4"}, "0.25"))
    with serving(answering(200, body)) as url:
        found = await source(url).query("x")
    assert [sample.value for sample in found.samples] == [None, None, None, 0.25]
    with serving(answering(200, vector())) as url:
        assert (await source(url).query("x")).samples == ()


BESIDE: tuple[tuple[dict[str, Any], bool, tuple[str, ...]], ...] = (
    ({"warnings": ["store gateway \x07 gone"]}, True, ("the answer is partial: store gateway ␇ gone",)),  # Thanos
    (
        {"isPartial": True},
        True,
        ("the answer is partial: a store behind the server did not answer",),
    ),  # VictoriaMetrics
    ({"warnings": ["PromQL warning: mixed buckets (1:5)"]}, False, ("mixed buckets (1:5)",)),
    ({"infos": ["PromQL info: metric might not be a counter"]}, False, ()),
)


async def test_a_partial_answer_is_marked_and_what_the_server_says_beside_it_is_told() -> None:
    for beside, partial, said in BESIDE:
        with serving(answering(200, vector(({}, "1"), **beside))) as url, gathering() as asked:
            found = await source(url).query("x")
        assert found.partial is partial
        assert said_beside([found, None]) == said
        (noted,) = asked
        assert (noted.text, noted.rows, noted.server) == ("x", 1, "Prometheus")
        assert noted.answer.splitlines()[0] == "{} 1"
        assert len(noted.answer.splitlines()) == 1 + len(found.warnings) + len(found.infos)


LIMITS = (
    "query processing would load too many samples into memory in query execution",
    "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
    "the query exceeded the maximum number of chunks (limit: 2000000 chunks) (err-mimir-max-chunks-per-query)",
    "cannot select more than -search.maxSamplesPerQuery=1000000000 samples",
)


async def test_a_limit_of_the_server_comes_with_the_advice_to_narrow() -> None:
    for sentence in LIMITS:
        found = await problem(answering(422, json.dumps({"status": "error", "error": sentence}).encode()))
        assert found.kind is ProblemKind.REFUSED
        assert found.remedy == "narrow the query: a shorter range, one service, or a recording rule"


async def test_samples_twice_or_out_of_order_come_once_and_ascending() -> None:
    values = [[30, "3"], [15, "1"], [15, "2"], [0, "NaN"]]
    data = {"resultType": "matrix", "result": [{"metric": {"le": "+Inf"}, "values": values}]}
    body = json.dumps({"status": "success", "data": data}).encode()
    with serving(answering(200, body)) as url:
        (series,) = (await source(url).query_range("x", 0, 30, 15)).series
    assert (series.times, series.values) == ((0, 15, 30), (None, 2.0, 3.0))


async def test_labels_of_ten_kilobytes_and_names_of_any_characters_are_cut_and_cleaned() -> None:
    with serving(answering(200, vector(({"pod": "x" * 10_240, "a\x1b[2Jb": "1"}, "1")))) as url:
        ((odd, _), (_, long)) = (await source(url).query("x")).samples[0].labels
    assert odd == "a␛[2Jb"
    assert len(long) <= 512


async def test_two_thousand_series_leave_the_loop_room() -> None:
    values = [[1_700_000_000 + 15 * index, str(index)] for index in range(240)]
    result = [{"metric": {"pod": f"api-{index}"}, "values": values} for index in range(2000)]
    body = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}).encode()
    with serving(answering(200, body)) as url:
        prometheus = source(url, timeout_s=60.0)
        asking = asyncio.create_task(prometheus.query_range("x", 0, 1, 1))
        turns = 0
        while not asking.done():
            await asyncio.sleep(0.001)
            turns += 1
        found = await asking
        prometheus.close()
    assert len(found.series) == 2000
    assert turns > 20, "the loop turned while the answer was read"


BUILDS: tuple[tuple[dict[str, str] | None, dict[str, str], str], ...] = (
    ({"version": "3.15.0"}, {}, "Prometheus"),
    ({"version": "0.36.1"}, {}, "Thanos"),
    ({"version": "2.14.0", "application": "Grafana Mimir"}, {}, "Grafana Mimir"),
    ({"version": "2.24.0"}, {"X-Server-Hostname": "vm-0"}, "VictoriaMetrics"),
    (None, {}, ""),
)


async def test_what_a_server_is_follows_from_its_build() -> None:
    for info, headers, product in BUILDS:
        pages = {
            True: answering(200, json.dumps({"status": "success", "data": info}).encode(), **headers),
            False: answering(200, vector(({}, "1")), **headers),
        }
        if info is None:
            pages[True] = answering(404, b"404 page not found")

        def respond(handler: BaseHTTPRequestHandler, pages: dict[bool, Respond] = pages) -> None:
            pages["buildinfo" in handler.path](handler)

        with serving(respond) as url:
            probe = await source(url).probe()
        assert (probe.product, probe.version) == (product, (info or {}).get("version", ""))


async def test_label_values_cannot_reach_the_terminal_as_escapes() -> None:
    with serving(answering(200, vector(({"pod": "a\x1b[2J"}, "1")))) as url:
        found = await source(url).query("x")
    assert found.samples[0].labels == (("pod", "a␛[2J"),)


async def test_long_queries_are_posted_in_the_body_and_short_ones_are_not() -> None:
    seen: list[tuple[str, str, bytes]] = []

    def respond(handler: BaseHTTPRequestHandler) -> None:
        seen.append((handler.command, handler.path, drain(handler)))
        answering(200, vector(({}, "1")))(handler)

    with serving(respond) as url:
        prometheus = source(url)
        await prometheus.query("up")
        await prometheus.query("up or " * 400 + "up")
        prometheus.close()
    assert seen[0][0] == "GET"
    assert seen[1][:2] == ("POST", "/api/v1/query")
    assert seen[1][2].startswith(b"query=up+or")


async def test_credentials_come_by_reference_and_are_renewed_after_a_401(tmp_path: Path) -> None:
    held = tmp_path / "token"
    held.write_text("old\n")
    given: list[str] = []

    def respond(handler: BaseHTTPRequestHandler) -> None:
        given.append(handler.headers.get("Authorization", ""))
        assert handler.headers["X-Scope-OrgID"] == "shop"
        held.write_text(TOKEN)
        good = given[-1] == f"Bearer {TOKEN}"
        answering(200 if good else 401, vector(({}, "1")) if good else b"")(handler)

    with serving(respond) as url:
        prometheus = source(url, bearer=Secret(file=str(held)), tenant="shop")
        assert (await prometheus.query("up")).samples
        prometheus.close()
    assert given == ["Bearer old", f"Bearer {TOKEN}"]


async def test_a_missing_secret_or_certificate_names_the_reference(tmp_path: Path) -> None:
    for settings, words in (
        ({"bearer": Secret(env="NO_SUCH_VARIABLE_HERE")}, "NO_SUCH_VARIABLE_HERE"),
        ({"ca_file": str(tmp_path / "none.pem")}, "none.pem"),
        ({"cert_file": str(tmp_path / "client.pem")}, "client.pem"),
    ):
        with pytest.raises(SourceError) as caught:
            await source("https://127.0.0.1:1", **settings).query("up")
        assert caught.value.problem.kind is ProblemKind.MISCONFIGURED
        assert words in caught.value.problem.sentence


@pytest.mark.parametrize("url", ["ftp://x", "prometheus:9090", "kube://only-namespace", "http://u:p@h"])
async def test_an_address_that_cannot_be_used_says_how_to_write_it(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        await source(url).query("up")
    assert caught.value.problem.kind is ProblemKind.MISCONFIGURED
    assert caught.value.problem.remedy
    assert "u:p" not in caught.value.problem.sentence


async def test_tls_trusts_the_given_authority_alone_and_shows_a_client_certificate(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    ca, pair = tmp_path / "ca.pem", tmp_path / "client.pem"
    authority.cert_pem.write_to_path(ca)
    authority.issue_cert("console@example").private_key_and_cert_chain_pem.write_to_path(pair)
    with serving(answering(200, vector(({}, "1"))), context) as url:
        allowed = source(url, ca_file=str(ca), cert_file=str(pair))
        assert (await allowed.query("up")).samples
        with pytest.raises(SourceError) as caught:
            await source(url).query("up")
    assert caught.value.problem.kind is ProblemKind.MISCONFIGURED
    assert "ca_file" in caught.value.problem.remedy


async def test_a_cluster_service_is_reached_through_its_proxy() -> None:
    class Proxy:
        async def service(self, namespace: str, service: str, port: str) -> Reach:
            return Reach(f"{base}/{namespace}/{service}:{port}", {"Authorization": "Bearer cluster"})

    seen: list[str] = []

    def respond(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.path.split("?")[0] + " " + handler.headers["Authorization"])
        answering(200, vector(({}, "1")))(handler)

    with serving(respond) as base:
        wanted = Http(url="kube://monitoring/prometheus:9090/prom")
        prometheus = Prometheus(lambda: http.reach(wanted, Proxy()))
        await prometheus.query("up")
        prometheus.close()
    assert seen == ["/monitoring/prometheus:9090/prom/api/v1/query Bearer cluster"]


async def test_a_proxy_of_the_environment_is_used_and_no_proxy_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def respond(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.path.split("?")[0])
        answering(200, vector(({}, "1")))(handler)

    with serving(respond) as url:
        monkeypatch.setenv("http_proxy", url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        await source("http://prometheus.example:9090").query("up")
        await source(url).query("up")
    assert seen == ["http://prometheus.example:9090/api/v1/query", "/api/v1/query"]
