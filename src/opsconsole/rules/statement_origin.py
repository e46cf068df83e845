"""Which deploy a statement came after: what changed shortly before it was first seen, and nothing about a cause."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ..model.finding import Change
from ..text.units import age, span

DEPLOYS = frozenset(("release", "rollout"))
WITHIN = timedelta(hours=1)
"""A statement first seen later than this after a deploy is not named with it."""
_VERSION = re.compile(r"→(\S+)|(\S+) \(new\)$")


def deploy_before(seen: datetime, changes: Iterable[Change], application: str = "") -> Change | None:
    """The newest deploy in the hour before; one of the application itself, where there is one."""
    near = [one for one in deploys(changes) if seen - WITHIN <= one.at <= seen]
    own = [one for one in near if is_of(one, application)]
    return next(iter(own or near), None)


def deploys(changes: Iterable[Change]) -> Sequence[Change]:
    """Newest first."""
    return sorted((one for one in changes if one.kind in DEPLOYS), key=lambda one: one.at, reverse=True)


def deploy_name(change: Change) -> str:
    """`api 1.8.2`; without a version the name alone."""
    found = _VERSION.search(change.what)
    return f"{_name(change)} {found[1] or found[2]}" if found is not None else _name(change)


def origin(seen: datetime, changes: Iterable[Change], now: datetime, application: str = "") -> str:
    """`new 14m, 1m20s after api 1.8.2`."""
    words = f"new {age(seen, now)}"
    change = deploy_before(seen, changes, application)
    if change is None:
        return words
    return f"{words}, {span((seen - change.at).total_seconds())} after {deploy_name(change)}"


def since_deploy(changes: Iterable[Change], begins: datetime, now: datetime) -> Change | None:
    """The newest deploy between then and now: what grew in that time grew beside it."""
    return next((one for one in deploys(changes) if begins <= one.at <= now), None)


def is_of(change: Change, application: str) -> bool:
    return bool(application) and _name(change) == application


def _name(change: Change) -> str:
    return change.object.rpartition("/")[2]
