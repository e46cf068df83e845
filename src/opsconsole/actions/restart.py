"""Restart a workload as `kubectl rollout restart` does: an annotation in its pod template, and a rollout follows.

Source: kubernetes/kubectl, pkg/polymorphichelpers/objectrestarter.go.
"""

from ..model.action import Asked, Effect, Plan, Warned
from ..rules.rollout_steps import away_in_rollout
from ..text import units
from ..text.clean import clean
from . import patch, undo, warnings, words
from .draft import blast_of, draft, write_to
from .errors import Refused
from .facts import Facts, facts
from .objects import Desk, Object, name_of

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
TEMPLATE = "/spec/template"
PAUSED = "/spec/paused"
_ANNOTATIONS = patch.pointer("spec", "template", "metadata", "annotations")
_MARK = patch.pointer("spec", "template", "metadata", "annotations", RESTARTED_AT)


async def plan_restart(desk: Desk, asked: Asked) -> Plan:
    """Every pod is replaced, at the workload's own pace."""
    known = await facts(desk, asked.target)
    target, step, row = known.target, known.step, known.row
    refuse_paused(known, "restarted")
    away = away_in_rollout(step, row.desired, row.ready)
    blast = blast_of(known, step.pods, away)
    is_now = f"{revision_words(known)}{words.image_words(known.template)}"
    command = words.kubectl(target, "rollout", "restart", f"{target.kind.lower()}/{target.name}")
    mark = known.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return draft(
        known,
        asked,
        write_to(target, _body(known.raw, mark), patch.afterwards((_MARK, mark))),
        title=f"RESTART {name_of(target)}",
        confirm="Restart",
        was=is_now,
        becomes=f"the same, {step.pods} new pods",
        lines=words.lines(
            known,
            f"{is_now}, {row.ready} of {row.desired} ready",
            "nothing but the pods: same image, same settings",
            words.rolling(known, step.pods, known.around.room_for(known.pod)),
            words.hurts(blast),
            (command,),
        ),
        commands=(command,),
        effect=Effect.DISRUPTIVE,
        blast=blast,
        warnings=(
            *warnings.of_capacity(away),
            *_by_hand(known),
            *_partitioned(known),
            *warnings.of_budgets(known),
            *(warnings.of_room(known, step.surge) if step.surge else ()),
            *warnings.of_all(known),
        ),
        undo=None,
        undo_words=undo.NO_RESTART,
        follows=None if step.by_hand else target,
    )


def refuse_paused(known: Facts, done: str) -> None:
    """A paused rollout would take the change in and do nothing with it; kubectl refuses, too."""
    if known.row.paused:
        target = known.target
        raise Refused(
            "paused",
            f"{name_of(target)} is paused: it cannot be {done}",
            words.kubectl(target, "rollout", "resume", f"{target.kind.lower()}/{target.name}"),
        )


def revision_words(known: Facts) -> str:
    """`rev 41 `; "" for what has no such number."""
    known_by_number = known.target.kind == "Deployment" and known.row.revision
    return f"rev {clean(known.row.revision, 20)} " if known_by_number else ""


def _body(raw: Object, mark: str) -> str:
    """The template is tested as a whole: what is restarted is what was shown. `add` needs the map to exist."""
    tests = patch.shown(raw, TEMPLATE, PAUSED)
    if patch.at(raw, _ANNOTATIONS) is None:
        return patch.body([*tests, patch.put(_ANNOTATIONS, {RESTARTED_AT: mark})])
    return patch.body([*tests, patch.put(_MARK, mark)])


def _by_hand(known: Facts) -> tuple[Warned, ...]:
    if not known.step.by_hand:
        return ()
    return (Warned("rollout", "updateStrategy is OnDelete: no pod restarts until somebody deletes it"),)


def _partitioned(known: Facts) -> tuple[Warned, ...]:
    stays = known.row.desired - known.step.pods
    if known.target.kind != "StatefulSet" or known.step.by_hand or stays <= 0:
        return ()
    return (Warned("rollout", f"a partition holds {units.plural(stays, 'pod')} back: they are not restarted"),)
