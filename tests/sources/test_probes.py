"""Probes ask real ports on loopback: pages, certificates, names, and everything that is wrong with them."""

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from opsconsole.config.settings import Probe, Secret
from opsconsole.model.probe import ProbeAnswer
from opsconsole.sources.probes import BODY_BYTES, Prober
from opsconsole.text import clock
from tests.faults.servers import saying_nothing
from tests.servers.ports import free_port
from tests.sources.canned import answering, serving


async def ask(target: str, **settings: object) -> ProbeAnswer:
    prober = Prober(Probe(name="shop", target=target, **settings))  # type: ignore[arg-type]
    try:
        return await prober.ask()
    finally:
        prober.close()


@pytest.mark.parametrize(
    ("status", "wanted", "good", "said"),
    [
        (200, (), True, "HTTP 200"),
        (503, (), False, "HTTP 503, wanted 200-299"),
        (401, (401,), True, "HTTP 401"),
        (302, (), False, "HTTP 302, wanted 200-299"),
    ],
)
async def test_a_page_answers_with_the_status_that_is_right(
    status: int, wanted: tuple[int, ...], good: bool, said: str
) -> None:
    with serving(answering(status, b"", Location="https://login.example/")) as url:
        answer = await ask(f"{url}/health", status=wanted)
    assert (answer.good, answer.said) == (good, said)


async def test_the_words_of_a_page_are_looked_for_in_its_beginning_however_it_comes() -> None:
    long = b"x" * (BODY_BYTES - 10)
    with serving(answering(200, long + b" status=up")) as url:
        assert (await ask(url, body="status=up")).good
    with serving(answering(200, long + b"x" * 20 + b" status=up")) as url:
        assert (await ask(url, body="status=up")).said == "HTTP 200, but 'status=up' is not in the page"


async def test_a_certificate_tells_its_end_and_a_strange_one_is_refused(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ends = clock.now() + timedelta(days=9)
    authority.issue_cert("127.0.0.1", not_after=ends).configure_cert(context)
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca)
    with serving(answering(200, b"{}"), context) as url:
        port = url.rpartition(":")[2]
        for target in (url, f"tls://127.0.0.1:{port}"):
            known, strange = await ask(target, ca_file=str(ca)), await ask(target)
            assert known.good
            assert known.expires is not None
            assert abs(known.expires - ends) < timedelta(seconds=2)
            assert strange.said.startswith("the certificate is refused: ")


async def test_ports_and_names() -> None:
    with saying_nothing() as port:
        assert (await ask(f"tcp://127.0.0.1:{port}")).said == "takes connections"
        assert (await ask(f"http://127.0.0.1:{port}", timeout_s=0.2)).said == "no answer within 0.2 s"
    assert (await ask(f"tcp://127.0.0.1:{free_port()}")).said == "no connection: Connection refused"
    assert (await ask("dns://localhost", addresses=("127.0.0.1",))).good
    wrong = await ask("dns://127.0.0.1", addresses=("192.0.2.1",))
    assert wrong.said == "is 127.0.0.1, not 192.0.2.1"


async def test_a_secret_that_is_missing_is_no_failure_of_the_target() -> None:
    answer = await ask("https://127.0.0.1/", bearer=Secret(env="OPSCONSOLE_TEST_NOT_SET"))
    assert answer.good is None
    assert "OPSCONSOLE_TEST_NOT_SET" in answer.said
