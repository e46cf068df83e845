"""Signing in: kubeconfigs, credential helpers, expired tokens, client certificates and what stays of them on disk."""

import asyncio
import base64
import os
import signal
import stat
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from opsconsole.config.settings import Kubernetes
from opsconsole.model.reading import ProblemKind, State
from opsconsole.sources.errors import SourceError
from opsconsole.sources.kubernetes import cluster as sign_in
from opsconsole.sources.kubernetes import helper, keys
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.contexts import contexts

from .conftest import until
from .objects import pod
from .server import ApiServer
from .test_watching import watching

LIST = "/api/v1/pods"


class Signing:
    """Writes kubeconfigs and helpers into one folder and connects with them."""

    def __init__(self, server: ApiServer, folder: Path) -> None:
        self.server = server
        self.folder = folder

    def cluster(self, user: dict[str, Any] | None = None) -> Cluster:
        (self.folder / "kubeconfig").write_text(self.server.kubeconfig(user), encoding="utf-8")
        return Cluster(Kubernetes(kubeconfig=str(self.folder / "kubeconfig")))

    def helper(self, script: str, **stanza: Any) -> dict[str, Any]:
        path = self.folder / "credential-helper"
        path.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
        path.chmod(0o755)
        return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "./credential-helper", **stanza}}


@pytest.fixture
def signing(server: ApiServer, tmp_path: Path) -> Signing:
    return Signing(server, tmp_path)


async def problem(cluster: Cluster) -> Any:
    with pytest.raises(SourceError) as raised:
        await cluster.get(LIST, needs="list pods in all namespaces")
    await cluster.close()
    return raised.value.problem


TOKEN = """
import json, os, sys
count = int(open("count").read()) + 1 if os.path.exists("count") else 1
open("count", "w").write(str(count))
open("stdin", "w").write(repr(sys.stdin.read()))
open("info", "w").write(os.environ["KUBERNETES_EXEC_INFO"])
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": STATUS}))
"""


def giving(status: str) -> str:
    return f"import os; os.chdir(os.path.dirname(__file__))\n{TOKEN.replace('STATUS', status)}"


async def test_the_helper_runs_once_without_a_terminal(signing: Signing) -> None:
    cluster = signing.cluster(signing.helper(giving('{"token": "good-token"}'), provideClusterInfo=True))
    for _ in range(3):
        await cluster.get(LIST, needs="list pods")
    await cluster.close()
    assert (signing.folder / "count").read_text() == "1"
    assert (signing.folder / "stdin").read_text() == "''"
    info = yaml.safe_load((signing.folder / "info").read_text())
    assert info["spec"]["interactive"] is False
    assert info["spec"]["cluster"]["server"] == signing.server.url


async def test_an_expired_credential_is_asked_for_anew(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helper, "KEPT_AT_LEAST_S", 0.0)
    script = giving('{"token": "good-token", "expirationTimestamp": "2020-01-01T00:00:00Z"}')
    cluster = signing.cluster(signing.helper(script))
    await cluster.get(LIST, needs="list pods")
    before = int((signing.folder / "count").read_text())
    await cluster.get(LIST, needs="list pods")
    await cluster.close()
    assert int((signing.folder / "count").read_text()) > before


async def test_a_refused_token_runs_the_helper_once_more(signing: Signing) -> None:
    cluster = signing.cluster(signing.helper(giving('{"token": f"token-{count}"}')))
    signing.server.tokens = {"token-2"}
    await cluster.get(LIST, needs="list pods")
    await cluster.close()
    assert (signing.folder / "count").read_text() == "2"


async def test_a_sign_in_anew_stays_with_the_context_that_was_opened(signing: Signing) -> None:
    """`kubectl config use-context` in another window must not bring another cluster's rows under this one's name."""
    cluster = signing.cluster()
    await cluster.get(LIST, needs="list pods")
    path = signing.folder / "kubeconfig"
    document = yaml.safe_load(path.read_text())
    document["users"].append({"name": "fresh", "user": {"token": "fresh-token"}})
    document["contexts"].append({"name": "elsewhere", "context": {"cluster": "c", "user": "fresh"}})
    document["current-context"] = "elsewhere"
    path.write_text(yaml.safe_dump(document))
    signing.server.tokens = {"fresh-token"}
    with pytest.raises(SourceError):
        await cluster.get(LIST, needs="list pods")
    assert cluster.context == "test"
    await cluster.close()


async def test_a_credential_that_seems_old_is_used_while_the_server_takes_it(signing: Signing) -> None:
    """A clock that is wrong by an hour makes every credential old: the helper must not run for each request."""
    script = giving('{"token": "good-token", "expirationTimestamp": "2020-01-01T00:00:00Z"}')
    cluster = signing.cluster(signing.helper(script))
    for _ in range(3):
        await cluster.get(LIST, needs="list pods")
    assert (signing.folder / "count").read_text() == "1"
    signing.server.tokens = set()
    await problem(cluster)
    assert (signing.folder / "count").read_text() == "2"


async def test_a_token_that_expires_while_pods_are_watched_is_renewed_without_a_list(signing: Signing) -> None:
    cluster = signing.cluster(signing.helper(giving('{"token": f"token-{count}"}')))
    signing.server.tokens = {"token-1"}
    signing.server.put(pod("a"))
    async with watching(cluster) as seen:
        await until(lambda: signing.server.watches and set(seen.rows) == {"a"})
        before = len(seen.readings)
        signing.server.tokens = {"token-2"}
        signing.server.break_watches()
        signing.server.put(pod("b"))
        await until(lambda: set(seen.rows) == {"a", "b"})
        assert {reading.state for reading, _ in seen.readings[before:]} == {State.OK}
        assert sum("limit=" in asked for asked in signing.server.requests) == 1
    await cluster.close()


async def test_a_helper_that_fails_to_renew_is_quoted_by_every_feed_and_asked_again(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = f"{giving('{}')}\nprint('SSO session has run out', file=sys.stderr); sys.exit(3)"
    cluster = signing.cluster(signing.helper(giving('{"token": "good-token"}')))
    await cluster.get(LIST, needs="list pods")
    signing.helper(failing)
    signing.server.tokens = {"new-token"}
    results = await asyncio.gather(*(cluster.get(LIST, needs="list pods") for _ in range(10)), return_exceptions=True)
    assert {str(result) for result in results} == {
        "the credential helper credential-helper failed (3): SSO session has run out"
    }
    assert (signing.folder / "count").read_text() == "2"
    signing.helper(giving('{"token": "new-token"}'))
    monkeypatch.setattr(sign_in, "_RENEW_AT_MOST_EVERY_S", 0.0)
    await cluster.get(LIST, needs="list pods")
    await cluster.close()


async def test_a_helper_that_takes_its_time_is_waited_for_by_those_who_come_later(signing: Signing) -> None:
    script = giving('{"token": "good-token"}').replace("print(", "\nwhile not os.path.exists('go'): pass\nprint(", 1)
    cluster = signing.cluster(signing.helper(script))
    first = asyncio.create_task(cluster.get(LIST, needs="list pods"))
    await until((signing.folder / "info").exists)
    first.cancel()
    second = asyncio.create_task(cluster.get(LIST, needs="list pods"))
    (signing.folder / "go").touch()
    assert (await second).status == 200
    assert (signing.folder / "count").read_text() == "1"
    await cluster.close()


async def test_a_token_that_stays_refused_says_what_to_do(signing: Signing) -> None:
    cluster = signing.cluster(signing.helper(giving('{"token": "bad"}')))
    for _ in range(3):
        with pytest.raises(SourceError) as raised:
            await cluster.get(LIST, needs="list pods")
        assert raised.value.problem.kind is ProblemKind.UNAUTHORIZED
        assert (
            raised.value.problem.remedy
            == "the token has expired: run credential-helper in another terminal and press r"
        )
    assert (signing.folder / "count").read_text() == "2"
    signing.server.tokens = {"token-3", "bad"}
    cluster.retry_sign_in()
    await cluster.get(LIST, needs="list pods")
    await cluster.close()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import sys; sys.stderr.write('\\x1b[31mSSO session expired\\npassword: hunter2hunter2\\n'); sys.exit(3)",
         "failed (3): ␛[31mSSO session expired / password: ***"),
        ("print('hello')", "answered something that is no ExecCredential"),
        ("print('{\"status\": {}}')", "gave neither a token nor a certificate"),
        ("import sys; open('/dev/tty').read()", "failed (1)"),
    ],
)  # fmt: skip
async def test_a_helper_that_fails_is_quoted(signing: Signing, script: str, words: str) -> None:
    found = await problem(signing.cluster(signing.helper(script)))
    assert found.kind is ProblemKind.UNAUTHORIZED
    assert words in found.sentence
    assert "hunter2" not in found.sentence


async def test_many_feeds_run_a_failing_helper_once(signing: Signing) -> None:
    script = giving("{}")
    cluster = signing.cluster(signing.helper(script))
    requests = [cluster.get(LIST, needs="list pods") for _ in range(10)]
    results = await asyncio.gather(*requests, return_exceptions=True)
    assert {type(result) for result in results} == {SourceError}
    assert (signing.folder / "count").read_text() == "1"
    cluster.retry_sign_in()
    assert "neither a token" in (await problem(cluster)).sentence
    assert (signing.folder / "count").read_text() == "2"


async def test_a_helper_that_never_ends_is_ended_with_its_children(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helper, "LIMIT_S", 1.0)
    script = (
        "import os, subprocess, sys; os.chdir(os.path.dirname(__file__))\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
        "open('child', 'w').write(str(child.pid)); print('waiting', file=sys.stderr, flush=True); child.wait()"
    )
    found = await problem(signing.cluster(signing.helper(script)))
    assert found.sentence == "the credential helper credential-helper gave no answer within 1 s: waiting"
    child = int((signing.folder / "child").read_text())
    await until(lambda: not _runs(child))


async def test_a_helper_that_is_not_installed(signing: Signing) -> None:
    user = {"exec": {"command": "no-such-helper-here", "installHint": "brew install it"}}
    found = await problem(signing.cluster(user))
    assert found.kind is ProblemKind.MISCONFIGURED
    assert found.remedy == "brew install it"


async def test_a_helper_that_must_ask_is_not_run(signing: Signing) -> None:
    found = await problem(signing.cluster(signing.helper(giving("{}"), interactiveMode="Always")))
    assert "needs a terminal" in found.sentence
    assert not (signing.folder / "count").exists()


async def test_a_static_token_that_is_refused_names_the_file_and_is_read_again(signing: Signing) -> None:
    signing.server.tokens = {"fresh-token"}
    cluster = signing.cluster()
    with pytest.raises(SourceError) as raised:
        await cluster.get(LIST, needs="list pods")
    assert str(signing.folder / "kubeconfig") in raised.value.problem.remedy
    (signing.folder / "kubeconfig").write_text(signing.server.kubeconfig({"token": "fresh-token"}), encoding="utf-8")
    cluster.retry_sign_in()
    await cluster.get(LIST, needs="list pods")
    await cluster.close()


def certificate(server: ApiServer) -> tuple[bytes, bytes]:
    issued = server.authority.issue_cert("jane@example.org")
    return b"".join(part.bytes() for part in issued.cert_chain_pems), issued.private_key_pem.bytes()


async def test_client_certificates_leave_no_key_behind(signing: Signing, private_runtime_folder: Path) -> None:
    chain, key = certificate(signing.server)
    user = {
        "client-certificate-data": base64.b64encode(chain).decode(),
        "client-key-data": base64.b64encode(key).decode(),
    }
    cluster = signing.cluster(user)
    await cluster.get(LIST, needs="list pods")
    assert _keys(private_runtime_folder) == []
    folder = private_runtime_folder / "opsconsole"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    await cluster.close()


async def test_a_helpers_certificate_is_used(signing: Signing) -> None:
    chain, key = certificate(signing.server)
    status = f'{{"clientCertificateData": {chain.decode()!r}, "clientKeyData": {key.decode()!r}}}'
    cluster = signing.cluster(signing.helper(giving(status)))
    await cluster.get(LIST, needs="list pods")
    await cluster.close()


@pytest.mark.parametrize("how", ["401", "hangs up"])
async def test_a_client_certificate_that_has_run_out_is_said_so(signing: Signing, how: str) -> None:
    issued = signing.server.authority.issue_cert("jane@example.org", not_after=datetime(2024, 3, 1, 8, 30, tzinfo=UTC))
    chain, key = b"".join(part.bytes() for part in issued.cert_chain_pems), issued.private_key_pem.bytes()
    user = {
        "client-certificate-data": base64.b64encode(chain).decode(),
        "client-key-data": base64.b64encode(key).decode(),
    }
    if how == "401":
        await signing.server.stop()
        signing.server.certificates = False
        await signing.server.start()
    found = await problem(signing.cluster(user))
    assert found.kind is ProblemKind.UNAUTHORIZED
    assert found.sentence == "the client certificate of user u ran out on 2024-03-01 at 08:30 UTC"
    assert "a fresh certificate for user u" in found.remedy


async def test_a_server_whose_certificate_has_run_out_is_said_so(signing: Signing) -> None:
    await signing.server.stop()
    await signing.server.start(not_after=datetime(2024, 3, 1, tzinfo=UTC))
    found = await problem(signing.cluster())
    assert found.sentence == "the API server's certificate was refused: certificate has expired"
    assert found.remedy == "renew the API server's certificate, or set the clock of this machine right"


async def test_an_encrypted_key_is_refused_instead_of_asking_for_its_pass_phrase(signing: Signing) -> None:
    user = {
        "client-certificate-data": base64.b64encode(b"x").decode(),
        "client-key-data": base64.b64encode(b"-----BEGIN ENCRYPTED PRIVATE KEY-----").decode(),
    }
    found = await problem(signing.cluster(user))
    assert found.kind is ProblemKind.MISCONFIGURED
    assert "encrypted" in found.sentence


KILLED = """
import asyncio, sys, time
from opsconsole.config.settings import Kubernetes
from opsconsole.sources.kubernetes.cluster import Cluster
if sys.argv[2] == "while loading":
    import ssl
    def slow(self, *arguments, **options):
        print("loading", flush=True)
        time.sleep(300)
    ssl.SSLContext.load_cert_chain = slow
async def main():
    cluster = await Cluster.connect(Kubernetes(kubeconfig=sys.argv[1]))
    await cluster.get("/api/v1/pods", needs="list pods")
    print("connected", flush=True)
    await asyncio.sleep(300)
asyncio.run(main())
"""


@pytest.mark.parametrize("moment", ["connected", "while loading"])
async def test_a_kill_leaves_no_key_or_the_next_start_sweeps_it(
    signing: Signing, private_runtime_folder: Path, moment: str, tmp_path: Path
) -> None:
    chain, key = certificate(signing.server)
    user = {
        "client-certificate-data": base64.b64encode(chain).decode(),
        "client-key-data": base64.b64encode(key).decode(),
    }
    await signing.cluster(user).close()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    said = tmp_path / "said"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(signing.folder / "kubeconfig"), moment,
        stdout=said.open("wb"), env={**os.environ, "TMPDIR": str(temporary)},
    )  # fmt: skip
    await until(lambda: said.read_bytes().strip(), within_s=30)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert _keys(temporary) == []
    assert len(_keys(private_runtime_folder)) == (1 if moment == "while loading" else 0)
    keys.sweep()
    assert _keys(private_runtime_folder) == []


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "opsconsole").symlink_to(elsewhere)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "base"))
    with pytest.raises(PermissionError):
        keys.runtime_folder()


def broken_base64(document: dict[str, Any]) -> None:
    document["clusters"][0]["cluster"]["certificate-authority-data"] = "%%%"


def no_server(document: dict[str, Any]) -> None:
    del document["clusters"][0]["cluster"]["server"]


def missing_file(document: dict[str, Any]) -> None:
    document["users"][0]["user"] = {"client-certificate": "gone.crt", "client-key": "gone.key"}


def other_context(document: dict[str, Any]) -> None:
    document["current-context"] = "elsewhere"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (broken_base64, "is not base64"),
        (no_server, "server"),
        (missing_file, "gone.crt cannot be read: No such file"),
        (other_context, "names no current context"),
    ],
)
async def test_broken_kubeconfigs_are_named(
    signing: Signing, spoil: Callable[[dict[str, Any]], None], words: str
) -> None:
    cluster = signing.cluster()
    document = yaml.safe_load((signing.folder / "kubeconfig").read_text())
    spoil(document)
    (signing.folder / "kubeconfig").write_text(yaml.safe_dump(document))
    found = await problem(cluster)
    assert found.kind is ProblemKind.MISCONFIGURED
    assert words in found.sentence


@pytest.mark.parametrize("text", ["- just\n- a list", "a: [", "token: {}}", ""])
async def test_files_that_are_no_kubeconfig(signing: Signing, text: str) -> None:
    cluster = signing.cluster()
    (signing.folder / "kubeconfig").write_text(text)
    assert (await problem(cluster)).kind is ProblemKind.MISCONFIGURED


async def test_no_kubeconfig_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    found = await problem(Cluster(Kubernetes(kubeconfig=str(tmp_path / "none"))))
    assert found.sentence == f"no kubeconfig: looked for {tmp_path / 'none'}"


async def test_an_untrusted_certificate_and_a_closed_port(signing: Signing) -> None:
    other = ApiServer()
    other.url = signing.server.url
    cluster = signing.cluster()
    (signing.folder / "kubeconfig").write_text(other.kubeconfig())
    found = await problem(cluster)
    assert found.kind is ProblemKind.MISCONFIGURED
    assert "certificate was refused" in found.sentence
    other.url = "https://127.0.0.1:1"
    (signing.folder / "kubeconfig").write_text(other.kubeconfig())
    found = await problem(Cluster(Kubernetes(kubeconfig=str(signing.folder / "kubeconfig"))))
    assert found.kind is ProblemKind.UNREACHABLE


async def test_a_server_that_hangs(signing: Signing) -> None:
    async def fault(request: web.Request) -> web.StreamResponse | None:
        if request.path == LIST:
            await hold.wait()
        return None

    hold = asyncio.Event()
    signing.server.fault = fault
    cluster = signing.cluster()
    with pytest.raises(SourceError) as raised:
        await cluster.get(LIST, needs="list pods", timeout_s=0.3)
    assert raised.value.problem.kind is ProblemKind.TIMEOUT
    hold.set()
    await cluster.close()


def test_contexts_without_the_package(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    server = ApiServer()
    server.url = "https://one.example"
    first.write_text(server.kubeconfig({"exec": {"command": "aws"}}))
    second.write_text(server.kubeconfig().replace("test", "other"))
    found = contexts(f"{first}{os.pathsep}{second}{os.pathsep}{tmp_path / 'none'}")
    assert [(c.name, c.current, c.namespace, c.server, c.signs_in_by) for c in found] == [
        ("test", True, "shop", "https://one.example", "aws"),
        ("other", False, "shop", "https://one.example", "aws"),
    ]
    assert contexts(str(tmp_path / "none")) == ()


def _keys(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
