"""Who is connected to a server, what each does and for whom it waits."""

from datetime import datetime

import msgspec

PREPARED = "prepared"
"""State of a prepared transaction, which holds its locks without any backend."""
HIDDEN = "hidden"
"""State of a session of which the role may not see what it does."""
UNTRACKED = "disabled"
"""State, as the server calls it, of a session that does not tell what it does (`track_activities` is off)."""


class Held(msgspec.Struct, frozen=True, gc=False):
    """A lock that somebody holds and others want."""

    mode: str
    what: str
    """The object in words: `orders`, `advisory lock 4711`."""
    rank: int = 0
    """The object is wanted by so many: the most wanted one is named first."""


class Session(msgspec.Struct, frozen=True, gc=False):
    """One backend; identity is pid and its start. Or a prepared transaction: its pid is its negative transaction id."""

    pid: int
    backend_start: datetime | None
    state: str
    application: str
    user: str
    database: str
    client: str
    wait_type: str
    wait_event: str
    query: str
    query_start: datetime | None
    transaction_start: datetime | None
    state_change: datetime | None
    query_id: int | None = None
    blocked_by: tuple[int, ...] = ()
    """Empty also where nobody was asked for; 0 stands for a prepared transaction that is not known."""
    backend_type: str = ""
    relation: str = ""
    """What it waits for, in words."""
    lock_mode: str = ""
    """How it wants to have that."""
    client_port: int | None = None
    leader: int | None = None
    """Pid of the backend that a parallel worker works for."""
    xmin_age: int | None = None
    """How many transactions have begun since the oldest snapshot it holds."""
    own: bool = False
    """A session of a console."""
    waits_since: datetime | None = None
    """Since when it waits for the lock; None where the server does not tell (before 14)."""
    queued: tuple[int, ...] = ()
    """Of those that block it, the ones that only stand before it in the queue."""
    holds: tuple[Held, ...] = ()
    """Of its locks, those that others want."""
    gid: str = ""
    """Name of a prepared transaction."""
    workers: int = 0
    """Parallel workers that are folded into it."""

    @property
    def key(self) -> str:
        return f"{self.pid}@{self.backend_start.isoformat() if self.backend_start else '?'}"


class Sessions(msgspec.Struct, frozen=True, gc=False):
    server: str
    rows: tuple[Session, ...] = ()
    """Clients, senders of WAL and parallel workers; of consoles none."""
    hidden: int = 0
    """Sessions whose details the role may not see."""
    own: tuple[Session, ...] = ()
    """Those of consoles."""
    system: tuple[Session, ...] = ()
    """Background processes: autovacuum, checkpointer, …"""
    prepared: tuple[Session, ...] = ()
    """Prepared transactions that somebody waits for."""
    not_asked: int = 0
    """So many more wait for a lock, of whom it was not asked whom they wait for."""
    likened: int = 0
    """So many more were not asked for either, but others want the same: what blocks those blocks them; of the queue
    before them no more is known."""
    problem: str = ""
    """Why it is not known who waits for whom."""
    role: str = ""
    """Who asked."""
    reads_stats: bool = False
    """Whether that role may see all: what is hidden even so a managed service keeps to itself."""

    @property
    def everyone(self) -> tuple[Session, ...]:
        return self.rows + self.own + self.system + self.prepared


class HeldLock(msgspec.Struct, frozen=True, gc=False):
    """One lock of one session, as its page lists them."""

    mode: str
    what: str
    granted: bool
    fast_path: bool = False
    since: datetime | None = None


class SessionLocks(msgspec.Struct, frozen=True, gc=False):
    """The locks of one session, those it waits for first."""

    rows: tuple[HeldLock, ...]
    more: int = 0
    """So many further ones are not listed."""
