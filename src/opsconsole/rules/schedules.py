"""When a CronJob is due by its schedule: Kubernetes' notation onto the cron library's.

Notation: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

_MACROS = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip


class Unknowable(ValueError):
    """A schedule or a time zone that cannot be read here."""


def due_after(schedule: str, timezone: str, moment: datetime) -> Iterator[datetime]:
    """Each time that it is due after a moment, in UTC, without end. Raises Unknowable."""
    fields, zone = _read(schedule, timezone)
    try:
        times = CronSim(fields, moment.astimezone(zone))
    except CronSimError as error:
        raise Unknowable(f"{schedule}: {error}") from error
    for due in times:
        # what falls into the hour that summer time leaves out is not run by the controller's library: we cannot tell
        if (due.astimezone(UTC) - timedelta(hours=1)).astimezone(zone).utcoffset() == due.utcoffset():
            yield due.astimezone(UTC)


@lru_cache(1024)
def _read(schedule: str, timezone: str) -> tuple[str, tzinfo]:
    text = schedule.strip()
    for prefix in ("TZ=", "CRON_TZ="):
        if text.startswith(prefix):
            timezone, _, text = text.removeprefix(prefix).partition(" ")
    text = _MACROS.get(text.strip(), text.strip()).replace("?", "*")
    if text.startswith("@"):
        raise Unknowable(schedule)
    try:
        return text, ZoneInfo(timezone) if timezone else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Unknowable(timezone) from error
