"""What the operator should know before going on; what is grave needs the target's name typed."""

from collections.abc import Iterable, Iterator
from typing import Any

from ..model.action import Warned
from ..model.kubernetes import Pod
from ..rules.workload_state import workload_state
from ..text import units
from ..text.clean import clean
from .facts import Facts
from .words import freeze_words

MOST_AWAY = 0.5
"""More of the capacity away at once than this asks for the name."""
_DEPLOYERS = ("argocd", "argo-cd", "kustomize-controller", "helm-controller", "flux", "helm", "sveltos", "fleet")
"""Field managers that put back what differs from their repository, by the beginning of their names."""


def of_all(facts: Facts) -> tuple[Warned, ...]:
    """What is true of any action on the workload: freeze, what runs already, its health, who else writes it."""
    return (*_freeze(facts), *_unknown(facts), *_rollout(facts), *_unhealthy(facts), *_deployer(facts))


def of_number(facts: Facts, wanted: int, least: int | None = None) -> tuple[Warned, ...]:
    """Of the number of pods that will be there; `least` is the autoscaler's present minimum."""
    return (*_zero(wanted), *_policy(facts, (wanted,)), *_below(wanted, least), *_budget_of(facts, wanted))


def of_bounds(facts: Facts, bounds: Iterable[int]) -> tuple[Warned, ...]:
    """Of an autoscaler's new bounds against the policy's."""
    return tuple(_policy(facts, tuple(bounds)))


def of_capacity(away: float | None) -> tuple[Warned, ...]:
    if away is None or away <= MOST_AWAY:
        return ()
    return (Warned("capacity", f"{units.percent(away)} % of the capacity is away at the worst moment", grave=True),)


def of_room(facts: Facts, needed: int, template: Pod | None = None) -> tuple[Warned, ...]:
    """Whether the nodes have room for so many more pods at once."""
    room = facts.around.room_for(template or facts.pod)
    if room is None or room.pods is None or needed <= room.pods:
        return ()
    have = f"the nodes have room for {units.plural(room.pods, 'pod')}"
    return (Warned("room", f"{have}, {needed} more are needed: the others wait"),)


def of_budgets(facts: Facts) -> tuple[Warned, ...]:
    """A rollout does not ask a PodDisruptionBudget, but the pods that it takes away count in it."""
    told = []
    for item in facts.budgets.items or ():
        if (item.get("status") or {}).get("disruptionsAllowed") == 0:
            name = clean(item["metadata"].get("name", ""), 80)
            told.append(Warned("budget", f"PDB {name} allows no disruption now; a rollout does not ask it"))
    return tuple(told)


def _freeze(facts: Facts) -> Iterator[Warned]:
    if facts.freeze is not None:
        yield Warned("freeze", freeze_words(facts), grave=True)


def _unknown(facts: Facts) -> Iterator[Warned]:
    if facts.autoscaler_unknown:
        words = f"whether an autoscaler owns the replicas is unknown: {clean(facts.autoscaler_unknown, 160)}"
        yield Warned("autoscaler", words)
    if facts.budgets.items is None:
        yield Warned("budget", f"PodDisruptionBudgets are unknown: {clean(facts.budgets.why, 160)}")


def _rollout(facts: Facts) -> Iterator[Warned]:
    """As `kubectl rollout status` sees it: not observed, new pods missing, old ones left."""
    row, status = facts.row, facts.raw.get("status") or {}
    if row.observed_generation < row.generation:
        yield Warned("rollout", "its controller has not seen the last change yet")
    elif row.updated < (pods := facts.step.pods):
        how = "its rollout is paused" if row.paused else "a rollout is in progress"
        yield Warned("rollout", f"{how}: {row.updated} of {pods} pods are new")
    elif facts.target.kind == "Deployment" and int(status.get("replicas") or 0) > row.updated:
        old = int(status.get("replicas") or 0) - row.updated
        yield Warned("rollout", f"a rollout is in progress: {units.plural(old, 'old pod')} not gone yet")


def _unhealthy(facts: Facts) -> Iterator[Warned]:
    verdict = workload_state(facts.row, facts.around.pods or (), None, facts.now)
    if verdict.wrong:
        yield Warned("unhealthy", f"already unhealthy: {clean(verdict.words, 160)}")


def _deployer(facts: Facts) -> Iterator[Warned]:
    for manager in _managers(facts.raw):
        if manager.lower().startswith(_DEPLOYERS):
            yield Warned("deployer", f"{clean(manager, 60)} manages it and may put back what is changed here")
            return


def _managers(raw: dict[str, Any]) -> Iterator[str]:
    """Who has written its spec."""
    for entry in (raw.get("metadata") or {}).get("managedFields") or ():
        if "f:spec" in (entry.get("fieldsV1") or {}) and not entry.get("subresource"):
            yield str(entry.get("manager") or "")


def _zero(wanted: int) -> Iterator[Warned]:
    if wanted == 0:
        yield Warned("zero", "nothing is left that serves", grave=True)


def _policy(facts: Facts, numbers: tuple[int, ...]) -> Iterator[Warned]:
    if facts.replicas is None:
        return
    least, most = facts.replicas
    for wanted in dict.fromkeys(numbers):
        if not least <= wanted <= most:
            yield Warned("bounds", f"{wanted} is outside the policy's bounds {least}..{most}", grave=True)


def _below(wanted: int, least: int | None) -> Iterator[Warned]:
    if least is not None and wanted < least:
        yield Warned("minimum", f"{wanted} is below the autoscaler's minimum {least}", grave=True)


def _budget_of(facts: Facts, wanted: int) -> Iterator[Warned]:
    for item in facts.budgets.items or ():
        least = (item.get("spec") or {}).get("minAvailable")
        if isinstance(least, int) and wanted < least:
            name = clean(item["metadata"].get("name", ""), 80)
            yield Warned("budget", f"PDB {name} wants {least} available: with {wanted} no node can be drained")
