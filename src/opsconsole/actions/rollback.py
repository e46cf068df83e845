"""Roll a Deployment back to the template of an earlier revision, as `kubectl rollout undo` does."""

from ..model.action import Asked, Plan, Target
from ..model.kubernetes import ReplicaSet
from .objects import Desk


async def revisions(desk: Desk, target: Target) -> tuple[ReplicaSet, ...]:
    """The revisions of a Deployment that still have their ReplicaSet, newest first; read anew from the API server."""
    raise NotImplementedError


async def plan_rollback(desk: Desk, asked: Asked) -> Plan:
    """To `asked.template_hash`, else to `asked.revision`, else to the one before."""
    raise NotImplementedError
