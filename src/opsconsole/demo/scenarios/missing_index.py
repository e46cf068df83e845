"""A migration drops indexes that looked unused: the feed's query reads the whole table of posts each time."""

from opsconsole.demo.scenarios.script import Scenario, Stage, Step

IMPORT_ARCHIVE, DROP_INDEX = "import-archive", "drop-index"
ARCHIVED = 200_000
"""Old posts that the shop has in this scenario: enough for a scan to hurt."""
VERSION = "3.2.0"
CALM_S = 150.0
"""So long the feed's query is seen as it is: slower than what can only be told of what was known before."""


def _archive(stage: Stage) -> None:
    stage.servers.begin(IMPORT_ARCHIVE)


def _release(stage: Stage) -> None:
    stage.cluster.deploy("feed", VERSION, author="deployer")
    stage.servers.begin(DROP_INDEX)


MISSING_INDEX = Scenario(
    "missing-index",
    "the migration of feed 3.2.0 drops two indexes of posts: the feed's query scans the whole table",
    (
        Step(0.0, f"the shop has an archive of {ARCHIVED:,} old posts", _archive),
        Step(CALM_S, f"deployer releases feed {VERSION}; its migration drops two indexes", _release),
    ),
)
