"""Everything that a planner knows of one workload: the object re-read, who owns its replicas, what surrounds it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec

from ..config.settings import Freeze
from ..model.action import Target
from ..model.kubernetes import Pod, Workload
from ..rules.replicas import allowed
from ..rules.rollout_steps import Steps, ready_s, steps
from ..text import clock
from ..text.clean import clean
from .errors import Refused
from .objects import SCALED_OBJECT, WORKLOADS, Desk, Known, Object, name_of, pod_of, workload
from .surroundings import Surroundings, surroundings

_KEDA_MAXIMUM = 100
"""maxReplicaCount where none is set (kedacore/keda, apis/keda/v1alpha1/scaledobject_types.go)."""
_KEDA_PAUSED = ("autoscaling.keda.sh/paused", "autoscaling.keda.sh/paused-replicas")


class Autoscaler(msgspec.Struct, frozen=True, gc=False):
    """What owns the replicas: an HPA, or the ScaledObject that makes it."""

    target: Target
    raw: Object
    minimum: int
    maximum: int
    unread: str = ""
    """Why the ScaledObject that owns this HPA could not be read; then its bounds cannot be set."""
    others: int = 0
    """So many more autoscalers want the same workload: they fight each other."""

    @property
    def keda(self) -> bool:
        return self.target.kind == SCALED_OBJECT

    @property
    def short(self) -> str:
        """`HPA`, `KEDA`."""
        return "KEDA" if self.keda else "HPA"

    @property
    def paused(self) -> bool:
        annotations = (self.raw.get("metadata") or {}).get("annotations") or {}
        return self.keda and any(key in annotations and annotations[key] != "false" for key in _KEDA_PAUSED)

    @property
    def words(self) -> str:
        """`HPA api 3..20`."""
        return f"{self.short} {clean(self.target.name, 80)} {self.minimum}..{self.maximum}"


class Facts(msgspec.Struct, frozen=True, gc=False):
    """Of one workload at one moment."""

    target: Target
    raw: Object
    row: Workload
    around: Surroundings
    budgets: Known
    autoscaler: Autoscaler | None
    autoscaler_unknown: str
    """Why it is not known whether an autoscaler owns the replicas; "" where it is."""
    freeze: Freeze | None
    replicas: tuple[int, int] | None
    """Least and most that the policy allows."""
    now: datetime

    @property
    def template(self) -> Object:
        return (self.raw.get("spec") or {}).get("template") or {}

    @property
    def pod(self) -> Pod:
        """What one pod of it requests."""
        return pod_of(self.template)

    @property
    def step(self) -> Steps:
        """How it rolls out."""
        spec = self.raw.get("spec") or {}
        strategy = spec.get("strategy" if self.target.kind == "Deployment" else "updateStrategy") or {}
        return steps(self.target.kind, strategy, self.row.desired, int((spec.get("ordinals") or {}).get("start") or 0))

    @property
    def ready_s(self) -> float | None:
        """How long its pods took to get ready."""
        return None if self.around.pods is None else ready_s(self.around.pods)

    @property
    def settle_s(self) -> float:
        """minReadySeconds."""
        return float((self.raw.get("spec") or {}).get("minReadySeconds") or 0)


async def facts(desk: Desk, target: Target) -> Facts:
    """Read the workload anew, then everything beside it at once. Raises Refused, SourceError."""
    if target.kind not in WORKLOADS:
        raise Refused("unsupported", f"{name_of(target)}: only {', '.join(WORKLOADS)} can be acted on")
    raw = await desk.read(target)
    seen = desk.seen(target.kind, raw)
    labels = ((raw.get("spec") or {}).get("template") or {}).get("metadata", {}).get("labels") or {}
    hpas, scaled, budgets, around = await asyncio.gather(
        desk.autoscalers(seen), desk.scaled_objects(seen), desk.budgets(seen, labels), surroundings(desk.board, seen)
    )
    now = clock.now()
    return Facts(
        target=seen,
        raw=raw,
        row=workload(target.kind, raw),
        around=around,
        budgets=budgets,
        autoscaler=_autoscaler(desk, hpas, scaled),
        autoscaler_unknown=_unknown(hpas, scaled),
        freeze=_freeze(desk, now),
        replicas=allowed(desk.policy.replicas, seen.name),
        now=now,
    )


def hpa_bounds(raw: Object) -> tuple[int, int]:
    """Minimum and maximum of an HPA as the API server fills them in."""
    spec = raw.get("spec") or {}
    return int(spec.get("minReplicas", 1)), int(spec.get("maxReplicas") or 0)


def keda_bounds(raw: Object) -> tuple[int, int]:
    """The same of a ScaledObject, whose defaults are not filled in."""
    spec = raw.get("spec") or {}
    return int(spec.get("minReplicaCount") or 0), int(spec.get("maxReplicaCount") or _KEDA_MAXIMUM)


def _autoscaler(desk: Desk, hpas: Known, scaled: Known) -> Autoscaler | None:
    if scaled.items:
        raw = scaled.items[0]
        return Autoscaler(desk.seen(SCALED_OBJECT, raw), raw, *keda_bounds(raw), others=len(scaled.items) - 1)
    if not hpas.items:
        return None
    raw = hpas.items[0]
    owned = any(owner.get("kind") == SCALED_OBJECT for owner in _owners(raw))
    unread = (scaled.why or "its ScaledObject names another workload") if owned else ""
    target = desk.seen("HorizontalPodAutoscaler", raw)
    return Autoscaler(target, raw, *hpa_bounds(raw), unread=unread, others=len(hpas.items) - 1)


def _owners(raw: Object) -> list[dict[str, Any]]:
    return (raw.get("metadata") or {}).get("ownerReferences") or []


def _unknown(hpas: Known, scaled: Known) -> str:
    """An HPA that was found is enough: KEDA's own shows in its owner."""
    if hpas.items or scaled.items:
        return ""
    return hpas.why if hpas.items is None else scaled.why


def _freeze(desk: Desk, now: datetime) -> Freeze | None:
    every = (Freeze(begins=_utc(one.begins), ends=_utc(one.ends), reason=one.reason) for one in desk.profile.freezes)
    return next((one for one in every if one.begins <= now < one.ends), None)


def _utc(moment: datetime) -> datetime:
    """TOML also knows times without a zone; they are taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
