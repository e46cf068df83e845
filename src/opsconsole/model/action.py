"""What is done to the platform, as values: what was asked, what it would do, how it went."""

from datetime import datetime
from enum import StrEnum

import msgspec


class Effect(StrEnum):
    """How much harm an action can do."""

    READ = "read"
    REVERSIBLE = "reversible"
    DISRUPTIVE = "disruptive"
    """It comes back by itself, but requests may fail meanwhile."""
    DESTRUCTIVE = "destructive"


class Target(msgspec.Struct, frozen=True, gc=False):
    """One object by identity: the name alone may be another object by now."""

    kind: str
    """Deployment, StatefulSet, DaemonSet, HorizontalPodAutoscaler, ScaledObject."""
    namespace: str
    name: str
    uid: str = ""
    """"" when only the name is known (command line): the first reading fixes it."""
    context: str = ""
    """Full name of the Kubernetes context."""

    @property
    def words(self) -> str:
        """`deployment/api`, as kubectl writes it."""
        return f"{self.kind.lower()}/{self.name}"


class Asked(msgspec.Struct, frozen=True, gc=False):
    """What somebody wants done."""

    verb: str
    """scale, bounds, restart, rollback."""
    target: Target
    replicas: int | None = None
    """scale: how many in the end."""
    change: int | None = None
    """scale: how many more or fewer; exclusive with `replicas`."""
    minimum: int | None = None
    """bounds (and scale where an autoscaler owns the replicas): its new lower bound."""
    maximum: int | None = None
    revision: str = ""
    """rollback: the revision to go to; "" is the one before."""
    template_hash: str = ""
    """rollback: a revision by its pod template, whatever number it has by now; an undo uses it."""
    reason: str = ""
    undoes: str = ""
    """Id of the run that this one takes back."""


class Warned(msgspec.Struct, frozen=True, gc=False):
    """Something the operator should know before going on."""

    id: str
    """autoscaler, bounds, budget, rollout, room, unhealthy, freeze, capacity, …"""
    words: str
    grave: bool = False
    """Needs the name typed (dialog) or --force with --reason (command line)."""


class Write(msgspec.Struct, frozen=True, gc=False):
    """One request that changes something; preconditions are part of its body."""

    target: Target
    path: str
    body: str
    """JSON Patch, as JSON text."""
    needs: str
    """The right in words: `patch deployments in shop`."""
    verb: str = "patch"
    resource: str = ""
    """For SelfSubjectAccessReview: `deployments.apps/scale`."""
    method: str = "PATCH"
    content_type: str = "application/json-patch+json"
    after: tuple[tuple[str, str], ...] = ()
    """(JSON pointer, JSON value) that the object shows once the write is there: how an unknown outcome is found out."""


class Blast(msgspec.Struct, frozen=True, gc=False):
    """What it touches; None is unknown."""

    pods: int | None = None
    """Pods that end or begin."""
    away: float | None = None
    """Share of the present capacity that is away at the worst moment, 0–1."""
    requests_s: float | None = None
    """Requests per second that the target serves now."""
    customers: int | None = None
    """Customers hurt already."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """One of the dialog's lines."""

    title: str
    """from, changes, takes, fights, hurts, same as, allowed."""
    words: str


class Plan(msgspec.Struct, frozen=True, gc=False):
    """One action, thought through and not yet done."""

    id: str
    """Of the run it becomes."""
    asked: Asked
    target: Target
    """What is written to, re-read: with an autoscaler that owns the replicas it is not what was asked for."""
    title: str
    """`ROLL BACK deployment/api`."""
    confirm: str
    """Label of the second button: `Roll back`."""
    was: str
    """What is there now, in a few words: `rev 41 api:1.8.2`."""
    becomes: str
    lines: tuple[Line, ...]
    """The dialog's lines in their order, without title, allowed and buttons."""
    commands: tuple[str, ...]
    """What does the same with kubectl; preconditions cannot be said there."""
    effect: Effect
    blast: Blast
    warnings: tuple[Warned, ...]
    writes: tuple[Write, ...]
    typed: str = ""
    """The name to type before it is done; "" where Cancel and tab suffice."""
    undo: Asked | None = None
    """What takes it back; None where nothing can."""
    undo_words: str = ""
    """Why nothing can, or what the undo does."""
    follows: Target | None = None
    """The workload whose rollout is followed; None: done when written."""
    watches: tuple[str, ...] = ()
    """Ids of the findings on the target that it should help."""
    made: datetime | None = None
    dry_run_s: float | None = None
    """How long the server's dry run took; None before it."""


class Phase(StrEnum):
    """How far a run is."""

    ASKED = "asked"
    """The intent is on disk, nothing is written yet."""
    WRITTEN = "written"
    """The API server has accepted it; it is followed."""
    READY = "ready"
    """The platform has done it."""
    STUCK = "stuck"
    """Written, but it does not get ready; `words` says why."""
    FAILED = "failed"
    """The API server refused the write: nothing was changed."""
    UNKNOWN = "unknown"
    """Asked, outcome unknown: the answer was lost."""
    GONE = "gone"
    """The target was deleted or replaced while it was followed."""


class Helped(StrEnum):
    """What became of the findings that a run should help."""

    NONE = ""
    """There was nothing to help."""
    WATCHING = "watching"
    HELPED = "helped"
    NO_EFFECT = "no effect"
    WORSE = "worse"
    UNKNOWN = "unknown"
    """The source of the finding did not answer, or the console ended before it was known."""


class Run(msgspec.Struct, frozen=True, gc=False):
    """One action that was asked for: what the screens and the journal show of it."""

    plan: Plan
    phase: Phase
    words: str
    """`12 of 20 new pods ready`, `stuck: ImagePullBackOff on 2 pods: not found`."""
    began: datetime
    ended: datetime | None = None
    helped: Helped = Helped.NONE
    helped_words: str = ""

    @property
    def running(self) -> bool:
        """Whether somebody still follows it or watches its effect."""
        return self.phase in (Phase.ASKED, Phase.WRITTEN) or self.helped is Helped.WATCHING
