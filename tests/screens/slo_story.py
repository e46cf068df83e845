"""Error budgets of the night of the slow release, by hand."""

from datetime import UTC, datetime, timedelta

from opsconsole.config.slo_legs import legs_of
from opsconsole.model.slo import (
    Burn,
    Consumer,
    Counts,
    Indicator,
    LegState,
    Period,
    Slo,
    SloFigures,
    Slos,
    Window,
)
from opsconsole.rules import slo as sums

NOW = datetime(2026, 3, 26, 2, 53, 10, tzinfo=UTC)
MONTH = Window(28, "d")


def objective(key: str, target: float, title: str) -> Slo:
    counts = Counts('sum(increase(good{le="0.5"}[$window]))', "sum(increase(all[$window]))", good=True)
    return Slo(
        key, key, "api", target, MONTH, Indicator(good='good{le="0.5"}', total="all"), counts, legs_of(MONTH),
        title=title, file="/etc/opsconsole/slo.yaml", line=7,
    )  # fmt: skip


def figures(slo: Slo, bad: float, total: float, burns: dict[float, float], since: datetime | None = None) -> SloFigures:
    told = {window: burns.get(window, burns[max(burns)]) for window in sums.windows(slo)}
    legs = tuple(
        LegState(leg, "firing" if min(told[leg.long_s], told[leg.short_s]) > leg.factor else "ok", told[leg.long_s],
                 told[leg.short_s], since if min(told[leg.long_s], told[leg.short_s]) > leg.factor else None)
        for leg in slo.legs
    )  # fmt: skip
    left = sums.left(bad, total, slo.target)
    start = NOW - timedelta(days=15)
    begun = NOW.replace(minute=0, second=0)
    hour = Consumer(begun, (NOW - begun).total_seconds(), bad / 2, 0.31, (("/checkout", bad / 2),))
    return SloFigures(
        slo,
        tuple(Burn(window, 1.0, 100.0, burn) for window, burn in told.items()),
        legs,
        Period(start, NOW, 28 * 86400.0, 28 * 86400.0, 15 * 86400.0, bad, total, how="360 sums over 1h each"),
        left,
        sums.events_left(bad, total, slo.target),
        sums.exhausted_s(left, told[3600.0], 28 * 86400.0),
        (hour,) if bad > 1000 else (),
    )


def slos() -> Slos:
    """One that pages, one that is overdrawn, one that is well."""
    paging = {300.0: 56.0, 1800.0: 40.0, 3600.0: 20.0, 21600.0: 4.0, 86400.0: 1.0}
    since = NOW - timedelta(minutes=12)
    return Slos(
        (
            figures(objective("checkout-latency", 0.99, "Checkout is quick"), 4_100, 1_000_000, paging, since),
            figures(objective("api-errors", 0.999, "The API answers"), 1_340, 1_000_000, {300.0: 0.4}),
            figures(objective("web-errors", 0.999, "The web answers"), 120, 1_000_000, {300.0: 0.1}),
        )
    )
