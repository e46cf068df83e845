"""Jobs, which run a pod to its end, and CronJobs, which make a Job whenever their schedule says so."""

import time
from typing import Any

from opsconsole.demo.kubernetes.controllers.podmaking import delete_pod, make_pod
from opsconsole.demo.kubernetes.controllers.world import World, is_leaving, is_ready, owner_reference
from opsconsole.demo.kubernetes.defaults import fill_in
from opsconsole.demo.kubernetes.quantities import format_time, parse_time
from opsconsole.demo.kubernetes.resources import CRON_JOBS, JOBS
from opsconsole.demo.kubernetes.store import Stored, clone

Body = dict[str, Any]
_MISSED_MINUTES = 100
"""A schedule is not made up for further back."""


def sync_cron_jobs(world: World) -> None:
    for cron_job in list(world.store.items(CRON_JOBS.key)):
        jobs = [job for job in world.store.items(JOBS.key, cron_job.name[0]) if _owner(job) == _uid(cron_job)]
        cron_job = _start_due(world, cron_job, jobs)
        _report_cron_job(world, cron_job, jobs)
        _forget_old(world, cron_job.body["spec"], jobs)


def _start_due(world: World, cron_job: Stored, jobs: list[Stored]) -> Stored:
    body = cron_job.body
    last = (body.get("status") or {}).get("lastScheduleTime") or body["metadata"]["creationTimestamp"]
    due = None if body["spec"].get("suspend") else last_due(body["spec"]["schedule"], parse_time(last), world.now)
    if due is None:
        return cron_job
    template = clone(body["spec"]["jobTemplate"])
    metadata = world.metadata(
        f"{cron_job.name[1]}-{int(due // 60)}", cron_job.name[0], (template.get("metadata") or {}).get("labels")
    )
    metadata |= {"generation": 1, "ownerReferences": [owner_reference(CRON_JOBS, body)]}
    job = {"metadata": metadata, "spec": template["spec"]}
    fill_in(JOBS, job)
    jobs.append(world.store.put(JOBS.key, job))
    message = f"Created job {metadata['name']}"
    world.tell(CRON_JOBS, body, "SuccessfulCreate", message, "cronjob-controller")
    status = {**(body.get("status") or {}), "lastScheduleTime": format_time(due)}
    return world.update(CRON_JOBS, cron_job, status=status)


def last_due(schedule: str, after: float, now: float) -> float | None:
    """The newest full minute in (after, now] that a five-field schedule (UTC) names."""
    fields = schedule.split()
    newest = int(now // 60)
    for minute in range(newest, max(int(after // 60), newest - _MISSED_MINUTES), -1):
        at = time.gmtime(minute * 60)
        values = (at.tm_min, at.tm_hour, at.tm_mday, at.tm_mon, (at.tm_wday + 1) % 7)
        if all(_names(field, value) for field, value in zip(fields, values, strict=True)):
            return minute * 60.0
    return None


def _names(field: str, value: int) -> bool:
    for part in field.split(","):
        whole, _, step = part.partition("/")
        first, _, last = whole.partition("-")
        low, high = (0, 99) if whole == "*" else (int(first), int(last or first))
        if low <= value <= high and (value - low) % int(step or 1) == 0:
            return True
    return False


def _report_cron_job(world: World, cron_job: Stored, jobs: list[Stored]) -> None:
    status = dict(cron_job.body.get("status") or {})
    running = [job for job in jobs if not finished(job.body)]
    known = {each["uid"] for each in status.pop("active", [])}
    for job in jobs:
        if _uid(job) in known and (how := finished(job.body)):
            message = f"Saw completed job: {job.name[1]}, condition: {how}"
            world.tell(CRON_JOBS, cron_job.body, "SawCompletedJob", message, "cronjob-controller")
    ended = [time for job in jobs if (time := job.body["status"].get("completionTime"))]
    if ended:
        status["lastSuccessfulTime"] = max(ended)
    if running:
        status["active"] = [
            {"kind": "Job", "namespace": job.name[0], "name": job.name[1], "uid": _uid(job), "apiVersion": "batch/v1"}
            for job in running
        ]
    world.update(CRON_JOBS, cron_job, status=status)


def _forget_old(world: World, spec: Body, jobs: list[Stored]) -> None:
    """Only so many finished Jobs are kept; their pods go with them."""
    for how, limit, usual in (("Complete", "successfulJobsHistoryLimit", 3), ("Failed", "failedJobsHistoryLimit", 1)):
        over = sorted((job for job in jobs if finished(job.body) == how), key=_created)
        for job in over[: max(0, len(over) - spec.get(limit, usual))]:
            world.store.remove(JOBS.key, *job.name)


def sync_jobs(world: World) -> None:
    for job in list(world.store.items(JOBS.key)):
        if not is_leaving(job.body) and not finished(job.body):
            _run(world, job)


def finished(job: Body) -> str:
    """Complete, Failed, or "" while it goes on."""
    return next(
        (
            str(each["type"])
            for each in (job.get("status") or {}).get("conditions") or ()
            if each["type"] in ("Complete", "Failed") and each["status"] == "True"
        ),
        "",
    )


def _run(world: World, job: Stored) -> None:
    body, at = job.body, format_time(world.now)
    spec, status = body["spec"], dict(body.get("status") or {})
    pods = world.pods_of(_uid(job))
    phases = [(pod.body.get("status") or {}).get("phase") for pod in pods]
    done, failed = phases.count("Succeeded"), phases.count("Failed")
    active = [pod for pod, phase in zip(pods, phases, strict=True) if phase not in ("Succeeded", "Failed")]
    wanted = min(spec.get("parallelism", 1), spec.get("completions", 1) - done)
    lost = failed > spec.get("backoffLimit", 6)
    if spec.get("suspend"):
        wanted = 0
    for _ in range(0 if lost else wanted - len(active)):
        pod = make_pod(world, JOBS, body)
        world.tell(JOBS, body, "SuccessfulCreate", f"Created pod: {pod.name[1]}", "job-controller")
        active.append(pod)
    status |= {"startTime": status.get("startTime", at), "uncountedTerminatedPods": {}}
    status["ready"] = sum(is_ready(pod.body) for pod in active)
    for name, count in (("active", len(active)), ("succeeded", done), ("failed", failed)):
        status |= {name: count} if count else {}
        if not count:
            status.pop(name, None)
    if lost:
        for pod in active:
            delete_pod(world, pod)
        why = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        status["conditions"] = [_condition(kind, at, *why) for kind in ("FailureTarget", "Failed")]
        world.tell(JOBS, body, why[0], why[1], "job-controller", kind="Warning")
    elif done >= spec.get("completions", 1):
        why = ("CompletionsReached", "Reached expected number of succeeded pods")
        status["conditions"] = [_condition(kind, at, *why) for kind in ("SuccessCriteriaMet", "Complete")]
        status["completionTime"] = at
        world.tell(JOBS, body, "Completed", "Job completed", "job-controller")
    world.update(JOBS, job, status=status)


def _condition(kind: str, at: str, reason: str, message: str) -> Body:
    return {
        "type": kind, "status": "True", "lastProbeTime": at, "lastTransitionTime": at,
        "reason": reason, "message": message,
    }  # fmt: skip


def _uid(stored: Stored) -> str:
    return str(stored.body["metadata"]["uid"])


def _owner(job: Stored) -> str:
    return next((str(each["uid"]) for each in job.body["metadata"].get("ownerReferences") or ()), "")


def _created(job: Stored) -> str:
    return str(job.body["metadata"]["creationTimestamp"])
