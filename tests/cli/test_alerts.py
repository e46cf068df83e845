"""`opsconsole alerts`: the noise report as text and as JSON, and the rules with their lines of the runbooks."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from opsconsole.cli.main import console
from opsconsole.model.alerts import Firing
from opsconsole.model.incident import Acknowledgement
from opsconsole.store.store import Store
from opsconsole.text import clock


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[store]\npath = "{tmp_path}/store.db"\n[profiles.shop]\npolicy = "s000"\n')
    monkeypatch.setenv("OPSCONSOLE_CONFIG", str(settings))
    return tmp_path / "store.db"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(console, ["alerts", *arguments])


def test_noise_names_the_rule_that_cries_wolf_first(path: Path) -> None:
    assert "nothing was seen to fire yet" in run("noise").output

    async def fired() -> None:
        store, now = Store.open(path), clock.now()
        flaky = Firing("cpu:api", "cpu", "api", "warning", now - timedelta(minutes=9))
        useful = Firing("p99:api", "p99", "api", "critical", now - timedelta(minutes=30))
        await store.keep_firings([flaky, useful], [])
        await store.keep_firings([], [Firing("cpu:api", "cpu", "api", "warning", now, now - timedelta(minutes=8))])
        await store.acknowledge(Acknowledgement("p99:api", "ada", now))
        await store.close()

    asyncio.run(fired())
    said = run("noise", "--since", "1d").output
    assert said.startswith("fired 2 times in 1d, 1 passed alone, acted on 1 (50 %)")
    listed = [line.split() for line in said.splitlines() if line.startswith(("cpu", "p99"))]
    assert [line[:4] for line in listed] == [["cpu", "warning", "1", "1"], ["p99", "critical", "1", "0"]]
    told = json.loads(run("noise", "--json").output)
    assert (told["fired"], told["acted"], told["signal"]) == (2, 1, 0.5)
    assert run("noise", "--since", "never").exit_code == 2


def test_rules_are_printed_with_the_words_that_ask_for_them(path: Path) -> None:
    lines = run("rules").output.splitlines()
    assert lines[0] == "p99: P99 latency > 500 ms for 15m, critical"
    assert lines[1] == "    000_c637a5261ced64a3.txt:53: P99 response time > 500ms for more than 15 minutes"
