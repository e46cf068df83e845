"""The demo's settings file is one that the console's own strict reader takes."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from opsconsole.config.loading import load
from opsconsole.config.policies import builtin, resolve_policy
from opsconsole.config.secrets import resolve
from opsconsole.config.settings import Secret
from opsconsole.demo import settings_file


@pytest.fixture
def facts(tmp_path: Path) -> dict[str, object]:
    billing, secrets = tmp_path / 'a "quoted" folder', tmp_path / "secrets"
    billing.mkdir()
    secrets.mkdir()
    (secrets / "console").write_text("s3cret")
    budget = {"id": "platform", "amount": "14750", "categories": ["Compute"]}
    (billing / "summary.json").write_text(json.dumps({"budgets": [budget]}))
    return {
        "folder": str(tmp_path),
        "billing": str(billing),
        "store": str(tmp_path / "state.sqlite"),
        "secrets": str(secrets),
        "settings": str(tmp_path / "settings.toml"),
        "kubeconfig": str(tmp_path / "kubeconfig"),
        "prometheus": "http://127.0.0.1:9999",
        "loki": "http://127.0.0.1:9998",
        "postgres_port": 20001,
        "valkey_port": 20002,
    }


def test_it_loads_and_says_where_everything_is(facts: dict[str, object]) -> None:
    settings_file.write(facts)
    settings = load(str(facts["settings"])).settings
    profile = settings.profiles[settings_file.PROFILE]
    assert settings.default_profile == settings_file.PROFILE
    # an INC-7 of the demo writes over none of yours
    assert settings.documents.folder == str(Path(str(facts["store"])).with_name("postmortems"))
    assert profile.prometheus is not None
    assert profile.prometheus.url == facts["prometheus"]
    assert profile.billing is not None
    assert profile.billing.focus == (f"{facts['billing']}/focus.parquet",)
    assert profile.billing.budgets[0].amount == Decimal(14750)
    assert profile.customers is not None
    assert "%(window_s)s" in str(profile.customers.hurt_query)
    assert "port=20001" in profile.postgres[0].dsn


def test_secrets_are_references(facts: dict[str, object]) -> None:
    settings_file.write(facts)
    text = Path(str(facts["settings"])).read_text()
    assert "s3cret" not in text
    password = load(str(facts["settings"])).settings.profiles["demo"].postgres[0].password
    assert isinstance(password, Secret)
    assert resolve(password) == "s3cret"


def test_the_demo_policy_is_the_default_one_ten_times_as_fast(facts: dict[str, object]) -> None:
    settings_file.write(facts)
    fast = resolve_policy(load(str(facts["settings"])).settings, "demo")
    slow = builtin("default")
    assert fast.rules.keys() == slow.rules.keys()
    assert {id: rule.for_s for id, rule in fast.rules.items()} == pytest.approx(
        {id: rule.for_s / 10 for id, rule in slow.rules.items()}
    )
