"""A job forgets to commit, a migration waits for it, and everybody who needs the table waits behind the migration."""

from collections.abc import Callable

from opsconsole.demo.scenarios.script import Scenario, Stage, Step

FORGET_TO_COMMIT, ALTER_ORDERS, BUY_THE_BESTSELLER = "forget-to-commit", "alter-orders", "buy-the-bestseller"
FORGETFUL_VERSION = "2.1.1"


def _release(stage: Stage) -> None:
    stage.cluster.deploy("worker", FORGETFUL_VERSION, author="deployer")


def _begin(act: str) -> Callable[[Stage], None]:
    return lambda stage: stage.servers.begin(act)


LOCK_PILEUP = Scenario(
    "lock-pileup",
    "worker 2.1.1 forgets to commit; a migration's ALTER TABLE waits for it, checkouts and payments wait for both",
    (
        Step(5.0, f"deployer releases worker {FORGETFUL_VERSION}", _release),
        Step(20.0, "its dunning job updates orders and does not commit", _begin(FORGET_TO_COMMIT)),
        Step(30.0, "alembic adds a column to orders", _begin(ALTER_ORDERS)),
        Step(36.0, "several customers buy the same product", _begin(BUY_THE_BESTSELLER)),
    ),
)
