"""Servers inside the cluster: through the real kubectl, the real API server and a pod that leads to a real database."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import trustme
import yaml

from opsconsole.config.settings import Postgres
from opsconsole.model.reading import Problem, ProblemKind
from opsconsole.sources.errors import SourceError
from opsconsole.sources.kubernetes import forward
from opsconsole.sources.kubernetes.forward import Forwards
from opsconsole.sources.postgres.connection import Connection
from tests.cluster.behind import Behind
from tests.cluster.fixtures import forwards_as
from tests.cluster.manifests import NAMESPACE
from tests.cluster.plane import Plane
from tests.servers.older_postgres import OlderPostgres
from tests.servers.ports import free_port, until
from tests.servers.postgres import PostgresUnderTest

RIGHTS = Path(__file__).parents[3] / "config" / "kubernetes-forward.yaml"


pytestmark = pytest.mark.usefixtures("kubectl_on_path")


@pytest.fixture
def behind(real_cluster: Plane, postgres_server: PostgresUnderTest) -> Behind:
    return Behind(real_cluster, postgres_server.port)


async def problem_of(connection: Connection) -> Problem:
    with pytest.raises(SourceError) as caught:
        await connection.fetch("one", "SELECT 1")
    return caught.value.problem


async def answered(connection: Connection) -> int:
    """How many readings failed before one was answered; kwok takes a moment to learn where a pod leads."""
    for failed in range(100):
        try:
            await connection.fetch("one", "SELECT 1")
        except SourceError as error:
            await asyncio.sleep(min(error.retry_after_s or 0.05, 2.0))
        else:
            return failed
    raise AssertionError("it never came back")


async def says(connection: Connection, words: str) -> Problem:
    """The problem with these words in it, which is not always the first."""
    for _ in range(100):
        try:
            await connection.fetch("one", "SELECT 1")
        except SourceError as error:
            if words in error.problem.sentence:
                return error.problem
            await asyncio.sleep(min(error.retry_after_s or 0.05, 2.0))
    raise AssertionError(f"it never said {words}")


async def test_postgres_inside_the_cluster(
    forwards: Forwards, behind: Behind, postgres_server: PostgresUnderTest
) -> None:
    """Two connections share one child; by number or by name of the service's port, or by the pod itself."""
    settings = postgres_server.settings(through=behind.through)
    both = [Connection(settings, forwards.to) for _ in range(2)]
    await answered(both[0])
    rows = [await connection.fetch("where", "SELECT inet_server_port()") for connection in both]
    assert rows == [[(postgres_server.port,)]] * 2
    assert forwards.to(behind.through) is forwards.to(behind.through)
    by_pod = f"kube://{NAMESPACE}/pod/{behind.pod}:db"
    for through in (behind.through.replace(":5432", ":db"), by_pod):
        other = Connection(msgspec.structs.replace(settings, through=through), forwards.to)
        assert await other.fetch("one", "SELECT 1") == [(1,)]
        both.append(other)
    for connection in both:
        await connection.close()


async def test_a_pod_that_was_replaced_is_found_again(
    forwards: Forwards, behind: Behind, postgres_server: PostgresUnderTest
) -> None:
    connection = Connection(postgres_server.settings(through=behind.through), forwards.to)
    await answered(connection)
    behind.lead_to(postgres_server.port)
    postgres_server.run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'console'")
    assert await answered(connection) > 0
    await connection.close()


async def test_an_api_server_that_went_away_is_found_again(
    real_cluster: Plane, forwards: Forwards, behind: Behind, postgres_server: PostgresUnderTest
) -> None:
    connection = Connection(postgres_server.settings(through=behind.through), forwards.to)
    await answered(connection)
    real_cluster.restart_apiserver()
    await answered(connection)
    await connection.close()


async def test_what_does_not_listen_is_said_in_kubectls_own_words(
    forwards: Forwards, behind: Behind, postgres_server: PostgresUnderTest
) -> None:
    behind.lead_to(free_port())
    connection = Connection(postgres_server.settings(through=behind.through), forwards.to)
    problem = await says(connection, "connection refused")
    assert problem.kind is ProblemKind.UNREACHABLE
    assert problem.sentence.startswith(f"pg-primary cannot be reached through {behind.through}: ")
    assert "console-Words" not in problem.sentence


@pytest.mark.parametrize(
    ("through", "kind", "words"),
    [
        (f"kube://{NAMESPACE}/nobody:5432", ProblemKind.MISCONFIGURED, 'services "nobody" not found'),
        (f"kube://{NAMESPACE}/pod/nobody-0:5432", ProblemKind.MISCONFIGURED, 'pods "nobody-0" not found'),
        ("kube://nowhere/db:5432", ProblemKind.MISCONFIGURED, "not found"),
        ("kube://data/postgres", ProblemKind.MISCONFIGURED, "kube://data/postgres is no service of a cluster"),
        ("kube://data/--help:80", ProblemKind.MISCONFIGURED, "is no service of a cluster"),
    ],
)
async def test_what_is_not_there(forwards: Forwards, through: str, kind: ProblemKind, words: str) -> None:
    problem = await problem_of(Connection(Postgres(dsn="dbname=x", through=through), forwards.to))
    assert problem.kind is kind
    assert words in problem.sentence
    assert problem.remedy


async def test_a_port_that_the_service_lacks(forwards: Forwards, behind: Behind) -> None:
    wrong = behind.through.replace(":5432", ":5433")
    problem = await problem_of(Connection(Postgres(dsn="dbname=x", through=wrong), forwards.to))
    assert problem.kind is ProblemKind.MISCONFIGURED
    assert "5433" in problem.sentence


async def test_the_missing_right_is_named_and_the_shipped_role_is_enough(
    real_cluster: Plane, behind: Behind, postgres_server: PostgresUnderTest
) -> None:
    """`viewer` may get and list all; with the role it may forward in this namespace, and in no other."""
    settings = postgres_server.settings(through=behind.through)
    async with forwards_as(real_cluster, "viewer") as forwards:
        problem = await problem_of(Connection(settings, forwards.to))
        assert problem.kind is ProblemKind.FORBIDDEN
        assert problem.sentence.startswith(
            f"may not create pods/portforward in {NAMESPACE}: {behind.through} cannot be reached"
        )
        assert "kubernetes-forward.yaml" in problem.remedy
    shipped = RIGHTS.read_text().replace("namespace: data", f"namespace: {NAMESPACE}")
    documents = list(yaml.safe_load_all(shipped.replace("name: operators", "name: watchers")))
    for document in documents:
        real_cluster.create(document)
    try:
        async with forwards_as(real_cluster, "viewer") as forwards:
            connection = Connection(settings, forwards.to)
            await answered(connection)
            await connection.close()
    finally:
        for document in documents:
            real_cluster.delete(document)


async def test_without_kubectl_it_says_what_to_install(
    forwards: Forwards, behind: Behind, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    problem = await problem_of(Connection(Postgres(dsn="dbname=x", through=behind.through), forwards.to))
    assert problem.kind is ProblemKind.MISCONFIGURED
    assert problem.sentence == f"kubectl is not installed, and {behind.through} is reached by kubectl port-forward"
    assert problem.remedy.startswith("install kubectl")


async def test_without_a_cluster_it_says_so() -> None:
    settings = Postgres(dsn="dbname=x", through="kube://data/db:5432")
    for ways in (Forwards(None).to, None):
        connection = Connection(settings) if ways is None else Connection(settings, ways)
        problem = await problem_of(connection)
        assert problem.sentence == "kube://data/db:5432 needs a cluster, and this profile has none"


@pytest.fixture
def secured(older_postgres: OlderPostgres) -> Iterator[tuple[OlderPostgres, Path]]:
    """PostgreSQL with a certificate for `db.internal`, and the authority's file."""
    authority = trustme.CA()
    certificate = authority.issue_cert("db.internal")
    ca_file = older_postgres.wear(
        certificate.private_key_pem.bytes(), certificate.cert_chain_pems[0].bytes(), authority.cert_pem.bytes()
    )
    yield older_postgres, ca_file
    older_postgres.bare()


async def test_tls_still_checks_the_name_that_the_dsn_gives(
    real_cluster: Plane, forwards: Forwards, secured: tuple[OlderPostgres, Path]
) -> None:
    server, ca_file = secured
    behind = Behind(real_cluster, server.port)
    tls = f"user=console dbname=postgres sslmode=verify-full sslrootcert={ca_file}"
    settings = Postgres(name="shop", dsn=f"host=db.internal {tls}", through=behind.through)
    connection = Connection(settings, forwards.to)
    await answered(connection)
    rows = await connection.fetch("tls", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    assert rows == [(True,)]
    await connection.close()
    nameless = Connection(msgspec.structs.replace(settings, dsn=tls), forwards.to)
    problem = await says(nameless, "certificate")
    assert problem.kind is ProblemKind.MISCONFIGURED
    assert f"{behind.name}.{NAMESPACE}.svc" in problem.sentence


CONSOLE = """
import asyncio, sys
from opsconsole.config.settings import Kubernetes
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.forward import Forwards

async def main(kubeconfig, through):
    forwards = Forwards(Cluster(Kubernetes(kubeconfig=kubeconfig)))
    await forwards.to(through).address()
    print(forwards.to(through)._child._process.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main(*sys.argv[1:]))
"""


def test_it_ends_with_the_console_even_when_that_is_killed(real_cluster: Plane, behind: Behind) -> None:
    command = [sys.executable, "-c", CONSOLE, str(real_cluster.folder / "admin.kubeconfig"), behind.through]
    console = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert console.stdout is not None
    child = int(console.stdout.readline())
    assert Path(f"/proc/{child}/cmdline").read_text().split("\0")[1] == "port-forward"
    # No terminal and a session of its own: Ctrl-C in the console's terminal does not reach it, nor can it ask there.
    assert os.getsid(child) == child
    assert os.readlink(f"/proc/{child}/fd/0") == "/dev/null"
    console.send_signal(signal.SIGKILL)
    console.wait()
    console.stdout.close()
    until(lambda: not runs(child), "kubectl to end with the console", 10)


def test_where_the_kernel_makes_no_promise_somebody_looks() -> None:
    script = textwrap.dedent("""
        import os, subprocess, sys
        watching = "from opsconsole.sources import mortal; mortal.watch({}, ['/bin/sleep', '600'])"
        child = subprocess.Popen([sys.executable, "-c", watching.format(os.getpid())])
        print(child.pid, flush=True)
        sys.stdin.read()
    """)
    console = subprocess.Popen([sys.executable, "-c", script], stdin=-1, stdout=-1, text=True)
    assert console.stdout is not None
    watcher = int(console.stdout.readline())
    children = Path(f"/proc/{watcher}/task/{watcher}/children")
    until(lambda: bool(children.read_text()), "the command to start")
    command = int(children.read_text())
    console.kill()
    console.communicate()
    until(lambda: not runs(command), "the command to end with the console", 10)


def runs(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


async def test_a_child_that_ends_at_once_is_not_started_again_and_again(
    forwards: Forwards, behind: Behind, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Five feeds that ask start one; each further start waits longer, and the schedule is told how long."""
    starts = tmp_path / "starts"
    broken = tmp_path / "kubectl"
    broken.write_text(f"#!/bin/sh\necho start >> {starts}\necho 'error: token=hush-Words is too old' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    way = forwards.to(behind.through)
    errors = await asyncio.gather(*(way.address() for _ in range(5)), return_exceptions=True)
    assert starts.read_text().count("start") == 1
    assert {str(error) for error in errors} == {f"{behind.through} cannot be reached: token=*** is too old"}
    waits = [error.retry_after_s for error in errors if isinstance(error, SourceError) and error.retry_after_s]
    assert len(waits) == 4
    assert all(wait <= 1.0 for wait in waits)


async def test_one_that_starts_while_the_console_ends_is_ended_too(forwards: Forwards, behind: Behind) -> None:
    starting = asyncio.create_task(forwards.to(behind.through).address())
    await asyncio.sleep(0)
    await forwards.close()
    with pytest.raises(SourceError, match="is closed"):
        await starting
    assert not forwards.to(behind.through).stands
    with pytest.raises(SourceError, match="is closed"):
        await forwards.to(behind.through).address()


async def test_a_child_that_says_nothing_is_given_up(
    forwards: Forwards, behind: Behind, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    silent = tmp_path / "kubectl"
    silent.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 600\n")
    silent.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(forward, "START_S", 0.5)
    with pytest.raises(SourceError, match=r"was not ready within 0\.5 s"):
        await forwards.to(behind.through).address()
    assert not runs(int((tmp_path / "pid").read_text()))


async def test_a_server_that_does_not_answer_is_not_put_down_to_kubectl(
    forwards: Forwards, behind: Behind, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The child is ended, since it may hang, and started a little later: meanwhile the reason stays the server's."""
    listening = tmp_path / "kubectl"
    listening.write_text("#!/bin/sh\necho 'Forwarding from 127.0.0.1:7 -> 7'\nexec sleep 600\n")
    listening.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(forward, "LAST_WORDS_S", 0.01)
    way, slow = forwards.to(behind.through), SourceError(ProblemKind.TIMEOUT, "cache gave no answer within 5 s")
    assert await way.address() == ("127.0.0.1", 7)
    assert await way.lost("cache", slow) is slow
    assert not way.stands
    with pytest.raises(SourceError, match="cache gave no answer within 5 s") as caught:
        await way.address()
    assert caught.value.retry_after_s
