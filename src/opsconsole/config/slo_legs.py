"""When an objective pages or asks for a ticket: windows and factors that follow from its period.

Factor = share of the budget × period / long window: SRE Workbook ch. 5 (sre.google/workbook/alerting-on-slos),
slok/sloth internal/alert/window.go and windows/google-30d.yaml. Windows of about a month are taken as they are; those
of other periods are scaled with it, as pyrra-dev/pyrra does (slo/slo.go), and keep the factors of 30 days.
"""

from ..model.slo import PAGE, TICKET, Leg, Window

DAY_S = 86400.0
STANDARD_S = 30 * DAY_S
MONTH = (27 * DAY_S, 31 * DAY_S)
LEGS = (
    (PAGE, 2, 3600.0, 300.0),
    (PAGE, 5, 6 * 3600.0, 1800.0),
    (TICKET, 10, DAY_S, 2 * 3600.0),
    (TICKET, 10, 3 * DAY_S, 6 * 3600.0),
)
"""(severity, percent of the budget, long window, short window)."""
LEAST_LONG_S, LEAST_SHORT_S = 300.0, 120.0
"""Shorter ones hold too few scrapes."""
SHORT_SHARE = 1 / 12


def legs_of(window: Window) -> tuple[Leg, ...]:
    period_s = window.nominal_s
    if MONTH[0] <= period_s <= MONTH[1]:
        return tuple(Leg(severity, long, short, factor(share, period_s, long)) for severity, share, long, short in LEGS)
    scale = period_s / STANDARD_S
    return tuple(
        Leg(severity, _minutes(long * scale, LEAST_LONG_S), _minutes(short * scale, LEAST_SHORT_S),
            factor(share, STANDARD_S, long))
        for severity, share, long, short in LEGS
    )  # fmt: skip


def factor(share_percent: float, period_s: float, long_s: float) -> float:
    """How fast the budget must burn to use so much of it within the long window."""
    return share_percent * period_s / (100 * long_s)


def own_leg(severity: str, lookback_s: float, threshold: float, *, after_s: float, inclusive: bool) -> Leg:
    """A condition of a file, with a short window of a twelfth beside it, so that it ends when the burning ends."""
    kind = PAGE if severity.casefold() in PAGING else TICKET
    return Leg(kind, lookback_s, _minutes(lookback_s * SHORT_SHARE, LEAST_SHORT_S), threshold, after_s, inclusive)


PAGING = frozenset(("page", "critical", "high", "sev1", "sev2", "p0", "p1", "emergency"))


def fastest_burn(target: float) -> float:
    """How fast a budget burns when every event is bad."""
    return 1 / (1 - target)


def never_fires(leg: Leg, target: float) -> str:
    """Why this condition can never come true; "" where it can."""
    fastest = fastest_burn(target)
    if leg.factor < fastest or (leg.inclusive and leg.factor == fastest):
        return ""
    above = 100 * (1 - 1 / leg.factor)
    return (
        f"at a target of {target * 100:g} % the budget burns at most {fastest:.3g}x, when everything fails: "
        f"the {leg.severity} at {leg.factor:.3g}x can never fire; set a target above {above:.4g} %, "
        "or alertPolicies with lower thresholds"
    )


def _minutes(seconds: float, least_s: float) -> float:
    return max(least_s, 60.0 * round(seconds / 60))
