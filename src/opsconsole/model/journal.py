"""The journal: who did what to the platform, in lines that are chained by their hashes."""

from datetime import datetime

import msgspec


class Who(msgspec.Struct, frozen=True, gc=False):
    """The person and the place behind a line."""

    user: str
    """Of the operating system."""
    host: str
    origin: str = ""
    """Where the SSH session comes from; "" for a local one."""
    kubernetes: str = ""
    """Who the API server says it is."""

    @property
    def words(self) -> str:
        """`maren@bastion from 10.0.0.7 as maren@example.org`."""
        origin = f" from {self.origin}" if self.origin else ""
        kubernetes = f" as {self.kubernetes}" if self.kubernetes else ""
        return f"{self.user}@{self.host}{origin}{kubernetes}"


class JournalLine(msgspec.Struct, frozen=True, gc=False):
    """One line; `hash` covers everything else in it and the hash of the line before."""

    seq: int
    """1, 2, 3 … without a gap."""
    at: datetime
    run: str
    """Id of the run it belongs to."""
    phase: str
    """intent, written, outcome, effect, refused, found (an unknown outcome looked up later), undone; noted: a record of
    ours, as of a baseline."""
    who: Who
    process: str
    """`pid/start time` of its writer: whether that one is still alive tells a run that goes on from a lost one."""
    verb: str
    context: str
    namespace: str
    object: str
    """`deployment/api`."""
    words: str
    """What happened, in a sentence; redacted."""
    body: str = ""
    """JSON of the plan (intent) or of the run (outcome), redacted."""
    evidence: str = ""
    """SHA-256 of the evidence that was kept with it."""
    took_s: float | None = None
    previous: str = ""
    """Hash of the line before; 64 zeros for the first."""
    hash: str = ""


class JournalHead(msgspec.Struct, frozen=True, gc=False):
    """The end of the chain, to be kept elsewhere: `17:3f9a…`."""

    seq: int
    hash: str

    @property
    def words(self) -> str:
        return f"{self.seq}:{self.hash}"


class Verified(msgspec.Struct, frozen=True, gc=False):
    """What a look through the chain found."""

    lines: int
    head: JournalHead
    problems: tuple[str, ...] = ()
    """One sentence for each; none: the chain is whole up to `head`."""
