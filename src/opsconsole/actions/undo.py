"""What takes an action back: it is planned anew like any other, against what is there by then."""

from ..model.action import Asked, Plan, Target
from .errors import Refused

NO_RESTART = "a restart cannot be taken back: the pods that were there are gone"


def of_scale(target: Target, replicas: int) -> Asked:
    """The number that was there."""
    return Asked("scale", target, replicas=replicas)


def of_bounds(target: Target, minimum: int, maximum: int) -> Asked:
    """The autoscaler's bounds that were there."""
    return Asked("bounds", target, minimum=minimum, maximum=maximum)


def of_rollback(target: Target, template_hash: str) -> Asked:
    """By the hash of the template: the revision gets another number when the rollback is done."""
    return Asked("rollback", target, template_hash=template_hash)


def undo_of(plan: Plan) -> Asked:
    """What takes a plan back that was carried out. Raises Refused("unsupported") where nothing can."""
    if plan.undo is None:
        why = plan.undo_words or "this cannot be taken back"
        raise Refused("unsupported", f"{plan.title}: {why}", "an older action is taken back by its run in the journal")
    undo = plan.undo
    return Asked(
        undo.verb, undo.target, replicas=undo.replicas, change=undo.change, minimum=undo.minimum, maximum=undo.maximum,
        revision=undo.revision, template_hash=undo.template_hash, reason=undo.reason, undoes=plan.id,
    )  # fmt: skip
