"""A new statement is named with the deploy before it; whose work it is where no application asked."""

from datetime import timedelta

import pytest

from opsconsole.model.finding import Change
from opsconsole.model.statements import StatementRate, Statements
from opsconsole.rules.statement_kinds import is_backup, is_own
from opsconsole.rules.statement_origin import deploy_before, deploy_name, origin, since_deploy
from tests.rules.statement_samples import START

NOW = START + timedelta(minutes=30)


def release(
    minutes: float, what: str = "release api 1.8.1→1.8.2", place: str = "shop/api", kind: str = "release"
) -> Change:
    return Change(START + timedelta(minutes=minutes), kind, what, "deployer", place)


def test_what_is_new_is_said_with_the_deploy_before_it() -> None:
    seen = START + timedelta(minutes=16)
    changes = [release(14), release(-300, "release api 1.8.0→1.8.1"), release(15, "HPA api 6→12", kind="hpa")]
    assert origin(seen, changes, NOW) == "new 14m, 2m after api 1.8.2"
    assert origin(seen, [release(17)], NOW) == "new 14m"


def test_a_deploy_of_the_application_itself_counts_before_a_younger_one() -> None:
    seen = START + timedelta(minutes=16)
    changes = [release(10), release(15, "rollout worker (env)", "shop/worker", "rollout")]
    own, any_of = deploy_before(seen, changes, "api"), deploy_before(seen, changes, "web")
    assert own is not None
    assert any_of is not None
    assert (deploy_name(own), deploy_name(any_of)) == ("api 1.8.2", "worker")


def test_a_deploy_of_more_than_an_hour_before_is_not_named() -> None:
    assert deploy_before(START + timedelta(minutes=61), [release(0)]) is None


def test_names_of_deploys() -> None:
    assert deploy_name(release(0, "release api 1.8.2 (new)")) == "api 1.8.2"
    assert deploy_name(release(0, "rollback api 1.8.2→1.8.1")) == "api 1.8.1"


def test_what_grew_is_told_with_the_newest_deploy_of_that_time() -> None:
    changes = [release(1), release(20)]
    assert since_deploy(changes, START, NOW) == release(20)
    assert since_deploy(changes, START + timedelta(minutes=21), NOW) is None


def row(text: str = "select 1", application: str = "", user: str = "shop_app") -> StatementRate:
    return StatementRate("k", 1, text, 1.0, 1.0, 0.1, 1.0, application=application, user=user)


@pytest.mark.parametrize(
    ("one", "backup"),
    [
        (row("COPY public.orders (id, total) TO stdout"), True),
        (row("COPY orders FROM STDIN"), False),
        (row(application="pg_dump"), True),
        (row(application="barman_streaming_backup"), True),
        (row(application="wal-g"), True),
        (row(user="backup"), True),
        (row(user="backup_reader"), False),
        (row("SELECT pg_backup_start($1, $2)"), True),
        (row("select * from pg_dump_requests"), False),
    ],
)
def test_dumps_and_backups_are_known_by_name_or_text(one: StatementRate, backup: bool) -> None:
    assert is_backup(one) is backup


def test_own_statements_are_known_by_application_then_by_role() -> None:
    view = Statements("main", 300, None, own_user="console")
    assert is_own(row(application="opsconsole"), view)
    assert is_own(row(user="console"), view)
    assert not is_own(row(application="api", user="console"), view)


def test_labels_for_the_filter() -> None:
    labels = row(application="api +1").labels
    assert labels == (("app", "api"), ("user", "shop_app"))
