"""The settings file by which the console reads the demo: the same that any real platform would have."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opsconsole.demo import objectives
from opsconsole.demo.customer_queries import HEALTH_QUERY, HURT_QUERY, HURT_WINDOW_S
from opsconsole.demo.platform import NAMESPACE

PROFILE = "demo"

_TEMPLATE = """\
# The demo's platform, described as any other. The servers run while the demo runs; this file goes with them.
default_profile = "{profile}"

[store]
path = {store}

[documents]
folder = {postmortems}

# Everything as recommended, but ten times as fast: a finding that takes ten minutes elsewhere fires after one here.
[policies.demo]
extends = "default"
duration_scale = 0.1
description = "The recommended policy with every duration divided by ten"

[profiles.{profile}]
policy = "demo"

[profiles.{profile}.kubernetes]
kubeconfig = {kubeconfig}
alias = "demo"
namespaces = [{namespace}]

[profiles.{profile}.prometheus]
url = {prometheus}

[profiles.{profile}.loki]
url = {loki}

[profiles.{profile}.metrics]
critical_path = ["web", "api", "payments-gateway"]

[profiles.{profile}.slo]
files = [{objectives}]

[profiles.{profile}.metrics.pulse]
"orders/min" = "60 * sum(rate(orders_total[2m]))"
"logins/min" = "60 * sum(rate(logins_total[2m]))"
"active users" = "sum(active_users)"

[[profiles.{profile}.postgres]]
name = "pg-primary"
dsn = {dsn}
password = {{ file = {postgres_password} }}

[[profiles.{profile}.redis]]
name = "redis"
url = {redis}
user = {redis_user}
password = {{ file = {redis_password} }}

[[profiles.{profile}.probes]]
name = "database port"
target = {database_port}
service = "postgres"
every_s = 15

[[profiles.{profile}.probes]]
name = "cache port"
target = {cache_port}
service = "redis"
every_s = 15

[[profiles.{profile}.probes]]
name = "metrics"
target = {metrics_page}
status = [200]
body = "Ready"
every_s = 30
severity = "warning"

[profiles.{profile}.billing]
focus = [{focus}]
currency = "USD"
lag_days = 2
{budgets}
[profiles.{profile}.customers]
server = "pg-primary"
query = '''
{customers}'''
hurt_query = '''
{hurt}'''
hurt_window_s = {hurt_window}
"""


def write(facts: Mapping[str, Any]) -> None:
    """Write `facts["settings"]` (0600) from what the supervisor knows of its servers."""
    objectives.write(_objectives_of(facts))
    path = Path(facts["settings"])
    path.touch(mode=0o600)
    path.write_text(render(facts), encoding="utf-8")


def _objectives_of(facts: Mapping[str, Any]) -> Path:
    return Path(facts["settings"]).with_name("objectives.yaml")


def render(facts: Mapping[str, Any]) -> str:
    """The file's text; values are quoted as TOML basic strings, which JSON's strings are."""
    summary = json.loads(Path(facts["billing"], "summary.json").read_text())
    secrets = Path(facts["secrets"])
    values = {
        "store": facts["store"],
        # beside its store: an INC-7 of the demo must not write over one of yours
        "postmortems": str(Path(facts["store"]).parent / "postmortems"),
        "kubeconfig": facts["kubeconfig"],
        "namespace": NAMESPACE,
        "objectives": str(_objectives_of(facts)),
        "prometheus": facts["prometheus"],
        "loki": facts["loki"],
        "dsn": postgres_dsn(facts),
        "postgres_password": str(secrets / "console"),
        "redis": f"redis://127.0.0.1:{facts['valkey_port']}/0",
        "redis_user": "opsconsole",
        "database_port": f"tcp://127.0.0.1:{facts['postgres_port']}",
        "cache_port": f"tcp://127.0.0.1:{facts['valkey_port']}",
        "metrics_page": f"{facts['prometheus']}/-/ready",
        "redis_password": str(secrets / "reader"),
        "focus": str(Path(facts["billing"], "focus.parquet")),
    }
    return _TEMPLATE.format(
        profile=PROFILE,
        **{name: json.dumps(value) for name, value in values.items()},
        budgets="".join(map(_budget, summary["budgets"])),
        customers=HEALTH_QUERY,
        hurt=HURT_QUERY,
        hurt_window=HURT_WINDOW_S,
    )


def postgres_dsn(facts: Mapping[str, Any]) -> str:
    """Where the console's role reaches the shop's database; the password stands elsewhere."""
    return f"host=127.0.0.1 port={facts['postgres_port']} dbname=shop user=opsconsole"


def _budget(budget: Mapping[str, Any]) -> str:
    return f"""
[[profiles.{PROFILE}.billing.budgets]]
id = {json.dumps(budget["id"])}
amount = {json.dumps(budget["amount"])}
currency = "USD"
categories = {json.dumps(budget["categories"])}
"""
