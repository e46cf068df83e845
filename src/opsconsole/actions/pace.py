"""How long the executor waits for what; tests hand in shorter times."""

import msgspec


class Pace(msgspec.Struct, frozen=True, gc=False):
    """Seconds."""

    dry_run_s: float = 12.0
    """An admission webhook may hang: the API server itself gives one ten seconds."""
    stale_s: float = 60.0
    """A plan older than this is made again before it is carried out."""
    write_s: float = 15.0
    evidence_s: float = 5.0
    """All evidence together; what has not come by then is left out, and that is said."""
    poll_s: float = 2.0
    """Between two looks at a rollout."""
    slowest_poll_s: float = 30.0
    """After errors, and while it is stuck."""
    follow_s: float = 3600.0
    """A stuck rollout is looked at for so long: it may recover."""
    bounds_s: float = 120.0
    """So long an autoscaler may take to bring its replicas within new bounds before that is said."""
    look_up_s: float = 8.0
    """After a lost answer the caller waits so long for what became of the write; the look-up goes on behind."""
    look_again_s: float = 1.0
    absent_s: float = 3.0
    """A write that is not there so long after its answer was lost will not come any more."""
    effect_s: float = 2.0
    """Between two looks at the findings, where none changed."""
    close_s: float = 2.0
    """What is being written right now may take so long when the console ends."""
