"""The severity of an incident: the level that the facts propose, with the rule that says so, and each scheme's labels.

Levels are canonical, 1 (worst) to 4; a label (`SEV2`, `P1`, `high`) means something only inside its own scheme.
"""

import msgspec

from ..config.policies import builtin
from ..config.settings import Policy, SeverityLevel
from ..model.customer import Customers
from ..model.finding import Finding, Severity
from ..text import units

LEVELS = (1, 2, 3, 4)
MANY, FEW = 0.5, 0.1
"""Shares of the customers: above the one, and below the other."""
ALL_REQUESTS = 0.9
"""From this share of failed requests on a service counts as down."""
OUTAGE = "004_da2f52e198c72628.txt:190, 003_9b0830d9bd186bc7.txt:72"
MORE_THAN_HALF = "004_da2f52e198c72628.txt:195"
BETWEEN = "left open by 004_da2f52e198c72628.txt:195 and 200: the higher one"
FEWER = "004_da2f52e198c72628.txt:200"
NO_IMPACT = "003_9b0830d9bd186bc7.txt:75"
UNSURE = "when unsure, the higher one"


class Proposed(msgspec.Struct, frozen=True, gc=False):
    """A level, and why."""

    level: int
    why: str
    """The facts, the rule and where it comes from: `6 % of the customers hurt (212 of 3,410), below 10 % (004_…)`."""


def proposed(policy: Policy, finding: Finding | None, customers: Customers | None) -> Proposed:
    """The level for what is wrong now. A complete outage is 1; more than 50 % of the customers hurt is 2, less than
    10 % is 3, between them it is 2; no impact is 4; where it is not known, the higher of the levels in question."""
    if finding is not None and (outage := _outage(policy, finding)):
        return Proposed(1, f"{outage}: a complete outage ({OUTAGE})")
    if finding is not None and finding.tab == 4:
        return Proposed(4, f"costs hurt no customer ({NO_IMPACT})")
    hurt, all_of_them = _hurt(finding, customers)
    if hurt and _theirs(finding):
        return _by_share(hurt, all_of_them)
    if hurt:  # by this, or by something else at the same time
        found, alone = _by_share(hurt, all_of_them), _unknown(finding)
        why = f"{found.why}; whether by this is unknown: {UNSURE}"
        return Proposed(found.level, why) if found.level <= alone.level else alone
    if hurt == 0:
        return _unhurt(finding)
    return _unknown(finding)


def _outage(policy: Policy, finding: Finding) -> str:
    """Why this means that a service is down; "" where it does not. What only pends is not known yet."""
    if finding.state != "firing":
        return ""
    rule = policy.rules.get(finding.rule)
    measure = rule.measure if rule is not None else ""
    if measure in ("health.check", "pg.availability"):
        return finding.what
    if measure == "requests.errors" and finding.measured is not None and finding.measured >= ALL_REQUESTS:
        return f"{units.percent(finding.measured)} % of the requests fail"
    return ""


def _hurt(finding: Finding | None, customers: Customers | None) -> tuple[int | None, int]:
    """(customers hurt, all customers); None where nothing measures it."""
    if customers is None or not customers.hurt_measured or not customers.rows:
        return None, 0
    if finding is not None and finding.customers is not None:
        return finding.customers, len(customers.rows)
    return sum(1 for row in customers.rows if (row.slow or 0) + (row.failed or 0) > 0), len(customers.rows)


def _theirs(finding: Finding | None) -> bool:
    """Whether what hurts customers is this: it is about requests, or goes with what is."""
    return finding is None or finding.customers is not None or finding.tab == 1 or bool(finding.related)


def _by_share(hurt: int, all_of_them: int) -> Proposed:
    """Requests may name customers that the list does not have: never more than all of them."""
    share = min(1.0, hurt / all_of_them)
    of = f"{hurt:,} of {all_of_them:,}" if hurt <= all_of_them else f"{hurt:,}; the list has {all_of_them:,}"
    facts = f"{units.percent(share)} % of the customers hurt ({of})"
    if share > MANY:
        return Proposed(2, f"{facts}, more than 50 % ({MORE_THAN_HALF})")
    if share >= FEW:
        return Proposed(2, f"{facts}, between 10 % and 50 % ({BETWEEN})")
    return Proposed(3, f"{facts}, below 10 % ({FEWER})")


def _unhurt(finding: Finding | None) -> Proposed:
    if finding is not None and finding.severity is Severity.CRITICAL:
        return Proposed(3, f"critical, but no customer is hurt yet: {UNSURE} ({FEWER})")
    return Proposed(4, f"no customer is hurt ({NO_IMPACT})")


def _unknown(finding: Finding | None) -> Proposed:
    if finding is None:
        return Proposed(2, f"how many customers it hurts is unknown: {UNSURE} ({MORE_THAN_HALF})")
    if finding.severity is Severity.CRITICAL:
        return Proposed(2, f"critical, how many customers it hurts is unknown: {UNSURE} ({MORE_THAN_HALF})")
    if finding.severity is Severity.INFO:
        return Proposed(4, f"only for information ({NO_IMPACT})")
    word = "a source cannot be read" if finding.severity is Severity.BLIND else "a warning"
    return Proposed(3, f"{word}, how many customers it hurts is unknown: {UNSURE} ({FEWER})")


# ---- the scheme ----------------------------------------------------------------------------------------------------


def level_of(policy: Policy, level: int) -> SeverityLevel:
    """What the scheme says of a level; where it does not have it, only `level 4` and no targets."""
    found = next((one for one in policy.severities if one.level == level), None)
    if found is None and not policy.severities:
        found = next((one for one in builtin("default").severities if one.level == level), None)
    return found or SeverityLevel(level=level, label=f"level {level}")


def label(policy: Policy, level: int) -> str:
    """`SEV2`, `P1`, `high`: how this team calls a level."""
    return level_of(policy, level).label


def scheme(policy: Policy) -> tuple[SeverityLevel, ...]:
    """All four levels as the policy calls them, worst first."""
    return tuple(level_of(policy, level) for level in LEVELS)


def read_level(policy: Policy, text: str) -> int:
    """The level that somebody typed: a digit (canonical) or a label of this scheme. Raises ValueError."""
    wanted = " ".join(text.split()).casefold()
    for one in scheme(policy):
        if wanted in (str(one.level), one.label.casefold(), f"level {one.level}"):
            return one.level
    known = ", ".join(f"{one.level} ({one.label})" for one in scheme(policy))
    raise ValueError(f"{text!r} is no severity here; known are {known}")
