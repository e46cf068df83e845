"""The cache gets a fraction of its memory: it evicts what it has just stored, and the database does its work."""

from opsconsole.demo.scenarios.script import Scenario, Stage, Step

SHRINK = "shrink-cache"
MAX_MEMORY = "8mb"


def _shrink(stage: Stage) -> None:
    stage.cluster.set_config("redis-config", {"maxmemory": MAX_MEMORY, "maxmemory-policy": "allkeys-lru"})
    stage.servers.begin(SHRINK)


CACHE_COLLAPSE = Scenario(
    "cache-collapse",
    f"redis-config sets maxmemory to {MAX_MEMORY}: evictions, the hit ratio falls, PostgreSQL gets the load",
    (Step(20.0, f"redis-config: maxmemory {MAX_MEMORY}, which the cache takes over at once", _shrink),),
)
