"""A plan put together: what all planners fill in alike."""

import uuid

import msgspec

from ..model.action import Asked, Blast, Effect, Line, Plan, Target, Warned, Write
from .facts import Facts
from .objects import path_of, plural_of, resource_of


def write_to(target: Target, body: str, after: tuple[tuple[str, str], ...], subresource: str = "") -> Write:
    """One JSON Patch to an object, or to a subresource of it."""
    plural = f"{plural_of(target)}/{subresource}" if subresource else plural_of(target)
    return Write(
        target=target,
        path=path_of(target, subresource),
        body=body,
        needs=f"patch {plural} in {target.namespace}",
        resource=resource_of(target, subresource),
        after=after,
    )


def draft(
    facts: Facts,
    asked: Asked,
    write: Write,
    *,
    title: str,
    confirm: str,
    was: str,
    becomes: str,
    lines: tuple[Line, ...],
    commands: tuple[str, ...],
    effect: Effect,
    blast: Blast,
    warnings: tuple[Warned, ...],
    undo: Asked | None,
    undo_words: str,
    follows: Target | None,
) -> Plan:
    """The plan of one write; the name must be typed where any warning is grave."""
    meant = facts.target if asked.target.kind == facts.target.kind else write.target
    return Plan(
        id=str(uuid.uuid4()),
        # with the uid that was read: planned again, it can only be the same object
        asked=msgspec.structs.replace(asked, target=meant),
        target=write.target,
        title=title,
        confirm=confirm,
        was=was,
        becomes=becomes,
        lines=lines,
        commands=commands,
        effect=effect,
        blast=blast,
        warnings=warnings,
        writes=(write,),
        typed=facts.target.name if any(warned.grave for warned in warnings) else "",
        undo=undo,
        undo_words=undo_words,
        follows=follows,
        watches=facts.around.watches,
        made=facts.now,
    )


def blast_of(facts: Facts, pods: int, away: float | None) -> Blast:
    return Blast(pods=pods, away=away, requests_s=facts.around.requests_s, customers=facts.around.customers)
