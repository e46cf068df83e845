"""Think an action through: the one way from what was asked to the plan that the dialog shows."""

from ..model.action import Asked, Plan
from .objects import Desk


async def plan(desk: Desk, asked: Asked) -> Plan:
    """Re-read the target and say what the action would do; changes nothing, asks for no rights, makes no dry run.

    Raises Refused (gone, replaced, paused, unsupported, nothing to do) and SourceError.
    """
    raise NotImplementedError
