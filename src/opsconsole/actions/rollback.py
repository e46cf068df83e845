"""Roll a Deployment back to the template of an earlier revision, as `kubectl rollout undo` does.

Source: kubernetes/kubectl, pkg/polymorphichelpers/rollback.go: template and annotations of the revision's ReplicaSet
are put back, but for those that the controller and kubectl keep for themselves.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from ..model.action import Asked, Effect, Plan, Target
from ..model.kubernetes import ReplicaSet
from ..model.migration import Migrations
from ..rules import migrations_since
from ..rules.revisions import newest_first, number, ran
from ..rules.rollout_steps import away_in_rollout
from ..rules.template_changes import template_changes, without_hash
from ..sources import migrations
from ..text import clock, units
from ..text.clean import clean
from . import patch, undo, warnings, words
from .draft import blast_of, draft, write_to
from .errors import Refused
from .facts import Facts, facts
from .objects import Desk, Object, name_of, pod_of, replica_set
from .restart import PAUSED, TEMPLATE, refuse_paused

KEPT_ANNOTATIONS = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision",
        "deployment.kubernetes.io/revision-history", "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas", "deprecated.deployment.rollback.to",
    }
)  # fmt: skip
"""Annotations that a rollback leaves as they are."""
_ANNOTATIONS = "/metadata/annotations"


class Revision(msgspec.Struct, frozen=True, gc=False):
    """One revision with the object it was read from."""

    row: ReplicaSet
    raw: Object

    @property
    def template(self) -> Object:
        return without_hash((self.raw.get("spec") or {}).get("template") or {})


async def revisions(desk: Desk, target: Target) -> tuple[ReplicaSet, ...]:
    """The revisions of a Deployment that still have their ReplicaSet, newest first; read anew from the API server."""
    _refuse_others(target)
    return tuple(one.row for one in await _revisions(desk, await desk.read(target)))


async def plan_rollback(desk: Desk, asked: Asked) -> Plan:
    """To `asked.template_hash`, else to `asked.revision`, else to the one before."""
    _refuse_others(asked.target)
    known = await facts(desk, asked.target)
    refuse_paused(known, "rolled back")
    every = await _revisions(desk, known.raw)
    current = _current(every, known)
    chosen = _chosen(every, asked, known)
    changes = template_changes(known.template, chosen.template)
    if not changes:
        raise Refused(
            "nothing to do", f"{name_of(known.target)} runs the template of revision {_number(chosen)} already"
        )
    applied = await migrations.told(desk.profile.migrations)
    return _plan(known, asked, every, current, chosen, changes, applied)


def _plan(
    known: Facts, asked: Asked, every: Sequence[Revision], current: Revision | None, chosen: Revision,
    changes: tuple[str, ...], applied: Migrations,
) -> Plan:  # fmt: skip
    target, step, row = known.target, known.step, known.row
    away = away_in_rollout(step, row.desired, row.ready)
    blast = blast_of(known, step.pods, away)
    pod = pod_of(chosen.template)
    revision = _number(current) if current else clean(row.revision, 20) or units.UNKNOWN
    was = f"rev {revision} {words.image_words(known.template)}"
    becomes = f"rev {_number(chosen)} {words.image_words(chosen.template)}"
    rows = [one.row for one in every]
    briefly = words.differences(_brief(changes, known.template, chosen.template))
    runs = _ran(current.row, rows, known) if current else "time unknown"
    command = words.kubectl(
        target, "rollout", "undo", f"deployment/{target.name}", f"--to-revision={clean(chosen.row.revision, 20)}"
    )
    unmet = clean(migrations_since.briefly(applied, chosen.row.created, clock.now()), 120)
    back = current.row.template_hash if current and _keeps(known.raw) else ""
    return draft(
        known,
        asked,
        write_to(target, _body(known.raw, chosen), ((TEMPLATE, patch.digest(chosen.template)),)),
        title=f"ROLL BACK {name_of(target)}",
        confirm="Roll back",
        was=was,
        becomes=becomes,
        lines=words.lines(
            known,
            f"{was} ({runs})  to {becomes} ({_ran(chosen.row, rows, known)})",
            f"{briefly}; migration since rev {_number(chosen)}: {unmet}",
            words.rolling(known, step.pods, known.around.room_for(pod)),
            words.hurts(blast),
            (command,),
        ),
        commands=(command,),
        effect=Effect.DISRUPTIVE,
        blast=blast,
        warnings=(
            *warnings.of_capacity(away),
            *warnings.of_budgets(known),
            *(warnings.of_room(known, step.surge, pod) if step.surge else ()),
            *warnings.of_all(known),
        ),
        undo=undo.of_rollback(target, back) if back else None,
        undo_words=f"back to the template of {was}" if back else "its ReplicaSet is not kept: nothing to go back to",
        follows=target,
    )


def _brief(changes: tuple[str, ...], old: Object, new: Object) -> tuple[str, ...]:
    """Without the images that the line above shows already."""
    shown = f"image {words.image_words(old)}→{words.image_words(new)}"
    return tuple("image" if change == shown else change for change in changes)


async def _revisions(desk: Desk, raw: Object) -> tuple[Revision, ...]:
    found = {item["metadata"]["uid"]: item for item in await desk.replica_sets(raw)}
    rows = newest_first([replica_set(item) for item in found.values()])
    return tuple(Revision(row, found[row.uid]) for row in rows if number(row))


def _current(every: Sequence[Revision], known: Facts) -> Revision | None:
    """The one that the Deployment's template came from: equal to it but for the hash."""
    return next((one for one in every if not template_changes(one.template, known.template)), None)


def _chosen(every: Sequence[Revision], asked: Asked, known: Facts) -> Revision:
    name = name_of(known.target)
    if asked.template_hash:
        meant = f"the template {clean(asked.template_hash, 40)}"
        found = next((one for one in every if one.row.template_hash == asked.template_hash), None)
    elif asked.revision:
        meant = f"revision {clean(asked.revision, 20)}"
        found = next((one for one in every if one.row.revision == asked.revision), None)
    else:
        if len(every) < 2:
            raise Refused("nothing to do", f"{name} has no earlier revision")
        return every[1]
    if found is None:
        there = ", ".join(clean(one.row.revision, 20) for one in every[:10]) or "none"
        raise Refused("gone", f"{meant} of {name} is not kept: its ReplicaSet is gone", f"kept are {there}")
    return found


def _body(raw: Object, chosen: Revision) -> str:
    tests = patch.shown(raw, TEMPLATE, PAUSED)
    return patch.body([*tests, patch.put(TEMPLATE, chosen.template), *_annotate(raw, chosen.raw)])


def _annotate(raw: Object, of: Object) -> list[patch.Operation]:
    """The revision's annotations, its change-cause among them; what only the Deployment carries goes."""
    present, wanted = _annotations(raw), _annotations(of)
    if patch.at(raw, _ANNOTATIONS) is None:
        return [patch.put(_ANNOTATIONS, wanted)] if wanted else []
    path = patch.pointer
    return [
        *(patch.put(path("metadata", "annotations", key), v) for key, v in wanted.items() if present.get(key) != v),
        *(patch.drop(path("metadata", "annotations", key)) for key in present if key not in wanted),
    ]


def _annotations(raw: Object) -> dict[str, Any]:
    every = (raw.get("metadata") or {}).get("annotations") or {}
    return {key: value for key, value in every.items() if key not in KEPT_ANNOTATIONS}


def _keeps(raw: Object) -> bool:
    return (raw.get("spec") or {}).get("revisionHistoryLimit") != 0


def _number(one: Revision) -> str:
    return clean(one.row.revision, 20)


def _ran(row: ReplicaSet, every: Sequence[ReplicaSet], known: Facts) -> str:
    """`9d`; `9d or more` where it ran again after a rollback."""
    found = ran(row, every, known.now)
    if found.span is None:
        return "time unknown"
    return f"{units.span(found.span.total_seconds())}{' or more' if found.at_least else ''}"


def _refuse_others(target: Target) -> None:
    if target.kind != "Deployment":
        raise Refused(
            "unsupported",
            f"{name_of(target)}: only a Deployment keeps its revisions as ReplicaSets",
            words.kubectl(target, "rollout", "undo", f"{target.kind.lower()}/{target.name}"),
        )
