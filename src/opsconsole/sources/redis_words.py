"""What the first word of an error of Redis or Valkey means, in words, and what one does about it."""

from ..model.reading import ProblemKind

STATES: dict[str, tuple[ProblemKind, str, str]] = {
    "NOAUTH": (ProblemKind.UNAUTHORIZED, "wants a password and none was given", "give it a password reference"),
    "WRONGPASS": (
        ProblemKind.UNAUTHORIZED, "refuses the user name or password", "check user and the password reference"
    ),
    "NOPERM": (ProblemKind.FORBIDDEN, "does not allow this to the user", "ACL SETUSER … +info"),
    "LOADING": (ProblemKind.REFUSED, "is loading its data set", "wait: it is asked again by itself"),
    "BUSY": (
        ProblemKind.REFUSED, "is held by a script or function that does not end: nobody is served",
        "who owns it ends it: SCRIPT KILL or FUNCTION KILL (works until it has written)",
    ),
    "MASTERDOWN": (
        ProblemKind.REFUSED, "is a replica that has lost its primary and serves no old data",
        "look at the primary, then at the link: INFO replication",
    ),
    "CLUSTERDOWN": (
        ProblemKind.REFUSED, "is in a cluster that is down: slots have no node, or most primaries are not seen",
        "look at CLUSTER INFO and CLUSTER NODES",
    ),
    "MOVED": (
        ProblemKind.REFUSED, "does not hold that slot: another node of the cluster does",
        "the client must follow MOVED; give the url of the node that is meant",
    ),
    "ASK": (ProblemKind.REFUSED, "is moving that slot to another node", "wait until the slot has moved"),
    "TRYAGAIN": (ProblemKind.REFUSED, "is moving the keys of that slot", "wait until the slot has moved"),
    "CROSSSLOT": (
        ProblemKind.REFUSED, "was asked for keys of several slots at once",
        "keys that are used together need the same {tag}",
    ),
    "OOM": (
        ProblemKind.REFUSED, "is full: it refuses writes above maxmemory",
        "raise maxmemory or choose an evicting policy"
    ),
    "MISCONF": (
        ProblemKind.REFUSED, "refuses writes because it cannot save them", "see why BGSAVE fails: disk, rights, fork"
    ),
    "READONLY": (ProblemKind.REFUSED, "is a replica: it takes no writes", "write to its primary"),
    "NOREPLICAS": (
        ProblemKind.REFUSED, "refuses writes: too few good replicas (min-replicas-to-write)", "look at its replicas"
    ),
}  # fmt: skip


def state_of(said: str) -> str:
    """The word in `STATES` that an error is about; "" where it is about none."""
    first = said.split(" ", 1)[0].rstrip(":").upper()
    if first in STATES:
        return first
    lower = said.lower()
    # redis-py cuts the first word off where it has an exception of its own.
    for words, state in _SAID:
        if any(word in lower for word in words):
            return state
    return ""


_SAID = (
    (("authentication required",), "NOAUTH"),
    (("invalid password", "invalid username-password", "wrongpass"), "WRONGPASS"),
    (("is loading the dataset", "loading redis", "loading valkey"), "LOADING"),
    (("busy running a script", "script kill"), "BUSY"),
    (("link with master is down", "link with primary is down", "masterdown"), "MASTERDOWN"),
    (("cluster is down", "hash slot not served"), "CLUSTERDOWN"),
    (("don't hash to the same slot",), "CROSSSLOT"),
    (("multiple keys request during rehashing",), "TRYAGAIN"),
    (("can't write against a read only",), "READONLY"),
)
