"""Set the bounds of what owns the replicas: an HPA's minReplicas and maxReplicas, or those of KEDA's ScaledObject."""

from typing import Any

import msgspec

from ..model.action import Asked, Effect, Plan, Target, Warned
from ..rules import hpa as hpas
from ..rules.replicas import bounds_for, within
from ..rules.rollout_steps import away_after_scale
from ..text.clean import clean
from . import patch, undo, warnings, words
from .draft import blast_of, draft, write_to
from .errors import Refused
from .facts import Autoscaler, Facts, facts, hpa_bounds, keda_bounds
from .objects import SCALED_OBJECT, Desk, Object, hpa, name_of

_FIELDS = {
    "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas"),
    SCALED_OBJECT: ("minReplicaCount", "maxReplicaCount"),
}


async def plan_bounds(desk: Desk, asked: Asked) -> Plan:
    """`asked.minimum` and `asked.maximum` (None: as it is) of an autoscaler, named itself or by its workload."""
    if asked.target.kind not in _FIELDS:
        return plan_bounds_of(await facts(desk, asked.target), asked)
    raw = await desk.read(asked.target)
    known = await facts(desk, _scaled(asked.target, raw))
    bounds = keda_bounds(raw) if asked.target.kind == SCALED_OBJECT else hpa_bounds(raw)
    found = known.autoscaler
    own = Autoscaler(desk.seen(asked.target.kind, raw), raw, *bounds)
    if found is not None and (found.target.uid == own.target.uid or found.keda):
        own = found
    if own.target.uid != desk.seen(asked.target.kind, raw).uid:
        raise Refused("unsupported", f"{name_of(asked.target)} belongs to {name_of(own.target)}: set its bounds")
    return plan_bounds_of(msgspec.structs.replace(known, autoscaler=own, autoscaler_unknown=""), asked)


def plan_bounds_of(known: Facts, asked: Asked) -> Plan:
    """The bounds that were asked for, on the autoscaler of the workload."""
    scaler = _scaler(known)
    minimum = scaler.minimum if asked.minimum is None else asked.minimum
    maximum = scaler.maximum if asked.maximum is None else asked.maximum
    return _plan(known, asked, scaler, minimum, maximum)


def plan_number(known: Facts, asked: Asked, wanted: int) -> Plan:
    """The bounds that bring so many replicas: more raises the minimum, fewer lowers the maximum."""
    scaler = _scaler(known)
    current = known.row.desired
    if wanted == current:
        raise Refused(
            "nothing to do",
            f"{name_of(known.target)} has {words.replicas(current)} already, and {scaler.words} may change it",
            "MIN..MAX sets its bounds",
        )
    if wanted == 0:
        raise Refused(
            "unsupported",
            f"KEDA owns the replicas of {name_of(known.target)} and would bring them back",
            words.kubectl(
                scaler.target, "annotate", f"scaledobject/{scaler.target.name}", "autoscaling.keda.sh/paused-replicas=0"
            ),
        )
    minimum, maximum = bounds_for(wanted, current, scaler.minimum, scaler.maximum)
    why = f"the {scaler.short} would take a scale back"
    return _plan(known, asked, scaler, minimum, maximum, why, wanted)


def _scaler(known: Facts) -> Autoscaler:
    scaler = known.autoscaler
    if scaler is None:
        if known.autoscaler_unknown:
            raise Refused("rights", f"the autoscaler cannot be read: {clean(known.autoscaler_unknown, 160)}")
        raise Refused("unsupported", f"no autoscaler owns the replicas of {name_of(known.target)}", "give one number")
    if scaler.unread:
        raise Refused("rights", f"KEDA owns the {scaler.words}, and it cannot be read: {clean(scaler.unread, 160)}")
    if scaler.others:
        raise Refused(
            "unsupported",
            f"{scaler.others + 1} autoscalers fight for {name_of(known.target)}: setting one of them settles nothing",
            "delete all but one",
        )
    return scaler


def _scaled(target: Target, raw: Object) -> Target:
    """The workload that an autoscaler names."""
    reference = (raw.get("spec") or {}).get("scaleTargetRef") or {}
    return Target(
        kind=str(reference.get("kind") or "Deployment"),
        namespace=target.namespace,
        name=str(reference.get("name") or ""),
        context=target.context,
    )


def _plan(
    known: Facts,
    asked: Asked,
    scaler: Autoscaler,
    minimum: int,
    maximum: int,
    why: str = "",
    wanted: int | None = None,
) -> Plan:
    """`wanted` is the number that somebody asked for, where it was one."""
    _check(scaler, minimum, maximum)
    current = known.row.desired
    after = within(current, minimum, maximum) if current or scaler.keda else current
    away = away_after_scale(after, known.row.ready) if after < current else 0.0
    blast = blast_of(known, abs(after - current), away)
    least, most = _FIELDS[scaler.target.kind]
    changed = {
        name: value
        for name, value, before in ((least, minimum, scaler.minimum), (most, maximum, scaler.maximum))
        if value != before
    }
    command = words.kubectl(
        scaler.target, "patch", f"{_short(scaler)}/{scaler.target.name}", "--type=merge", "-p", _merge(changed)
    )
    bounds = f"{minimum}..{maximum}"
    changes = ", ".join(
        f"{name} {scaler.minimum if name == least else scaler.maximum}→{value}" for name, value in changed.items()
    )
    return draft(
        known,
        asked,
        _write(scaler, changed),
        title=f"SCALE {name_of(known.target)}: bounds of {scaler.short} {clean(scaler.target.name, 80)}",
        confirm="Set bounds",
        was=f"{scaler.short} {scaler.minimum}..{scaler.maximum}, {words.replicas(current)}",
        becomes=f"{scaler.short} {bounds}, {words.replicas(after)}",
        lines=words.lines(
            known,
            f"{scaler.words} with {words.replicas(current)} ({known.row.ready} ready) to {bounds}",
            f"{changes}{f'; {why}' if why else ''}",
            _takes(known, current, after, minimum, maximum),
            words.hurts(blast),
            (command,),
            _fights(scaler, bounds),
        ),
        commands=(command,),
        effect=Effect.DISRUPTIVE if after < current else Effect.REVERSIBLE,
        blast=blast,
        warnings=(
            *warnings.of_bounds(known, changed.values()),
            *_below(scaler, maximum if wanted is None else min(wanted, maximum)),
            *warnings.of_capacity(away),
            *(warnings.of_room(known, after - current) if after > current else ()),
            *_instead(scaler, why),
            *_paused(scaler),
            *warnings.of_all(known),
        ),
        undo=undo.of_bounds(scaler.target, scaler.minimum, scaler.maximum),
        undo_words=f"back to {scaler.minimum}..{scaler.maximum}",
        follows=known.target if after != current else None,
    )


def _check(scaler: Autoscaler, minimum: int, maximum: int) -> None:
    """What the API server, or KEDA, would refuse."""
    floor = 0 if scaler.keda or scaler.minimum == 0 else 1
    if minimum < floor or maximum < 1:
        raise Refused("bounds", f"{minimum}..{maximum} cannot be: the minimum is {floor} at least, the maximum 1")
    if minimum > maximum:
        raise Refused("bounds", f"the minimum {minimum} is above the maximum {maximum}")
    if (minimum, maximum) == (scaler.minimum, scaler.maximum):
        raise Refused("nothing to do", f"{scaler.words} has these bounds already")


def _write(scaler: Autoscaler, changed: dict[str, int]) -> Any:
    """Both bounds and what it scales are tested, whatever is written: the plan shows all of them."""
    paths = [patch.pointer("spec", name) for name in _FIELDS[scaler.target.kind]]
    tests = patch.shown(scaler.raw, *paths, "/spec/scaleTargetRef")
    values = [(patch.pointer("spec", name), value) for name, value in changed.items()]
    body = patch.body([*tests, *(patch.put(path, value) for path, value in values)])
    return write_to(scaler.target, body, patch.afterwards(*values))


def _merge(changed: dict[str, int]) -> str:
    return msgspec.json.encode({"spec": changed}).decode()


def _short(scaler: Autoscaler) -> str:
    return "scaledobject" if scaler.keda else "hpa"


def _takes(known: Facts, current: int, after: int, minimum: int, maximum: int) -> str:
    if after != current:
        return words.scaling(known, current, after)
    if not current:
        return "no pod now: it stands still while there are 0 replicas"
    return f"{words.replicas(current)} stay for now; the autoscaler may go from {minimum} to {maximum}"


def _fights(scaler: Autoscaler, bounds: str) -> str:
    says = "" if scaler.keda else hpas.words(hpa(scaler.raw))
    return f"{scaler.short} goes on within {bounds}{f' ({clean(says, 100)})' if says else ''}"


def _below(scaler: Autoscaler, most: int) -> tuple[Warned, ...]:
    """Fewer than the minimum that somebody found right."""
    if most >= scaler.minimum:
        return ()
    return (Warned("minimum", f"{most} is below the autoscaler's minimum {scaler.minimum}", grave=True),)


def _instead(scaler: Autoscaler, why: str) -> tuple[Warned, ...]:
    return (
        (
            Warned(
                "autoscaler",
                f"{scaler.words} owns the replicas and would take a scale back: its bounds are set instead",
            ),
        )
        if why
        else ()
    )


def _paused(scaler: Autoscaler) -> tuple[Warned, ...]:
    if not scaler.paused:
        return ()
    return (Warned("autoscaler", "KEDA is paused on this workload: new bounds do nothing until it goes on"),)
