"""Pods from the wire into rows: kubectl's words and everything derived is computed here, once per change."""

from datetime import datetime

from ...model.kubernetes import Condition, Container, Owner, Pod, Probe, Termination
from ...rules.pod_status import End, Facts, Run, pod_status
from .convert_placement import placement
from .quantity import quantity
from .share import Shared
from .wire import ConditionWire, ContainerSpec, ContainerState, ContainerStatus, Meta, PodStatusWire, PodWire, ProbeWire

_NO_STATE = ContainerState()
_NO_STATUS = ContainerStatus()


def pod(wire: PodWire, share: Shared) -> Pod:
    """One row. ValueError where a quantity or a needed field cannot be read."""
    meta, spec, status = wire.metadata or Meta(), wire.spec, wire.status or PodStatusWire()
    specs = (spec and spec.containers) or []
    init_specs = (spec and spec.init_containers) or []
    sidecars = {item.name for item in init_specs if item.restart_policy == "Always"}
    init_statuses, statuses = status.init_container_statuses or [], status.container_statuses or []
    words = pod_status(
        _facts(status, meta, len(specs), len(init_specs), len(sidecars)),
        [_run(item, item.name in sidecars) for item in init_statuses],
        [_run(item, False) for item in statuses],
    )
    told = {item.name: item for item in (*init_statuses, *statuses)}
    containers = [
        _container(item, told.get(item.name, _NO_STATUS), share, init=True, sidecar=item.name in sidecars)
        for item in init_specs
    ] + [_container(item, told.get(item.name, _NO_STATUS), share) for item in specs]
    labels = share.labels(meta.labels)
    gates = [gate.condition_type for gate in (spec and spec.readiness_gates) or ()]
    true = {item.type for item in status.conditions or () if item.status == "True"} if gates else set()
    return Pod(
        uid=meta.uid or "",
        namespace=share.text(meta.namespace),
        name=meta.name or "",
        status=share(words.word),
        phase=share.text(status.phase),
        ready=words.ready,
        total=words.total,
        restarts=words.restarts,
        created=share(meta.creation_timestamp) if meta.creation_timestamp else None,
        node=share.text(spec.node_name if spec else None),
        ip=status.pod_ip or "",
        qos=share.text(status.qos_class),
        owner=owner(meta, share),
        labels=labels,
        containers=share(tuple(containers)),
        conditions=share(_kept(status.conditions, share)),
        last_restart=_last_restart(containers, words.restarted),
        deleting=meta.deletion_timestamp,
        message=status.message or "",
        started=share(status.start_time) if status.start_time else None,
        revision=_label(meta, "pod-template-hash", share) or _label(meta, "controller-revision-hash", share),
        nominated=share.text(status.nominated_node_name),
        account=share.text(spec.service_account_name if spec else None),
        gates=len(gates),
        gates_open=sum(gate in true for gate in gates),
        placement=placement(spec),
    )


def owner(meta: Meta, share: Shared) -> Owner | None:
    """The controlling owner, or the first one named."""
    references = meta.owner_references
    if not references:
        return None
    found = next((item for item in references if item.controller), references[0])
    return share(Owner(found.kind or "", found.name or "", found.uid or ""))


def condition(wire: ConditionWire, share: Shared) -> Condition:
    return share(
        Condition(
            wire.type or "", wire.status or "Unknown", wire.reason or "", wire.message or "", wire.last_transition_time
        )
    )


def _facts(status: PodStatusWire, meta: Meta, containers: int, init_containers: int, sidecars: int) -> Facts:
    gated = initialized = ready = False
    for item in status.conditions or ():
        gated = gated or (item.type == "PodScheduled" and item.reason == "SchedulingGated")
        initialized = initialized or (item.type == "Initialized" and item.status == "True")
        ready = ready or (item.type == "Ready" and item.status == "True")
    return Facts(
        status.phase or "",
        status.reason or "",
        meta.deletion_timestamp is not None,
        gated,
        initialized,
        ready,
        containers,
        init_containers,
        sidecars,
    )


def _run(status: ContainerStatus, sidecar: bool) -> Run:
    state, last = status.state or _NO_STATE, status.last_state or _NO_STATE
    ended = state.terminated
    return Run(
        ready=bool(status.ready),
        started=bool(status.started),
        restarts=status.restart_count or 0,
        waiting=(state.waiting.reason or "") if state.waiting else None,
        running=state.running is not None,
        ended=End(ended.reason or "", ended.exit_code or 0, ended.signal or 0) if ended else None,
        last_ended=last.terminated.finished_at if last.terminated else None,
        restartable=sidecar,
    )


def _container(
    spec: ContainerSpec, status: ContainerStatus, share: Shared, *, init: bool = False, sidecar: bool = False
) -> Container:
    state, last = status.state or _NO_STATE, status.last_state or _NO_STATE
    resources = spec.resources
    requests = (resources and resources.requests) or {}
    limits = (resources and resources.limits) or {}
    word, reason, message = "waiting", "", ""
    started = None
    if state.running:
        word, started = "running", state.running.started_at
    elif state.terminated:
        ended = state.terminated
        word, message, started = "terminated", ended.message or "", ended.started_at
        reason = ended.reason or (f"Signal:{ended.signal}" if ended.signal else f"ExitCode:{ended.exit_code or 0}")
    elif state.waiting:
        reason, message = state.waiting.reason or "", state.waiting.message or ""
    before = last.terminated
    return Container(
        name=share.text(spec.name),
        image=share.text(spec.image),
        ready=bool(status.ready),
        state=word,
        reason=share.text(reason),
        message=message,
        restarts=status.restart_count or 0,
        started=share(started) if started else None,
        last=Termination(share.text(before.reason) or "Error", before.exit_code or 0, before.finished_at)
        if before
        else None,
        init=init,
        sidecar=sidecar,
        cpu_request=quantity(requests.get("cpu")),
        cpu_limit=quantity(limits.get("cpu")),
        memory_request=quantity(requests.get("memory")),
        memory_limit=quantity(limits.get("memory")),
        startup=_probe(spec.startup_probe, share),
        readiness=_probe(spec.readiness_probe, share),
    )


def _probe(wire: ProbeWire | None, share: Shared) -> Probe | None:
    """With the defaults of the API, which the server fills in anyway."""
    if wire is None:
        return None
    return share(Probe(wire.initial_delay_seconds or 0, wire.period_seconds or 10, wire.failure_threshold or 3))


def _kept(conditions: list[ConditionWire] | None, share: Shared) -> tuple[Condition, ...]:
    """Ready always, the others only while they are not True: thousands of True ones say nothing."""
    return tuple(condition(item, share) for item in conditions or () if item.type == "Ready" or item.status != "True")


def _last_restart(containers: list[Container], restarted: datetime | None) -> Termination | None:
    """Of the restarts that kubectl counts the newest; what an init container went through counts while it goes on."""
    if restarted is not None:
        return next((c.last for c in containers if c.last is not None and c.last.finished == restarted), None)
    ends = [c.last for c in containers if c.last is not None and (not c.init or c.sidecar)]
    dated = [end for end in ends if end.finished is not None]
    if dated:
        return max(dated, key=lambda end: end.finished.timestamp() if end.finished else 0.0)
    return ends[-1] if ends else None


def _label(meta: Meta, key: str, share: Shared) -> str:
    return share.text((meta.labels or {}).get(key))
