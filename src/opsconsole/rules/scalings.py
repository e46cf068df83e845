"""Changes of size as changes of the platform: the steps of HPAs, and what somebody scaled by hand."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from ..model.finding import Change
from ..model.kubernetes import Event, Hpa

_NEW_SIZE = re.compile(r"New size: (\d+)(?:; reason: (.*))?")
_SCALED = re.compile(r"Scaled (?:up|down) replica set (\S+) from (\d+) to (\d+)")
_ANSWERED = timedelta(seconds=30)
"""A Deployment follows its HPA within this."""
_ROLLING = timedelta(minutes=10)
"""While two ReplicaSets of a Deployment change within this, it is a rollout."""

Name = tuple[str, str]


class _Scaled(msgspec.Struct, frozen=True, gc=False):
    at: datetime
    replica_set: str
    before: int
    after: int


def scalings(start: datetime, events: Iterable[Event], hpas: Iterable[Hpa]) -> Iterator[Change]:
    """Since `start`: an HPA's steps in one direction as one change (`HPA api 12→20 at max`), and `scale web 2→3`."""
    told = tuple(events)
    known = {(hpa.namespace, hpa.name): hpa for hpa in hpas}
    scaled: dict[Name, list[_Scaled]] = {}
    steps: dict[Name, list[tuple[datetime, int, str]]] = {}
    for event in told:
        at = event.last or event.first
        if at is None:
            continue
        place = (event.namespace, event.name)
        if event.reason == "ScalingReplicaSet" and (found := _SCALED.match(event.message)):
            scaled.setdefault(place, []).append(_Scaled(at, found[1], int(found[2]), int(found[3])))
        elif event.reason == "SuccessfulRescale" and (found := _NEW_SIZE.match(event.message)):
            steps.setdefault(place, []).append((at, int(found[1]), found[2] or ""))
    yield from _of_hpas(start, steps, known, scaled)
    yield from _by_hand(start, steps, known, scaled)


def _of_hpas(
    start: datetime,
    steps: Mapping[Name, list[tuple[datetime, int, str]]],
    hpas: Mapping[Name, Hpa],
    scaled: Mapping[Name, list[_Scaled]],
) -> Iterator[Change]:
    for (namespace, name), taken in steps.items():
        hpa = hpas.get((namespace, name))
        own = scaled.get((namespace, hpa.target_name), []) if hpa is not None else []
        taken.sort()
        for run in _runs(_with_origin(taken, own)):
            at, size, reason = run[-1]
            if at < start:
                continue
            before = run[0][1] if len(run) > 1 else None
            limit = " at max" if hpa and size >= hpa.maximum else " at min" if hpa and size <= hpa.minimum else ""
            path = f"{before}→{size}" if before is not None else f"→{size}"
            said = f" ({reason})" if reason and not limit else ""
            yield Change(
                at, "hpa", f"HPA {name} {path}{limit}{said}", "horizontal-pod-autoscaler", f"{namespace}/{name}"
            )


def _with_origin(taken: list[tuple[datetime, int, str]], own: list[_Scaled]) -> list[tuple[datetime, int, str]]:
    """The steps, with the size that the first one came from in front, where the Deployment tells it."""
    at, size, _ = taken[0]
    before = next((one.before for one in own if one.after == size and abs(one.at - at) <= _ANSWERED), None)
    return taken if before is None else [(at, before, ""), *taken]


def _runs(taken: list[tuple[datetime, int, str]]) -> Iterator[list[tuple[datetime, int, str]]]:
    """Steps in one direction; each run begins with the size that it came from, where that is known."""
    run: list[tuple[datetime, int, str]] = []
    for step in taken:
        if len(run) >= 2 and (step[1] > run[-1][1]) != (run[1][1] > run[0][1]):
            yield run
            run = [run[-1]]
        run.append(step)
    if run:
        yield run


def _by_hand(
    start: datetime,
    steps: Mapping[Name, list[tuple[datetime, int, str]]],
    hpas: Mapping[Name, Hpa],
    scaled: Mapping[Name, list[_Scaled]],
) -> Iterator[Change]:
    """What neither an HPA asked for nor a rollout did; the cluster does not keep who."""
    asked: dict[Name, list[datetime]] = {}
    for (namespace, name), taken in steps.items():
        hpa = hpas.get((namespace, name))
        asked.setdefault((namespace, hpa.target_name if hpa else name), []).extend(at for at, _, _ in taken)
    for place, changes in scaled.items():
        for one in changes:
            rolling = any(
                other.replica_set != one.replica_set and abs(other.at - one.at) <= _ROLLING for other in changes
            )
            answers = any(abs(at - one.at) <= _ANSWERED for at in asked.get(place, ()))
            new = one.before == 0 and not any(other.after == 0 for other in changes)
            if one.at >= start and not (rolling or answers or new):
                what = f"scale {place[1]} {one.before}→{one.after}"
                yield Change(one.at, "scale", what, "", "/".join(place))
