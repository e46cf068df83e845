"""Who blocks whom: the roots of every blocking tree with all that wait for them, and deadlocks as the circles they are.

Everything here takes time in proportion to the sessions and their waits: a pile-up is when there are very many.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from ..model.sessions import PREPARED, Session
from ..text import units
from .sessions import Age, folded, span_words, state_words, waited

RING_SHOWN = 5
"""Members of a circle that are named."""


class Tree(msgspec.Struct, frozen=True, gc=False):
    """Somebody whom others wait for and that waits for nobody; or a circle of those that wait for one another."""

    pid: int
    """Of a circle the lowest one."""
    root: Session | None
    """None where it may not be seen, or has gone meanwhile."""
    victims: tuple[Session, ...]
    """All that wait for it, directly or through others; longest waiting first."""
    direct: tuple[int, ...]
    """Of them those that wait for the root itself."""
    longest: Age
    since: datetime | None
    """Since when the one waits that waits longest."""
    circle: tuple[int, ...] = ()
    """Pids in the order in which each waits for the next, and the last for the first."""

    @property
    def key(self) -> str:
        return self.root.key if self.root is not None else str(self.pid)


class Forest(msgspec.Struct, frozen=True, gc=False):
    """All trees, most victims first, and what one draws them from."""

    trees: tuple[Tree, ...]
    sessions: Mapping[int, Session]
    """By pid, parallel workers folded into their leaders."""
    victims: Mapping[int, tuple[int, ...]]
    """Who waits for each pid itself, longest waiting first."""
    behind: Mapping[int, int]
    """How many wait for each pid, through others too."""
    waiting: int
    """All that wait; who waits for two counts once."""


def forest(sessions: Iterable[Session], now: datetime) -> Forest:
    """The trees of a moment."""
    by_pid = {session.pid: session for session in folded(sessions)}
    ages = {pid: waited(session, now) for pid, session in by_pid.items()}
    longest_first = sorted(by_pid, key=lambda pid: (-(ages[pid].seconds or 0.0), pid))
    victims: dict[int, list[int]] = defaultdict(list)
    for pid in longest_first:
        for blocker in dict.fromkeys(by_pid[pid].blocked_by):
            victims[blocker].append(pid)
    circles = _components(by_pid)
    circle_of = {pid: circle for circle in circles for pid in circle}
    behind = _behind(victims, circle_of)
    rank = {pid: place for place, pid in enumerate(longest_first)}
    roots = dict.fromkeys(pid for pid in victims if not (pid in by_pid and by_pid[pid].blocked_by))
    roots |= dict.fromkeys(min(circle) for circle in circles)
    # many roots may have the same victims: whoever changes a table waits for all who read it
    ordered = {found: sorted(found, key=rank.__getitem__) for found in {behind[pid] for pid in roots}}
    sharing: dict[frozenset[int], tuple[Session, ...]] = {}
    made = []
    for pid in roots:
        found = behind[pid]
        if pid in found or found not in sharing:
            sharing[found - {pid}] = tuple(by_pid[one] for one in ordered[found] if one != pid)
        first = ordered[found][0]
        ring = _ring(pid, circle_of[pid], by_pid) if pid in circle_of else ()
        since = by_pid[first].waits_since or by_pid[first].query_start
        direct = tuple(victims[pid])
        made.append(Tree(pid, by_pid.get(pid), sharing[found - {pid}], direct, ages[first], since, ring))
    made.sort(key=lambda tree: (-len(tree.victims), -(tree.longest.seconds or 0.0), tree.pid))
    return Forest(
        tuple(made),
        by_pid,
        {pid: tuple(found) for pid, found in victims.items()},
        {pid: len(found) - (pid in found) for pid, found in behind.items()},
        sum(1 for session in by_pid.values() if session.blocked_by),
    )


def trees(sessions: Iterable[Session], now: datetime) -> tuple[Tree, ...]:
    return forest(sessions, now).trees


def tree_words(tree: Tree, now: datetime | None) -> str:
    """`4711 of worker (idle in tx 14m) blocks 37, longest 14m, holds orders`; without ages where there is no now."""
    longest = f", longest {span_words(tree.longest)}" if now is not None else ""
    if tree.circle:
        others = len(tree.victims) - len(tree.circle) + 1
        behind = f", {others} more behind them" if others else ""
        return f"deadlock {ring_words(tree.circle)}{behind}{longest}"
    holds = f", holds {tree.root.holds[0].what}" if tree.root is not None and tree.root.holds else ""
    return f"{root_words(tree, now)} blocks {len(tree.victims):,}{longest}{holds}"


def ring_words(circle: Sequence[int]) -> str:
    """`4711 → 4820 → 4711`."""
    shown = [str(pid) for pid in circle[:RING_SHOWN]]
    if len(circle) > RING_SHOWN:
        shown.append(f"… {len(circle) - RING_SHOWN} more")
    return " → ".join([*shown, str(circle[0])])


def root_words(tree: Tree, now: datetime | None) -> str:
    """`4711 of worker (idle in tx 14m)`, `prepared transaction pay-17 (14m)`."""
    root = tree.root
    if root is None:
        return f"{tree.pid} (not to be seen)" if tree.pid else "a prepared transaction"
    if root.state == PREPARED:
        age = f" ({units.age(root.transaction_start, now)})" if now is not None else ""
        return f"prepared transaction {root.gid}{age}"
    name = root.application or root.backend_type
    since = root.query_start if root.state == "active" else root.state_change
    age = f" {units.age(since, now)}" if since is not None and now is not None else ""
    return f"{root.pid}{f' of {name}' if name else ''} ({state_words(root)}{age})"


def _components(by_pid: Mapping[int, Session]) -> list[frozenset[int]]:
    """The sets of sessions that wait for one another, each for all others of its set: strongly connected components
    with more than one member (R. Tarjan, Depth-first search and linear graph algorithms, 1972), without recursion."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    found: list[frozenset[int]] = []

    def enter(pid: int) -> tuple[int, list[int]]:
        index[pid] = low[pid] = len(index)
        stack.append(pid)
        on_stack.add(pid)
        return pid, [blocker for blocker in by_pid[pid].blocked_by if blocker in by_pid]

    for start in by_pid:
        if start in index or not by_pid[start].blocked_by:
            continue
        path = [enter(start)]
        while path:
            pid, blockers = path[-1]
            if blockers:
                blocker = blockers.pop()
                if blocker not in index:
                    path.append(enter(blocker))
                elif blocker in on_stack:
                    low[pid] = min(low[pid], index[blocker])
                continue
            path.pop()
            if path:
                low[path[-1][0]] = min(low[path[-1][0]], low[pid])
            if low[pid] == index[pid]:
                members: set[int] = set()
                while pid not in members:
                    members.add(stack.pop())
                on_stack -= members
                if len(members) > 1:
                    found.append(frozenset(members))
    return found


def _behind(victims: Mapping[int, Sequence[int]], circle_of: Mapping[int, frozenset[int]]) -> dict[int, frozenset[int]]:
    """By pid: all that wait for it, through others too. Members of one circle share one answer."""
    found: dict[int, frozenset[int]] = {}
    for start in victims:
        path = [start]
        while path:
            pid = path[-1]
            family = circle_of.get(pid, frozenset((pid,)))
            nearest = {victim for one in family for victim in victims.get(one, ())} - family
            missing = [victim for victim in nearest if victim not in found]
            if missing and pid not in found:
                path.extend(missing)
                continue
            path.pop()
            if pid not in found:
                all_of_them = frozenset(nearest).union(*(found[victim] for victim in nearest))
                if len(family) > 1:
                    all_of_them |= family
                found |= dict.fromkeys(family, all_of_them)
    return found


def _ring(pid: int, circle: frozenset[int], by_pid: Mapping[int, Session]) -> tuple[int, ...]:
    """The shortest way round from here, each waiting for the next."""
    came: dict[int, int] = {}
    queue = deque([pid])
    while queue:
        one = queue.popleft()
        for blocker in by_pid[one].blocked_by:
            if blocker == pid:
                ring = [one]
                while ring[-1] != pid:
                    ring.append(came[ring[-1]])
                return tuple(reversed(ring))
            if blocker in circle and blocker not in came:
                came[blocker] = one
                queue.append(blocker)
    return tuple(sorted(circle))
