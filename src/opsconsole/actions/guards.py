"""What stands between a wish and a write: arming, the profile, the name to type, rights, the server's dry run."""

import asyncio
import re

import msgspec

from ..model.action import Plan, Warned, Write
from ..model.reading import ProblemKind
from ..sources.errors import SourceError
from ..sources.kubernetes.access import allowed
from ..sources.kubernetes.cluster import Cluster
from .arming import Arming
from .errors import Refused
from .pace import Pace
from .writing import gone, precondition_failed, send

_QUOTA = re.compile(r"exceeded quota", re.IGNORECASE)


class PreconditionFailed(Exception):
    """The object is not what the plan showed; the plan has to be made anew."""


def armed(arming: Arming) -> None:
    """Refused("profile") where the profile forbids writing, Refused("not armed") where nobody has armed it."""
    if arming.forbidden:
        raise Refused("profile", f"not done: {arming.forbidden}", "use another profile")
    if not arming.armed:
        raise Refused("not armed", "not done: the console is read-only", "press W to arm it for ten minutes")


def typed(plan: Plan, name: str, *, force: bool) -> None:
    """The name, where the plan asks for it."""
    if plan.typed and not force and name.strip() != plan.typed:
        raise Refused("typed", f"not done: the name typed is not {plan.typed}", f"type {plan.typed}")


async def rights(cluster: Cluster, plan: Plan) -> None:
    """Ask the server whether it would allow each write; Refused("rights") names what is missing."""
    for verb, resource, namespace, name, needs in dict.fromkeys(_asked(write) for write in plan.writes):
        try:
            may = not resource or await allowed(cluster, verb, resource, namespace, name)
        except SourceError as error:
            if error.problem.kind is not ProblemKind.FORBIDDEN:
                raise
            continue  # who may not even ask learns it from the dry run
        if not may:
            raise no_right(cluster, needs)


def no_right(cluster: Cluster, needs: str) -> Refused:
    right, _, namespace = needs.partition(" in ")
    where = f" -n {namespace}" if namespace else ""
    return Refused(
        "rights",
        f"not allowed: {cluster.user or 'this user'} may not {needs}",
        f"ask for the right; `kubectl auth can-i {right}{where}` tells when it is there",
    )


async def dry_run(cluster: Cluster, plan: Plan, pace: Pace) -> Plan:
    """Let the server try each write without doing it; the plan with how long that took in all.

    Raises PreconditionFailed, Refused (dry run, quota, rights, gone), and SourceError where the server did not answer.
    """
    took = 0.0
    for write in plan.writes:
        try:
            async with asyncio.timeout(pace.dry_run_s):
                took += await send(cluster, write, dry_run=True, timeout_s=pace.dry_run_s)
        except TimeoutError:
            raise _hanging(pace) from None
        except SourceError as error:
            if error.status == 400 and "does not support dry run" in error.said:
                warned = Warned("dry run", f"not tried before: {error.said}")
                others = tuple(each for each in plan.warnings if each.id != warned.id)
                return msgspec.structs.replace(plan, warnings=(*others, warned), dry_run_s=None)
            raise _refusal(cluster, write, error, pace) from error
    return msgspec.structs.replace(plan, dry_run_s=took)


def _refusal(cluster: Cluster, write: Write, error: SourceError, pace: Pace) -> Exception:
    """What the server's answer to a dry run means."""
    if error.problem.kind is ProblemKind.TIMEOUT:
        return _hanging(pace)
    if gone(error):
        return Refused("gone", f"{write.target.words} is not there any more", "press r to see what is")
    if precondition_failed(error):
        return PreconditionFailed()
    if _QUOTA.search(error.said):
        return Refused("quota", f"the server would refuse it: {error.said}", "ask for a larger quota")
    if error.status == 403:
        if "cannot " in error.said and error.said.endswith(f'"{write.target.namespace}"'):
            return no_right(cluster, write.needs)
        return Refused("dry run", f"the server would refuse it: {error.said or 'forbidden'}")
    if error.status in (429, 503) or error.status is None:
        return error
    return Refused("dry run", f"the server would refuse it: {error.said or f'status {error.status}'}")


def _hanging(pace: Pace) -> Refused:
    return Refused(
        "dry run",
        f"no answer to the dry run within {pace.dry_run_s:g} s: an admission webhook may hang",
        "nothing was done; try again, or look at the cluster's webhooks",
    )


def _asked(write: Write) -> tuple[str, str, str, str, str]:
    return write.verb, write.resource, write.target.namespace, write.target.name, write.needs
