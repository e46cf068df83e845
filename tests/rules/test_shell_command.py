"""The command that asks the same: quoted so that a shell hands on exactly the query, and without any secret."""

import shlex
import subprocess
from datetime import UTC, datetime

import msgspec
import pytest

from opsconsole.config.settings import CustomerTable, Http, Kubernetes, Postgres, Profile, Redis
from opsconsole.model.asked import Asked
from opsconsole.rules.shell_command import command

NASTY = """sum(rate(x{a="it's $(reboot) `id`"}[2m]))"""


def asked(text: str, server: str = "main", name: str = "q") -> Asked:
    return Asked(name, "it", text, server, datetime(2026, 3, 26, tzinfo=UTC), 0.1)


def words(line: str) -> list[str]:
    """As a real shell splits and expands it; the program is replaced by printf."""
    first = line.splitlines()[-1]
    program = next(one for one in ("curl", "promtool", "psql", "redis-cli", "kubectl", "duckdb") if one in first)
    shown = first.replace(program, "printf '%s\\n'", 1)
    environment = {"TOKEN": "t0ken", "PASSWORD": "pw", "PGPASSWORD": "pw", "REDISCLI_AUTH": "pw", "X_KEY": "k"}
    return subprocess.run(
        ["sh", "-c", shown], env=environment, capture_output=True, text=True, check=True
    ).stdout.split("\n")


def test_a_query_comes_through_the_shell_as_it_is() -> None:
    plain = Profile(prometheus=Http(url="http://prom:9090/"))
    line = command("prom", asked(NASTY), plain)
    assert shlex.split(line) == ["promtool", "query", "instant", "http://prom:9090", NASTY]
    assert NASTY in words(line)


def test_a_course_is_asked_for_as_a_course_from_then_to_then() -> None:
    course = msgspec.structs.replace(asked("up"), beside=(("start", "0.000"), ("end", "60.000"), ("step", "15.000")))
    told = shlex.split(command("prom", course, Profile(prometheus=Http(url="http://prom:9090"))))
    assert told[0] == "curl"
    assert "http://prom:9090/api/v1/query_range" in told
    assert told[-8:] == [
        "--data-urlencode", "query=up", "--data-urlencode", "start=0.000", "--data-urlencode", "end=60.000",
        "--data-urlencode", "step=15.000",
    ]  # fmt: skip


def test_an_http_source_takes_its_secrets_from_the_environment() -> None:
    private = Http(url="https://u:hunter2@prom", bearer="hunter3", tenant="acme", headers={"X-Key": "hunter4"})  # type: ignore[arg-type]
    line = command("prom", asked("up"), Profile(prometheus=private))
    assert "hunter" not in line
    told = words(line)
    assert {"Authorization: Bearer t0ken", "X-Scope-OrgID: acme", "X-Key: k", "https://prom/api/v1/query"} <= set(told)
    assert told[-2] == "query=up"


def test_what_stands_in_the_cluster_is_asked_through_its_proxy() -> None:
    inside = Profile(
        prometheus=Http(url="kube://monitoring/prometheus:9090/x"), kubernetes=Kubernetes(context="prod eu")
    )
    assert shlex.split(command("prom", asked("up == 0"), inside)) == [
        "kubectl", "--context", "prod eu", "get", "--raw",
        "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/x/api/v1/query?query=up%20%3D%3D%200",
    ]  # fmt: skip


@pytest.mark.parametrize("dsn", ["postgresql://me:hunter2@db/shop", "host=db user=me password='hunter2' dbname=shop"])
def test_psql_gets_the_statement_and_never_the_password(dsn: str) -> None:
    profile = Profile(postgres=(Postgres(name="main", dsn=dsn, password="hunter2"),))  # type: ignore[arg-type]
    line = command("pg", asked("SELECT 'it''s'\nFROM t"), profile)
    assert "hunter2" not in line
    assert line.startswith('PGPASSWORD="$PGPASSWORD" psql -X ')
    assert shlex.split(line)[-1] == "SELECT 'it''s'\nFROM t"
    assert command("pg", asked("SELECT %(window)s"), profile) == "", "values of the console's own stand in no text"


def test_a_cache_is_asked_line_by_line_and_a_server_in_the_cluster_after_its_forward() -> None:
    cache = Redis(name="main", url="rediss://:hunter2@cache:6380/2", user="ops", through="kube://shop/valkey:6379")
    lines = command("redis", asked("INFO stats\nCONFIG GET maxmemory"), Profile(redis=(cache,))).splitlines()
    assert "hunter2" not in "".join(lines)
    assert lines[0].startswith("kubectl -n shop port-forward svc/valkey 6379:6379 &")
    assert lines[1].endswith("redis-cli -h cache -p 6380 -n 2 --tls --user ops INFO stats")
    assert lines[3].endswith("CONFIG GET maxmemory")


def test_kubernetes_and_files_have_theirs_and_what_cannot_be_asked_alike_has_none() -> None:
    profile = Profile(kubernetes=Kubernetes(), customers=CustomerTable(file="/data/it's.csv"))
    watched = asked("GET /api/v1/namespaces/shop/pods\nGET /api/v1/namespaces/shop/pods?watch=1")
    assert command("k8s", watched, profile) == "kubectl get --raw /api/v1/namespaces/shop/pods"
    assert shlex.split(command("cust", asked("/data/it's.csv"), profile)) == [
        "duckdb", "-c", "SELECT * FROM '/data/it''s.csv' LIMIT 20",
    ]  # fmt: skip
    assert command("rules", asked("x"), profile) == command("pg", asked("x", "other"), profile) == ""
