"""The situation in a few lines of plain text, fit for a chat: what, since when, whom, doing, next update."""

from datetime import datetime

from ..config.settings import Policy
from ..model.incident import Incident
from ..poller.board import Board


def sitrep(
    board: Board,
    *,
    profile_name: str = "",
    incident: Incident | None = None,
    policy: Policy | None = None,
    sources: str = "",
    now: datetime | None = None,
) -> str:
    """From the readings of the board; `incident` None takes the worst open one. `sources` is the frame's `6/7 loki
    FAILED`, said at the end."""
    raise NotImplementedError
