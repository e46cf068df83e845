"""What one looks at to believe a finding: it itself, what is tied to it, whom it hurts, the change before it."""

from collections.abc import Sequence

import msgspec

from ..model.finding import Change, Finding
from .groups import name_of, offset


class Piece(msgspec.Struct, frozen=True, gc=False):
    """One piece of evidence and the place that shows it."""

    what: str
    tab: int
    view: str | None = None
    object: str = ""
    only: str = ""
    """What the rows of the place are narrowed to; "" for all."""


class Ring(msgspec.Struct, frozen=True, gc=False):
    """The pieces of one finding, and at which of them one is."""

    about: str
    """The leader's id."""
    pieces: tuple[Piece, ...]
    at: int = 0

    @property
    def words(self) -> str:
        return f"evidence {self.at + 1}/{len(self.pieces)}"

    def turned(self, step: int) -> "Ring":
        return msgspec.structs.replace(self, at=(self.at + step) % len(self.pieces))


def ring(finding: Finding, found: Sequence[Finding], changes: Sequence[Change]) -> Ring:
    """The evidence of the group that a finding belongs to; one begins at the finding itself."""
    by_id = {one.id: one for one in found}
    leader = by_id.get(finding.leader, finding)
    members = [by_id[id] for id in leader.evidence if id in by_id]
    pieces = [place_of(one) for one in (leader, *members)]
    at = next((place for place, one in enumerate((leader, *members)) if one.id == finding.id), 0)
    if leader.customers:
        pieces.append(Piece(f"whom it hurts: {leader.whom or leader.customers}", 5, "hurt"))
    change = before(leader, changes)
    if change is not None and change.object and leader.since is not None:
        pieces.append(Piece(f"{change.what}, {offset(change.at, leader.since, 'it')}", 2, object=change.object))
    return Ring(leader.id, tuple(pieces), at)


def place_of(finding: Finding) -> Piece:
    """Where a finding is seen, narrowed to what it is about where the rows bear its name."""
    if finding.rule.startswith("pg-connections"):
        return Piece(finding.what, finding.tab, "connections")
    only = name_of(finding) if finding.object.endswith(" ") else ""
    return Piece(finding.what, finding.tab, object=finding.object, only=only)


def before(finding: Finding, changes: Sequence[Change]) -> Change | None:
    """The change that the finding came after."""
    return next((one for one in changes if finding.after.startswith(f"{one.what} (")), None)
