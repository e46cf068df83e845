"""The doctor and a whole console with servers inside a cluster, whose way there is a source like any other."""

import asyncio
import os
from pathlib import Path

import click
import msgspec
import pytest

from opsconsole.assembly import Assembly
from opsconsole.checks.check import Check, Verdict
from opsconsole.checks.doctor import examine
from opsconsole.cli.doctor import rendered
from opsconsole.config.choice import Chosen
from opsconsole.config.loading import Loaded
from opsconsole.config.policies import resolve_policy
from opsconsole.config.settings import Kubernetes, Profile, Settings, Store
from opsconsole.model.reading import State
from opsconsole.poller.board import Board
from opsconsole.poller.topics import PG_FACTS
from tests.cluster.behind import Behind
from tests.cluster.plane import Plane
from tests.servers.pgbouncer import PgbouncerUnderTest
from tests.servers.ports import free_port, until
from tests.servers.postgres import PostgresUnderTest
from tests.servers.valkey import ValkeyUnderTest

pytestmark = pytest.mark.usefixtures("kubectl_on_path")


def profile_of(plane: Plane, **sources: object) -> Profile:
    return Profile(kubernetes=Kubernetes(kubeconfig=str(plane.folder / "admin.kubeconfig")), **sources)  # type: ignore[arg-type]


async def doctor(profile: Profile, tmp_path: Path) -> list[Check]:
    settings = Settings(store=Store(path=str(tmp_path / "store.db")), profiles={"eu": profile})
    checks = await examine(Loaded(settings, None), Chosen("eu", profile))
    return [check for check in checks if check.source not in ("settings", "store", "policy", "kubernetes")]


def children() -> set[str]:
    """Command lines of what this process has started and what still runs."""
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    lines = (Path(f"/proc/{pid}/cmdline") for pid in found)
    return {line.read_text() for line in lines if line.exists()}


async def test_the_way_is_a_source_of_its_own_and_no_password_is_shown(
    real_cluster: Plane, postgres_server: PostgresUnderTest, tmp_path: Path
) -> None:
    """Whatever is wrong, neither what is printed nor what machines read has the password in it."""
    behind = Behind(real_cluster, postgres_server.port)
    well = postgres_server.settings(through=behind.through)
    checks = [Check("", Verdict.UNUSABLE, "")]
    for _ in range(50):  # kwok takes a moment to learn where the pod leads
        checks = await doctor(profile_of(real_cluster, postgres=(well,)), tmp_path)
        if checks[-1].verdict is Verdict.FINE:
            break
    assert [(check.source, check.verdict) for check in checks] == [
        (behind.through, Verdict.FINE),
        *[("postgres pg-primary", Verdict.FINE)] * 3,
    ]
    assert checks[0].said.startswith("kubectl port-forward listens on 127.0.0.1:")
    assert checks[1].said == "database shop as console"
    wrong = postgres_server.settings(password="wrong-Words-9", through=behind.through)
    nowhere = msgspec.structs.replace(well, through=behind.through.replace("db-", "dc-"))
    direct = msgspec.structs.replace(well, through="", dsn=f"host=127.0.0.1 port={free_port()} user=console dbname=x")
    misread = msgspec.structs.replace(well, through="", dsn="host=x password=console-Words ==")
    for settings in (wrong, nowhere, direct, misread):
        checks = await doctor(profile_of(real_cluster, postgres=(settings,)), tmp_path)
        assert checks[-1].verdict is Verdict.UNUSABLE
        assert checks[-1].remedy
        shown = click.unstyle("\n".join(rendered(checks))) + msgspec.json.encode(checks).decode()
        assert "wrong-Words-9" not in shown
        assert "console-Words" not in shown
    assert not [line for line in children() if "port-forward" in line]


async def test_a_pooler_its_database_and_a_cache_each_by_a_way_of_its_own(
    real_cluster: Plane, pgbouncer: PgbouncerUnderTest, valkey_server: ValkeyUnderTest, tmp_path: Path
) -> None:
    """The pooler's admin console and the database behind it share one."""
    pooler, cache = Behind(real_cluster, pgbouncer.port), Behind(real_cluster, valkey_server.port)
    profile = profile_of(
        real_cluster,
        postgres=(msgspec.structs.replace(pgbouncer.pooled(), through=pooler.through),),
        pgbouncer=(msgspec.structs.replace(pgbouncer.settings(), through=pooler.through),),
        redis=(msgspec.structs.replace(valkey_server.settings(), through=cache.through),),
    )
    checks: list[Check] = []
    for _ in range(50):
        checks = await doctor(profile, tmp_path)
        if all(check.verdict is Verdict.FINE for check in checks):
            break
    assert [check.source for check in checks] == [
        pooler.through, cache.through, *["postgres pooled"] * 3, "pgbouncer pooler", "redis cache",
    ]  # fmt: skip
    said = {check.source: check.said for check in reversed(checks)}
    assert said["postgres pooled"] == "database shop as console, through a pooler"
    assert said["pgbouncer pooler"].endswith("SHOW is allowed")


async def test_who_may_not_look_at_the_pooler_is_told_what_is_missing(
    real_cluster: Plane, pgbouncer: PgbouncerUnderTest, tmp_path: Path
) -> None:
    (check,) = await doctor(profile_of(real_cluster, pgbouncer=(pgbouncer.settings("console"),)), tmp_path)
    assert check.verdict is Verdict.UNUSABLE
    assert "stats_users" in check.remedy
    assert "console-Words" not in check.said + check.remedy


@pytest.mark.parametrize("inside", [True, False])
async def test_a_console_starts_a_forward_only_for_who_asks_for_one_and_ends_it(
    real_cluster: Plane, postgres_server: PostgresUnderTest, tmp_path: Path, inside: bool
) -> None:
    through = Behind(real_cluster, postgres_server.port).through if inside else ""
    profile = profile_of(real_cluster, postgres=(postgres_server.settings(through=through),))
    board = Board()
    assembly = Assembly(profile, resolve_policy(Settings(), "default"), board, store_path=tmp_path / "store.db")
    assembly.start()
    try:
        while board.get(PG_FACTS).state is not State.OK:
            assembly.refresh((PG_FACTS,))
            await asyncio.sleep(0.05)
        assert len([line for line in children() if "port-forward" in line]) == int(inside)
    finally:
        await assembly.stop()
    until(lambda: not [line for line in children() if "port-forward" in line], "the forward to end", 5)
