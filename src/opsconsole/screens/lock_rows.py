"""Who waits for whom, drawn as trees: each root with those that wait for it below, many of them folded away."""

from collections import Counter, deque
from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec
from rich.text import Text

from ..model.sessions import PREPARED, Session
from ..rules.blocking import Forest, Tree, ring_words
from ..rules.lock_words import short_mode
from ..rules.sessions import Age, span_words, waited
from ..text import clock, units
from ..text.clean import clean
from ..widgets.columns import Cell, Column
from .session_rows import explain_session, state_words

SHOWN = 6
"""Victims that one blocker shows until it is opened."""
ALIKE = 3
"""Roots that hold the same up and are shown, of many: whoever changes a table waits for all who read it."""

DEEP = 10
"""Cells of the lines before a name: in a long chain only the nearest blockers show as lines."""


class LockRow(msgspec.Struct, frozen=True, gc=False):
    """One line of a blocking tree. Its identity is the session's, wherever in the tree that stands."""

    key: str
    place: int
    branch: str
    """`├ `, `│ └ `: how the line hangs on the one above; "" for a root."""
    pid: int
    session: Session | None
    """None where the backend may not be seen."""
    victims: int
    """All that wait for it, through others too."""
    waits: Age
    """How long it waits; of a root, how long its longest victim does."""
    more: tuple[Session, ...] = ()
    """Not a session but those that are folded away here."""
    alike: bool = False
    """What is folded away are roots."""
    circle: tuple[int, ...] = ()
    again: bool = False
    """It waits for this one, too, and hangs on another above."""
    with_it: int = 0
    """So many others do the same."""


def lock_rows(forest: Forest, now: datetime, opened: Collection[str] = ()) -> tuple[LockRow, ...]:
    """The blocking trees, most victims first; `opened` has the keys of those whose fold is open."""
    alike: dict[tuple[int, ...], list[Tree]] = {}
    for tree in forest.trees:
        alike.setdefault(tree.direct, []).append(tree)
    rows: list[LockRow] = []
    drawn: set[int] = set()
    for trees in alike.values():
        fold = f"{trees[0].key}/alike"
        shown = trees if len(trees) <= ALIKE + 1 or fold in opened else trees[:ALIKE]
        for tree in shown:
            _add_tree(rows, tree, forest, now, opened, drawn)
        hidden = tuple(tree.root for tree in trees[len(shown) :] if tree.root is not None)
        if len(shown) < len(trees):
            rows.append(LockRow(fold, len(rows), "", 0, None, 0, Age(None), more=hidden, alike=True))
    return tuple(rows)


def _add_tree(
    rows: list[LockRow], tree: Tree, forest: Forest, now: datetime, opened: Collection[str], drawn: set[int]
) -> None:
    drawn.add(tree.pid)
    below = _hang(tree.pid, forest.victims, drawn)
    victims = len(tree.victims)
    rows.append(LockRow(tree.key, len(rows), "", tree.pid, tree.root, victims, tree.longest, circle=tree.circle))
    elsewhere = [pid for pid in tree.direct if pid not in below[tree.pid]]
    # what is still to be drawn, the next one last
    waiting = _below(tree.pid, tree.key, "", below, forest, opened, more=bool(elsewhere))
    while waiting:
        line = waiting.pop()
        if line.folded:
            longest = max((waited(one, now) for one in line.folded), key=lambda age: age.seconds or 0.0)
            key, count = f"{line.blocker_key}/more", len(line.folded)
            rows.append(LockRow(key, len(rows), line.branch, line.pid, None, count, longest, more=line.folded))
            continue
        rows.append(_victim(line.pid, forest.sessions[line.pid].key, line.branch, len(rows), forest, now))
        waiting += _below(line.pid, rows[-1].key, line.trunk, below, forest, opened)
    if elsewhere:
        key = f"{tree.key}/{forest.sessions[elsewhere[0]].key}"
        row = _victim(elsewhere[0], key, "└ ", len(rows), forest, now)
        rows.append(msgspec.structs.replace(row, again=True, with_it=len(elsewhere) - 1))


class _Line(msgspec.Struct, frozen=True, gc=False):
    """A victim that is still to be drawn, or the fold of some."""

    pid: int
    """Of a fold the blocker's."""
    branch: str
    trunk: str
    """What stands before those below it."""
    blocker_key: str
    folded: tuple[Session, ...] = ()


def _below(
    pid: int,
    key: str,
    trunk: str,
    below: Mapping[int, list[int]],
    forest: Forest,
    opened: Collection[str],
    more: bool = False,
) -> list[_Line]:
    """Those that hang on a blocker, the last one first; with `more` a line of another kind follows them."""
    found = below.get(pid, [])
    kept = found if key in opened or len(found) <= SHOWN else found[: SHOWN - 1]
    folded = tuple(forest.sessions[one] for one in _with_those_behind(found[len(kept) :], below))
    shown = trunk if len(trunk) <= DEEP else f"…{trunk[1 - DEEP :]}"
    lines = [_Line(one, f"{shown}├ ", f"{shown}│ ", key) for one in kept]
    if folded:
        lines.append(_Line(pid, f"{shown}{'├' if more else '└'} ", "", key, folded))
    elif lines and not more:
        lines[-1] = msgspec.structs.replace(lines[-1], branch=f"{shown}└ ", trunk=f"{shown}  ")
    return lines[::-1]


def _with_those_behind(pids: list[int], below: Mapping[int, list[int]]) -> list[int]:
    """What is folded away takes its own victims with it: the rows and the fold add up to all who wait."""
    found = list(pids)
    for pid in found:
        found += below.get(pid, [])
    return found


def _victim(pid: int, key: str, branch: str, place: int, forest: Forest, now: datetime) -> LockRow:
    session = forest.sessions[pid]
    return LockRow(key, place, branch, pid, session, forest.behind.get(pid, 0), waited(session, now))


def _hang(root: int, victims: Mapping[int, Collection[int]], drawn: set[int]) -> dict[int, list[int]]:
    """Each victim once, as near to the root as it waits: who waits for two hangs on the nearer one."""
    below: dict[int, list[int]] = {}
    queue = deque([root])
    while queue:
        pid = queue.popleft()
        found = [victim for victim in victims.get(pid, ()) if victim not in drawn]
        drawn.update(found)
        below[pid] = found
        queue.extend(found)
    return below


def lock_columns() -> list[Column[LockRow]]:
    return [
        Column("pid", "PID", 11, _pid, flex=1, most=24),
        Column("waits", "WAITS", 5, lambda r: units.DASH if r.alike else span_words(r.waits), right=True, search=False),
        Column("victims", "VICTIMS", 7, lambda r: f"{r.victims:,}" if r.victims else units.DASH, right=True),
        Column("state", "STATE", 12, _state, flex=1, most=30),
        Column("lock", "LOCK / RELATION", 21, _lock, flex=1, most=44),
        Column("app", "APPLICATION", 12, lambda r: clean(r.session.application) if r.session else "", from_width=100),
        Column("query", "QUERY", 12, _query, flex=4),
    ]  # fmt: skip


def lock_mark(row: LockRow, critical: bool) -> Cell:
    if row.branch or row.alike:
        return ""
    return "▲", "crit" if critical else "warn"


def _pid(row: LockRow) -> Cell:
    if row.more:
        return f"{row.branch}{len(row.more):,} more", "accent"
    name = str(row.pid) if row.pid > 0 else "prepared"
    return f"{row.branch}{name}", "" if row.branch else "strong"


def _state(row: LockRow) -> Cell:
    session = row.session
    if row.more:
        return "hold the same; enter opens" if row.alike else "enter opens", "dim"
    if session is None:
        return "not to be seen", "dim"
    if row.circle:
        return f"deadlock of {len(row.circle)}", "crit"
    if row.again:
        return f"and {row.with_it} more: above" if row.with_it else "is above, too", "dim"
    if row.branch:
        return "in the queue" if session.queued == session.blocked_by else "waiting Lock"
    return state_words(session), "warn"


def _lock(row: LockRow) -> Cell:
    """What it waits for; a root holds what its victims want."""
    session = row.session
    if session is not None and (session.relation or session.lock_mode):
        return f"{clean(short_mode(session.lock_mode))} {clean(session.relation)}".strip()
    if row.branch or row.alike:
        return units.DASH, "dim"
    if session is None or not session.holds:
        return "holds what these want", "dim"
    held = session.holds[0]
    more = f" +{len(session.holds) - 1}" if len(session.holds) > 1 else ""
    return f"- holds {clean(held.what)} ({clean(short_mode(held.mode))}){more}"


def _query(row: LockRow) -> Cell:
    """Of what is folded away whose it is: `api 28, worker 3`. A filter finds it by that."""
    if not row.more:
        return clean(row.session.query) if row.session else ""
    names = Counter(clean(session.application) or clean(session.backend_type) for session in row.more)
    return ", ".join(f"{name} {count}" for name, count in names.most_common()), "dim"


def explain_lock(row: LockRow, width: int) -> list[Text]:
    if row.more:
        queries = dict.fromkeys(clean(session.query) for session in row.more)
        head = f"{units.plural(len(row.more), 'more session')} behind {row.pid}"
        if row.alike:
            head = f"{units.plural(len(row.more), 'more session')} that the same ones wait for"
        return [Text(head), *map(Text, queries)]
    wait = f"{units.plural(row.victims, 'session')} wait for it" if row.victims else "nobody waits for it"
    if row.session is None:
        name = str(row.pid) if row.pid > 0 else "a prepared transaction"
        return [Text.assemble((name, "bold"), f" · gone meanwhile, or not to be seen · {wait}")]
    lines = explain_session(row.session, width)
    lines[0].append(f" · {wait}")
    if row.circle:
        found = "the server ends one of them when deadlock_timeout is over"
        lines.append(Text(f"deadlock: {ring_words(row.circle)}; {found}"))
    if row.session.state == PREPARED:
        lines.append(Text(end_prepared(row.session)))
    return lines


def end_prepared(session: Session) -> str:
    """How a prepared transaction ends: nobody does it by himself."""
    at = units.age(session.transaction_start, clock.now())
    name = clean(session.gid).replace("'", "''")
    return (
        f"prepared {at} ago; it holds its locks until its transaction manager, or {clean(session.user)} in database "
        f"{clean(session.database)}, says COMMIT PREPARED '{name}' or ROLLBACK PREPARED '{name}'"
    )
