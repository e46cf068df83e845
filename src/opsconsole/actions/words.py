"""The lines of the dialog: what is there now, what changes, what it takes, what fights it, whom it hurts, kubectl."""

import shlex
from datetime import datetime

from ..model.action import Blast, Line, Target
from ..rules.capacity import Room
from ..rules.rollout_steps import duration_s
from ..rules.template_changes import images, short_image
from ..text import units
from ..text.clean import clean
from .facts import Facts
from .objects import Object

_SHOWN = 4
"""So many differences are named."""


def lines(
    facts: Facts, begin: str, changes: str, takes: str, hurts: str, commands: tuple[str, ...], fights: str = ""
) -> tuple[Line, ...]:
    """In their order. `fights` is what this action has to say of it before the rest."""
    return (
        Line("from", begin),
        Line("changes", changes),
        Line("takes", takes),
        Line(
            "fights",
            "; ".join(
                part for part in (fights or autoscaler_words(facts), budget_words(facts), freeze_words(facts)) if part
            ),
        ),
        Line("hurts", hurts),
        Line("same as", clean("; ".join(commands))),
    )


def kubectl(target: Target, *arguments: str) -> str:
    """A command line to paste; what it is about comes first, because a narrow dialog cuts the end."""
    context = ("--context", target.context) if target.context else ()
    return shlex.join(["kubectl", "-n", target.namespace, *arguments, *context])


def rolling(facts: Facts, pods: int, template_room: Room | None) -> str:
    """`20 pods, 10 at a time, ~3m; room on nodes: 6 pods -> ok`."""
    step = facts.step
    if step.by_hand:
        return "nothing by itself (OnDelete): the pods stay until they are deleted"
    if not pods:
        return "no pod"
    how = f"{units.plural(pods, 'pod')}, {step.at_a_time} at a time"
    if step.unavailable >= facts.row.desired and not step.surge:
        how = f"{units.plural(pods, 'pod')}, all at once"
    return f"{how}, {lasts(facts, pods, step.at_a_time)}; {room_words(template_room, step.surge, step.at_a_time)}"


def scaling(facts: Facts, before: int, after: int) -> str:
    """`4 more pods, ~20s; room on nodes: 6 pods -> ok`."""
    if after > before:
        more = after - before
        how = f"{more} more pod{'' if more == 1 else 's'}, {lasts(facts, more, more)}"
        return f"{how}; {room_words(facts.around.room_for(facts.pod), more)}"
    fewer = before - after
    return f"{fewer} pod{'' if fewer == 1 else 's'} fewer: the controller chooses which" if fewer else "no pod now"


def lasts(facts: Facts, pods: int, at_a_time: int) -> str:
    """By how long the pods took to get ready last time."""
    seconds = duration_s(pods, at_a_time, facts.ready_s, facts.settle_s)
    return "time unknown" if seconds is None else f"~{units.span(max(1.0, seconds))}"


def room_words(room: Room | None, needed: int, at_once: int = 0) -> str:
    """Whether the nodes have room for the pods that are needed; `at_once` counts those, too, whose place an old pod
    still holds while it ends."""
    if room is None:
        return "room on nodes unknown"
    if room.pods is None:
        return "room on nodes: pods request nothing"
    verdict = "ok" if needed <= room.pods else f"TOO LITTLE for {needed}"
    if needed <= room.pods < at_once:
        verdict = f"{at_once - room.pods} of {at_once} wait for old pods to end"
    return f"room on nodes: {units.plural(room.pods, 'pod')} -> {verdict}"


def autoscaler_words(facts: Facts) -> str:
    if facts.autoscaler_unknown:
        return "autoscaler unknown"
    scaler = facts.autoscaler
    if scaler is None:
        return "no autoscaler"
    return f"{scaler.short}{_other(scaler.target.name, facts)} {scaler.minimum}..{scaler.maximum} keeps owning replicas"


def budget_words(facts: Facts) -> str:
    if facts.budgets.items is None:
        return "PDB unknown"
    if not facts.budgets.items:
        return "no PDB"
    return ", ".join(_budget(item, facts) for item in facts.budgets.items[:2])


def freeze_words(facts: Facts) -> str:
    freeze = facts.freeze
    if freeze is None:
        return "no freeze"
    reason = f": {clean(freeze.reason, 120)}" if freeze.reason else ""
    return f"CHANGE FREEZE until {moment(freeze.ends, facts.now)}{reason}"


def moment(at: datetime, now: datetime) -> str:
    """`18:00` of the same day, else with its date."""
    return at.strftime("%H:%M" if at.date() == now.date() else "%Y-%m-%d %H:%M")


def hurts(blast: Blast) -> str:
    """`25 % of capacity away; 412 req/s now; 212 customers already hurt`."""
    away = "capacity away unknown" if blast.away is None else f"{units.percent(blast.away)} % of capacity away"
    requests = "req/s unknown" if blast.requests_s is None else f"{units.number(blast.requests_s)} req/s now"
    if blast.customers is None:
        hurt = "customers hurt unknown"
    else:
        hurt = f"{units.plural(blast.customers, 'customer')} already hurt" if blast.customers else "no customer hurt"
    return f"{away if blast.away != 0 else 'no capacity away'}; {requests}; {hurt}"


def image_words(template: Object) -> str:
    """`api:1.8.2`, `api:1.8.2 + 1 more`."""
    every = [clean(short_image(image), 80) for image in images(template)]
    if not every:
        return "no image"
    return every[0] if len(every) == 1 else f"{every[0]} + {len(every) - 1} more"


def differences(changes: tuple[str, ...]) -> str:
    """The first of them; how many more there are."""
    named = "; ".join(clean(words, 120) for words in changes[:_SHOWN])
    return named + (f"; {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else "")


def replicas(count: int) -> str:
    return units.plural(count, "replica")


def _other(name: str, facts: Facts) -> str:
    """A name is said where it is not the workload's own."""
    return "" if name == facts.target.name else f" {clean(name, 60)}"


def _budget(item: Object, facts: Facts) -> str:
    allowed = (item.get("status") or {}).get("disruptionsAllowed")
    left = "unknown how many may go" if allowed is None else f"{allowed} may go"
    return f"PDB{_other(str((item.get('metadata') or {}).get('name', '')), facts)}: {left}"
