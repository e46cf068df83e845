"""TLS to a real Redis 7 (Valkey's wheel speaks none): an authority, a client certificate, and what each fault says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import trustme
from redis import Redis as Client
from redis.exceptions import ConnectionError as NotThere

from opsconsole.config.settings import Redis
from opsconsole.demo import children
from opsconsole.model.reading import Problem, ProblemKind
from opsconsole.sources.errors import SourceError
from opsconsole.sources.redis_server import RedisServer
from tests.servers.ports import free_port, until
from tests.servers.redis7 import redis7
from tests.servers.valkey import ValkeyUnderTest

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


class Encrypted:
    """A server that speaks TLS only; `settings` trust its authority and show a certificate of the same one."""

    def __init__(self, folder: Path, *names: str, not_after: datetime | None = None, asks: bool = True) -> None:
        self.folder, self.port = folder, free_port()
        self.authority = trustme.CA()
        self.authority.cert_pem.write_to_path(folder / "ca.pem")
        self._write(self.authority.issue_cert(*(names or ("127.0.0.1",)), not_after=not_after), "server")
        self._write(self.authority.issue_cert("console.example"), "console")
        options = ["--port", "0", "--tls-port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder)]
        options += ["--tls-cert-file", str(folder / "server.pem"), "--tls-key-file", str(folder / "server.key")]
        options += ["--tls-ca-cert-file", str(folder / "ca.pem"), "--tls-auth-clients", "yes" if asks else "no"]
        self.child = children.start("redis", [redis7(), *options, "--save", ""], folder / "redis.log")
        until(self._answers, "Redis to start")

    @property
    def settings(self) -> Redis:
        files = {key: str(self.folder / name) for key, name in FILES.items()}
        about = Redis(name="cache", url=f"rediss://127.0.0.1:{self.port}")
        return msgspec.structs.replace(about, **files)

    def _write(self, made: trustme.LeafCert, name: str) -> None:
        made.private_key_pem.write_to_path(self.folder / f"{name}.key")
        made.cert_chain_pems[0].write_to_path(self.folder / f"{name}.pem")

    def _answers(self) -> bool:
        cert, key = str(self.folder / "console.pem"), str(self.folder / "console.key")
        with Client(port=self.port, ssl=True, ssl_cert_reqs="none", ssl_certfile=cert, ssl_keyfile=key) as client:
            try:
                return bool(client.ping())
            except NotThere:
                return False


IN_URL = {"ca_certs": "ca.pem", "certfile": "console.pem", "keyfile": "console.key"}
FILES = {"ca_file": "ca.pem", "cert_file": "console.pem", "key_file": "console.key"}


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Encrypted]]:
    servers: list[Encrypted] = []
    yield servers
    children.stop_all([server.child for server in servers])


async def problem_of(settings: Redis, **changes: str | None) -> Problem:
    server = RedisServer(msgspec.structs.replace(settings, **changes))
    try:
        with pytest.raises(SourceError) as caught:
            await server.read()
    finally:
        await server.close()
    return caught.value.problem


async def test_it_reads_with_an_authority_and_a_client_certificate(tmp_path: Path, started: list[Encrypted]) -> None:
    started.append(Encrypted(tmp_path))
    server = RedisServer(started[0].settings)
    try:
        assert (await server.read()).version.startswith("redis 7")
    finally:
        await server.close()
    files = "&".join(f"ssl_{key}={tmp_path / name}" for key, name in IN_URL.items())
    by_url = RedisServer(Redis(name="cache", url=f"rediss://127.0.0.1:{started[0].port}?{files}"))
    try:
        assert (await by_url.read()).version.startswith("redis 7"), "as the library itself understands it"
    finally:
        await by_url.close()


async def test_what_each_fault_says_and_what_to_do(tmp_path: Path, started: list[Encrypted]) -> None:
    started.append(Encrypted(tmp_path))
    settings = started[0].settings
    untrusted = await problem_of(settings, ca_file=None)
    assert untrusted.kind is ProblemKind.MISCONFIGURED
    assert untrusted.sentence == "cache has a certificate of an authority that is not trusted here"
    assert untrusted.remedy == "give that authority's certificate as ca_file in the settings"
    without = await problem_of(settings, cert_file=None, key_file=None)
    assert "client certificate" in f"{without.sentence} {without.remedy}", (
        "its last word may be lost with the connection"
    )
    plain = await problem_of(Redis(name="cache", url=f"redis://127.0.0.1:{started[0].port}"))
    assert plain.sentence == "cache closed the connection"
    assert "rediss://" in plain.remedy
    assert "not encrypted" in (await problem_of(settings, url=f"redis://127.0.0.1:{started[0].port}")).sentence


async def test_a_client_certificate_of_another_authority(tmp_path: Path, started: list[Encrypted]) -> None:
    started.append(Encrypted(tmp_path))
    stranger = trustme.CA().issue_cert("console.example")
    both = tmp_path / "stranger.pem"
    both.write_bytes(stranger.private_key_and_cert_chain_pem.bytes())
    refused = await problem_of(started[0].settings, cert_file=str(both), key_file=None)
    assert "not accept the client certificate" in f"{refused.sentence} {refused.remedy}"


async def test_an_expired_certificate_and_one_for_another_name(tmp_path: Path, started: list[Encrypted]) -> None:
    for name, host, until_when in (("expired", "127.0.0.1", YESTERDAY), ("other", "cache.example", None)):
        folder = tmp_path / name
        folder.mkdir()
        started.append(Encrypted(folder, host, not_after=until_when, asks=False))
    expired, other = [await problem_of(server.settings) for server in started]
    assert expired.sentence == "cache has a certificate that has expired"
    assert expired.remedy.startswith("renew it on the server")
    assert other.sentence == "cache has a certificate for another name than the url's"


async def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    settings = Redis(name="cache", url="rediss://127.0.0.1:1")
    missing = await problem_of(settings, ca_file=str(tmp_path / "none.pem"))
    assert missing.sentence == f"ca_file {tmp_path}/none.pem cannot be used: No such file or directory"
    (tmp_path / "empty.pem").touch()
    assert "cert_file" in (await problem_of(settings, cert_file=str(tmp_path / "empty.pem"))).sentence
    assert "without a cert_file" in (await problem_of(settings, key_file="x")).sentence


@pytest.mark.parametrize("valkey_server", ["valkey"], indirect=True)
async def test_a_port_that_does_not_speak_tls(valkey_server: ValkeyUnderTest) -> None:
    port = valkey_server.port
    plain = await problem_of(Redis(name="cache", url=f"rediss://127.0.0.1:{port}"))
    assert plain.kind is ProblemKind.TIMEOUT, "it waits for the end of a line that never comes"
    assert plain.remedy == "check that it runs, and that it speaks TLS at this port"
