"""Lines that the panes of several kinds share: events, two columns side by side, what changed between revisions."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from itertools import zip_longest

from rich.text import Text

from ...model.kubernetes import Condition, Event, Pod, ReplicaSet
from ...rules.workload_state import template_difference
from ...text import clock, units
from ...text.clean import clean
from ..columns.cells import image_tag
from ..columns.events import event_order

WIDE = 120
"""From so wide on events stand at the left and facts beside them."""
EVENTS_SHOWN = 6
BESIDE = 7
"""Lines side by side: with the head above and one line below they fill the pane."""


def events_about(events: Mapping[str, Mapping[str, Event]], uids: set[str], name: str) -> list[Text]:
    """Events of these objects, warnings first, then the newest; `events` by the uid of what they are about."""
    found = [event for uid in uids - {""} for event in events.get(uid, {}).values()]
    found += [event for event in events.get("", {}).values() if event.name == name]
    found.sort(key=lambda event: (event.type != "Warning", event_order(event)))
    newest: dict[tuple[str, str], Event] = {}
    times: Counter[tuple[str, str]] = Counter()
    for event in found:
        # Every pod of a rollout tells the same: the newest of each kind speaks for all.
        kind = (event.type, event.reason)
        newest.setdefault(kind, event)
        times[kind] += event.count
    return [
        Text.assemble(
            (f"{units.clock(event.last)} ", "dim"),
            (f"{clean(event.type):<8}", "bold" if event.type == "Warning" else "dim"),
            f"{clean(event.reason)} {clean(event.message)}" + (f" (x{times[kind]})" if times[kind] > 1 else ""),
        )
        for kind, event in list(newest.items())[:EVENTS_SHOWN]
    ]


def node_events_unread(namespaces: Collection[str]) -> str:
    """Why there are none of nodes, where only these namespaces are looked at; "" where that is no reason."""
    if not namespaces or "default" in namespaces:
        return ""
    return "events of nodes lie in namespace default, which is not looked at"


def condition_words(condition: Condition) -> str:
    head = clean(f"{condition.type} {condition.status} {condition.reason}").strip()
    return f"{head}: {clean(condition.message)}" if condition.message else head


def beside(
    left_title: str, left: list[Text], right_title: str, right: list[Text], width: int, most: int = BESIDE
) -> list[Text]:
    """Two lists of lines side by side under their titles."""
    half = width * 3 // 5
    lines = []
    left = left or [Text("none in the last hour", style="dim")]
    titles = Text(left_title, style="bold dim"), Text(right_title, style="bold dim")
    for one, other in zip_longest([titles[0], *left[:most]], [titles[1], *right[:most]], fillvalue=Text()):
        line = one.copy()
        line.truncate(half - 3, overflow="ellipsis", pad=True)
        lines.append(Text.assemble(line, (" │ ", "dim"), other))
    return lines


def rollout_line(revisions: list[ReplicaSet]) -> Text:
    """`rev 41 1.8.2 14m · before: rev 40 1.8.1 9d · template differs: image, env FEED_V2`."""
    now = clock.now()

    def said(replica_set: ReplicaSet) -> str:
        tag = image_tag(replica_set.images[0]) if replica_set.images else units.DASH
        return f"rev {clean(replica_set.revision)} {clean(tag)} {units.age(replica_set.created, now)}"

    newest = revisions[0]
    text = Text.assemble(("ROLLOUT ", "bold dim"), said(newest))
    if len(revisions) > 1:
        differs = ", ".join(map(clean, template_difference(newest, revisions[1]))) or "nothing that is read here"
        text.append(f" · before: {said(revisions[1])} · template differs: {differs}")
    return text


def or_dash(say: Callable[[float], str], value: float | None) -> str:
    return units.DASH if value is None else say(value)


def pods_facts(pods: list[Pod]) -> list[Text]:
    """What its pods are, where they run, and what they ask for."""
    if not pods:
        return [Text("no pod of it is seen", style="dim")]
    statuses = Counter(clean(pod.status) for pod in pods)
    nodes = Counter(clean(pod.node) or "no node" for pod in pods)
    each = pods[0]
    asked = (
        f"each requests cpu {or_dash(units.cores, each.cpu_request)}, mem {or_dash(units.size, each.memory_request)}"
    )
    most = "  ".join(f"{name} {count}" for name, count in nodes.most_common(4))
    return [
        Text("  ".join(f"{count} {status}" for status, count in statuses.most_common(4))),
        Text(f"on {units.plural(len(nodes), 'node')}: {most}"),
        Text(f"{asked}; limits {or_dash(units.cores, each.cpu_limit)}, {or_dash(units.size, each.memory_limit)}"),
    ]


def head(name: str, words: str) -> Text:
    """The first line: the object's name, and why it is judged so."""
    return Text.assemble((clean(name), "bold"), f" ─ {words}")


def fact(title: str, value: str) -> Text:
    return Text.assemble((f"{title:<11}", "dim"), value)
