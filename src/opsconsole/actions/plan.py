"""Think an action through: the one way from what was asked to the plan that the dialog shows."""

from collections.abc import Awaitable, Callable, Mapping

from ..model.action import Asked, Plan
from ..text.clean import clean
from .bounds import plan_bounds
from .errors import Refused
from .objects import Desk
from .restart import plan_restart
from .rollback import plan_rollback
from .scale import plan_scale

PLANNERS: Mapping[str, Callable[[Desk, Asked], Awaitable[Plan]]] = {
    "scale": plan_scale,
    "bounds": plan_bounds,
    "restart": plan_restart,
    "rollback": plan_rollback,
}
"""By verb."""


async def plan(desk: Desk, asked: Asked) -> Plan:
    """Re-read the target and say what the action would do; changes nothing, asks for no rights, makes no dry run.

    Raises Refused (gone, replaced, paused, bounds, rights, unsupported, nothing to do) and SourceError.
    """
    planner = PLANNERS.get(asked.verb)
    if planner is None:
        raise Refused("unsupported", f"there is no action {clean(asked.verb, 40)}", f"known are {', '.join(PLANNERS)}")
    return await planner(desk, asked)
