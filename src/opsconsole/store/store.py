"""The store as everybody uses it: asynchronous, over one writer thread, and of use without its file too.

SQLAlchemy is imported in the writer thread at the first use, never on the event loop.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ..config.paths import state_dir
from ..model.alerts import Firing
from ..model.baseline import BaselineNote
from ..model.incident import Acknowledgement, Incident, Incidents, TimelineEntry
from ..model.journal import JournalHead, JournalLine, Verified
from ..model.reading import Problem, ProblemKind
from ..text import clock
from .errors import StoreError, is_corrupt, meaning

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .database import Database

T = TypeVar("T")
log = logging.getLogger(__name__)
# Without a log file Python would print the traceback: a command says the sentence of the StoreError instead.
log.addHandler(logging.NullHandler())

RETRY_S = 10.0
"""How long a file that could not be opened is left alone."""
PRUNE_EVERY_S = 600.0
IN_MEMORY = 60
"""Samples of each kind kept in memory while the file cannot be written: an hour of those that come each minute."""


class StoreStatus(msgspec.Struct, frozen=True, gc=False):
    """How the store is: `problem` says why it is not whole, `notes` what happened to it."""

    path: str
    writable: bool
    problem: Problem | None = None
    notes: tuple[str, ...] = ()


class Store:
    """Incidents, timelines, the journal and samples in one file.

    What a call returns from is saved: a kill at any instant afterwards loses nothing. Reading and writing incidents
    raise StoreError; samples never do, they stay in memory while the file cannot be used.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self.written = asyncio.Event()
        """Set by each write of incidents, entries or journal; who waits for it clears it."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._database: Database | None = None
        self._problem: Problem | None = None
        self._failed_at: float | None = None
        self._notes: list[str] = []
        self._memory: dict[tuple[str, str], deque[tuple[datetime, bytes]]] = {}
        self._unsaved: Problem | None = None
        """Why the last sample stays in memory."""
        self._own_writes = 0
        self._pruned_at: float | None = None

    @classmethod
    def open(cls, path: Path | None = None, *, read_only: bool = False) -> "Store":
        """The store at `path` (default: the XDG state directory); the first call that needs the file opens it.

        `read_only` makes and changes nothing: a file that is not there, corrupt or of an older schema is a StoreError.
        """
        return cls((path or default_path()).expanduser(), read_only=read_only)

    # ---- incidents --------------------------------------------------------------------------------------------------

    async def incidents(self) -> Incidents:
        """All incidents and their timelines."""

        def work(connection: "Connection") -> Incidents:
            from . import incidents

            return incidents.read(connection)

        return await self._read(work)

    async def add_incident(self, incident: Incident, entries: Iterable[TimelineEntry] = ()) -> Incident:
        """Save a new incident with its first entries; an empty id gets the next `INC-n`."""
        first = tuple(entries)

        def work(connection: "Connection") -> Incident:
            from . import incidents

            return incidents.add(connection, incident, first)

        return await self._write(work)

    async def change_incident(
        self,
        identity: str,
        changes: Mapping[str, Any],
        entries: Iterable[TimelineEntry] = (),
        *,
        expected: Mapping[str, Any] = MappingProxyType({}),
    ) -> Incident:
        """Change fields of an incident and append what tells of it, both or neither; returns it as it is now.

        ValueError, with a sentence: there is no such incident, or a field of `expected` has another value by now.
        """
        told = tuple(entries)

        def work(connection: "Connection") -> Incident:
            from . import incidents

            return incidents.change(connection, identity, changes, told, expected)

        return await self._write(work)

    async def append(self, entry: TimelineEntry) -> None:
        """Save one entry; there is no way to change or remove it."""

        def work(connection: "Connection") -> None:
            from . import incidents

            incidents.append(connection, [entry])

        await self._write(work)

    async def append_new(self, entries: Iterable[TimelineEntry]) -> int:
        """Save those whose ids are not here yet, in one transaction; returns how many those were."""
        brought = tuple(entries)

        def work(connection: "Connection") -> int:
            from . import incidents

            return incidents.append_new(connection, brought)

        return await self._write(work)

    async def import_incidents(self, items: Iterable[tuple[Incident, Iterable[TimelineEntry]]]) -> int:
        """Save what is not here yet, by id, in one transaction; returns how many incidents were new."""
        brought = [(incident, tuple(entries)) for incident, entries in items]

        def work(connection: "Connection") -> int:
            from . import incidents

            known, known_entries = incidents.known(connection)
            new = [(incident, entries) for incident, entries in brought if incident.id not in known]
            for incident, entries in new:
                incidents.add(connection, incident, ())
                incidents.append(connection, [entry for entry in entries if entry.id not in known_entries])
            return len(new)

        return await self._write(work)

    async def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        """Save that somebody knows of a finding."""

        def work(connection: "Connection") -> None:
            from . import incidents

            incidents.acknowledge(connection, acknowledgement)

        await self._write(work)

    # ---- the journal ------------------------------------------------------------------------------------------------

    async def journal(self, line: JournalLine) -> JournalLine:
        """Append a line; returns it as it is in the file: redacted, with its number, the hash before it and its own."""

        def work(connection: "Connection") -> JournalLine:
            from . import journal

            return journal.append(connection, line)

        return await self._write(work)

    async def journal_new(self, line: JournalLine, *, unless: Collection[str]) -> bool:
        """Append a line unless its run has one of these phases already: of two consoles, one does it."""

        def work(connection: "Connection") -> bool:
            from . import journal

            if any(known.phase in unless for known in journal.read(connection, line.run, None)):
                return False
            journal.append(connection, line)
            return True

        return await self._write(work)

    async def journal_lines(self, run: str = "", *, newest: int | None = None) -> tuple[JournalLine, ...]:
        """All lines, those of one run, or only the newest so many; oldest first."""

        def work(connection: "Connection") -> tuple[JournalLine, ...]:
            from . import journal

            return journal.read(connection, run, newest)

        return await self._read(work)

    async def journal_head(self) -> JournalHead:
        """The end of the chain; number 0 and a hash of zeros where there is no line yet."""

        def work(connection: "Connection") -> JournalHead:
            from . import journal

            return journal.head(connection)

        return await self._read(work)

    async def journal_verify(self, head: JournalHead | None = None) -> Verified:
        """Look through the whole chain; with a head that was printed earlier, also whether the chain holds it."""

        def work(connection: "Connection") -> Verified:
            from . import journal

            return journal.verify(connection, head)

        return await self._read(work)

    async def keep_evidence(self, text: str) -> str:
        """Keep a text, redacted and compressed; returns the SHA-256 under which `evidence` has it."""

        def work(connection: "Connection") -> str:
            from . import journal

            return journal.keep_evidence(connection, text)

        return await self._write(work)

    async def evidence(self, sha256: str) -> str:
        """A text that was kept. ValueError, with a sentence: there is none, or it was altered since."""

        def work(connection: "Connection") -> str:
            from . import journal

            return journal.evidence(connection, sha256)

        return await self._read(work)

    # ---- baselines --------------------------------------------------------------------------------------------------

    async def baseline_notes(self) -> tuple[BaselineNote, ...]:
        """The log of baselines, oldest first."""

        def work(connection: "Connection") -> tuple[BaselineNote, ...]:
            from . import baselines

            return baselines.read(connection)

        return await self._read(work)

    async def note_baseline(self, note: BaselineNote, line: JournalLine | None = None) -> None:
        """Append to the log of baselines, and where a person did it to the journal too: both or neither."""

        def work(connection: "Connection") -> None:
            from . import baselines, journal

            baselines.append(connection, note)
            if line is not None:
                journal.append(connection, line)

        await self._write(work)

    # ---- firings ----------------------------------------------------------------------------------------------------

    async def keep_firings(self, standing: Iterable[Firing], over: Iterable[Firing]) -> None:
        """What fires now, and what was seen to end."""
        now, ended = tuple(standing), tuple(over)

        def work(database: "Database") -> None:
            from . import firings

            with database.write() as connection:
                firings.keep(connection, now, ended, clock.now())

        await self._run(work)  # not `_write`: nobody need read incidents again for it

    async def firings(self, since: datetime) -> tuple[Firing, ...]:
        """All that fired since then, oldest first."""

        def work(connection: "Connection") -> tuple[Firing, ...]:
            from . import firings

            return firings.read(connection, since)

        return await self._read(work)

    # ---- documents --------------------------------------------------------------------------------------------------

    async def save_document(self, name: str, text: str) -> None:
        """Keep what was generated last under a name."""

        def work(connection: "Connection") -> None:
            from . import documents

            documents.save(connection, name, text)

        await self._write(work)

    async def document(self, name: str) -> str | None:
        """What was generated last; None where nothing was."""

        def work(connection: "Connection") -> str | None:
            from . import documents

            return documents.read(connection, name)

        return await self._read(work)

    # ---- samples ----------------------------------------------------------------------------------------------------

    async def save_sample(self, kind: str, server: str, taken: datetime, payload: bytes) -> None:
        """Keep one sample for 48 hours; those of a time when the file could not be written come with the next."""
        waiting = (*self._memory.get((kind, server), ()), (taken, payload))

        def work(database: "Database") -> None:
            from . import samples

            with database.write() as connection:
                for moment, content in waiting:
                    samples.save(connection, kind, server, moment, content)
                if self._pruned_at is None or clock.boottime() - self._pruned_at >= PRUNE_EVERY_S:
                    self._pruned_at = clock.boottime()
                    samples.prune(connection, clock.now())

        try:
            await self._run(work)
            self._unsaved = None
            self._memory.pop((kind, server), None)
        except StoreError as error:
            self._unsaved = error.problem
            self._memory.setdefault((kind, server), deque(maxlen=IN_MEMORY)).append((taken, payload))

    async def samples(
        self, kind: str, server: str, since: datetime, *, until: datetime | None = None, every_s: float = 0.0
    ) -> list[tuple[datetime, bytes]]:
        """Samples from `since` to before `until`, oldest first, at least `every_s` apart."""

        def work(database: "Database") -> list[tuple[datetime, bytes]]:
            from . import samples

            with database.read() as connection:
                return samples.read(connection, kind, server, since, until, every_s)

        try:
            found = await self._run(work)
        except StoreError:
            found = []
        held = [
            (taken, payload)
            for taken, payload in self._memory.get((kind, server), ())
            if taken >= since and (until is None or taken < until)
        ]
        return sorted(found + held, key=lambda sample: sample[0])

    # ---- the file ---------------------------------------------------------------------------------------------------

    async def version(self) -> tuple[int, int]:
        """Another value whenever the file may hold something new, by our own writes or another console's."""
        return await self._run(lambda database: database.data_version()), self._own_writes

    async def status(self) -> StoreStatus:
        """Opens the file if need be; never raises."""
        try:
            read_only = await self._run(lambda database: database.read_only)
        except StoreError:
            return StoreStatus(str(self.path), False, self._problem, tuple(self._notes))
        return StoreStatus(str(self.path), read_only is None, read_only, tuple(self._notes))

    def trouble(self) -> Problem | None:
        """What the operator should know of the store, however well it can be read; None where it is whole."""
        read_only = self._database.read_only if self._database else None
        found = self._problem or read_only or self._unsaved
        if found is None and self._notes:
            return Problem(ProblemKind.BAD_ANSWER, "; ".join(self._notes))
        return found

    async def close(self) -> None:
        """Wait until everything asked for is saved, then close the file."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    async def _read(self, work: "Callable[[Connection], T]") -> T:
        def transaction(database: "Database") -> T:
            with database.read() as connection:
                return work(connection)

        return await self._run(transaction)

    async def _write(self, work: "Callable[[Connection], T]") -> T:
        """In one transaction: all of it is on disk when this returns, or none of it."""

        def transaction(database: "Database") -> T:
            with database.write() as connection:
                return work(connection)

        result = await self._run(transaction)
        self._own_writes += 1
        self.written.set()
        return result

    async def _run(self, work: "Callable[[Database], T]") -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, work)

    def _guarded(self, work: "Callable[[Database], T]") -> T:
        """In the writer thread: do it on the open file, and turn what goes wrong into a StoreError."""
        from sqlalchemy.exc import SQLAlchemyError

        database = self._opened()
        try:
            result = work(database)
        except (SQLAlchemyError, OSError) as error:
            log.warning("the store failed: %s", type(error).__name__, exc_info=error)
            if is_corrupt(error):
                self._close()
            raise StoreError(meaning(self.path, error)) from None
        return result

    def _opened(self) -> "Database":
        from sqlalchemy.exc import SQLAlchemyError

        begun_anew = ""
        if self._database is not None and self._database.outdated():
            self._close()
        elif self._database is not None and self._database.moved():
            self._notes.append(f"{self.path} was moved away or deleted: a new one was begun")
            begun_anew = f"the store before it was moved away or deleted{self._database.journal_end()}"
            self._close()
        if self._database is not None:
            return self._database
        if self._problem and self._failed_at is not None and time.monotonic() - self._failed_at < RETRY_S:
            raise StoreError(self._problem)
        try:
            from .database import Database

            self._database = Database(self.path, read_only=self.read_only)
        except (SQLAlchemyError, OSError) as error:
            log.warning("the store could not be opened: %s", type(error).__name__, exc_info=error)
            self._problem, self._failed_at = meaning(self.path, error), time.monotonic()
            raise StoreError(self._problem) from None
        except StoreError as error:
            self._problem, self._failed_at = error.problem, time.monotonic()
            raise
        self._notes.extend(self._database.notes)
        self._problem, self._failed_at = None, None
        if self._database.begun_anew:
            self._begin_anew(self._database, self._database.begun_anew)
        elif begun_anew:
            self._begin_anew(self._database, begun_anew, first=True)
        return self._database

    def _begin_anew(self, database: "Database", why: str, *, first: bool = False) -> None:
        """A journal that takes the place of another one says so; with `first`, where no other console has begun it."""
        from sqlalchemy.exc import SQLAlchemyError

        from . import journal

        if database.read_only is not None:
            return
        try:
            with database.write() as connection:
                if not first or journal.head(connection).seq == 0:
                    journal.append(connection, journal.beginning(why))
        except (SQLAlchemyError, OSError) as error:  # the notes say it too
            log.warning("the journal could not be begun: %s", type(error).__name__, exc_info=error)

    def _close(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            database.close()


def default_path() -> Path:
    """`opsconsole/store.db` in the XDG state directory."""
    return state_dir() / "store.db"
