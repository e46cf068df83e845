"""Checks what lies in files: the settings and their secrets, the store's folder, the bill, the customer table."""

import os
import stat
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

import msgspec

from ..config import paths
from ..config.policies import builtin
from ..config.settings import Billing, Policy, Profile, Secret, Settings
from ..model.billing import Rejected
from ..rules.budget import as_of
from ..sources.customers import CustomerSource
from ..sources.focus import FocusSource
from ..sources.way import NoWay, Ways
from ..store.filesystem import MOUNTS, NETWORK, kind
from ..text import clock
from ..text.units import plural
from .check import Check, Verdict, closing

OLD_BILL_DAYS = 3


def settings_files(files: Iterable[Path], profile: Profile | None) -> list[Check]:
    """Nobody else may write the settings (they name commands that are run), nobody else may read a secret."""
    found = []
    for file in files:
        if _mode(file) & (stat.S_IWGRP | stat.S_IWOTH):
            said = f"{file} can be written by others, and it names commands that are run"
            found.append(Check("settings", Verdict.DEGRADED, said, f"chmod 600 {file}"))
        else:
            found.append(Check("settings", Verdict.FINE, f"{file} is writable by its owner only"))
    for file in sorted({Path(secret.file).expanduser() for secret in _secrets(profile) if secret.file}):
        if _mode(file) & (stat.S_IRWXG | stat.S_IRWXO):
            said = f"the secret {file} is open to others"
            found.append(Check("settings", Verdict.DEGRADED, said, f"chmod 600 {file}"))
    return found


def store(settings: Settings, mounts: Path = MOUNTS) -> list[Check]:
    """The store's folder: writable, and not on a network file system, where SQLite's WAL does not hold."""
    folder = Path(settings.store.path).expanduser().parent if settings.store.path else paths.state_dir()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(existing, os.W_OK):
        said = f"{existing} is not writable: incidents and the timeline cannot be kept"
        return [Check("store", Verdict.UNUSABLE, said, "set `path` in [store] to a file that you may write")]
    mounted = kind(existing, mounts)
    if mounted in NETWORK:
        said = f"{folder} lies on {mounted}: the store uses a slower journal there"
        return [Check("store", Verdict.DEGRADED, said, "set `path` in [store] to a local disk")]
    return [Check("store", Verdict.FINE, f"{folder} on {mounted or 'a local disk'}")]


async def billing(settings: Billing) -> AsyncIterator[Check]:
    """Are there files, can they be read, how many rows are left out, how old is the newest complete day."""
    source = FocusSource(settings)
    try:
        bill, _ = await source.read()
    finally:
        source.close()
    today = clock.now().date()
    complete = as_of(bill, settings.lag_days, today)
    counted = f"{plural(bill.rows, 'row')} in {plural(len(bill.files), 'file')}"
    if not bill.rows:
        yield Check(
            "billing", Verdict.UNUSABLE, f"no row can be used; {_first(bill.rejected)}", "export FOCUS 1.0 to 1.2"
        )
        return
    yield Check("billing", Verdict.FINE, f"{counted}, {bill.currency}, complete through {complete}")
    if bill.rejected_rows:
        said = f"{plural(bill.rejected_rows, 'row')} left out, the first: {_first(bill.rejected)}"
        yield Check("billing", Verdict.DEGRADED, said, "correct the export; the Costs tab lists them all")
    if complete is not None and (today - complete).days > settings.lag_days + OLD_BILL_DAYS:
        said = f"the newest complete day is {(today - complete).days} days old"
        yield Check("billing", Verdict.DEGRADED, said, "see whether the export still runs")
    for note in bill.notes:
        yield Check("billing", Verdict.DEGRADED, note, "export that column too")


async def customers(profile: Profile, policy: Policy, ways: Ways = NoWay) -> AsyncIterator[Check]:
    """Can the table be read, how many customers, and does the hurt query answer."""
    if profile.customers is None:
        return
    inputs = policy.health or builtin("default").health
    source = CustomerSource(profile.customers, profile.postgres, inputs, ways)
    try:
        base, _ = await source.customers()
        if not base.customers:
            yield Check("customers", Verdict.DEGRADED, "the table is empty", "check `query` or `file` of the settings")
        else:
            yield Check("customers", Verdict.FINE, plural(len(base.customers), "customer"))
        if base.rejected:
            said = (
                f"{plural(len(base.rejected), 'cell or row', 'cells or rows')} left out, the first: {base.rejected[0]}"
            )
            yield Check("customers", Verdict.DEGRADED, said, "correct the table; the Customers tab lists them all")
        if source.measures_hurt:
            await source.hurt()
            yield Check("customers", Verdict.FINE, "the hurt query answers")
    finally:
        await closing(source.close)


def _first(rejected: tuple[Rejected, ...]) -> str:
    if not rejected:
        return "the files are empty"
    return f"{rejected[0].file}:{rejected[0].row}: {rejected[0].reason}"


def _mode(file: Path) -> int:
    try:
        return file.stat().st_mode
    except OSError:  # a missing secret file is said by the source that needs it
        return 0


def _secrets(value: object) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _secrets(getattr(value, field))
    elif isinstance(value, tuple):
        for item in value:
            yield from _secrets(item)
