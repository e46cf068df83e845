"""A rule that nothing can measure is named, with the setting that would measure it."""

from opsconsole.checks.policy import check, unmeasured
from opsconsole.config.policies import builtin
from opsconsole.config.settings import Metrics, Postgres, Profile


def test_the_default_policy_names_what_only_a_query_of_the_settings_can_tell() -> None:
    (found,) = check(Profile(), builtin("default"))
    assert "nothing measures availability, pg.cpu" in found.said
    assert '"measures.availability"' in found.remedy


def test_a_query_of_the_settings_measures_it() -> None:
    profile = Profile(metrics=Metrics(queries={"measures.pg.cpu": "max(node_cpu_utilisation_ratio)"}))
    assert unmeasured(profile, builtin("default")) == ("availability", "statement.p95")


def test_a_query_of_a_server_measures_it_too() -> None:
    profile = Profile(postgres=(Postgres(cpu="max(database_cpu_ratio)", statement_p95="max(database_p95_seconds)"),))
    assert unmeasured(profile, builtin("default")) == ("availability",)
