"""Health of replication: how far replicas are behind, in bytes and seconds, and what slots keep."""

from ..model.server_signs import ReplicaSign, SlotSign
from ..text.units import DASH, UNKNOWN, age, plural, size
from ..text.units import seconds as exactly
from .health_verdict import Case, Verdict, detail, graded, hidden, minutes, names, unknown, worst

LAG_WARN_S, LAG_CRIT_S = 30.0, 300.0
LAG_WARN, LAG_CRIT = 128 * 2**20, 1 * 2**30
"""Bytes of log not replayed yet."""
SLOT_WARN, SLOT_CRIT = 1 * 2**30, 10 * 2**30
LIMIT = f"< {size(LAG_WARN)}, < {LAG_WARN_S:g} s"


def seconds(duration_s: float | None) -> str:
    """`0.4 s`; from a minute on whole minutes, as every age."""
    return minutes(duration_s) if duration_s is not None and duration_s >= 60 else exactly(duration_s)


def lag(case: Case) -> Verdict:
    return _own_lag(case) if case.now.is_replica else _lag_of_others(case)


def _own_lag(case: Case) -> Verdict:
    """A replica: 0 s where everything received has been replayed, else since the last transaction replayed (pghero)."""
    now = case.now.receiver
    if now is None:
        return unknown("how it follows its primary could not be asked")
    # Seconds alone mean little while nothing is written: the bytes say whether something is missing.
    late_s = now.lag_s if now.lag_bytes else 0.0
    state = worst((graded(now.lag_bytes or 0, LAG_WARN, LAG_CRIT), graded(late_s or 0.0, LAG_WARN_S, LAG_CRIT_S)))
    rows = [
        ("receives from", now.sender or "hidden" if now.status else "nobody"),
        ("status", now.status or "nothing is received"),
        ("not replayed", size(now.lag_bytes)),
        ("behind by", seconds(now.lag_s)),
        ("replay", "PAUSED" if now.paused else "goes on"),
    ]
    shown = detail("this replica", ("WHAT", "VALUE"), rows)
    if now.paused:
        state, remedy = "crit", "SELECT pg_wal_replay_resume()"
    elif not now.status:
        # An archive may feed it instead: then nothing streams, and the lag alone judges.
        state, remedy = worst((state, "warn")), "check primary_conninfo and the network, unless an archive feeds it"
    else:
        remedy = "look for a long query that it waits for, and at its disk" if state != "ok" else ""
    value = f"{size(now.lag_bytes)}, {seconds(now.lag_s)}"
    if now.paused or not now.status:
        value = f"{'replay paused' if now.paused else 'receives nothing'}, {value}"
    return Verdict(
        state,
        value,
        LIMIT,
        "who reads here reads the past, and a fail-over to it would lose or delay what is missing",
        remedy,
        shown,
    )


def _lag_of_others(case: Case) -> Verdict:
    now = case.now
    if now.replicas is None:
        return unknown("the replicas could not be asked")
    rows = [
        (r.name or DASH, r.client, r.state or "hidden", r.sync, size(r.lag_bytes),
         seconds(r.lag_s) if r.lag_s is not None else "idle" if r.lag_bytes == 0 else UNKNOWN)
        for r in now.replicas
    ]  # fmt: skip
    shown = detail("replicas", ("NAME", "FROM", "STATE", "SYNC", "BEHIND", "SECONDS"), rows)
    if any(r.state is None for r in now.replicas):
        return hidden(now, "the replicas' state", shown)
    first = max(now.replicas, key=lambda r: (r.lag_bytes or 0, r.lag_s or 0.0), default=None)
    states = [_state(replica) for replica in now.replicas]
    return Verdict(
        worst(states),
        f"{first.name or first.client}: {size(first.lag_bytes)}, {seconds(first.lag_s or 0.0)}"
        if first
        else "no replica streams",
        LIMIT,
        "who reads there reads the past, and a fail-over would lose or delay what is missing",
        "look at the replica's disk, its long queries and the network" if worst(states) != "ok" else "",
        shown,
        things=states.count("crit"),
    )


def _state(replica: ReplicaSign) -> str:
    if replica.state in ("backup", "startup"):
        return "ok"
    if replica.state == "catchup":
        return "warn"
    return worst(
        (graded(replica.lag_bytes or 0, LAG_WARN, LAG_CRIT), graded(replica.lag_s or 0.0, LAG_WARN_S, LAG_CRIT_S))
    )


def slots(case: Case) -> Verdict:
    found = case.now.slots
    if found is None:
        return unknown("the slots could not be asked")
    rows = [
        (s.name, s.kind, "active" if s.active else _idle(s, case), DASH if s.retained_bytes is None
         else size(s.retained_bytes), s.wal_status or DASH, DASH if s.safe_bytes is None else size(s.safe_bytes),
         s.trouble or DASH)
        for s in sorted(found, key=lambda s: -(s.retained_bytes or 0))
    ]  # fmt: skip
    shown = detail("slots", ("SLOT", "KIND", "READER", "KEEPS", "STATUS", "LEFT", "TROUBLE"), rows)
    why = "a slot that nobody reads keeps the log until the disk is full"
    lost = [s.name for s in found if s.wal_status == "lost" or s.trouble]
    if lost:
        why = "its reader cannot catch up any more: what it needs is gone"
        return Verdict("crit", f"{names(lost)} lost", "0 lost", why, "drop it and build its reader anew", shown)
    endangered = [s.name for s in found if s.wal_status == "unreserved"]
    first = max(found, key=lambda s: s.retained_bytes or 0, default=None)
    kept = (first.retained_bytes or 0) if first else 0
    state = "crit" if endangered else graded(kept, SLOT_WARN, SLOT_CRIT)
    idle = [s for s in found if not s.active]
    value = "no slots" if first is None else f"{plural(len(found), 'slot')}, {first.name} keeps {size(kept)}"
    if endangered:
        value = f"{names(endangered)} about to be lost"
    elif idle:
        value = f"{value}, {len(idle)} inactive"
    remedy = ""
    if state != "ok":
        remedy = f"bring back the reader of {idle[0].name}, or drop the slot" if idle else "see why its reader is slow"
        if (case.now.settings or {}).get("max_slot_wal_keep_size") == "-1":
            remedy += "; max_slot_wal_keep_size has no limit"
    return Verdict(state, value, f"< {size(SLOT_WARN)} kept", why, remedy, shown)


def _idle(slot: SlotSign, case: Case) -> str:
    return "inactive" + (f" {age(slot.inactive_since, case.now.taken)}" if slot.inactive_since else "")
