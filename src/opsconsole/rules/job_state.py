"""What is wrong with a Job or a CronJob: failed, longer than its deadline, missed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile

from ..model.kubernetes import Condition, Cron, JobRun, Pod, Workload
from ..text import units
from .pod_trouble import failing, finished, first, reason
from .schedules import Unknowable, due_after
from .verdict import COMPLETE, OK, Verdict, info, warning

LATE = timedelta(minutes=2)
"""A run may begin so much later than it is due before it counts as missed."""
COUNTED = 100
"""Missed runs are counted so far; the controller gives up there as well."""


def job_state(job: Workload, pods: Sequence[Pod], now: datetime, begun_by: Workload | None = None) -> Verdict:
    """`pods` are those that it controls; `begun_by` is its CronJob, whose later run may have made it good."""
    run = job.run or JobRun()
    for condition in job.conditions:
        if condition.type in ("Failed", "FailureTarget") and condition.status == "True":
            words = f"failed: {_why(condition, run)}"
            return info(f"{words}; a later run ended well") if _made_good(run, begun_by) else warning(words)
        if condition.type == "Complete" and condition.status == "True":
            return COMPLETE
    if job.paused:
        return info("suspended")
    if run.started is not None and run.deadline_s is not None:
        lasted = (now - run.started).total_seconds()
        if lasted > run.deadline_s + LATE.total_seconds():
            return warning(f"running for {units.span(lasted)}, its deadline is {units.span(run.deadline_s)}")
    bad = [pod for pod in pods if failing(pod) and pod.deleting is None and not finished(pod)]
    if bad:
        said = reason(bad[0])
        words = f"{bad[0].status} {units.plural(len(bad), 'pod')}"
        return warning(f"{words}: {said}" if said and said != bad[0].status else words)
    words = f"running {job.ready}/{job.desired}"
    if run.failed:
        tries = f" of {run.retries + 1} tries" if run.retries is not None else ""
        return info(f"{words}, failed {run.failed}{tries or ' times'}")
    return Verdict(None, words)


def cron_state(job: Workload, now: datetime) -> Verdict:
    """Whether it ran when it was due."""
    if job.paused:
        return info("suspended")
    if job.cron is not None and (missed := _missed(job, job.cron, now)):
        return missed
    return Verdict(None, f"{units.plural(job.desired, 'job')} running") if job.desired else OK


def _missed(job: Workload, cron: Cron, now: datetime) -> Verdict | None:
    known = [moment for moment in (cron.last, job.created) if moment is not None]
    if not known or not cron.schedule:
        return None
    try:
        # no further than to now: to look for the next hundred of a rare schedule takes long
        due = takewhile(lambda moment: moment < now - LATE, due_after(cron.schedule, cron.timezone, max(known)))
        over = list(islice(due, COUNTED))
    except Unknowable as error:
        return info(f"its schedule cannot be read here: {error}")
    if not over:
        return None
    count = f"{COUNTED} runs and more" if len(over) == COUNTED else units.plural(len(over), "run")
    words = f"missed {count} since {units.when(over[0], now)} ({cron.schedule})"
    if job.desired and cron.concurrency == "Forbid":
        return warning(f"{words}: the run before goes on, and concurrencyPolicy is Forbid")
    if cron.deadline_s is not None:
        return warning(f"{words}: not begun within its startingDeadlineSeconds {cron.deadline_s}")
    return warning(words)


def _made_good(run: JobRun, begun_by: Workload | None) -> bool:
    succeeded = begun_by.cron.succeeded if begun_by is not None and begun_by.cron is not None else None
    return run.started is not None and succeeded is not None and succeeded > run.started


def _why(condition: Condition, run: JobRun) -> str:
    word = condition.reason or first(condition.message)
    if word == "BackoffLimitExceeded" and run.failed:
        return f"{word} after {units.plural(run.failed, 'try', 'tries')}"
    if word == "DeadlineExceeded" and run.deadline_s is not None:
        return f"{word}, longer than {units.span(run.deadline_s)}"
    return word
