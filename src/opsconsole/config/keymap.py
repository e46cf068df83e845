"""The one table of keys: bindings, footer, help, palette and the README are all made from it."""

from enum import StrEnum

import msgspec


class Grade(StrEnum):
    """What a key leaves behind."""

    LOOK = "look"
    """Looks and leaves no trace."""
    RECORD = "record"
    """Writes to the console's own store; works in read-only mode too."""
    SYSTEM = "system"
    """Changes the platform; needs arming first."""


class Action(msgspec.Struct, frozen=True, gc=False):
    """One thing that a key does, the same on every tab."""

    id: str
    keys: tuple[str, ...]
    """As a person writes them: `j`, `ctrl+d`, `enter`, `?`."""
    title: str
    """A word or two for the footer."""
    meaning: str
    """Half a sentence for the help."""
    group: str
    grade: Grade = Grade.LOOK
    chord: bool = False
    """A letter follows; the hint line offers the letters."""
    with_input: bool = False
    """Works while a line is being typed, too: control keys only."""


MOVE, FIND, LOOK, GO, TIME, CONSOLE, RECORD, SYSTEM = (
    "Move",
    "Find and sort",
    "Look closer",
    "Go",
    "Time and refresh",
    "Console",
    "Records (our own store; always allowed)",
    "System (changes the platform; W first)",
)
GROUPS = (GO, MOVE, FIND, LOOK, TIME, CONSOLE, RECORD, SYSTEM)

ACTIONS: tuple[Action, ...] = (
    Action("tab.0", ("0",), "Now", "the page of what is wrong now", GO),
    Action("tab.1", ("1",), "Metrics", "Metrics", GO),
    Action("tab.2", ("2",), "Pods", "Pods", GO),
    Action("tab.3", ("3",), "Queries", "Queries", GO),
    Action("tab.4", ("4",), "Costs", "Costs", GO),
    Action("tab.5", ("5",), "Customers", "Customers", GO),
    Action("tab.6", ("6",), "Incidents", "Incidents", GO),
    Action("enter", ("enter",), "go", "into the row", GO),
    Action("back", ("esc", "-"), "back", "back", GO),
    Action("leave", ("q",), "back, quit", "back; at the root it quits", GO),
    Action("view.next", ("tab",), "next view", "next view of the strip", GO),
    Action("view.previous", ("shift+tab",), "previous view", "previous view of the strip", GO),
    Action("view.pick", ("v",), "view", "pick a view by its letter", GO, chord=True),
    Action("related", ("o",), "related", "go to what is related: owner, node, HPA, statement, endpoint", GO),
    Action("down", ("j", "down"), "down", "down", MOVE),
    Action("up", ("k", "up"), "up", "up", MOVE),
    Action("top", ("g", "home"), "top", "first row", MOVE),
    Action("bottom", ("G", "end"), "end", "last row (the one capital that looks)", MOVE),
    Action("half.down", ("ctrl+d", "pagedown"), "half page down", "half a page down", MOVE),
    Action("half.up", ("ctrl+u", "pageup"), "half page up", "half a page up", MOVE),
    Action("left", ("left",), "left", "columns to the left", MOVE),
    Action("right", ("right",), "right", "columns to the right", MOVE),
    Action("select", ("space",), "select", "select the row", MOVE),
    Action("filter", ("/",), "filter", "filter: text, !not, -l label=value, /regular expression/", FIND),
    Action("next", ("n",), "next", "next in the ring at hand: findings, matches, evidence", FIND),
    Action("previous", ("b",), "back", "back in the same ring", FIND),
    Action("sort", ("s",), "sort", "sort by a letter: c m t r a n", FIND, chord=True),
    Action("wrong", ("z",), "only wrong", "only what is wrong", FIND),
    Action("why", ("w",), "why", "why: how this judgement came about", LOOK),
    Action("raw", ("y",), "raw", "raw: YAML, full SQL, bill row, JSON", LOOK),
    Action("describe", ("d",), "describe", "describe", LOOK),
    Action("events", ("e",), "events, plan", "events, the statement's plan, a service's baseline", LOOK),
    Action("logs", ("l",), "logs", "logs", LOOK),
    Action("changes", ("h",), "changes", "what changed here", LOOK),
    Action("impact", ("i",), "impact", "impact: customers and money", LOOK),
    Action("act", ("a",), "what to do", "what can be done here: runbook steps and actions (only opens)", LOOK),
    Action("full", ("f",), "full screen", "full screen", LOOK),
    Action("options", ("x",), "options", "view options: columns, wrap, time stamps, names, overlay", LOOK),
    Action("range", ("t",), "range", "time range", TIME),
    Action("earlier", (",", "["), "earlier", "earlier: chart, frames, log window", TIME),
    Action("later", (".", "]"), "later", "later", TIME),
    Action("freeze", ("p",), "freeze", "freeze and go on", TIME),
    Action("refresh", ("r",), "refresh", "refresh, and show waiting changes", TIME),
    Action("refresh.all", ("ctrl+r",), "refresh all", "refresh every source", TIME),
    Action("redraw", ("ctrl+l",), "redraw", "draw the screen again", TIME, with_input=True),
    Action("copy", ("c",), "copy", "copy: sitrep, command, row, save to a file", CONSOLE, chord=True),
    Action("problems", ("!",), "sources", "sources, errors, log, stalls", CONSOLE),
    Action(
        "palette", (":", "ctrl+p"), "palette", "command palette; k9s words work: :po :dp :hpa :no :ev :ns X", CONSOLE
    ),
    Action("help", ("?", "f1"), "help", "this help", CONSOLE),
    Action("suspend", ("ctrl+z",), "suspend", "suspend to the shell", CONSOLE, with_input=True),
    Action("quit", ("ctrl+q",), "quit", "quit from anywhere; asks what q at the root asks", CONSOLE, with_input=True),
    Action(
        "interrupt",
        ("ctrl+c",),
        "copy, leave",
        "copies a selection, else says how to leave; twice within 2 s leaves",
        CONSOLE,
        with_input=True,
    ),
    Action("declare", ("D",), "declare", "declare an incident, or join it", RECORD, Grade.RECORD),
    Action("mark", ("M",), "mark", "mark this moment", RECORD, Grade.RECORD),
    Action("note", ("N",), "note", "note", RECORD, Grade.RECORD),
    Action("acknowledge", ("A",), "ack", "acknowledge", RECORD, Grade.RECORD),
    Action("state", ("T",), "state", "state of the incident", RECORD, Grade.RECORD),
    Action("inform", ("I",), "inform", "inform: compose an update", RECORD, Grade.RECORD),
    Action("postmortem", ("P",), "postmortem", "postmortem", RECORD, Grade.RECORD),
    Action("arm", ("W",), "arm", "arm writes", SYSTEM, Grade.SYSTEM),
    Action("scale", ("S",), "scale", "scale, or change HPA bounds", SYSTEM, Grade.SYSTEM),
    Action("restart", ("R",), "restart", "restart", SYSTEM, Grade.SYSTEM),
    Action("rollback", ("B",), "roll back", "roll back", SYSTEM, Grade.SYSTEM),
    Action("cancel", ("C",), "cancel", "cancel a query", SYSTEM, Grade.SYSTEM),
    Action("terminate", ("K",), "terminate", "terminate a backend", SYSTEM, Grade.SYSTEM),
    Action("analyze", ("E",), "analyze", "EXPLAIN ANALYZE", SYSTEM, Grade.SYSTEM),
    Action("undo", ("U",), "undo", "undo", SYSTEM, Grade.SYSTEM),
)

NEVER_BOUND: tuple[str, ...] = (*"FHJLOQVXYZ", "ctrl+s", "ctrl+k", "backspace", "delete")
"""Keys that slip easily, stop a terminal or mean harm elsewhere: they do nothing, for ever."""

SAYS: dict[str, str] = {"m": "m does nothing; M is to mark this moment", "u": "u does nothing; U is to undo"}
"""Keys that only answer which key is meant."""

RESERVED: frozenset[str] = frozenset({"cancel", "terminate", "analyze"})
"""Actions that have their key, and that no tab of this version does anything for."""

ABOUT_THE_ROW: frozenset[str] = frozenset(
    {
        "enter", "raw", "describe", "logs", "related", "why", "changes", "act",
        "scale", "restart", "rollback", "cancel", "terminate", "analyze",
    }
)  # fmt: skip
"""What only answers on a row whose object is gone: another one may go by its name now."""

SORTS: dict[str, str] = {"c": "cpu", "m": "memory", "t": "status", "r": "restarts", "a": "age", "n": "name"}
"""Letters after `s`, as in k9s; a tab may offer more."""

COPIES: dict[str, str] = {"s": "sitrep", "r": "row", "c": "command", "f": "view to a file"}
"""Letters after `c`."""

UNARMED: dict[str, str] = {
    "scale": "S scales; sorting is s",
    "restart": "R restarts; refreshing is r",
    "rollback": "B rolls back; the ring's back is b",
    "cancel": "C cancels a query; copying is c",
    "terminate": "K terminates a backend; up is k",
    "analyze": "E runs EXPLAIN ANALYZE; events and plan are e",
    "undo": "U undoes what was done from here",
}
"""What a system capital means, and what somebody with other habits may have meant by it."""

RESOURCES: dict[str, tuple[int, str]] = {
    "alerts": (1, "alerts"),
    "rules": (1, "rules"),
    "silences": (1, "silences"),
    "noise": (1, "noise"),
    "po": (2, "pods"),
    "pod": (2, "pods"),
    "pods": (2, "pods"),
    "wl": (2, "workloads"),
    "dp": (2, "deployments"),
    "deploy": (2, "deployments"),
    "deployments": (2, "deployments"),
    "sts": (2, "statefulsets"),
    "ds": (2, "daemonsets"),
    "job": (2, "jobs"),
    "jobs": (2, "jobs"),
    "cj": (2, "cronjobs"),
    "rs": (2, "replicasets"),
    "pdb": (2, "budgets"),
    "svc": (2, "services"),
    "services": (2, "services"),
    "ep": (2, "endpoints"),
    "namespaces": (2, "namespaces"),
    "quota": (2, "quotas"),
    "pvc": (2, "claims"),
    "hpa": (2, "hpas"),
    "no": (2, "nodes"),
    "node": (2, "nodes"),
    "nodes": (2, "nodes"),
    "cap": (2, "capacity"),
    "capns": (2, "capacity-ns"),
    "ev": (2, "events"),
    "events": (2, "events"),
}
"""k9s' words of the palette: (tab, view id)."""

_BY_ID = {action.id: action for action in ACTIONS}
_BY_KEY = {key: action for action in ACTIONS for key in action.keys}


def by_id(action_id: str) -> Action:
    """The action of that id; KeyError when there is none."""
    return _BY_ID[action_id]


def by_key(key: str) -> Action | None:
    """What a key, written as in the table, does."""
    return _BY_KEY.get(key)


def refusal(action: Action) -> str:
    """The one line that a capital answers which this version does nothing for."""
    return f"{unarmed(action)}. {action.keys[0]} is not part of this version: nothing was opened"


def unarmed(action: Action) -> str:
    """What a system capital means, and the key that may have been meant."""
    return UNARMED[action.id]


def markdown() -> str:
    """The table for the README."""
    lines = ["| key | meaning on every tab | group |", "| --- | --- | --- |"]
    for group in GROUPS:
        for action in ACTIONS:
            if action.group == group:
                keys = " ".join(f"`{key}`" for key in action.keys) + (" + letter" if action.chord else "")
                lines.append(f"| {keys} | {action.meaning} | {group} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown())
