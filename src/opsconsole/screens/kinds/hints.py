"""Which keys the footer and the help name first, by the list that is shown: the most telling first."""

_OF_WORKLOADS = (
    "enter", "logs", "describe", "filter", "wrong", "why", "act", "raw", "changes", "related", "events", "options",
)  # fmt: skip
_OF_OBJECTS = ("enter", "describe", "filter", "wrong", "related", "raw", "events", "sort", "options", "view.next")
_OF_SUMS = ("enter", "filter", "sort", "wrong", "options", "view.next", "view.pick")
_HINTS = {
    "wrong": _OF_WORKLOADS,
    "workloads": _OF_WORKLOADS,
    "pods": _OF_WORKLOADS,
    "jobs": _OF_WORKLOADS,
    "hpas": ("enter", "why", "describe", "filter", "wrong", "act", "related", "raw", "logs", "events", "options"),
    "nodes": ("enter", "why", "describe", "filter", "wrong", "related", "raw", "events", "sort", "options"),
    "events": ("enter", "filter", "wrong", "related", "describe", "raw", "logs", "sort", "options", "view.next"),
    "capacity": _OF_SUMS,
    "capacity-ns": _OF_SUMS,
    "more": ("enter", "filter", "view.next", "view.pick", "palette"),
}


def hints_of(view_id: str) -> tuple[str, ...]:
    """Ids of the key table; what does not fit the footer is left out from behind."""
    return (*_HINTS.get(view_id, _OF_OBJECTS), "help")
