"""`opsconsole baseline`: show what is normal, accept what shifted, freeze, over a simulated Prometheus."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from opsconsole.cli import baseline
from opsconsole.cli.main import console
from opsconsole.config.settings import Profile
from opsconsole.poller.prometheus import Desk
from opsconsole.text import clock
from tests.poller.metrics_fakes import desk
from tests.poller.test_baselines import NOW, RELEASED, Shop


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop(slow_from=RELEASED)

    @asynccontextmanager
    async def prometheus(profile: Profile) -> AsyncIterator[Desk]:
        yield desk(made)

    settings = tmp_path / "settings.toml"
    settings.write_text(
        f'[store]\npath = "{tmp_path}/store.db"\n[profiles.shop.prometheus]\nurl = "http://127.0.0.1:1"\n'
    )
    monkeypatch.setenv("OPSCONSOLE_CONFIG", str(settings))
    monkeypatch.setattr(baseline, "_prometheus", prometheus)
    monkeypatch.setattr(time, "time", NOW.timestamp)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return made


RELEASE = "2026-03-26T13:40:00Z"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(console, ["baseline", *arguments])


def test_show_prints_what_is_normal_and_what_shifted() -> None:
    shown = run("show", "api")
    assert shown.exit_code == 1, "something shifted"
    rows = {tuple(line.split()[:2]): line for line in shown.output.splitlines()}
    assert " ".join(rows[("P99", "239–359")].split()[2:]) == "ms 1.9 s 0.25–0.5 s, est. 0.299 1 ms 78 20 1,067.7"
    assert "api (most /checkout) P99 1.9 s x6.3, shifted since 2026-03-26 13:40Z: accept or mend" in shown.output
    record = json.loads(run("show", "api", "/checkout", "--json").output)["baselines"][0]
    assert (record["serviceName"], record["endpoint"], record["throughput"]) == ("api", "/checkout", 40.0)
    assert record["measures"]["p99"]["bucket"] == [0.25, 0.5]
    assert record["errorRate"] == pytest.approx(0.2)


def test_accepting_needs_a_reason_and_ends_the_shift() -> None:
    assert run("accept", "api").exit_code == 2
    refused = run("accept", "api", "--because", " ")
    assert (refused.exit_code, refused.output) == (
        1,
        "opsconsole: say why: a baseline without a reason helps nobody later\n",
    )
    done = run("accept", "api", "--because", "dearer by design", "--json")
    notes = [json.loads(line) for line in done.output.splitlines()]
    assert [(note["endpoint"], note["since"]) for note in notes] == [("", RELEASE), ("/checkout", RELEASE)]
    after = run("show", "api")
    assert after.exit_code == 0, after.output
    assert "api: accepted 2026-03-26 14:20Z by " in after.output
    assert run("accept", "api", "--because", "again").output == (
        "opsconsole: api has not shifted\n  → --since TIME says from when on it is normal\n"
    )


def test_freezing_is_said_with_who_and_why() -> None:
    assert "baseline of all frozen by " in run("freeze", "--because", "load test").output
    assert "frozen since 26 Mar 14:20 by " in run("show", "api").output
    run("freeze", "--thaw", "--because", "over")
    assert "frozen" not in run("show", "api").output
