"""The Costs feed: read once, judged once, and again when the bill or the day changes."""

import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from opsconsole.config.settings import Billing, Budget, Policy
from opsconsole.poller.billing import Bookkeeper
from opsconsole.poller.topics import COSTS
from opsconsole.sources.errors import SourceError
from opsconsole.text import clock

HEAD = "BilledCost,EffectiveCost,BillingCurrency,ChargePeriodStart,ServiceCategory,ServiceName,ChargeCategory"


@pytest.fixture
def bill(tmp_path: Path) -> Path:
    file = tmp_path / "bill.csv"
    rows = [
        f"10,10,USD,2026-{month:02}-{day:02}T00:00:00Z,Compute,EC2,Usage" for month in (2, 3) for day in range(1, 21)
    ]
    file.write_text("\n".join([HEAD, *rows]) + "\n")
    return file


def at(monkeypatch: pytest.MonkeyPatch, day: int) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, day, 12, tzinfo=UTC))


async def test_everything_the_tab_shows(bill: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, 22)
    budget = Budget(id="prod", amount=Decimal(400))
    desk = Bookkeeper(Billing(focus=(str(bill),), budgets=(budget,)), Policy(budget_thresholds=(50,)))
    costs, source = await desk.read()
    assert source == str(bill)
    (burn,) = costs.burn_downs
    assert (burn.spent, burn.as_of, burn.state) == (Decimal(200), date(2026, 3, 20), "warn")
    assert [percent for percent, _, _ in burn.lines] == [50]
    assert [row.name for row in costs.services] == ["EC2"]
    assert (await desk.read())[0] is costs


async def test_a_new_day_is_judged_anew(bill: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, 20)
    desk = Bookkeeper(Billing(focus=(str(bill),), budgets=(Budget(id="a", amount=Decimal(400)),)), Policy())
    first = (await desk.read())[0]
    at(monkeypatch, 21)
    second = (await desk.read())[0]
    assert [costs.burn_downs[0].spent for costs in (first, second)] == [Decimal(180), Decimal(190)]
    assert first.bill is second.bill


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("x,1,USD,2026-03-01T00:00:00Z,Compute,EC2,Usage\n" * 3, "BilledCost is no number: x .*, and 2 more rows"),
        ("", "the bill has no row"),
    ],
)
async def test_a_bill_without_a_usable_row_is_an_error_that_names_the_first(
    tmp_path: Path, rows: str, said: str
) -> None:
    """An error keeps the last good bill on the screen, and nobody reads $0 where nothing is known."""
    file = tmp_path / "bill.csv"
    file.write_text(f"{HEAD}\n{rows}")
    desk = Bookkeeper(Billing(focus=(str(file),), budgets=(Budget(id="a", amount=Decimal(1)),)), Policy())
    with pytest.raises(SourceError, match=said):
        await desk.read()
    await desk.close()


async def test_the_feed_serves_its_topic_until_it_is_closed(bill: Path) -> None:
    before = set(threading.enumerate())
    desk = Bookkeeper(Billing(focus=(str(bill),)), Policy())
    assert desk.feed.topics == (COSTS,)
    await desk.feed.read()
    await desk.close()
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name == "billing"]
