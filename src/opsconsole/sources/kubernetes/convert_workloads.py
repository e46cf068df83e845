"""Deployments and their kin and ReplicaSets from the wire into rows."""

import re
from datetime import datetime

from ...model.kubernetes import Cron, JobRun, ReplicaSet, Workload
from ...text.redact import redact
from .convert_pods import condition, owner
from .share import Shared
from .wire import (
    EnvVar,
    NotedMeta,
    TemplateContainer,
    WorkloadSpec,
    WorkloadStatus,
    WorkloadWire,
)

_REVISION = "deployment.kubernetes.io/revision"
_HISTORY = "deployment.kubernetes.io/revision-history"
_CAUSE = "kubernetes.io/change-cause"
AUTHORS = ("deployed-by", "app.kubernetes.io/deployed-by", "meta.helm.sh/release-name")
"""Annotations that say who or what changed an object, best first."""
_SECRET_NAME = re.compile(r"pass|pwd|secret|token|key|credential|dsn", re.IGNORECASE)


def deployment(wire: WorkloadWire, share: Shared) -> Workload:
    meta, spec, status = _parts(wire)
    desired = 1 if spec.replicas is None else spec.replicas
    return _workload(
        "Deployment", meta, spec, status, share,
        desired=desired, ready=status.ready_replicas, updated=status.updated_replicas,
        available=status.available_replicas, revision=(meta.annotations or {}).get(_REVISION) or "",
    )  # fmt: skip


def stateful_set(wire: WorkloadWire, share: Shared) -> Workload:
    meta, spec, status = _parts(wire)
    desired = 1 if spec.replicas is None else spec.replicas
    updated = status.updated_replicas
    if status.update_revision and status.update_revision == status.current_revision:
        # no rollout is under way: updatedReplicas is left out, or short of pods that are missing
        updated = desired
    return _workload(
        "StatefulSet", meta, spec, status, share,
        desired=desired, ready=status.ready_replicas, updated=updated,
        available=status.available_replicas, revision=status.update_revision or "",
    )  # fmt: skip


def daemon_set(wire: WorkloadWire, share: Shared) -> Workload:
    meta, spec, status = _parts(wire)
    return _workload(
        "DaemonSet", meta, spec, status, share,
        desired=status.desired_number_scheduled, ready=status.number_ready, updated=status.updated_number_scheduled,
        available=status.number_available,
    )  # fmt: skip


def job(wire: WorkloadWire, share: Shared) -> Workload:
    """Desired are completions (one that ends well is enough where none are named), ready those that succeeded."""
    meta, spec, status = _parts(wire)
    active = status.active if isinstance(status.active, int) else 0
    return _workload(
        "Job", meta, spec, status, share,
        desired=1 if spec.completions is None else spec.completions, ready=status.succeeded, updated=active,
        available=status.ready, paused=bool(spec.suspend),
        run=JobRun(
            status.start_time, status.completion_time, spec.active_deadline_seconds, spec.backoff_limit,
            status.failed or 0,
        ),
    )  # fmt: skip


def cron_job(wire: WorkloadWire, share: Shared) -> Workload:
    """Desired and ready are its active jobs."""
    meta, spec, status = _parts(wire)
    active = len(status.active) if isinstance(status.active, list) else 0
    return _workload(
        "CronJob", meta, spec, status, share,
        desired=active, ready=active, updated=active, available=active, paused=bool(spec.suspend),
        cron=Cron(
            spec.schedule or "", spec.time_zone or "", status.last_schedule_time, status.last_successful_time,
            spec.starting_deadline_seconds, share.text(spec.concurrency_policy) or "Allow",
        ),
    )  # fmt: skip


def replica_set(wire: WorkloadWire, share: Shared) -> ReplicaSet:
    meta, spec, status = _parts(wire)
    annotations = meta.annotations or {}
    containers = _containers(spec)
    return ReplicaSet(
        uid=meta.uid or "",
        namespace=share.text(meta.namespace),
        name=meta.name or "",
        owner=owner(meta, share),
        revision=annotations.get(_REVISION) or "",
        desired=1 if spec.replicas is None else spec.replicas,
        ready=status.ready_replicas or 0,
        created=meta.creation_timestamp,
        images=share(tuple(item.image or "" for item in containers)),
        environment=share(tuple(_variable(item) for item in (containers[0].env or ()) if item.name))
        if containers
        else (),
        change_cause=annotations.get(_CAUSE) or "",
        template_hash=(meta.labels or {}).get("pod-template-hash") or "",
        author=next((annotations[key] or "" for key in AUTHORS if annotations.get(key)), ""),
        earlier=tuple(int(number) for number in (annotations.get(_HISTORY) or "").split(",") if number.isdecimal()),
    )


def _parts(wire: WorkloadWire) -> tuple[NotedMeta, WorkloadSpec, WorkloadStatus]:
    return wire.metadata or NotedMeta(), wire.spec or WorkloadSpec(), wire.status or WorkloadStatus()


def _workload(
    kind: str,
    meta: NotedMeta,
    spec: WorkloadSpec,
    status: WorkloadStatus,
    share: Shared,
    *,
    desired: int | None,
    ready: int | None,
    updated: int | None,
    available: int | None,
    revision: str = "",
    paused: bool = False,
    cron: Cron | None = None,
    run: JobRun | None = None,
) -> Workload:
    return Workload(
        uid=meta.uid or "",
        namespace=share.text(meta.namespace),
        kind=kind,
        name=meta.name or "",
        desired=desired or 0,
        ready=ready or 0,
        updated=updated or 0,
        available=available or 0,
        created=meta.creation_timestamp,
        images=tuple(item.image or "" for item in _containers(spec)),
        containers=share(tuple(item.name or "" for item in _containers(spec))),
        labels=share.labels(meta.labels),
        selector=share.labels(spec.selector.match_labels if spec.selector else None),
        conditions=tuple(condition(item, share) for item in status.conditions or ()),
        revision=revision,
        paused=paused or bool(spec.paused),
        generation=meta.generation or 0,
        observed_generation=status.observed_generation or 0,
        owner=owner(meta, share),
        changed_by=changed_by(meta),
        cron=cron,
        run=run,
    )


def changed_by(meta: NotedMeta) -> str:
    """Who changed the object last: an annotation that says it, else the manager of its newest spec change."""
    annotations = meta.annotations or {}
    for key in AUTHORS:
        if value := annotations.get(key):
            return value
    return newest_manager(meta)[1]


def newest_manager(meta: NotedMeta) -> tuple[datetime | None, str]:
    """(when, which manager) of the newest entry of managedFields that is no status update."""
    dated = [
        (item.time, item.manager or "") for item in meta.managed_fields or () if item.time and item.subresource is None
    ]
    return max(dated, default=(None, ""), key=lambda entry: entry[0].timestamp())


def _containers(spec: WorkloadSpec) -> list[TemplateContainer]:
    template = spec.template
    if template is None and spec.job_template and spec.job_template.spec:
        template = spec.job_template.spec.template
    return (template and template.spec and template.spec.containers) or []


def _variable(item: EnvVar) -> tuple[str, str]:
    source = item.value_from
    if source is None:
        return item.name or "", "***" if _SECRET_NAME.search(item.name or "") else redact(item.value or "")
    if source.secret_key_ref:
        return item.name or "", f"(from secret {source.secret_key_ref.name or ''})"
    if source.config_map_key_ref:
        return item.name or "", f"(from config {source.config_map_key_ref.name or ''})"
    return item.name or "", f"(from {(source.field_ref and source.field_ref.field_path) or 'elsewhere'})"
