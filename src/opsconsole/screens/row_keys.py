"""What `h`, `i` and `o` do on a row for which its tab has no better answer: a page, a place, or one line that says why.

No key of these does nothing.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from ..model.customer import Customers, Health
from ..model.finding import Finding
from ..model.metrics import ServiceFigures
from ..poller.topics import CHANGES, CUSTOMERS, SERVICES
from ..rules.findings import speaks_of
from ..rules.groups import name_of
from ..text import units
from ..text.clean import clean
from .table_tab import change_words, trust

if TYPE_CHECKING:
    from ..app import Console
    from .base import Tab

WORDS = 60
"""Cells of what a row is called."""


def changes(app: "Console") -> None:
    """`h`: what changed about the row, as the list of changes tells it."""
    tab = app.tab
    if (tab.digit, tab.view) == (0, "changed"):
        app.say("h: this is the list of every change; esc goes back")
        return
    if tab.act("changes"):
        return
    name, told = name_at(tab), app.context.board.get(CHANGES)
    found = [one for one in told.value or () if name and speaks_of(one, name)]
    if found:
        _page(app, f"changes of {clean(name, WORDS)}", "\n".join(map(change_words, found)))
    elif told.value is None:
        app.say(f"h: what changed is not known ({trust(told) or 'no answer yet'})")
    elif name:
        app.say(f"h: no change that is seen names {clean(name, WORDS)}; h on 0 Now lists every change")
    else:
        app.say("h: this row names nothing that changes; h on 0 Now lists every change")


def impact(app: "Console") -> None:
    """`i`: whom it hurts and what that is worth; of a customer's row, that customer."""
    tab = app.tab
    row = getattr(tab, "row", None)
    lines = of_customer(row) if isinstance(row, Health) else impact_lines(app, name_at(tab), tab.finding())
    if lines:
        _page(app, f"impact: {row_words(tab)}", "\n".join(lines))
    else:
        app.say("i: whom it hurts is not measured: set customers.hurt_query, or a Prometheus")


def related(app: "Console") -> None:
    """`o`: to the place of the row's finding, else to the workload that it names."""
    tab = app.tab
    if tab.act("related"):
        return
    finding, target = tab.finding(), tab.target()
    if finding is not None and finding.tab not in (tab.digit, 0):
        app.go(finding.tab, identity=finding.object or None)
    elif target is not None and tab.digit != 2:
        app.go(2, "workloads", target.uid or target.name)
    else:
        app.say(f"o: nothing that is seen here is related to {row_words(tab)}")


# ---- what a row is called -------------------------------------------------------------------------------------------


def name_at(tab: "Tab") -> str:
    """The service, workload or server that the row is about; "" where it names none."""
    subject = getattr(tab, "subject", None)
    name = str(subject()) if callable(subject) else ""
    finding, target = tab.finding(), tab.target()
    return name or (target.name if target is not None else "") or (name_of(finding) if finding is not None else "")


def row_words(tab: "Tab") -> str:
    """The row in a few words: what its finding says, its name, or its first cells."""
    finding = tab.finding()
    row = tab.copy_text().split("  ")
    cells = " ".join(part.strip() for part in row if part.strip())
    return clean((finding.what if finding is not None else "") or name_at(tab) or cells or "this row", WORDS)


# ---- impact ---------------------------------------------------------------------------------------------------------


def impact_lines(app: "Console", name: str, finding: Finding | None) -> list[str]:
    """Customers, plans, revenue; then the requests of the service, or of all."""
    board = app.context.board
    customers, services = board.get(CUSTOMERS), board.get(SERVICES)
    lines = [f"what       {clean(finding.what)}"] if finding is not None else []
    if customers.value is not None:
        note = f"  ({trust(customers)})" if trust(customers) else ""
        lines += [f"{line}{note if at == 0 else ''}" for at, line in enumerate(hurt_lines(customers.value))]
    if services.value is not None:
        lines += request_lines(services.value.figures, name)
        if trust(services):
            lines.append(f"           requests: {trust(services)}")
    known = customers.value is not None or services.value is not None
    return lines if known else []


def hurt_lines(base: Customers) -> list[str]:
    """Who has slow or failed requests now, on the whole platform: no table says by which service."""
    if not base.hurt_measured:
        return ["customers  not measured: set customers.hurt_query"]
    hurt = [row for row in base.rows if (row.slow or 0) + (row.failed or 0) > 0]
    window = f", last {units.span(base.hurt_window_s)}" if base.hurt_window_s else ""
    if not hurt:
        return [f"customers  none of {len(base.rows):,} has slow or failed requests{window}"]
    plans: dict[str, int] = {}
    for row in hurt:
        plans[row.customer.plan] = plans.get(row.customer.plan, 0) + 1
    by_plan = sorted(plans.items(), key=lambda plan: (-plan[1], plan[0]))
    first = min((row.hurt_since for row in hurt if row.hurt_since), default=None)
    slow, failed = sum(row.slow or 0 for row in hurt), sum(row.failed or 0 for row in hurt)
    share = units.percent(len(hurt) / len(base.rows))
    return [
        f"customers  {len(hurt):,} of {len(base.rows):,} ({share} %) on the whole platform{window}",
        f"plans      {', '.join(f'{count:,} {clean(plan)}' for plan, count in by_plan)}",
        f"revenue    {_revenue(hurt)}",
        f"requests   {slow:,} slow, {failed:,} failed, first {units.clock(first)}Z  (5 Customers lists them)",
    ]


def _revenue(hurt: Sequence[Health]) -> str:
    """Of each currency by itself, and of how many it is not known."""
    sums: dict[str, Decimal] = {}
    for row in hurt:
        if row.customer.monthly_revenue is not None:
            currency = row.customer.currency
            sums[currency] = sums.get(currency, Decimal(0)) + row.customer.monthly_revenue
    unknown = sum(row.customer.monthly_revenue is None for row in hurt)
    known = [f"{units.money(amount, currency)} a month" for currency, amount in sorted(sums.items())]
    return " + ".join([*known, *([f"unknown of {unknown}"] if unknown else [])])


def request_lines(figures: Sequence[ServiceFigures], name: str) -> list[str]:
    """Rate, failures and P95 of the service of that name; of all services where there is none."""
    own = next((one for one in figures if one.service == name and not one.endpoint), None)
    if own is not None:
        normal = f", last week {units.seconds(own.p95_last_week_s)}" if own.p95_last_week_s is not None else ""
        rate = f"{units.number(own.requests_s)}/s, {units.percent(own.server_errors)} % failed"
        return [f"{clean(name, 10):<10} {rate}, P95 {units.seconds(own.p95_s)}{normal}"]
    whole = [one for one in figures if not one.endpoint and one.requests_s is not None]
    if not whole:
        return []
    total = sum(one.requests_s or 0.0 for one in whole)
    failed = sum((one.requests_s or 0.0) * one.server_errors for one in whole if one.server_errors is not None)
    said = f"{units.number(total)}/s on {units.plural(len(whole), 'service')}, {units.number(failed)}/s failed"
    return [f"platform   {said}"]


def of_customer(health: Health) -> list[str]:
    """What one customer is worth and suffers."""
    customer = health.customer
    money = units.money(customer.monthly_revenue, customer.currency) if customer.monthly_revenue is not None else ""
    hurt = "not measured" if health.slow is None else f"{health.slow:,} slow, {health.failed or 0:,} failed"
    since = f" since {units.clock(health.hurt_since)}Z" if health.hurt_since else ""
    return [
        f"customer   {clean(customer.id)}",
        f"plan       {clean(customer.plan)}",
        f"revenue    {money or units.UNKNOWN} a month",
        f"requests   {hurt}{since}",
        f"health     {health.band}" + (f" ({health.score:.0f})" if health.score is not None else ""),
    ]


def _page(app: "Console", title: str, text: str) -> None:
    from . import openers
    from .dialogs.raw import TextDialog

    app.push_screen(
        TextDialog(f"{title} · {app.tab.title}", text, app.palette, partial(openers.copy_text, app, what="text"))
    )
