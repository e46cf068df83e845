"""`opsconsole config`: show, validate, schema, path and init, from the outside."""

import json
import stat
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from opsconsole.cli.discovery import found_here
from opsconsole.cli.main import console
from opsconsole.config import paths
from opsconsole.config.initial import Found, FoundContext, found_postgres, profile_names, rendered
from opsconsole.config.loading import load
from tests.cluster.credentials import kubeconfig
from tests.demo.kubernetes.running import running

EXAMPLE = Path(__file__).parents[2] / "config" / "example.toml"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("KUBECONFIG", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "PGPASSFILE", "REDISCLI_AUTH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv(paths.ENVIRONMENT, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(paths, "SYSTEM_FILE", tmp_path / "etc.toml")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(console, ["config", *arguments])


def test_show_names_the_place_of_every_value_and_no_secret(home: Path) -> None:
    file = home / "some.toml"
    file.write_text(
        '[profiles.a.loki]\nurl = "https://loki"\nuser = "me"\npassword = { env = "LOKI_PASSWORD" }\n'
        'headers = { Authorization = "hunter2hunter2" }\n'
    )
    result = run("show", "--config", str(file))
    assert result.exit_code == 0
    lines = {line.split(" = ")[0]: line for line in result.output.splitlines()}
    assert lines["profiles.a.loki.url"].endswith(f"# {file}:2")
    assert "(env LOKI_PASSWORD)" in lines["profiles.a.loki.password"]
    assert lines["interface.theme"].endswith("# built in")
    assert "hunter2" not in result.output
    rows = json.loads(run("show", "--config", str(file), "--json").output)
    assert {"key": "profiles.a.loki.user", "value": '"me"', "origin": f"{file}:3"} in rows


def test_show_knows_the_whole_example() -> None:
    output = run("show", "--config", str(EXAMPLE)).output
    assert "policies.ours.rules.queue-depth.limit = 500.0" in output
    assert f"# {EXAMPLE}:" in output


def test_show_queries_lists_what_may_be_overridden() -> None:
    output = run("show", "--queries", "--config", str(EXAMPLE)).output
    line = next(line for line in output.splitlines() if line.startswith("tiles.users = "))
    assert "sum(sessions_active)" in line
    assert f"# {EXAMPLE}:" in line
    assert any(line.startswith("charts.p99 = ") and line.endswith("# built in") for line in output.splitlines())


def test_validate_says_every_mistake_and_ends_with_1(home: Path) -> None:
    assert run("validate", "--config", str(EXAMPLE)).output == f"{EXAMPLE}: right, 2 profiles\n"
    file = home / "wrong.toml"
    file.write_text("[interface]\nbel = 1\nmouse = 2\n")
    result = run("validate", "--config", str(file))
    assert result.exit_code == 1
    assert result.output == (
        f"{file}:2:1: interface.bel: unknown key 'bel': did you mean 'bell'?\n"
        f"{file}:3:1: interface.mouse: must be true or false, not a whole number\n"
    )


def test_validate_without_a_file_says_where_it_looked(home: Path) -> None:
    result = run("validate")
    assert result.exit_code == 0
    assert str(home / "config" / "opsconsole" / "config.toml") in result.output


def test_schema_is_json_schema_of_the_settings() -> None:
    schema = json.loads(run("schema").output)
    assert "profiles" in schema["$defs"]["Settings"]["properties"]


def test_path_lists_what_is_looked_for(home: Path) -> None:
    (home / "etc.toml").touch()
    assert run("path").output.splitlines() == [
        f"{home / 'etc.toml'}  found",
        f"{home / 'config' / 'opsconsole' / 'config.toml'}  not there",
    ]


def _kubeconfig(home: Path, server: str = "http://127.0.0.1:9") -> None:
    names = ["arn:aws:eks:eu-central-1:1:cluster/prod-eu", "dev"]
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": names[0],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u", "namespace": "shop"}} for name in names],
    }
    (home / ".kube").mkdir()
    (home / ".kube" / "config").write_text(yaml.safe_dump(document))


def test_init_with_only_a_kubeconfig_is_enough(home: Path) -> None:
    _kubeconfig(home)
    result = run("init")
    assert result.exit_code == 0
    file = home / "config" / "opsconsole" / "config.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    settings = load().settings
    assert settings.default_profile == "prod-eu"
    cluster = settings.profiles["prod-eu"].kubernetes
    assert cluster is not None
    assert cluster.context == "arn:aws:eks:eu-central-1:1:cluster/prod-eu"
    assert settings.profiles["prod-eu"].production
    assert set(settings.profiles) == {"prod-eu", "dev"}
    assert "its cluster was not asked" in file.read_text()


def test_init_never_writes_over_a_file_unasked(home: Path) -> None:
    file = home / "own.toml"
    file.write_text("# mine\n")
    result = run("init", "--config", str(file))
    assert result.exit_code == 2
    assert "--force" in result.output
    assert file.read_text() == "# mine\n"
    assert run("init", "--config", str(file), "--force").exit_code == 0
    assert "default_profile" in file.read_text()
    assert [path.name for path in home.iterdir() if path.name.startswith(".own")] == []


def test_init_with_nothing_to_find_still_writes_a_valid_file(home: Path) -> None:
    result = run("init", "--stdout")
    assert result.exit_code == 0
    assert set(tomllib.loads(rendered(Found()))["profiles"]) == {"here"}


def test_init_says_when_the_kubeconfig_is_none(home: Path) -> None:
    (home / ".kube").mkdir()
    (home / ".kube" / "config").write_text("{ not: [yaml")
    result = run("init", "--stdout")
    assert result.exit_code == 2
    assert "→" in result.output


def test_init_reads_the_environment_of_postgres_and_redis(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example.com")
    monkeypatch.setenv("REDISCLI_AUTH", "hunter2hunter2")
    (home / ".pgpass").write_text("other:5433:shop:me:hunter2hunter2\n")
    assert run("init").exit_code == 0
    text = (home / "config" / "opsconsole" / "config.toml").read_text()
    assert "hunter2" not in text
    profile = load().settings.profiles["here"]
    assert [server.dsn for server in profile.postgres] == [""]
    assert '# dsn = "host=other port=5433 dbname=shop user=me"' in text
    assert profile.redis[0].password is not None
    assert profile.redis[0].password.env == "REDISCLI_AUTH"


def test_what_libpq_would_find(tmp_path: Path) -> None:
    file = tmp_path / "pass"
    file.write_text("# comment\nh\\:1:5432:a b:u:p:x\nh:5432:*:it's:p\nbroken line\n*:*:*:*:p\n")
    environment = {"PGSERVICE": "shop", "PGHOST": "x", "PGPASSFILE": str(file)}
    assert found_postgres(environment, tmp_path) == (
        ("service=shop", "$PGSERVICE"),
        ("host=h port=5432 user='it\\'s'", str(file)),
    )
    assert found_postgres({}, tmp_path / "nowhere") == ()


def test_profile_names_are_short_and_distinct() -> None:
    names = ["gke_proj_zone_main", "arn:aws:eks:x:1:cluster/prod", "admin@prod", "ümlaut!", "///"]
    assert profile_names(names) == ["gke_proj_zone_main", "prod", "prod-2", "mlaut", "cluster"]


def test_hostile_names_stay_inside_their_quotes() -> None:
    evil = 'x"]\n[store]\npath = "/evil'
    found = Found((FoundContext(evil, namespace=evil, current=True, remark=evil, services=(("prometheus", evil),)),))
    table = tomllib.loads(rendered(found))
    assert table["store"] == {}
    assert next(iter(table["profiles"].values()))["kubernetes"]["context"] == evil


async def test_the_services_of_the_current_cluster_are_found(home: Path) -> None:
    async with running() as cluster:
        file = home / "kubeconfig"
        server = cluster.server
        file.write_text(kubeconfig(server.url, server.ca_pem, "admin", server.tokens["admin"]))
        found = await found_here(str(file))
    assert ("prometheus", "kube://monitoring/prometheus:9090") in found.contexts[0].services
    table = tomllib.loads(rendered(found))
    assert table["profiles"]["test"]["prometheus"]["url"] == "kube://monitoring/prometheus:9090"
    assert table["profiles"]["test"]["kubernetes"] == {"kubeconfig": str(file), "context": "test"}
