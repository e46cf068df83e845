"""What a lock is on, in words; and the lock modes as a narrow column writes them."""

from collections.abc import Mapping

import msgspec

SHORT: Mapping[str, str] = {
    "RowExclusiveLock": "RowX",
    "ShareUpdateExclusiveLock": "ShareUpdX",
    "ShareRowExclusiveLock": "ShareRowX",
    "ExclusiveLock": "Excl",
    "AccessExclusiveLock": "AccessExcl",
}
INDEXES = ("i", "I")
_BIGINT_KEY = 1
"""objsubid of an advisory lock with one bigint as its key; two integers have 2 (pg_locks in the documentation)."""


class Lock(msgspec.Struct, frozen=True, gc=False):
    """One row of pg_locks, with the names that are known."""

    pid: int | None
    mode: str
    kind: str
    """locktype: relation, tuple, transactionid, advisory, …"""
    object: str = ""
    """The same text for locks on the same object."""
    database: str = ""
    relation_id: int | None = None
    relation: str = ""
    """"" where it is a table of another database, whose names cannot be read from here."""
    relation_kind: str = ""
    parent: str = ""
    """Of a partition the partitioned table."""
    page: int | None = None
    tuple: int | None = None
    virtual: str = ""
    transaction: str = ""
    catalog: str = ""
    """Of a lock on an object its catalog: pg_proc, pg_database, …"""
    class_id: int | None = None
    object_id: int | None = None
    sub_id: int | None = None


def short_mode(mode: str) -> str:
    """`AccessExcl`, `RowX`, `Share`."""
    return SHORT.get(mode, mode.removesuffix("Lock"))


def relation_words(lock: Lock) -> str:
    """`orders`, `orders_2025 (of orders)`, `index orders_pkey`, `table 16384 of billing`."""
    if not lock.relation:
        return f"table {lock.relation_id} of {lock.database or 'an unknown database'}"
    name = f"index {lock.relation}" if lock.relation_kind in INDEXES else lock.relation
    return f"{name} (of {lock.parent})" if lock.parent and lock.relation_kind not in INDEXES else name


def lock_words(lock: Lock) -> str:
    """What the lock is on; every kind that pg_locks documents."""
    match lock.kind:
        case "relation":
            return relation_words(lock)
        case "tuple":
            return f"row ({lock.page},{lock.tuple}) of {relation_words(lock)}"
        case "page":
            return f"page {lock.page} of {relation_words(lock)}"
        case "extend":
            return f"growing {relation_words(lock)}"
        case "transactionid":
            return f"end of transaction {lock.transaction}"
        case "virtualxid":
            return f"end of virtual transaction {lock.virtual}"
        case "spectoken":
            return f"an insertion of transaction {lock.transaction}"
        case "advisory" | "userlock":
            return _advisory(lock)
        case "object":
            return f"{lock.catalog or f'catalog {lock.class_id}'} {lock.object_id}" + _of(lock.database)
        case "frozenid":
            return "frozen transaction ids" + _of(lock.database)
        case "applytransaction":
            return f"replicated transaction {lock.transaction or lock.object_id or ''}".rstrip()
        case other:
            return other or "a lock"


def row_words(tables: tuple[str, ...]) -> str:
    """`row of orders`, where it is one of few tables: `row of orders or lines`."""
    return f"row of {' or '.join(tables)}"


def _advisory(lock: Lock) -> str:
    high, low = lock.class_id or 0, lock.object_id or 0
    if lock.sub_id == _BIGINT_KEY:
        key = (high << 32) | low
        return f"advisory lock {key - (1 << 64) if key >= 1 << 63 else key}"
    return f"advisory lock ({_signed(high)}, {_signed(low)})"


def _signed(number: int) -> int:
    """The keys are integers that pg_locks shows as oid, which has no sign."""
    return number - (1 << 32) if number >= 1 << 31 else number


def _of(database: str) -> str:
    return f" of {database}" if database else ""
