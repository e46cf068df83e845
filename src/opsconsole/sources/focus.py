"""Reads a FOCUS billing export (CSV or Parquet files) into one bill of one currency; unchanged files are read once."""

import glob
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.settings import Billing
from ..model.asked import Asked
from ..model.billing import Bill, DailyCharge
from ..model.reading import ProblemKind
from ..text import clock
from .asking import note
from .duck import Duck
from .errors import SourceError
from .focus_file import NO_CURRENCY, FocusFile, read_file

if TYPE_CHECKING:
    import duckdb

Stamp = tuple[int, int]
"""Modification time in ns and size."""


class FocusSource:
    """The files that the settings name. `read` is cheap while none of them changes."""

    def __init__(self, billing: Billing) -> None:
        self._billing = billing
        self._duck = Duck("billing")
        self._read: dict[Path, tuple[Stamp, FocusFile]] = {}
        self._bill: Bill | None = None
        self._asked: Asked | None = None
        """How the bill in hand was read; files that stay as they are are not read again."""

    async def read(self) -> tuple[Bill, str]:
        """The bill, and the files it came from. Raises SourceError: missing, misconfigured or unreachable."""
        # the whole of it on DuckDB's thread: a disk may not answer, and to sum a year of charges takes long
        bill, source = await self._duck.run(self._read_files)
        if self._asked is not None:
            note(self._asked)
        return bill, source

    def close(self) -> None:
        self._duck.close()

    def _read_files(self, db: "duckdb.DuckDBPyConnection") -> tuple[Bill, str]:
        taken, before = clock.now(), time.monotonic()
        wanted = {path: stamp for path in self._paths() if (stamp := _stamp(path)) is not None}
        if not wanted:
            patterns = ", ".join(self._billing.focus) or "(none)"
            raise SourceError(
                ProblemKind.MISCONFIGURED, f"no billing file matches {patterns}", "set `focus` in [profiles.….billing]"
            )
        changed = [path for path, stamp in wanted.items() if self._read.get(path, (None,))[0] != stamp]
        for path in changed:
            self._read[path] = (wanted[path], read_file(db, path))
        gone = self._read.keys() - wanted.keys()
        for path in gone:
            del self._read[path]
        if changed or gone or self._bill is None:
            files = {path: self._read[path][1] for path in wanted}
            self._bill = bill_of(files, self._billing.currency)
            names, took = "\n".join(map(str, wanted)), time.monotonic() - before
            self._asked = Asked("focus", "the charges of the bill", names, "the export", taken, took, self._bill.rows)
        return self._bill, ", ".join(str(path) for path in wanted)

    def _paths(self) -> list[Path]:
        names: list[str] = []
        for pattern in self._billing.focus:
            names += sorted(glob.glob(str(Path(pattern).expanduser()), recursive=True))
        return [path for name in dict.fromkeys(names) if (path := Path(name)).is_file()]


def bill_of(files: dict[Path, FocusFile], currency: str | None) -> Bill:
    """One bill from several files; `currency`: the one to show, else the one with most rows. Others are counted."""
    rows: Counter[str] = Counter()
    for file in files.values():
        rows.update(dict(file.rows))
    named = {code: count for code, count in rows.items() if code != NO_CURRENCY}
    shown = currency or (max(named, key=lambda code: (named[code], code)) if named else "USD")
    charges = [charge for file in files.values() for code, charge in file.charges if code in (shown, NO_CURRENCY)]
    rejected = [reject for file in files.values() for reject in file.rejected]
    return Bill(
        currency=shown,
        charges=_summed(charges),
        complete_through=_complete_through(files.values()),
        files=tuple(str(path) for path in files),
        rows=rows[shown] + rows[NO_CURRENCY],
        rejected=tuple(rejected),
        rejected_rows=sum(file.rejected_rows for file in files.values()),
        other_currencies=tuple(sorted((code, count) for code, count in named.items() if code != shown)),
        notes=_notes(files),
    )


def _summed(charges: Iterable[DailyCharge]) -> tuple[DailyCharge, ...]:
    """Several files may hold parts of one day: one charge per day, category, service, account and kind."""
    groups: dict[tuple[date, str, str, str, str], list[DailyCharge]] = defaultdict(list)
    for charge in charges:
        groups[charge.day, charge.category, charge.service, charge.account, charge.kind].append(charge)
    return tuple(
        parts[0]
        if len(parts) == 1
        else DailyCharge(
            *key[:4],
            billed=sum((part.billed for part in parts), Decimal()),
            effective=sum((part.effective for part in parts), Decimal()),
            corrected=any(part.corrected for part in parts),
            kind=key[4],
        )
        for key, parts in sorted(groups.items())
    )


def _complete_through(files: Iterable[FocusFile]) -> date | None:
    """The last day with usage, without trailing days that hold less than half the rows of the fortnight before.

    A provider's newest days arrive in pieces; a day that is far too short is one of them.
    """
    rows: Counter[date] = Counter()
    for file in files:
        rows.update(dict(file.last_days))
    days = sorted(rows)
    while len(days) > 7 and rows[days[-1]] < statistics.median(rows[day] for day in days[:-1]) / 2:
        days.pop()
    return days[-1] if days else None


def _notes(files: dict[Path, FocusFile]) -> tuple[str, ...]:
    """Each note once, with its file where not all files share it."""
    holders: dict[str, list[Path]] = defaultdict(list)
    for path, file in files.items():
        for line in file.notes:
            holders[line].append(path)
    return tuple(
        note if len(paths) == len(files) else f"{', '.join(path.name for path in paths)}: {note}"
        for note, paths in holders.items()
    )


def _stamp(path: Path) -> Stamp | None:
    try:
        stat = path.stat()
    except OSError:  # a file that went away between the listing and here is simply not there
        return None
    return stat.st_mtime_ns, stat.st_size
