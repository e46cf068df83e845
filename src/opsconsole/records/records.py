"""What the screens and commands ask: declare, join, note, mark, acknowledge, move on, inform."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from ..config.settings import Policy, Profile
from ..model.finding import Finding
from ..model.incident import Acknowledgement, Incident, TimelineEntry
from ..poller.board import Board
from ..sources import person
from ..store.store import Store


class Proposal(msgspec.Struct, frozen=True, gc=False):
    """An incident that is about to be declared, filled in from a finding or row."""

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


class Records:
    """Writes to the store; what a call returns from is on disk. Raises StoreError (a SourceError), or ValueError with a
    sentence where what is asked makes no sense (an unknown incident, a state out of order)."""

    def __init__(self, store: Store, board: Board, profile: Profile, policy: Policy) -> None:
        self.store = store
        self.board = board
        self.profile = profile
        self.policy = policy
        self.who = person.who()

    def propose(self, finding: Finding | None, *, service: str = "") -> Proposal:
        """What D shows: title, severity with the rule that proposes it, service, impact since."""
        raise NotImplementedError

    async def declare(self, proposal: Proposal) -> Incident:
        """Declare; the last hour of changes and of the rules' transitions goes into its timeline."""
        raise NotImplementedError

    async def join(self, incident_id: str, role: str, person: str = "") -> Incident:
        """Take a role (or give it to somebody)."""
        raise NotImplementedError

    async def note(self, incident_id: str, text: str) -> TimelineEntry:
        """`!decision …`, `!hypothesis …`, `!finding …`, `!todo …` become their kinds. "" as incident: kept loose, and
        taken in by the next one that is declared within the hour."""
        raise NotImplementedError

    async def correct(self, entry_id: str, text: str) -> TimelineEntry:
        """A new entry that supersedes an older one."""
        raise NotImplementedError

    async def mark(self, incident_id: str, text: str, detail: str) -> TimelineEntry:
        """Keep this moment: `text` in one line, `detail` the readings and rows of every tab."""
        raise NotImplementedError

    async def move(self, incident_id: str, state: str, text: str = "") -> Incident:
        """To another state, in the validated order."""
        raise NotImplementedError

    async def change(self, incident_id: str, fields: Mapping[str, Any]) -> Incident:
        """Title, severity, service, impact, ended, summary, next_update …; each change is an entry."""
        raise NotImplementedError

    async def acknowledge(self, finding: Finding) -> Acknowledgement:
        """Somebody knows of it; an open incident that it belongs to counts as acknowledged from then on."""
        raise NotImplementedError

    async def inform(self, incident_id: str, text: str, *, external: bool) -> TimelineEntry:
        """An update was composed (and copied); the next one is due by the severity's cadence."""
        raise NotImplementedError
