"""What takes an action back."""

from ..model.action import Asked, Plan


def undo_of(plan: Plan) -> Asked:
    """What takes a plan back that was carried out. Raises Refused("unsupported") where nothing can."""
    raise NotImplementedError
