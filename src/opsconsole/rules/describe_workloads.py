"""Workloads as `kubectl describe` writes them: what they want, what they have, and their pod template."""

from collections.abc import Sequence
from typing import Any

from .describe_page import (
    NONE,
    UNSET,
    Object,
    Page,
    at,
    controller,
    items,
    mapping,
    moment,
    number,
    pairs,
    selector_words,
    span_words,
    time_words,
    title_case,
    words,
)
from .describe_pod import write_template
from .describe_volumes import storage_class
from .template_changes import without_hash

PHASES = ("Running", "Pending", "Succeeded", "Failed")
"""Of pods, in the order they are counted."""
_INDEXES_SHOWN = 50


def write_deployment(page: Page, body: Object, replica_sets: Sequence[Object] | None) -> None:
    """`replica_sets`: its own ones; None where they could not be read."""
    metadata, spec, status = _parts(body)
    _head(page, metadata)
    page.field("CreationTimestamp", time_words(metadata.get("creationTimestamp")))
    _labelled(page, metadata)
    page.field("Selector", selector_words(spec.get("selector")))
    counted = (
        (_one(spec.get("replicas")), "desired"), (number(status.get("updatedReplicas")), "updated"),
        (number(status.get("replicas")), "total"), (number(status.get("availableReplicas")), "available"),
        (number(status.get("unavailableReplicas")), "unavailable"),
    )  # fmt: skip
    page.field("Replicas", " | ".join(f"{count} {what}" for count, what in counted))
    page.field("StrategyType", at(spec, "strategy", "type"))
    page.field("MinReadySeconds", number(spec.get("minReadySeconds")))
    if (rolling := at(spec, "strategy", "rollingUpdate")) is not None:
        unavailable, surge = words(at(rolling, "maxUnavailable")), words(at(rolling, "maxSurge"))
        page.field("RollingUpdateStrategy", f"{unavailable} max unavailable, {surge} max surge")
    write_template(page, spec.get("template"))
    _conditions(page, status)
    if replica_sets:
        new, old = new_and_old(spec.get("template"), replica_sets)
        page.field("OldReplicaSets", ", ".join(map(_replicas, old)) or NONE)
        page.field("NewReplicaSet", ", ".join(map(_replicas, new)) or NONE)


def new_and_old(template: Any, replica_sets: Sequence[Object]) -> tuple[list[Object], list[Object]]:
    """The oldest of those with this template, and all others; in the order of their creation."""
    ordered = sorted(replica_sets, key=lambda one: (str(at(one, "metadata", "creationTimestamp")), _name(one)))
    wanted = without_hash(mapping(template))
    new = next((one for one in ordered if without_hash(mapping(at(one, "spec", "template"))) == wanted), None)
    return ([new] if new is not None else []), [one for one in ordered if one is not new]


def _replicas(one: Object) -> str:
    made, wanted = number(at(one, "status", "replicas")), _one(at(one, "spec", "replicas"))
    return f"{_name(one)} ({made}/{wanted} replicas created)"


def write_replica_set(page: Page, body: Object, phases: Sequence[int] | None) -> None:
    """`phases`: how many of its pods are in each of PHASES; None where they could not be read."""
    metadata, spec, status = _parts(body)
    _head(page, metadata)
    page.field("Selector", selector_words(spec.get("selector")) or NONE)
    _labelled(page, metadata)
    if owner := controller(metadata):
        page.field("Controlled By", owner)
    page.field("Replicas", f"{number(status.get('replicas'))} current / {_one(spec.get('replicas'))} desired")
    _pods(page, phases)
    write_template(page, spec.get("template"))
    _conditions(page, status)


def write_stateful_set(page: Page, body: Object, phases: Sequence[int] | None) -> None:
    metadata, spec, status = _parts(body)
    _head(page, metadata)
    page.field("CreationTimestamp", time_words(metadata.get("creationTimestamp")))
    page.field("Selector", selector_words(spec.get("selector")))
    _labelled(page, metadata)
    page.field("Replicas", f"{_one(spec.get('replicas'))} desired | {number(status.get('replicas'))} total")
    page.field("Update Strategy", at(spec, "updateStrategy", "type"))
    rolling = at(spec, "updateStrategy", "rollingUpdate")
    if (partition := at(rolling, "partition")) is not None:
        page.field("Partition", partition, 1)
        if (unavailable := at(rolling, "maxUnavailable")) is not None:
            page.field("MaxUnavailable", unavailable, 1)
    _pods(page, phases)
    write_template(page, spec.get("template"))
    _claims(page, spec)


def write_daemon_set(page: Page, body: Object, phases: Sequence[int] | None) -> None:
    metadata, spec, status = _parts(body)
    _head(page, metadata)
    page.field("Selector", selector_words(spec.get("selector")))
    page.field("Node-Selector", pairs(at(spec, "template", "spec", "nodeSelector")))
    _labelled(page, metadata)
    for title, key in (
        ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
        ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ):
        page.add(0, f"{title}: {number(status.get(key))}")
    _pods(page, phases)
    write_template(page, spec.get("template"))


def write_job(page: Page, body: Object) -> None:
    metadata, spec, status = _parts(body)
    _head(page, metadata)
    page.field("Selector", selector_words(spec.get("selector")))
    _labelled(page, metadata)
    if owner := controller(metadata):
        page.field("Controlled By", owner)
    if spec.get("parallelism") is not None:
        page.field("Parallelism", spec.get("parallelism"))
    completions = spec.get("completions")
    page.field("Completions", UNSET if completions is None else completions)
    for title, key in (
        ("Completion Mode", "completionMode"), ("Suspend", "suspend"), ("Backoff Limit", "backoffLimit"),
        ("TTL Seconds After Finished", "ttlSecondsAfterFinished"),
    ):  # fmt: skip
        if spec.get(key) is not None:
            page.field(title, spec.get(key))
    _job_times(page, spec, status)
    ready = status.get("ready")
    active = f"{number(status.get('active'))} Active" + ("" if ready is None else f" ({number(ready)} Ready)")
    ended = f"{number(status.get('succeeded'))} Succeeded / {number(status.get('failed'))} Failed"
    page.field("Pods Statuses", f"{active} / {ended}")
    if spec.get("completionMode") == "Indexed":
        page.field("Completed Indexes", _indexes(str(status.get("completedIndexes") or "")))
    write_template(page, spec.get("template"))


def _job_times(page: Page, spec: Object, status: Object) -> None:
    started, completed = moment(status.get("startTime")), moment(status.get("completionTime"))
    if started is not None:
        page.field("Start Time", time_words(status.get("startTime")))
    if completed is not None:
        page.field("Completed At", time_words(status.get("completionTime")))
    if started is not None and completed is not None:
        page.field("Duration", span_words((completed - started).total_seconds()))
    if spec.get("activeDeadlineSeconds") is not None:
        page.field("Active Deadline Seconds", f"{number(spec.get('activeDeadlineSeconds'))}s")


def _indexes(indexes: str) -> str:
    if not indexes:
        return NONE
    end = indexes.find(",", _INDEXES_SHOWN)
    return indexes if end < 0 else f"{indexes[: end + 1]}..."


def write_cron_job(page: Page, body: Object) -> None:
    metadata, spec, status = _parts(body)
    _head(page, metadata)
    _labelled(page, metadata)
    page.field("Schedule", spec.get("schedule"))
    page.field("Concurrency Policy", spec.get("concurrencyPolicy"))
    suspend = spec.get("suspend")
    page.field("Suspend", UNSET if suspend is None else title_case(suspend))
    for title, key, unit in (
        ("Time Zone", "timeZone", ""), ("Successful Job History Limit", "successfulJobsHistoryLimit", ""),
        ("Failed Job History Limit", "failedJobsHistoryLimit", ""),
        ("Starting Deadline Seconds", "startingDeadlineSeconds", "s"),
    ):  # fmt: skip
        value = spec.get(key)
        page.field(title, UNSET if value is None else f"{words(value)}{unit}")
    job = mapping(at(spec, "jobTemplate", "spec"))
    page.field("Selector", UNSET if job.get("selector") is None else selector_words(job.get("selector")))
    for title, key in (("Parallelism", "parallelism"), ("Completions", "completions")):
        page.field(title, UNSET if job.get(key) is None else job.get(key))
    if job.get("activeDeadlineSeconds") is not None:
        page.field("Active Deadline Seconds", f"{number(job.get('activeDeadlineSeconds'))}s")
    write_template(page, job.get("template"))
    last = status.get("lastScheduleTime")
    page.field("Last Schedule Time", time_words(last) if last else UNSET)
    page.field("Active Jobs", ", ".join(words(ref.get("name")) for ref in items(status.get("active"))) or NONE)


def _parts(body: Object) -> tuple[Object, Object, Object]:
    return mapping(body.get("metadata")), mapping(body.get("spec")), mapping(body.get("status"))


def _head(page: Page, metadata: Object) -> None:
    page.field("Name", metadata.get("name"))
    page.field("Namespace", metadata.get("namespace"))


def _labelled(page: Page, metadata: Object) -> None:
    page.labels("Labels", metadata.get("labels"))
    page.annotations("Annotations", metadata.get("annotations"))


def _pods(page: Page, phases: Sequence[int] | None) -> None:
    if phases is None:
        page.field("Pods Status", "unknown: its pods could not be read")
        return
    names = ("Running", "Waiting", "Succeeded", "Failed")
    page.field("Pods Status", " / ".join(f"{count} {name}" for count, name in zip(phases, names, strict=True)))


def _conditions(page: Page, status: Object) -> None:
    conditions = items(status.get("conditions"))
    if conditions:
        page.add(0, "Conditions:")
        page.add(1, "Type\tStatus\tReason")
        page.add(1, "----\t------\t------")
    for condition in conditions:
        kind, state, reason = (words(condition.get(part)) for part in ("type", "status", "reason"))
        page.add(1, f"{kind} \t{state}\t{reason}")


def _claims(page: Page, spec: Object) -> None:
    claims = items(spec.get("volumeClaimTemplates"))
    page.add(0, "Volume Claims:" if claims else f"Volume Claims:\t{NONE}")
    for claim in claims:
        metadata = mapping(claim.get("metadata"))
        page.field("Name", metadata.get("name"), 1)
        page.field("StorageClass", storage_class(claim), 1)
        page.labels("Labels", metadata.get("labels"), "  ")
        page.labels("Annotations", metadata.get("annotations"), "  ")
        asked = at(claim, "spec", "resources", "requests", "storage")
        page.field("Capacity", "<default>" if asked is None else asked, 1)
        page.field("Access Modes", at(claim, "spec", "accessModes") or [], 1)


def _one(replicas: Any) -> int:
    return 1 if replicas is None else number(replicas)


def _name(body: Object) -> str:
    return words(at(body, "metadata", "name"))
