"""One object described as `kubectl describe` does, with its events at the end, warnings first.

Source of what is written, and in which order: k8s.io/kubectl, pkg/describe/describe.go (1.36). What differs is meant:
warnings come first, values that look like secrets are masked, control characters are visible, and a time that is
missing reads `unknown`.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from .describe_namespaces import write_claim, write_namespace, write_quota, write_slice
from .describe_node import Around, write_node
from .describe_others import write_budget, write_hpa, write_service
from .describe_page import Object, Page, age_words, at, write_events
from .describe_pod import write_pod
from .describe_workloads import (
    write_cron_job,
    write_daemon_set,
    write_deployment,
    write_job,
    write_replica_set,
    write_stateful_set,
)


class Related(msgspec.Struct, frozen=True, gc=False):
    """What was read beside the object; None: it could not be read, or the kind does not need it."""

    events: tuple[Object, ...] | None = None
    events_problem: str = ""
    replica_sets: tuple[Object, ...] | None = None
    """Of a Deployment."""
    phases: tuple[int, ...] | None = None
    """How many of its pods run, wait, succeeded, failed."""
    slices: tuple[Object, ...] | None = None
    """EndpointSlices of a Service."""
    node: Around | None = None
    quotas: tuple[Object, ...] | None = None
    """Of a Namespace, and its LimitRanges."""
    limits: tuple[Object, ...] | None = None
    users: tuple[str, ...] | None = None
    """Names of the pods that use a PersistentVolumeClaim."""


_WRITERS: dict[str, Callable[[Page, Object, Related, datetime], None]] = {
    "Pod": lambda page, body, related, now: write_pod(page, body, now),
    "Deployment": lambda page, body, related, now: write_deployment(page, body, related.replica_sets),
    "ReplicaSet": lambda page, body, related, now: write_replica_set(page, body, related.phases),
    "StatefulSet": lambda page, body, related, now: write_stateful_set(page, body, related.phases),
    "DaemonSet": lambda page, body, related, now: write_daemon_set(page, body, related.phases),
    "Job": lambda page, body, related, now: write_job(page, body),
    "CronJob": lambda page, body, related, now: write_cron_job(page, body),
    "HorizontalPodAutoscaler": lambda page, body, related, now: write_hpa(page, body),
    "Node": lambda page, body, related, now: write_node(page, body, related.node or Around(None, None), now),
    "Service": lambda page, body, related, now: write_service(page, body, related.slices),
    "PodDisruptionBudget": lambda page, body, related, now: write_budget(page, body),
    "Namespace": lambda page, body, related, now: write_namespace(page, body, related.quotas, related.limits),
    "ResourceQuota": lambda page, body, related, now: write_quota(page, body),
    "PersistentVolumeClaim": lambda page, body, related, now: write_claim(page, body, related.users, _lasts(body, now)),
    "EndpointSlice": lambda page, body, related, now: write_slice(page, body),
}
_WITHOUT_EVENTS = ("Namespace", "ResourceQuota")
KINDS = frozenset(_WRITERS)
"""What can be described."""


def described(kind: str, body: Object, related: Related, now: datetime) -> tuple[str, ...]:
    """The lines. KeyError for a kind that is not among KINDS."""
    page = Page()
    _WRITERS[kind](page, body, related, now)
    if kind not in _WITHOUT_EVENTS:
        write_events(page, related.events, now, related.events_problem)
    return page.lines()


def _lasts(body: Object, now: datetime) -> str:
    """For how long it is being deleted; "" where it is not."""
    deleted = at(body, "metadata", "deletionTimestamp")
    return age_words(deleted, now) if deleted else ""
