"""Who waits for whom, drawn as trees: each root with those that wait for it below, many of them folded away."""

from collections import deque
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
    # what is still to be drawn, the next one last: (who, the lines above, whether it is the last below its blocker)
    waiting: list[tuple[int, str, bool]] = []

    def add_below(pid: int, trunk: str, key: str) -> None:
        found = below.get(pid, [])
        kept = found if key in opened or len(found) <= SHOWN else found[: SHOWN - 1]
        folded = found[len(kept) :]
        if folded:
            waiting.append((-1, trunk, True))
            folds.append((pid, key, tuple(forest.sessions[one] for one in folded)))
        for number, one in reversed(list(enumerate(kept))):
            waiting.append((one, trunk, number == len(found) - 1))

    folds: list[tuple[int, str, tuple[Session, ...]]] = []
    add_below(tree.pid, "", tree.key)
    if not below.get(tree.pid) and not tree.circle:
        _add_again(rows, tree, forest, now)
    while waiting:
        pid, trunk, last = waiting.pop()
        if pid == -1:
            blocker, key, more = folds.pop()
            longest = max((waited(one, now) for one in more), key=lambda age: age.seconds or 0.0)
            rows.append(LockRow(f"{key}/more", len(rows), f"{trunk}└ ", blocker, None, len(more), longest, more=more))
            continue
        session = forest.sessions[pid]
        behind = forest.behind.get(pid, 0)
        rows.append(
            LockRow(
                session.key, len(rows), f"{trunk}{'└' if last else '├'} ", pid, session, behind, waited(session, now)
            )
        )
        add_below(pid, trunk + ("  " if last else "│ "), session.key)


def _add_again(rows: list[LockRow], tree: Tree, forest: Forest, now: datetime) -> None:
    """All that wait for this root hang on one above already."""
    first = forest.sessions[tree.direct[0]]
    key = f"{tree.key}/{first.key}"
    row = LockRow(
        key, len(rows), "└ ", first.pid, first, forest.behind.get(first.pid, 0), waited(first, now), again=True
    )
    rows.append(row)


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
        Column("query", "QUERY", 12, lambda r: clean(r.session.query) if r.session else "", flex=4),
    ]  # fmt: skip


def lock_mark(row: LockRow) -> Cell:
    if row.branch or row.alike:
        return ""
    return ("▲", "crit" if row.victims >= SHOWN else "warn")


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
        return "hangs above, too", "dim"
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
