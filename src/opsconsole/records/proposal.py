"""An incident that is about to be declared."""

from datetime import datetime

import msgspec


class Proposal(msgspec.Struct, frozen=True, gc=False):
    """Filled in from a finding or row; what is declared is this, edited."""

    title: str
    severity: int
    """Canonical level 1–4."""
    why: str
    """The rule that proposes the severity, and where it comes from."""
    service: str
    impact: datetime | None
    """Since when it hurts."""
    finding: str = ""
    drill: bool = False
    role: str = "commander"
    """The role that who declares takes; "" for none."""
