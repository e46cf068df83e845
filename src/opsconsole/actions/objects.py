"""The desk of the planners: what they know (board, policy, profile), and how they re-read an object from the API."""

from typing import Any

from ..config.settings import Policy, Profile
from ..model.action import Target
from ..poller.board import Board
from ..sources.kubernetes.cluster import Cluster

Object = dict[str, Any]
"""One object as the API server answers it."""


class Desk:
    """What every planner needs. Raises SourceError; Refused where the target is not what was asked for."""

    def __init__(
        self, cluster: Cluster, board: Board, policy: Policy, profile: Profile, profile_name: str = ""
    ) -> None:
        self.cluster = cluster
        self.board = board
        self.policy = policy
        self.profile = profile
        self.profile_name = profile_name

    async def read(self, target: Target) -> Object:
        """The object as it is now: Refused("gone") when there is none, Refused("replaced") when it is another one."""
        raise NotImplementedError
