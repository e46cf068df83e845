"""The process that hosts the demo's simulated half and plays its load on the real one.

One event loop: every second the shop steps, then the cluster's controllers; Kubernetes and Prometheus answer; the
workload runs on PostgreSQL and Valkey. Started by the supervisor, which reads one JSON line when all are ready.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from redis.exceptions import RedisError

from opsconsole.demo.acts import Acts
from opsconsole.demo.cache_workload import CacheWorkload
from opsconsole.demo.database_seed import APPLICATION_ROLE, DATABASE, EXPORTER_ROLE, create_database
from opsconsole.demo.observe import Exporters
from opsconsole.demo.postgres import SUPERUSER
from opsconsole.demo.simulation import Simulation
from opsconsole.demo.workload import Workload

_RETRY_S = 0.03
_STEP_S = 1.0


async def run(request: Mapping[str, Any], report_fd: int) -> None:
    """Start everything, say so on `report_fd`, and go on until the process ends."""
    # The real servers need no help from this thread while they come up; the simulation computes meanwhile.
    platform, _ = await asyncio.gather(Simulation.start(request), asyncio.to_thread(_seed_database, request))
    cache_url = f"redis://127.0.0.1:{request['valkey_port']}/0"
    passwords, seed = request["passwords"], request["seed"]
    workload = Workload(_dsn(request, APPLICATION_ROLE, passwords["shop"]), platform.load, seed, platform.observed)
    cache = CacheWorkload(cache_url, passwords["valkey"], platform.load, seed, platform.observed)
    acts = Acts(platform.backstage, _dsn(request, APPLICATION_ROLE, passwords["shop"]), cache_url, passwords["valkey"])
    exporters = Exporters(
        _dsn(request, EXPORTER_ROLE, passwords["shop"]), cache_url, passwords["valkey"], platform.observed
    )
    await asyncio.gather(workload.open(), _until_answered(cache), acts.opening())
    os.write(report_fd, json.dumps(platform.facts()).encode() + b"\n")
    os.close(report_fd)
    await asyncio.gather(workload.run(), cache.run(), exporters.run(), acts.run(), _steps(platform))


async def _steps(platform: Simulation) -> None:
    """Step at each full second of the wall clock, so that samples carry even times."""
    while True:
        now = time.time()
        await asyncio.sleep(_STEP_S - now % _STEP_S)
        platform.step(time.time())


async def _until_answered(cache: CacheWorkload) -> None:
    while True:
        try:
            return await cache.open()
        except RedisError:
            # The supervisor ends this process when Valkey does not come up.
            await asyncio.sleep(_RETRY_S)


def _seed_database(request: Mapping[str, Any]) -> None:
    dsn = _dsn(request, SUPERUSER, request["passwords"]["superuser"], "postgres")
    while not _answers(dsn):
        time.sleep(_RETRY_S)
    create_database(dsn, request["passwords"], request["seed"])


def _answers(dsn: str) -> bool:
    """Whether the server accepts sessions yet; it does not exist before `initdb` is done."""
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return False
    return True


def _dsn(request: Mapping[str, Any], user: str, password: str, database: str = DATABASE) -> str:
    return psycopg.conninfo.make_conninfo(
        host="127.0.0.1", port=request["postgres_port"], user=user, password=password, dbname=database
    )


def main() -> None:
    """Run as `python -m opsconsole.demo.platform_process FOLDER REPORT_FD` by the supervisor."""
    request = json.loads(Path(sys.argv[1], "platform.json").read_text())
    asyncio.run(run(request, int(sys.argv[2])))


if __name__ == "__main__":
    main()
