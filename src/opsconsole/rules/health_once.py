"""What several servers of one replication tell alike: whose finding it is, so that it stands on Now only once."""

from collections.abc import Iterable, Mapping

import msgspec

from .health_findings import Ill

SHARED = frozenset(("wraparound", "wraparound-tables", "sequences", "invalid-indexes", "duplicate-indexes"))
"""What stands in the catalogue, which a replica copies from its primary: both tell the same, and it is mended on the
primary. Counters (checksum failures, cache hits) are each server's own, and a replica's disk is another disk."""
AGES = frozenset(("wraparound", "wraparound-tables"))
"""One age, told of the database or of its oldest table."""
LAG = "replication"


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a server stands in its replication."""

    system: str
    """What a primary shares with its replicas; "" where it is not told."""
    is_replica: bool


Held = Mapping[str, Mapping[str, Ill]]
"""By server what is told of it, by the id of the check."""


def once(held: Held, places: Mapping[str, Place]) -> dict[str, dict[str, Ill]]:
    """The same without what another server of the same replication tells already: the primary, else the first."""
    kept = {server: dict(ills) for server, ills in held.items()}
    for members in _replications(held, places):
        for place, server in enumerate(members):
            if not places[server].is_replica:
                continue  # of two primaries one is a copy that lives on its own
            said = {id for other in members[:place] for id, ill in held[other].items() if ill.told}
            if said & AGES:
                said |= AGES
            for id in said & SHARED:
                kept[server].pop(id, None)
        primaries = [server for server in members if not places[server].is_replica]
        if len(primaries) == 1 and _told_by_replicas(held, members):
            kept[primaries[0]].pop(LAG, None)
    return kept


def _replications(held: Held, places: Mapping[str, Place]) -> Iterable[list[str]]:
    """The servers of each replication, its primary first."""
    found: dict[str, list[str]] = {}
    for server in held:
        place = places.get(server)
        if place is not None and place.system:
            found.setdefault(place.system, []).append(server)
    for members in found.values():
        yield sorted(members, key=lambda server: places[server].is_replica)


def _told_by_replicas(held: Held, members: list[str]) -> bool:
    """Every replica that the primary finds late says so itself, and why: that it is paused, where one looks."""
    lag = held[members[0]].get(LAG)
    own = [ill for server in members[1:] if (ill := held[server].get(LAG)) is not None and ill.told]
    # one that receives nothing is not on the primary's list
    own = [ill for ill in own if not ill.check.value.startswith("receives nothing")]
    return lag is not None and len(own) >= max(1, lag.check.things)
