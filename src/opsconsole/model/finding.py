"""What is wrong: findings of all tabs, and what changed on the platform."""

from datetime import datetime
from enum import IntEnum

import msgspec


class Severity(IntEnum):
    """Lower is worse. BLIND (a source that cannot be read) ranks above warnings."""

    CRITICAL = 1
    BLIND = 2
    WARNING = 3
    INFO = 4


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One thing that is wrong or may become so."""

    id: str
    """Stable while the thing lasts: rule and object."""
    severity: Severity
    what: str
    tab: int
    """Digit of the tab that shows it."""
    state: str = "firing"
    """firing or pending."""
    since: datetime | None = None
    from_start: bool = False
    """It stood already when this console first looked: that is `since`, and it may have begun long before."""
    pending_s: float | None = None
    """How long the condition holds already, of `for_s`, while pending."""
    for_s: float | None = None
    value: str = ""
    limit: str = ""
    measured: float | None = None
    """The value as a number, in the rule's unit, and `bound` the limit it is held against."""
    bound: float | None = None
    after: str = ""
    """The change shortly before it, in words."""
    related: tuple[str, ...] = ()
    """Ids of findings it belongs with."""
    leader: str = ""
    """Id of the finding that leads its group; "" where it leads, or stands alone."""
    tie: str = ""
    """By what it belongs to that one, in words: `both api`, `pods of ip-10-0-3-88`, `same time`. Never a cause."""
    evidence: tuple[str, ...] = ()
    """Of a leader: ids of those that it leads."""
    touches: tuple[str, ...] = ()
    """Names of what it also concerns: the nodes of its pods, the services whose statements it is about, the server."""
    whom: str = ""
    customers: int | None = None
    object: str = ""
    """Identity of the row to go to on its tab."""
    acknowledged_by: str = ""
    acknowledged_until: datetime | None = None
    """When the acknowledgement ends by itself; None: with the finding."""
    acknowledged_note: str = ""
    rule: str = ""
    origin: str = ""
    """The policy line (and runbook line) the rule comes from."""


class Change(msgspec.Struct, frozen=True, gc=False):
    """Something that somebody or something changed on the platform."""

    at: datetime
    kind: str
    """release, rollout, scale, hpa, config, restart, cron, silence, action, node, setting, ddl, fail-over."""
    what: str
    who: str = ""
    object: str = ""
