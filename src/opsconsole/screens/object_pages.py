"""What `y`, `d` and `enter` open about the object of a row: read anew from the API server, on a page of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from ..config import keymap
from ..model.kubernetes import Event, Pod, Usage
from ..model.reading import ProblemKind
from ..poller.topics import CHANGES, PODS
from ..rules.cluster_index import Key
from ..rules.describe import KINDS
from ..rules.describe_page import at
from ..rules.findings import speaks_of
from ..rules.workload_state import controller
from ..sources.errors import SourceError
from ..sources.kubernetes import objects_raw
from ..text import clock
from ..text.clean import clean, clean_lines
from ..widgets.line import Part, Parts
from . import pod_page
from .dialogs.object_page import MOST_LINES, Content, ObjectPage, Reader
from .log_target import log_target
from .pod_rows import kind_of, subject
from .table_tab import TableTab, change_words

if TYPE_CHECKING:
    from ..app import Console
    from ..sources.kubernetes.cluster import Cluster
    from .base import Tab
    from .rollout_page import Known

LONGEST = 8 * 1024 * 1024
YAML, DESCRIBED, ROW, POD = "YAML", "described", "the console's row as JSON", "pod"


class Ref(msgspec.Struct, frozen=True, gc=False):
    """An object by name."""

    kind: str
    namespace: str
    name: str

    @property
    def words(self) -> str:
        where = f" in {clean(self.namespace, 80)}" if self.namespace else ""
        return f"{clean(self.kind).lower()}/{clean(self.name, 120)}{where}"


def ref_of(row: Any) -> Ref | None:
    """The object that a row is; of an event what it speaks of."""
    found = subject(row)
    kind, name = kind_of(row), str(getattr(found, "name", ""))
    return Ref(kind, str(getattr(found, "namespace", "")), name) if kind and name else None


def cluster_of(console: "Console") -> "Cluster | None":
    found: Cluster | None = console.context.services.__dict__.get("cluster")
    return found


def open_raw(console: "Console", row: Any, row_json: Callable[[], str]) -> bool:
    """`y`: the object as YAML; False where there is no object to read."""
    return _open(console, row, row_json, YAML)


def open_described(console: "Console", row: Any, row_json: Callable[[], str]) -> bool:
    """`d`: as kubectl describes it; False where the kind is not described."""
    ref = ref_of(row)
    return ref is not None and ref.kind in KINDS and _open(console, row, row_json, DESCRIBED)


def open_pod(console: "Console", pod: Any, row_json: Callable[[], str], usage: Callable[[], Usage | None]) -> bool:
    """`enter` on a pod: the page of a pod."""
    ref, cluster = ref_of(pod), cluster_of(console)
    if ref is None or cluster is None:
        return False
    return open_page(console, pod, row_json, Reader(POD, partial(_pod, cluster, ref, usage), ("enter",), wrap=True))


def open_page(console: "Console", row: Any, row_json: Callable[[], str], page: Reader) -> bool:
    """A page that a kind has for itself; YAML and the others stand behind it."""
    return _open(console, row, row_json, page.title, page)


def open_rollouts(console: "Console", key: Key | None, pods: Callable[[Key], Iterable[Pod]]) -> bool:
    """`h` on a workload that keeps revisions, or on a pod of it; False elsewhere."""
    from ..sources.kubernetes.rollouts import KEPT
    from .dialogs.rollouts import RolloutsDialog
    from .openers import copy_text
    from .rollout_reading import read_known

    cluster = cluster_of(console)
    if key is None or key[1] not in KEPT or cluster is None:
        return False

    async def read() -> "Known":
        return await read_known(console.context, cluster, key, pods(key))

    title = Ref(key[1], key[0], key[2]).words
    lately = console.context.board.get(CHANGES).value or ()
    changes = [change_words(change) for change in lately if speaks_of(change, key[2])]
    copy = partial(copy_text, console, what="text")
    console.push_screen(RolloutsDialog(title, read, changes, console.palette, copy))
    return True


def rollback_safety(console: "Console", key: Key) -> Callable[[], Awaitable[Sequence[Parts]]] | None:
    """Reads what is known of rolling a workload back; None where there is no cluster to ask."""
    cluster = cluster_of(console)
    if cluster is None:
        return None

    async def read() -> Sequence[Parts]:
        from . import rollout_page
        from .rollout_reading import read_known

        known = await read_known(console.context, cluster, key, _pods_of(console, key))
        return rollout_page.safety_lines(known, clock.now())

    return read


def _pods_of(console: "Console", key: Key) -> list[Pod]:
    held = console.context.board.get(PODS).value
    there = (pod for pod in held.rows.values() if pod.namespace == key[0]) if held is not None else ()
    return [pod for pod in there if (owner := controller(pod)) is not None and (owner.kind, owner.name) == key[1:]]


def _open(console: "Console", row: Any, row_json: Callable[[], str], first: str, page: Reader | None = None) -> bool:
    ref, cluster = ref_of(row), cluster_of(console)
    if ref is None or cluster is None:
        return False
    readers = [Reader(YAML, partial(_yaml, cluster, ref, row), ("y",))]
    if ref.kind in KINDS:
        readers.append(Reader(DESCRIBED, partial(_described, cluster, ref), ("d",)))
    if page is not None:
        readers.append(page)
    readers.append(Reader(ROW, partial(_row, row_json)))
    readers.sort(key=lambda reader: reader.title != first)
    console.push_screen(ObjectPage(ref.words, readers, console.palette, _leads(console)))
    return True


def _leads(console: "Console") -> dict[str, Callable[[ObjectPage], None]]:
    """What a page does on the keys that the row under the cursor answers: the page is about that row."""
    tab = console.tab
    at_first = _cursor(tab)

    def lead(action_id: str, page: ObjectPage) -> None:
        action = keymap.by_id(action_id)
        if gone := tab.gone():
            page.say(f"{action.keys[0]} ({action.title}): {gone}")
        elif _cursor(tab) != at_first:
            page.say(f"{action.keys[0]} ({action.title}): its row has left the list behind this page")
        elif action_id == "logs" and log_target(tab) is None:
            page.say("l: it is neither a pod nor a workload")
        elif action_id == "logs":
            console.do(action)  # above the page: esc comes back to it
        else:
            page.dismiss(None)
            console.call_later(console.do, action)

    return {name: partial(lead, name) for name in ("logs", "events", "related", "changes")}


def _cursor(tab: "Tab") -> str | None:
    table = tab.table if isinstance(tab, TableTab) else None
    return table.cursor_key if table is not None else None


async def _yaml(cluster: "Cluster", ref: Ref, row: Any) -> Content:
    if isinstance(row, Event):
        return await _event_yaml(cluster, row)
    found = await objects_raw.read_yaml(cluster, ref.kind, ref.namespace, ref.name)
    return await objects_raw.aside(_yaml_content, found)


async def _event_yaml(cluster: "Cluster", event: Event) -> Content:
    """An event's own name is not kept: it is found by what it speaks of."""
    asked = f"involvedObject.name={event.name}"
    found = await objects_raw.read_list(cluster, "Event", event.namespace, fields=asked)
    body = next((one for one in found if at(one, "metadata", "uid") == event.uid), None)
    if body is None:
        raise SourceError(ProblemKind.MISSING, "the event is not kept any more")
    return await objects_raw.aside(lambda: _yaml_content(objects_raw.as_yaml({**body, "kind": "Event"})))


def _yaml_content(found: objects_raw.Yaml) -> Content:
    text = clean_lines(found.text, LONGEST)
    lines = text.split("\n")
    cut = (f"{MOST_LINES:,} of {len(lines):,} lines (c copies all)",) if len(lines) > MOST_LINES else ()
    return Content([_yaml_line(line) for line in lines[:MOST_LINES]], (*found.left_out, *cut), text)


def _yaml_line(line: str) -> Parts:
    """A key stands out from its value."""
    head, colon, value = line.partition(":")
    if not colon or (value and not value.startswith(" ")) or head.lstrip(" -").startswith(("'", '"', "|")):
        return [Part(line)]
    return [Part(f"{head}:", "title"), Part(value)]


async def _described(cluster: "Cluster", ref: Ref) -> Content:
    from ..sources.kubernetes.describe import describe

    lines = await describe(cluster, ref.kind, ref.namespace, ref.name)
    return Content([_described_line(line) for line in lines])


def _described_line(line: str) -> Parts:
    if line.startswith("  Warning "):
        return [Part(line, "warning")]
    head, colon, rest = line.partition(":")
    if line[:1] != " " and colon:
        return [Part(head + colon, "title"), Part(rest)]
    return [Part(line)]


async def _row(row_json: Callable[[], str]) -> Content:
    text = row_json()
    lines = await objects_raw.aside(clean_lines, text, LONGEST)
    return Content([[Part(line)] for line in lines.split("\n")], (), lines)


async def _pod(cluster: "Cluster", ref: Ref, usage: Callable[[], Usage | None]) -> Content:
    """The pod, its events, who owns it and the node it is on; read at the same time."""
    from ..sources.kubernetes.describe import events_of, owners_of

    body = await objects_raw.read_object(cluster, "Pod", ref.namespace, ref.name)
    node = str(at(body, "spec", "nodeName") or "")
    problems: list[str] = []
    events, owners, host = await asyncio.gather(
        events_of(cluster, "Pod", body),
        owners_of(cluster, body),
        objects_raw.read_object(cluster, "Node", "", node) if node else _nothing(),
        return_exceptions=True,
    )
    for one in (events, owners, host):
        if isinstance(one, SourceError):
            problems.append(one.problem.sentence)
        elif isinstance(one, BaseException):
            raise one
    seen = pod_page.Seen(
        body,
        None if isinstance(events, BaseException) else events,
        () if isinstance(owners, BaseException) else owners,
        None if isinstance(host, BaseException) else host,
        usage(),
    )
    return Content(pod_page.lines(seen, clock.now()), tuple(dict.fromkeys(clean(one, 160) for one in problems)))


async def _nothing() -> None:
    return None
