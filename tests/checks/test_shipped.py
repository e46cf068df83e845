"""What an operator copies from config/ does what it says: the SQL role, the cluster roles, the recording rules."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from opsconsole.checks import databases
from opsconsole.checks.check import Verdict, collected
from opsconsole.sources.kubernetes.access import READS
from tests.require import require
from tests.servers.postgres import DATABASE, PostgresUnderTest

CONFIG = Path(__file__).parents[2] / "config"


async def test_the_shipped_role_sees_all_that_is_asked_for(postgres_server: PostgresUnderTest) -> None:
    with postgres_server.connect(DATABASE) as connection:
        connection.execute((CONFIG / "postgres-role.sql").read_bytes())
        connection.execute("ALTER ROLE opsconsole PASSWORD 'shipped-Words'")
    settings = postgres_server.settings("opsconsole", "shipped-Words")
    checks = await collected("postgres", lambda: databases.postgres(settings))
    assert [check.verdict for check in checks] == [Verdict.FINE] * 3
    with postgres_server.connect(DATABASE) as connection:
        connection.execute("DROP ROLE opsconsole")


def test_who_reads_the_cluster_gets_what_is_read_and_no_more() -> None:
    """opsconsole-proxy names single services: the doctor asks for them one by one."""
    roles = {"opsconsole-read", "opsconsole-nodes", "opsconsole-leases"}
    granted: set[tuple[str, str]] = set()
    for document in yaml.safe_load_all((CONFIG / "kubernetes-rbac.yaml").read_text()):
        if document["kind"] in ("ClusterRole", "Role") and document["metadata"]["name"] in roles:
            granted |= {pair for rule in document["rules"] for pair in rights(rule)}
    for_init = {("list", "namespaces"), ("list", "services")}
    with_list = {("get", each) for each in ("events", "configmaps", "pods.metrics.k8s.io", "nodes.metrics.k8s.io")}
    assert granted == {*READS, *for_init, *with_list} - {("get", "services/proxy")}


def rights(rule: Any) -> set[tuple[str, str]]:
    """(verb, resource.group) of one rule."""
    (group,) = rule["apiGroups"]
    return {(verb, f"{each}.{group}" if group else each) for each in rule["resources"] for verb in rule["verbs"]}


def test_the_recording_rules_are_right() -> None:
    promtool = shutil.which("promtool")
    require("prometheus", promtool is not None, "apt-get install prometheus")
    command = [promtool or "", "check", "rules", str(CONFIG / "prometheus-rules.yml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "4 rules found" in done.stdout
