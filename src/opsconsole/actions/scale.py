"""Scale a Deployment or StatefulSet; where an autoscaler owns the replicas, its bounds are set instead."""

from ..model.action import Asked, Effect, Plan
from ..rules.rollout_steps import away_after_scale
from ..text import units
from . import patch, undo, warnings, words
from .bounds import plan_bounds_of, plan_number
from .draft import blast_of, draft, write_to
from .errors import Refused
from .facts import Facts, facts
from .objects import Desk, name_of

REPLICAS = "/spec/replicas"
_SCALED = ("Deployment", "StatefulSet")


async def plan_scale(desk: Desk, asked: Asked) -> Plan:
    """To a number, or by so many more or fewer; `minimum` and `maximum` are for an autoscaler."""
    if asked.target.kind not in _SCALED:
        raise Refused("unsupported", f"{name_of(asked.target)} has no replicas to set: only {' and '.join(_SCALED)} do")
    known = await facts(desk, asked.target)
    if asked.minimum is not None or asked.maximum is not None:
        return plan_bounds_of(known, asked)
    wanted = _wanted(asked, known.row.desired)
    scaler = known.autoscaler
    # at 0 replicas an HPA stands still, and to 0 none goes: both are the workload's own number
    if scaler is not None and (scaler.keda or (known.row.desired > 0 and wanted > 0)):
        return plan_number(known, asked, wanted)
    return _plan(known, asked, wanted)


def _wanted(asked: Asked, current: int) -> int:
    if (asked.replicas is None) == (asked.change is None):
        raise Refused("unsupported", "say how many replicas, or how many more or fewer")
    wanted = asked.replicas if asked.replicas is not None else current + (asked.change or 0)
    if wanted < 0:
        raise Refused("bounds", f"{wanted} replicas cannot be: there are {current} now")
    return wanted


def _plan(known: Facts, asked: Asked, wanted: int) -> Plan:
    target, current = known.target, known.row.desired
    if wanted == current:
        raise Refused("nothing to do", f"{name_of(target)} has {words.replicas(current)} already")
    away = away_after_scale(wanted, known.row.ready)
    blast = blast_of(known, abs(wanted - current), away)
    # the Scale of 0 replicas leaves the number out
    tests = patch.shown({"metadata": {"uid": target.uid}, "spec": {"replicas": current or None}}, REPLICAS)
    body = patch.body([*tests, patch.put(REPLICAS, wanted)])
    command = words.kubectl(
        target, "scale", f"{target.kind.lower()}/{target.name}", f"--current-replicas={current}", f"--replicas={wanted}"
    )
    step = f"{abs(wanted - current)} {'more' if wanted > current else 'fewer'}"
    return draft(
        known,
        asked,
        write_to(target, body, patch.afterwards((REPLICAS, wanted)), "scale"),
        title=f"SCALE {name_of(target)}",
        confirm="Scale",
        was=words.replicas(current),
        becomes=words.replicas(wanted),
        lines=words.lines(
            known,
            f"{words.replicas(current)} ({known.row.ready} ready) to {wanted}",
            f"replicas {current}→{wanted} ({step})",
            words.scaling(known, current, wanted),
            words.hurts(blast),
            (command,),
            _fights(known, wanted),
        ),
        commands=(command,),
        effect=Effect.REVERSIBLE if wanted > current else Effect.DISRUPTIVE,
        blast=blast,
        warnings=(
            *warnings.of_number(known, wanted, known.autoscaler.minimum if known.autoscaler and current else None),
            *warnings.of_capacity(away if wanted else None),
            *(warnings.of_room(known, wanted - current) if wanted > current else ()),
            *warnings.of_all(known),
        ),
        undo=undo.of_scale(target, current),
        undo_words=f"back to {words.replicas(current)}",
        follows=target,
    )


def _fights(known: Facts, wanted: int) -> str:
    scaler = known.autoscaler
    if scaler is None:
        return ""
    if wanted == 0:
        return f"{scaler.words} stands still while there are 0 replicas"
    held = max(scaler.minimum, min(wanted, scaler.maximum))
    goes = f", and makes {units.plural(held, 'replica')} of it" if held != wanted else ""
    return f"{scaler.words} stood still at 0 replicas and takes over again{goes}"
