"""The page of one node: what of it is spoken for, what would have to move, its events, its conditions by time."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import msgspec

from ..model.kubernetes import Node, Pod, Usage
from ..rules.capacity_sums import Sums, requests
from ..rules.describe_node import roles
from ..rules.describe_page import Object, at, items, mapping, moment
from ..rules.headroom import Resource, amount, fullest_resource, requested_words, resources
from ..rules.node_loss import Loss, loss_words, moves
from ..rules.node_trouble import node_trouble
from ..rules.workload_state import controller
from ..sources.kubernetes.quantity import quantity
from ..text import units
from ..text.clean import clean, fit
from ..widgets.line import Part, Parts
from .event_lines import event_lines, shown_at

_TITLE = 12
_NAME = 11
_BAR = 12
"""With its figure."""
_FILLED = 19
"""A bar and the amount."""
_TOP = 6
_SILENT = timedelta(seconds=40)
"""A kubelet that has not renewed its lease for so long is given up."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """What is known of a node; None is unknown."""

    node: Node
    body: Object
    events: tuple[Object, ...] | None
    lease: Object | None
    sums: Sums
    pods: tuple[Pod, ...]
    """Bound to it and not finished, as far as they may be seen."""
    only: str
    """Of which namespaces pods are seen, in words; "" for all."""
    used: Usage | None
    usage: dict[str, Usage]
    """Of its pods, by `namespace/name`."""
    loss: Loss | None


def lines(seen: Seen, now: datetime) -> list[Parts]:
    """The most important first."""
    parts = (
        _facts(seen, now),
        _capacity(seen),
        _moving(seen),
        _consumers(seen),
        event_lines(seen.events, now),
        _time_line(seen, now),
        _system(seen),
    )
    return [line for part in parts for line in (*part, [Part("")])]


# ---- what it is -----------------------------------------------------------------------------------------------------


def _facts(seen: Seen, now: datetime) -> list[Parts]:
    node = seen.node
    trouble = node_trouble(node)
    cordoned = f" · cordoned {units.age(node.cordoned, now)}" if node.cordoned else " · cordoned" * node.unschedulable
    found = [
        _fact("state", f"{clean(trouble.words if trouble.wrong else node.status)}{cordoned}",
              "critical" if trouble.wrong else ""),
        _fact("age", f"{units.age(node.created, now)} · {', '.join(roles(dict(node.labels))) or 'no role'}"
                     f" · {clean(node.instance_type) or 'type unknown'} · {clean(node.zone) or 'zone unknown'}"),
        _fact("taints", ", ".join(map(clean, node.taints)) or "none"),
    ]  # fmt: skip
    return [*found, _lease(seen.lease, now)]


def _lease(lease: Object | None, now: datetime) -> Parts:
    renewed = moment(at(lease, "spec", "renewTime")) if lease is not None else None
    if renewed is None:
        return _fact("lease", "unknown: it may not be read, or there is none", "dim")
    late = now - renewed > _SILENT
    return _fact("lease", f"renewed {units.age(renewed, now)} ago" + (": the kubelet is silent" if late else ""),
                 "critical" if late else "")  # fmt: skip


# ---- what of it is spoken for ---------------------------------------------------------------------------------------


def _capacity(seen: Seen) -> list[Parts]:
    found = resources(seen.node, seen.sums, seen.used)
    hot = [f"uses {units.percent(one.used_share)} % of its {one.name}" for one in found if one.hot]
    notes = [f"of the pods only those of {clean(seen.only)} are seen"] if seen.only else []
    if seen.used is None:
        notes.append("usage unknown: requested only")
    head = f"{'':<{_NAME}}{'allocatable':<14}{'requested':<{_FILLED}}{'used':<{_FILLED}}limits"
    shown: list[Parts] = [
        [Part("CAPACITY", "title"), Part(f"   {' · '.join(hot)}{' · ' * bool(hot)}", "critical"),
         Part(_verdict(seen.node, found), "dim")],
        *([Part(f"  {note}", "dim")] for note in notes),
        [Part(f"  {head}", "dim")],
    ]  # fmt: skip
    return [*shown, *(_resource(one, seen.body) for one in found)]


def _verdict(node: Node, found: Sequence[Resource]) -> str:
    full = fullest_resource(found)
    if full is None:
        return "what it has is unknown"
    return f"fullest: {requested_words(node, full)}"


def _resource(one: Resource, body: Object) -> Parts:
    say = partial(amount, one.name)
    of = say(one.allocatable)
    try:
        whole = quantity(at(body, "status", "capacity", one.name))
    except ValueError:
        whole = None
    if whole is not None and say(whole) != of:
        of = f"{of} of {say(whole)}"
    limits = ""
    if one.limit is not None:
        share = f" = {units.percent(one.limit / one.allocatable)} %" if one.allocatable else ""
        limits = f"{say(one.limit)}{share}"
    return [
        Part(f"  {fit(clean(one.name.rpartition('/')[2]), _NAME - 1)} {fit(of, 14)}"),
        Part(f"{_bar(one.share)} {fit(say(one.requested), _FILLED - _BAR - 1)}", "warning" if one.tight else ""),
        Part(_used(one, say), "critical" if one.hot else ""),
        Part(limits, "dim"),
    ]


def _used(one: Resource, say: Callable[[float | None], str]) -> str:
    if one.name not in ("cpu", "memory"):
        return " " * _FILLED
    return f"{_bar(one.used_share)} {fit(say(one.used) if one.used is not None else '?', _FILLED - _BAR - 1)}"


def _bar(share: float | None) -> str:
    """`████████ 71 %`, as wide whatever it shows."""
    if share is None:
        return fit("?", _BAR)
    number = f"{units.percent(share)} %"
    cells = _BAR - 6
    full = min(cells, round(share * cells))
    return f"{'█' * full}{'░' * (cells - full)}{number:>6}"


# ---- its pods -------------------------------------------------------------------------------------------------------


def _moving(seen: Seen) -> list[Parts]:
    """What would have to find another place."""
    if seen.loss is None:
        return [[Part("IF IT WENT", "title"), Part("   unknown: not all pods are seen", "dim")]]
    loss = seen.loss
    shown: list[Parts] = [
        [Part("IF IT WENT", "title"), Part(f"   {clean(loss_words(loss), 300)}", "warning" if loss.left else "")]
    ]
    if loss.fewest < len(loss.left):
        shown.append([Part("  where the largest come first:", "dim")])
    out = Counter((_workload(one.pod), one.why) for one in loss.left)
    for (name, why), count in out.most_common():
        shown.append([Part(f"  {fit(clean(name), 38)} {count:>4}  no place: {clean(why)}", "warning")])
    left = {one.pod.uid for one in loss.left}
    placed = Counter(_workload(pod) for pod in seen.pods if moves(pod) and pod.uid not in left)
    if placed:
        words = ", ".join(f"{clean(name)} {count}" for name, count in placed.most_common())
        shown.append([Part(f"  fit elsewhere: {words}", "dim")])
    for pod in loss.orphans:
        shown.append(
            [Part(f"  {fit(clean(pod.name), 40)}    1  "), Part("gone: nothing would make it anew", "warning")]
        )
    if asked := sum(pod.deleting is not None for pod in seen.pods):
        shown.append([Part(f"  {units.plural(asked, 'pod')} of it asked to end already", "dim")])
    if loss.ending:
        ends = "ends" if loss.ending == 1 else "end"
        words = f"{units.plural(loss.ending, 'pod')} of DaemonSets or the kubelet {ends} with it"
        shown.append([Part(f"  {words}", "dim")])
    if loss.unread and loss.moving:
        shown.append([Part(f"  not looked at: {', '.join(loss.unread)}", "dim")])
    return shown


def _consumers(seen: Seen) -> list[Parts]:
    shown: list[Parts] = []
    for title, index, say in (("MOST CPU", 0, units.cores), ("MOST MEMORY", 1, units.size)):
        measured = [(_both(used)[index], pod) for pod in seen.pods if (used := _used_by(seen, pod)) is not None]
        measured.sort(key=lambda pair: (-pair[0], pair[1].name))
        none = "unknown: no pod of it is measured" if seen.pods else "no pod runs here"
        shown.append([Part(title, "title"), Part("   used of requested" if measured else f"   {none}", "dim")])
        shown += [_consumer(pod, used, requests(pod)[index], say) for used, pod in measured[:_TOP]]
    return shown


def _consumer(pod: Pod, used: float, asked: float, say: Callable[[float | None], str]) -> Parts:
    name = fit(clean(pod.name), 38)
    if not asked:
        return [Part(f"  {name} {say(used):>7}  "), Part("requests none", "warning")]
    over = used > asked
    words = f"of {say(asked)}" + (f" = {units.percent(used / asked)} %: over it" if over else "")
    return [Part(f"  {name} {say(used):>7}  "), Part(words, "warning" if over else "dim")]


def _used_by(seen: Seen, pod: Pod) -> Usage | None:
    return seen.usage.get(f"{pod.namespace}/{pod.name}")


def _both(used: Usage) -> tuple[float, float]:
    return used.cpu, used.memory


def _workload(pod: Pod) -> str:
    owner = controller(pod)
    return owner.name if owner is not None else pod.name


# ---- what happened --------------------------------------------------------------------------------------------------


def _time_line(seen: Seen, now: datetime) -> list[Parts]:
    """Conditions by when they became so, taints by when they came; oldest first."""
    moments: list[tuple[datetime, str, str]] = []
    if (made := moment(at(seen.body, "metadata", "creationTimestamp"))) is not None:
        moments.append((made, "created", ""))
    for one in seen.node.conditions:
        good = one.status == ("True" if one.type == "Ready" else "False")
        said = " ".join(clean(part, 300) for part in (one.reason, one.message) if part)
        if one.since is not None:
            words = f"{clean(one.type)} {clean(one.status)}{f': {said}' if said else ''}"
            moments.append((one.since, words, "" if good else "warning"))
    for taint in items(at(seen.body, "spec", "taints")):
        if (when := moment(taint.get("timeAdded"))) is not None:
            words = f"taint {clean(str(taint.get('key') or ''))}:{clean(str(taint.get('effect') or ''))}"
            moments.append((when, words, "warning"))
    moments.sort(key=lambda each: each[0])
    return [
        [Part("TIME LINE", "title"), Part("   each condition since it is so", "dim")],
        *(
            [Part(f"  {shown_at(when, now)}  {units.age(when, now):>5} ago  ", "dim"), Part(words, style)]
            for when, words, style in moments
        ),
    ]


def _system(seen: Seen) -> list[Parts]:
    info = mapping(at(seen.body, "status", "nodeInfo"))
    pairs = (
        ("kubelet", "kubeletVersion"), ("kernel", "kernelVersion"), ("image", "osImage"),
        ("runtime", "containerRuntimeVersion"), ("platform", "architecture"),
    )  # fmt: skip
    addresses = items(at(seen.body, "status", "addresses"))
    where = ", ".join(
        f"{clean(str(one.get('type') or ''))} {clean(str(one.get('address') or ''))}" for one in addresses
    )
    return [
        [Part("SYSTEM", "title")],
        *(_fact(title, clean(str(info.get(key) or units.UNKNOWN))) for title, key in pairs),
        _fact("addresses", where or "none"),
    ]


def _fact(title: str, text: str, style: str = "") -> Parts:
    return [Part(fit(title, _TITLE), "dim"), Part(text, style)]
