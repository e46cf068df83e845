"""What an operator copies from config/ does what it says: the SQL role, the recording rules."""

import shutil
import subprocess
from pathlib import Path

from opsconsole.checks import databases
from opsconsole.checks.check import Verdict, collected
from tests.require import require
from tests.servers.postgres import DATABASE, PostgresUnderTest

CONFIG = Path(__file__).parents[2] / "config"


async def test_the_shipped_role_sees_all_that_is_asked_for(postgres_server: PostgresUnderTest) -> None:
    with postgres_server.connect(DATABASE) as connection:
        connection.execute((CONFIG / "postgres-role.sql").read_bytes())
        connection.execute("ALTER ROLE opsconsole PASSWORD 'shipped-Words'")
    settings = postgres_server.settings("opsconsole", "shipped-Words")
    checks = await collected("postgres", lambda: databases.postgres(settings))
    assert [check.verdict for check in checks] == [Verdict.FINE, Verdict.FINE]
    with postgres_server.connect(DATABASE) as connection:
        connection.execute("DROP ROLE opsconsole")


def test_the_recording_rules_are_right() -> None:
    promtool = shutil.which("promtool")
    require("prometheus", promtool is not None, "apt-get install prometheus")
    command = [promtool or "", "check", "rules", str(CONFIG / "prometheus-rules.yml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "4 rules found" in done.stdout
