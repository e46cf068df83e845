"""Whether the eviction policy and the times to live fit what is stored, in words; advice only."""

from ..model.redis import CacheFigures, Database
from ..text import units

Advice = tuple[str, str, str, str, str]
"""State, value, limit, why, remedy."""
FEW = 0.1
"""Below this share of keys with a time to live a volatile policy has little to drop."""


def policy_advice(figures: CacheFigures) -> Advice:
    policy, limit = figures.policy, figures.max_memory_bytes
    keys = sum(database.keys for database in figures.databases)
    expiring = sum(database.expires for database in figures.databases) / keys if keys else None
    share = "" if expiring is None else f"{units.percent(expiring)} % of the keys expire"
    never = " Before anybody changes it: sessions, queues and locks in the same server must not be dropped."
    if not policy:
        return "unknown", units.UNKNOWN, "", "The server did not tell its policy.", ""
    if limit == 0:
        why = "Without maxmemory no policy acts: it grows until the machine has no memory left."
        return "", policy, "acts only with maxmemory", why, "Set maxmemory to what the machine can spare." + never
    if policy == "noeviction":
        why = "Full, it refuses every write (OOM). Right for queues, sessions and locks; wrong for a cache."
        return "", policy, share, why, "For a cache only: allkeys-lru or allkeys-lfu." + never
    if policy.startswith("volatile-"):
        few = expiring is not None and expiring < FEW
        why = "It drops only keys with a time to live; without such keys it refuses writes like noeviction."
        remedy = "Give what may go a time to live, or for a cache only: allkeys-lru." + never
        return "warn" if few else "", policy, share, why, remedy
    why = "Any key may be dropped when memory is full: right for a cache, wrong for queues, sessions and locks."
    return "", policy, share, why, "Keep what must stay in another server (or volatile-* with times to live)."


def expiry_advice(figures: CacheFigures, database: Database) -> tuple[str, str]:
    """Why the share of keys with a time to live matters here, and what one does about it."""
    share = database.expires / database.keys if database.keys else None
    if share is not None and share < FEW and figures.max_memory_bytes == 0:
        why = "Hardly a key expires and maxmemory is 0: it grows until the machine has no memory left."
        return why, "Give what may go a time to live (SET … EX), or set maxmemory with a policy that evicts."
    if share is not None and share < FEW and figures.policy.startswith("volatile-"):
        why = f"Hardly a key expires, and {figures.policy} may drop only those that do."
        return why, "Give what may go a time to live (SET … EX); for a cache only: allkeys-lru."
    why = "Keys without a time to live stay until somebody deletes them or memory is short."
    return why, "In a cache: a time to live for every key, spread a little, so that not all expire at one moment."
