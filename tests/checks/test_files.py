"""The doctor on files: permissions, network file systems, the bill, the customer table, and the whole run."""

import os
from pathlib import Path

import pytest

from opsconsole.checks import files
from opsconsole.checks.check import Check, Verdict, collected
from opsconsole.checks.doctor import examine, worst
from opsconsole.config.choice import Overrides, choose
from opsconsole.config.loading import load
from opsconsole.config.settings import Billing, CustomerTable, Policy, Profile, Redis, Secret, Settings, Store

EXAMPLES = Path(__file__).parents[1] / "data" / "focus"


def test_settings_that_others_may_write_are_named(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.touch(0o600)
    assert files.settings_files([file], None)[0].verdict is Verdict.FINE
    file.chmod(0o664)
    (check,) = files.settings_files([file], None)
    assert (check.verdict, check.remedy) == (Verdict.DEGRADED, f"chmod 600 {file}")


def test_a_secret_that_others_may_read_is_named(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.touch(0o644)
    secret.chmod(0o644)
    profile = Profile(redis=(Redis(password=Secret(file=str(secret))),))
    (check,) = files.settings_files([], profile)
    assert check.said == f"the secret {secret} is open to others"
    secret.chmod(0o600)
    assert files.settings_files([], profile) == []


def test_a_store_on_a_network_file_system_is_named(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"1 0 8:1 / / rw - ext4 /dev/sda rw\n2 1 0:4 / {tmp_path} rw - nfs4 server:/home rw\n")
    settings = Settings(store=Store(path=str(tmp_path / "deep" / "store.db")))
    (check,) = files.store(settings, mounts)
    assert check.verdict is Verdict.DEGRADED
    assert "nfs4" in check.said
    (check,) = files.store(settings, tmp_path / "none")
    assert check.verdict is Verdict.FINE


def test_a_store_that_cannot_be_written_is_unusable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    (check,) = files.store(Settings(store=Store(path=str(tmp_path / "store.db"))))
    assert check.verdict is Verdict.UNUSABLE


async def test_a_bill_with_bad_rows_is_degraded_and_one_without_rows_unusable() -> None:
    good = Billing(focus=(str(EXAMPLES / "commitment_discount_purchase_scenario_3.csv"),))
    checks = await collected("billing", lambda: files.billing(good))
    assert checks[0].verdict is Verdict.FINE
    assert any("1 row left out" in check.said and ".csv:5: ChargePeriodEnd" in check.said for check in checks)
    bad = Billing(focus=(str(EXAMPLES / "simple_saas_agreements_a1.csv"),))
    (check,) = await collected("billing", lambda: files.billing(bad))
    assert check.verdict is Verdict.UNUSABLE


async def test_an_empty_customer_table_is_said(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("id,name\n")
    profile = Profile(customers=CustomerTable(file=str(file)))
    (check,) = await collected("customers", lambda: files.customers(profile, Policy()))
    assert (check.verdict, check.said) == (Verdict.DEGRADED, "the table is empty")


async def test_one_dead_source_costs_the_others_nothing(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[profiles.x]\n[profiles.x.prometheus]\nurl = "http://127.0.0.1:9"\n'
        '[[profiles.x.redis]]\nurl = "redis://127.0.0.1:9"\n'
        f'[profiles.x.billing]\nfocus = ["{EXAMPLES}/commitment_discount_usage_scenario_3.csv"]\n'
    )
    file.chmod(0o600)
    loaded = load(file)
    checks = await examine(loaded, choose(loaded.settings, None, Overrides()))
    by_source: dict[str, list[Check]] = {}
    for check in checks:
        by_source.setdefault(check.source, []).append(check)
    assert list(by_source) == ["settings", "store", "policy", "prometheus", "redis redis", "billing"]
    assert by_source["prometheus"][0].verdict is by_source["redis redis"][0].verdict is Verdict.UNUSABLE
    assert by_source["billing"][0].verdict is Verdict.FINE
    assert worst(checks) is Verdict.UNUSABLE


async def test_nothing_configured_says_how_to_begin(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("")
    checks = await examine(load(file), None)
    assert checks[0].remedy == "run opsconsole config init"
    assert worst(checks) is Verdict.UNUSABLE
