"""The parts of a parsed INFO as values; what an older server does not tell stays unknown."""

from datetime import UTC, datetime
from typing import Any

from ..model.redis import CommandCount, Database, Persistence, Replica, Replication
from ..text.clean import clean

Info = dict[str, Any]
_COMMAND, _PERCENTILES, _ERROR = "cmdstat_", "latency_percentiles_usec_", "errorstat_"


def whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def version(info: Info) -> str:
    if "redis_version" not in info and "valkey_version" not in info:
        return ""
    valkey = info.get("valkey_version")
    return clean(f"valkey {valkey}" if valkey else f"redis {info.get('redis_version', '?')}")


def commands(info: Info) -> tuple[CommandCount, ...]:
    return tuple(
        CommandCount(
            name=clean(name.removeprefix(_COMMAND), 60),
            calls=whole(part.get("calls")) or 0,
            usec=whole(part.get("usec")) or 0,
            rejected=whole(part.get("rejected_calls")),
            failed=whole(part.get("failed_calls")),
            percentiles_us=_percentiles(info.get(_PERCENTILES + name.removeprefix(_COMMAND))),
        )
        for name, part in info.items()
        if name.startswith(_COMMAND) and isinstance(part, dict)
    )


def errors(info: Info) -> tuple[tuple[str, int], ...]:
    return tuple(
        (clean(name.removeprefix(_ERROR), 40), whole(part.get("count")) or 0)
        for name, part in info.items()
        if name.startswith(_ERROR) and isinstance(part, dict)
    )


def databases(info: Info) -> tuple[Database, ...]:
    return tuple(
        Database(int(name[2:]), int(part["keys"]), whole(part.get("expires")) or 0, whole(part.get("avg_ttl")))
        for name, part in info.items()
        if name.startswith("db") and name[2:].isdigit() and isinstance(part, dict) and "keys" in part
    )


def replication(info: Info) -> Replication:
    role, offset = clean(str(info.get("role", ""))), whole(info.get("master_repl_offset"))
    if role == "slave":
        down = whole(info.get("master_link_down_since_seconds"))
        return Replication(
            role=role,
            offset=whole(info.get("slave_repl_offset")),
            replicas=_replicas(info, offset),
            primary=clean(f"{info.get('master_host', '?')}:{info.get('master_port', '?')}"),
            link=clean(str(info.get("master_link_status", ""))),
            heard_s=_from_zero(info.get("master_last_io_seconds_ago")),
            # -1 stands for a link that was never up.
            down_s=down if down is not None and down >= 0 else None,
            syncing=info.get("master_sync_in_progress") == 1,
        )
    return Replication(
        role=role,
        offset=offset,
        backlog_bytes=whole(info.get("repl_backlog_size")),
        replicas=_replicas(info, offset),
        full_copies=whole(info.get("sync_full")),
    )


def persistence(info: Info, save_rules: tuple[tuple[int, int], ...] | None) -> Persistence:
    loading = info.get("loading") == 1
    saved, share = whole(info.get("rdb_last_save_time")), number(info.get("loading_loaded_perc"))
    aof = whole(info.get("aof_enabled"))
    return Persistence(
        loading=(share or 0.0) / 100 if loading else None,
        loading_left_s=whole(info.get("loading_eta_seconds")) if loading else None,
        changes=whole(info.get("rdb_changes_since_last_save")),
        saved=datetime.fromtimestamp(saved, UTC) if saved else None,
        save_status=clean(str(info.get("rdb_last_bgsave_status", ""))),
        save_rules=save_rules,
        aof=None if aof is None else aof == 1,
        aof_write_status=clean(str(info.get("aof_last_write_status", ""))),
        aof_rewrite_status=clean(str(info.get("aof_last_bgrewrite_status", ""))),
        loaded_keys=whole(info.get("rdb_last_load_keys_loaded")),
    )


def save_rules(setting: str) -> tuple[tuple[int, int], ...]:
    """`3600 1 300 100` as pairs."""
    words = [int(word) for word in setting.split() if word.isdigit()]
    return tuple(zip(words[::2], words[1::2], strict=False))


def _replicas(info: Info, offset: int | None) -> tuple[Replica, ...]:
    found = []
    for name, part in info.items():
        if name.startswith("slave") and name[5:].isdigit() and isinstance(part, dict):
            reached = whole(part.get("offset")) or 0
            online = part.get("state") == "online"
            found.append(
                Replica(
                    address=clean(f"{part.get('ip', '?')}:{part.get('port', '?')}"),
                    state=clean(str(part.get("state", ""))),
                    offset=reached,
                    behind_bytes=max(0, offset - reached) if offset is not None and online else None,
                    heard_s=_from_zero(part.get("lag")),
                )
            )
    return tuple(found)


def _percentiles(part: Any) -> tuple[tuple[str, float], ...]:
    pairs = part.items() if isinstance(part, dict) else ()
    return tuple((clean(str(name), 8), float(value)) for name, value in pairs if number(value) is not None)


def _from_zero(value: Any) -> int | None:
    """-1 stands for never."""
    found = whole(value)
    return found if found is not None and found >= 0 else None
