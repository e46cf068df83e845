"""A prepared transaction that nobody ends keeps every dead row of a table that a release has made busy."""

from opsconsole.demo.scenarios.script import Scenario, Stage, Step
from opsconsole.demo.shop import statements as sql
from opsconsole.demo.shop.behaviour import Behaviour, Change
from opsconsole.demo.shop.endpoints import LOGIN

LEAVE_PREPARED = "leave-prepared"
TRANSACTION = "payments-gateway:charge:81f3"
VERSION = "2.4.0"
_PRESENCE = Behaviour(
    endpoints={LOGIN: Change(queries={sql.SESSIONS_ONLINE: 1.0})},
    statements_s={sql.PRESENCE_SWEEP: 0.1},
)
"""Two pods touch all 4,000 sessions every five seconds: 800 dead rows a second."""


def _prepare(stage: Stage) -> None:
    stage.servers.begin(LEAVE_PREPARED)


def _release(stage: Stage) -> None:
    stage.cluster.deploy("auth", VERSION, author="deployer")


VACUUM_BEHIND = Scenario(
    "vacuum-behind",
    "a forgotten prepared transaction holds back vacuum while auth 2.4.0 rewrites user_sessions again and again",
    (
        Step(3.0, "payments-gateway dies between PREPARE TRANSACTION and COMMIT PREPARED", _prepare),
        Step(8.0, f"deployer releases auth {VERSION}, which notes who is online", _release),
    ),
    {("auth", VERSION): _PRESENCE},
)
