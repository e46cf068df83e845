"""`:ctx` and `:ns`: another platform, other namespaces; by name, from what is completed, or from a list."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ..model.collection import Collection
from ..model.kubernetes import Namespace, Pod
from ..model.reading import Reading, State
from ..poller.board import Board
from ..poller.topics import CLUSTER, NAMESPACES, PODS, RUNS
from ..sources.errors import SourceError
from ..text import clock, matching, units
from ..text.clean import clean, fit, wrapped
from ..text.scope import scope
from ..widgets.line import Part
from ..widgets.run_line import run_words
from .dialogs.pick import Choice, Pick
from .platforms import Platform, Switcher, choice, fitting, names, running

if TYPE_CHECKING:
    from ..app import Console

EVERYWHERE = "all"
"""Typed for all namespaces; no namespace of that name can be typed, but picked."""
ALL, ALL_ID = "all namespaces", "*"
LISTED_S = 3.0
"""How long `:ns NAME` waits for the list of namespaces before it takes the name as it is."""
WISH_S = 2.0
NOWHERE = "there is nothing to switch to here"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_WIDE = 110


# ---- another platform ------------------------------------------------------------------------------------------------


def context(app: "Console", typed: str) -> None:
    """`:ctx NAME` goes there; a name that leaves a choice, and none at all, open the list."""
    switcher = app.context.switcher
    if switcher is None:
        app.say(f"ctx: {NOWHERE}")
    elif typed:
        app.run_worker(_by_name(app, switcher, typed), group="switch", exclusive=True)
    else:
        _pick_platform(app, switcher, "")


def context_names(app: "Console", typed: str) -> list[tuple[str, str, Callable[[], None]]]:
    """What completes `ctx`: (title, state, what it does)."""
    switcher = app.context.switcher
    if switcher is None:
        return []
    found = fitting(typed, switcher.platforms)
    return [(_title(one), _state(app, switcher, one), partial(_take, app, switcher, one)) for one in found]


def look_again(app: "Console") -> None:
    """Read the kubeconfigs in the background: what was added meanwhile is offered."""
    if app.context.switcher is not None:
        app.run_worker(app.context.switcher.look(), group="kubeconfig", exclusive=True)


async def _by_name(app: "Console", switcher: Switcher, typed: str) -> None:
    await switcher.look()
    offered = switcher.platforms
    one = choice(typed, offered)
    if one is not None:
        await _go(app, switcher, one)
    elif fitting(typed, offered):
        if not app.occupied:
            _pick_platform(app, switcher, typed)
    else:
        near = matching.nearest(typed, names(offered))
        said = f": did you mean {clean(near)}?" if near else "; :ctx lists those that there are"
        app.say("; ".join([f"ctx: no context or profile {clean(typed, 80)}{said}", *map(clean, switcher.problems)]))


def _pick_platform(app: "Console", switcher: Switcher, typed: str) -> None:
    def title() -> str:
        count = units.plural(len(switcher.platforms), "platform")
        return "  ".join([f"Switch to · {count}", *map(clean, switcher.problems)])

    def found(typed: str, width: int) -> list[Choice]:
        return [
            Choice(_id(one), _platform_line(app, switcher, one, width)) for one in fitting(typed, switcher.platforms)
        ]

    def taken(ids: list[str], typed: str) -> None:
        one = next((one for one in switcher.platforms if _id(one) in ids), None)
        if one is not None:
            _take(app, switcher, one)
        elif typed:
            context(app, typed)

    heading = _platform_heading
    app.hold_keys()
    dialog = Pick(title, found, taken, app.palette, app.release_keys, typed=typed, heading=heading)
    app.push_screen(dialog)

    async def look() -> None:
        await switcher.look()
        dialog.show()

    app.run_worker(look(), group="kubeconfig", exclusive=True)


def _take(app: "Console", switcher: Switcher, platform: Platform) -> None:
    app.run_worker(_go(app, switcher, platform), group="switch", exclusive=True)


async def _go(app: "Console", switcher: Switcher, platform: Platform) -> None:
    """There, after a question where an action goes on; where that cannot be, the platform that is shown stays."""
    here, name = switcher.here, clean(platform.name, 80)
    if platform == here:
        app.say(f"ctx: {name} is shown already")
        return
    try:
        await switcher.check(platform)
    except SourceError as error:
        remedy = f" ({error.problem.remedy})" if error.problem.remedy else ""
        app.say(f"ctx: {name} cannot be used: {error.problem.sentence}{remedy}; {clean(here.name, 80)} stays")
        return
    if app.occupied:
        app.say(f"ctx: {name} was not gone to, since something else was opened meanwhile")
        return
    runs = running(app.context.board.get(RUNS).value or ())
    if not runs:
        _set_out(app, switcher, platform)
        return
    from .dialogs.confirm import Confirm

    def answered(confirmed: bool | None) -> None:
        if confirmed:
            _set_out(app, switcher, platform)
        else:
            app.say(f"{clean(here.name, 80)} stays")

    lines = [line for run in runs for line in wrapped(f"{run_words(run)} (going stops following it)", 70)]
    app.push_screen(Confirm(f"Go to {name}?", lines, "Go", app.palette), answered)


def _set_out(app: "Console", switcher: Switcher, platform: Platform) -> None:
    """From here on it is carried through: another `:ctx` comes after it and does not cut it in two."""
    app.run_worker(_arrive(app, switcher, platform), group="arrive there")


async def _arrive(app: "Console", switcher: Switcher, platform: Platform) -> None:
    await switcher.enter(platform)
    told = [clean(platform.name, 80)]
    if platform.context and platform.context != platform.name:
        told.append(f"context {clean(platform.context, 120)}")
    if platform.user:
        told.append(f"user {clean(platform.user, 60)}")
    if not platform.profile_name:
        told.append("no profile names it: Kubernetes alone")
    app.say(f"now {' · '.join(told)} · read-only")


def _id(platform: Platform) -> str:
    return f"{platform.memory} {platform.file}"


def _title(platform: Platform) -> str:
    if platform.profile_name and platform.context:
        return f"{platform.profile_name} (context {platform.context})"
    return platform.name


def _state(app: "Console", switcher: Switcher, platform: Platform) -> str:
    """Whether it can be reached, as far as is known without asking."""
    if platform.profile.kubernetes is None:
        return "no Kubernetes"
    if platform.broken:
        return f"BROKEN: {clean(platform.broken, 120)}"
    if platform.memory == switcher.here.memory:
        reading = app.context.board.get(CLUSTER)
        told = {State.OK: "answers", State.LATE: "not answered yet", State.STALE: "STALE"}
        problem = f": {clean(reading.problem.sentence, 120)}" if reading.problem is not None else ""
        return told.get(reading.state, f"FAILED{problem}")
    seen = switcher.seen.get(platform.memory)
    if seen is None:
        return "not asked yet"
    return f"{'answered' if seen.answered else 'did not answer'} {units.age(seen.at, clock.now())} ago"


def _columns(width: int) -> tuple[int, ...]:
    """Widths of name, profile, cluster, user, namespaces; 0 leaves a column out."""
    return (26, 10, 20, 14, 16) if width >= _WIDE else (26, 0, 0, 0, 14)


def _platform_heading(width: int) -> list[Part]:
    titles = ("NAME", "OF", "CLUSTER", "USER", "NAMESPACES")
    cells = [fit(title, room) + " " for title, room in zip(titles, _columns(width), strict=True) if room]
    return [Part("   " + "".join(cells) + "STATE", "dim")]


def _platform_line(app: "Console", switcher: Switcher, platform: Platform, width: int) -> list[Part]:
    here = platform.memory == switcher.here.memory
    looked_at = app.context.profile.kubernetes.namespaces if here and app.context.profile.kubernetes else None
    namespaces = platform.namespaces if looked_at is None else looked_at
    values = (
        clean(_title(platform), 200),
        "profile" if platform.profile_name else "kubeconfig",
        clean(platform.cluster, 200),
        clean(platform.user, 200),
        scope(namespaces).removeprefix("ns ") if platform.profile.kubernetes is not None else "",
    )
    cells = [fit(value, room) + " " for value, room in zip(values, _columns(width), strict=True) if room]
    state = _state(app, switcher, platform)
    return [
        Part("> " if here else "  ", "key"),
        Part(cells[0], "title" if here else ""),
        Part("".join(cells[1:]), "dim"),
        Part(state, "critical" if state.startswith(("BROKEN", "FAILED")) else ""),
        Part("  production", "warning") if platform.profile.production else Part(""),
    ]


# ---- other namespaces ------------------------------------------------------------------------------------------------


def namespace(app: "Console", typed: str) -> None:
    """`:ns a,b` looks at these, `:ns all` at all; a name that leaves a choice, and none at all, open the list."""
    switcher = app.context.switcher
    if app.context.profile.kubernetes is None:
        app.say("ns: there is no Kubernetes in this profile")
    elif switcher is None:
        app.say(f"ns: {NOWHERE}")
    elif typed in (EVERYWHERE, ALL_ID):
        _narrow(app, switcher, ())
    elif typed:
        app.run_worker(_by_names(app, switcher, typed), group="switch", exclusive=True)
    else:
        _pick_namespaces(app, switcher, "")


def namespace_names(app: "Console", typed: str) -> list[tuple[str, str, Callable[[], None]]]:
    """What completes the last name after `ns`: (title, pods, what it does)."""
    switcher = app.context.switcher
    if switcher is None or app.context.profile.kubernetes is None:
        return []
    if app.context.namespaces_known is None:
        app.set_timer(WISH_S, app.context.want(NAMESPACES))
    *before, last = re.split(r"[,\s]+", typed)
    pods = _pods(app)
    return [
        (name, pods(name), partial(namespace, app, ",".join([*before, name])))
        for name in matching.matching(last, _offered(app, switcher))
        if name not in before
    ]


async def _by_names(app: "Console", switcher: Switcher, typed: str) -> None:
    context = app.context
    known = await _listed(context.board, context.want)
    if app.context is not context:
        return
    asked = [part for part in re.split(r"[,\s]+", typed) if part]
    offered = _offered(app, switcher) if known is None else known
    chosen: list[str] = []
    for part in asked:
        name = matching.meant(part, offered)
        if not name and known is None and _NAME.fullmatch(part):
            name = part  # nobody may list them: the server knows whether it is there
        if not name and len(asked) == 1 and matching.matching(part, offered):
            if not app.occupied:
                _pick_namespaces(app, switcher, part)
            return
        if not name:
            near = matching.nearest(part, offered)
            app.say(f"ns: no namespace {clean(part, 80)}{f': did you mean {clean(near)}?' if near else ''}")
            return
        chosen.append(name)
    _narrow(app, switcher, tuple(dict.fromkeys(chosen)))


def _narrow(app: "Console", switcher: Switcher, names: tuple[str, ...]) -> None:
    context = app.context
    before = context.profile.kubernetes.namespaces if context.profile.kubernetes is not None else ()
    if set(names) == set(before):
        app.say(f"ns: {context.scope} is shown already")
        return
    _count(app)
    switcher.narrow(names)
    app.frame.draw()
    app.say(f"now {context.scope}")


def _pick_namespaces(app: "Console", switcher: Switcher, typed: str) -> None:
    context = app.context
    endings = [context.want(NAMESPACES)]

    def title() -> str:
        reading = context.board.get(NAMESPACES)
        if _names_in(reading) is not None:
            _count(app)
            return f"Namespaces · {context.namespaces_known}"
        why = clean(reading.problem.sentence, 120) if reading.problem is not None else "waiting for the list"
        return f"Namespaces · those that are known: {why}"

    def found(typed: str, width: int) -> list[Choice]:
        pods = _pods(app)
        shown = context.profile.kubernetes.namespaces if context.profile.kubernetes is not None else ()
        offered = matching.matching(typed, _offered(app, switcher))
        lines = [Choice(name, _namespace_line(name, pods(name), shown, switcher.favourites, width)) for name in offered]
        everywhere = Choice(
            ALL_ID, _namespace_line("all namespaces", pods(""), shown or ("all namespaces",), (), width)
        )
        return [everywhere, *lines] if ALL.startswith(typed.casefold()) else lines

    def taken(ids: list[str], typed: str) -> None:
        if app.context is not context:
            return
        if ALL_ID in ids:
            _narrow(app, switcher, ())
        elif ids:
            _narrow(app, switcher, tuple(ids))
        elif typed:
            namespace(app, typed)

    def star(id: str) -> str:
        return switcher.star(id) if id != ALL_ID else "all namespaces stand first anyway"

    def end() -> None:
        for ending in endings:
            ending()

    app.hold_keys()
    dialog = Pick(
        title, found, taken, app.palette, app.release_keys, typed=typed, several=True, starred=star, closed=end,
        heading=lambda width: [Part(f"       {fit('NAMESPACE', _name_room(width))} {'PODS':>9}", "dim")],
    )  # fmt: skip
    endings.append(context.board.subscribe(NAMESPACES, lambda reading, delta: dialog.news()))
    app.push_screen(dialog)


def _name_room(width: int) -> int:
    return min(64, max(20, width - 30))


def _namespace_line(
    name: str, pods: str, shown: Sequence[str], favourites: Sequence[str], width: int
) -> list[Part]:  # fmt: skip
    return [
        Part("* " if name in favourites else "  ", "warning"),
        Part(f"{fit(clean(name, 253), _name_room(width))} "),
        Part(f"{pods:>9}", "dim"),
        Part("  shown" if name in shown else "", "key"),
    ]


def _offered(app: "Console", switcher: Switcher) -> list[str]:
    """The favourites, those that are shown, then all others that are known by any way."""
    kubernetes, board = app.context.profile.kubernetes, app.context.board
    shown = kubernetes.namespaces if kubernetes is not None else ()
    listed = _names_in(board.get(NAMESPACES))
    if listed is not None:
        # a favourite that is not there any more is not offered
        first = [name for name in (*switcher.favourites, *shown) if name in set(listed)]
        return list(dict.fromkeys([*first, *listed]))
    seen = {pod.namespace for pod in _rows(board.get(PODS)).values()}
    own = app.context.services.__dict__.get("cluster")
    at_home = {own.namespace} if own is not None and board.get(CLUSTER).value is not None else set()
    return list(dict.fromkeys([*switcher.favourites, *shown, *sorted(seen | at_home)]))


def _pods(app: "Console") -> Callable[[str], str]:
    """How many pods a namespace has ("" for all), where it is looked at; else that this is unknown."""
    kubernetes, reading = app.context.profile.kubernetes, app.context.board.get(PODS)
    looked_at = kubernetes.namespaces if kubernetes is not None else ()
    rows = _rows(reading)
    counts = Counter(pod.namespace for pod in rows.values())
    whole = reading.value is not None and reading.value.complete
    denied = set(reading.value.denied) if reading.value is not None else set()

    def told(name: str) -> str:
        if not name:
            return f"{len(rows):,}" if whole and not looked_at and not denied else "unknown"
        if name in counts:
            return f"{counts[name]:,}"
        covered = name in looked_at if looked_at else "*" not in denied
        return "0" if whole and covered and name not in denied else "unknown"

    return told


def _names_in(reading: Reading[Collection[Namespace]]) -> list[str] | None:
    """All namespaces by name; None while they are not listed whole."""
    value = reading.value
    if value is None or not value.complete or value.denied or reading.state in (State.OFF, State.FAILED):
        return None
    return sorted(row.name for row in value.rows.values())


def _rows(reading: Reading[Collection[Pod]]) -> dict[str, Pod]:
    return reading.value.rows if reading.value is not None else {}


def _count(app: "Console") -> None:
    known = _names_in(app.context.board.get(NAMESPACES))
    if known is not None:
        app.context.namespaces_known = len(known)


async def _listed(board: Board, want: Callable[..., Callable[[], None]]) -> list[str] | None:
    """The names, once they are listed; None where they may not be, or nothing answers in time."""
    told = asyncio.Event()
    release, end = want(NAMESPACES), board.subscribe(NAMESPACES, lambda reading, delta: told.set())
    try:
        async with asyncio.timeout(LISTED_S):
            while True:
                reading = board.get(NAMESPACES)
                known = _names_in(reading)
                if known is not None or reading.state is State.FAILED:
                    return known
                told.clear()
                await told.wait()
    except TimeoutError:
        return None
    finally:
        end()
        release()
