"""Who is connected to a server, what each does and for whom it waits."""

from datetime import datetime

import msgspec


class Session(msgspec.Struct, frozen=True, gc=False):
    """One backend; identity is pid and its start."""

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
    backend_type: str = ""
    relation: str = ""
    """What it waits for or holds, where a lock tells."""
    lock_mode: str = ""

    @property
    def key(self) -> str:
        return f"{self.pid}@{self.backend_start.isoformat() if self.backend_start else '?'}"


class Sessions(msgspec.Struct, frozen=True, gc=False):
    server: str
    rows: tuple[Session, ...] = ()
    hidden: int = 0
    """Sessions whose details the role may not see."""
