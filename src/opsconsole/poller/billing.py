"""Keeps the Costs topic fresh: the files are looked at every minute and read again only where they changed."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from ..config.settings import Billing, Policy
from ..model.billing import Bill, Costs
from ..model.reading import ProblemKind
from ..rules.budget import as_of, burn_down
from ..rules.spend import by_category, by_service
from ..sources.errors import SourceError
from ..sources.focus import FocusSource
from ..text import clock, units
from ..text.clean import clean
from .feed import Polled
from .topics import COSTS

EVERY_S = 60.0
TIMEOUT_S = 120.0
"""A first reading of a large export takes its time."""


class Bookkeeper:
    """Reads the bill and judges it; the judgement is kept until the bill or the day changes. `policy` is resolved."""

    def __init__(self, billing: Billing, policy: Policy) -> None:
        self._billing = billing
        self._policy = policy
        self._source = FocusSource(billing)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="costs")
        self._judged: tuple[Bill, date, Costs] | None = None
        self.feed: Polled[Costs] = Polled("costs", COSTS, EVERY_S, self.read, timeout_s=TIMEOUT_S)

    async def close(self) -> None:
        """Let go of the threads; call it after the poller has stopped."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._source.close)
        self._thread.shutdown(wait=False)

    async def read(self) -> tuple[Costs, str]:
        """Everything the Costs tab shows, and the files it came from; raises SourceError."""
        bill, source = await self._source.read()
        if not bill.rows:
            raise unusable(bill)
        today = clock.now().date()
        if self._judged is None or self._judged[0] is not bill or self._judged[1] != today:
            loop = asyncio.get_running_loop()
            costs = await loop.run_in_executor(self._thread, judged, bill, self._billing, self._policy, today)
            self._judged = bill, today, costs
        return self._judged[2], source


def unusable(bill: Bill) -> SourceError:
    """What is wrong with a bill that has no row to show."""
    if not bill.rejected:
        return SourceError(ProblemKind.BAD_ANSWER, "the bill has no row", "check the export that [billing] focus names")
    first = bill.rejected[0]
    sentence = f"no row of the bill can be used: {clean(first.reason)} ({clean(first.file)}, line {first.row})"
    more = f", and {units.plural(bill.rejected_rows - 1, 'more row')}" if bill.rejected_rows > 1 else ""
    return SourceError(ProblemKind.BAD_ANSWER, sentence + more, "correct the export; it is read again by itself")


def judged(bill: Bill, billing: Billing, policy: Policy, today: date) -> Costs:
    """The bill with its budgets burnt down and its spend compared."""
    complete = as_of(bill, billing.lag_days, today)
    burns = tuple(burn_down(bill, budget, complete, policy.budget_thresholds) for budget in billing.budgets)
    if complete is None:
        return Costs(burns, (), (), bill)
    return Costs(burns, by_category(bill, billing.basis, complete), by_service(bill, billing.basis, complete), bill)
