"""What the screens and commands ask: plan an action, carry it out, take it back, and hear how it goes."""

from collections.abc import Callable

from ..config.settings import Policy, Profile
from ..model.action import Asked, Plan, Run, Target
from ..model.kubernetes import ReplicaSet
from ..poller.board import Board
from ..sources.kubernetes.cluster import Cluster
from ..store.store import Store
from .arming import Arming

Told = Callable[[str], None]
"""Hears in a few words how far a call is: `dry run …`, `evidence …`, `writing …`."""


class Actions:
    """The one way to change the platform. All methods run on the event loop; they raise SourceError (Refused names the
    guard). What goes on is on the board: topic RUNS."""

    def __init__(
        self, cluster: Cluster, board: Board, store: Store, profile: Profile, policy: Policy, profile_name: str = ""
    ) -> None:
        self.arming = Arming(profile, profile_name)

    async def plan(self, asked: Asked, told: Told = lambda words: None) -> Plan:
        """Re-read the target, ask whether it is allowed, try it (dry run), and say what it would do.

        Needs no arming: a plan changes nothing. Raises Refused where it could never be done.
        """
        raise NotImplementedError

    async def carry_out(
        self, plan: Plan, *, typed: str = "", force: bool = False, told: Told = lambda words: None
    ) -> Run:
        """Guards, evidence, intent on disk, write. Returns once the API server has accepted it (or not).

        Raises Refused, or Changed with a new plan when a precondition failed; both mean that nothing was changed.
        The rollout and the findings are followed in the background: topic RUNS.
        """
        raise NotImplementedError

    async def revisions(self, target: Target) -> tuple[ReplicaSet, ...]:
        """The revisions of a Deployment that still have their ReplicaSet, newest first."""
        raise NotImplementedError

    def undo_of(self, run_id: str = "") -> Asked:
        """What takes back a run of this console ("": the last one that can be). Raises Refused."""
        raise NotImplementedError

    async def undo_of_line(self, run_id: str) -> Asked:
        """The same for any run of the journal. Raises Refused, StoreError."""
        raise NotImplementedError

    async def finished(self, run_id: str) -> Run:
        """Wait until a run is neither followed nor watched any more."""
        raise NotImplementedError

    async def settle(self) -> tuple[Run, ...]:
        """At start: look up what earlier processes asked for and left without an outcome; writes what it found."""
        raise NotImplementedError

    async def close(self) -> None:
        """Stop following; what is still followed keeps `written` as its last line, and the next start looks it up."""
