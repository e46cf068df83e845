"""The revisions of a Deployment in time: since when each has run, and for how long."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from ..model.kubernetes import ReplicaSet


class Ran(msgspec.Struct, frozen=True, gc=False):
    """How long a revision ran; None is unknown."""

    span: timedelta | None
    at_least: bool = False
    """It ran again after a rollback, and the cluster does not keep since when or for how long."""


def newest_first(replica_sets: Sequence[ReplicaSet]) -> tuple[ReplicaSet, ...]:
    """By revision; those without a number last."""
    return tuple(sorted(replica_sets, key=number, reverse=True))


def number(replica_set: ReplicaSet) -> int:
    """Its revision as a number; 0 where it has none."""
    return int(replica_set.revision) if replica_set.revision.isdecimal() else 0


def ran(replica_set: ReplicaSet, every: Sequence[ReplicaSet], now: datetime) -> Ran:
    """From its creation until the next one's; what a rollback brought back ran at least so long.

    A rollback gives an old ReplicaSet a new number: it is then older than one with a smaller number.
    """
    began = replica_set.created
    if began is None:
        return Ran(None)
    # Kubernetes keeps whole seconds: of two in the same one the higher number came later
    later = [
        (one.created, number(one))
        for one in every
        if one.created is not None and (one.created, number(one)) > (began, number(replica_set))
    ]
    ended = min(later, default=(now, 0))[0]
    again = any(revision < number(replica_set) for _, revision in later)
    return Ran(ended - began, at_least=again)
