"""Writes the postmortem of an incident: facts from the record, blanks for judgement; what people edited stays."""

from pathlib import Path

import msgspec

from ..config.settings import Documents, Policy, Profile
from ..poller.board import Board
from ..store.store import Store


class Written(msgspec.Struct, frozen=True, gc=False):
    """A postmortem that is on disk."""

    path: str
    """Where it lies; "" when it was only rendered."""
    filled: int
    """Facts that the record filled in …"""
    facts: int
    """… of so many."""
    blanks: int
    """`[[ … ]]` that people still have to write."""
    kept: tuple[str, ...] = ()
    """Titles of the sections that people had edited, and that stayed as they were."""

    @property
    def words(self) -> str:
        """`31 of 38 facts filled by the record, 7 blanks to write`."""
        raise NotImplementedError


async def write(
    incident_id: str,
    store: Store,
    *,
    documents: Documents,
    profile: Profile,
    policy: Policy,
    profile_name: str = "",
    board: Board | None = None,
    path: Path | None = None,
) -> Written:
    """Write or renew `INC-7.md` and say how much of it the record filled in.

    `board` gives what is only known now (who is hurt) while the incident is open. Raises ValueError for an unknown
    incident, StoreError, and DocumentError (template, file system): then the file is as it was.
    """
    raise NotImplementedError


async def render(
    incident_id: str,
    store: Store,
    *,
    documents: Documents,
    profile: Profile,
    policy: Policy,
    profile_name: str = "",
    board: Board | None = None,
) -> tuple[str, Written]:
    """The text that a first `write` would give, and its counts; nothing is written."""
    raise NotImplementedError
