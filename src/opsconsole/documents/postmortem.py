"""Writes the postmortem of an incident: facts from the record, blanks for judgement; what people edited stays."""

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..config.paths import state_dir
from ..config.settings import Documents, Policy, Profile
from ..model.incident import Incident, TimelineEntry
from ..poller.board import Board
from ..rules.action_items import action_items
from ..rules.timeline import folded
from ..sources.executor import DaemonExecutor
from ..store.store import Store
from ..text import clock, units
from . import engine, files, impact, sections
from .errors import DocumentError
from .facts import Fact, Record, cited, demanded, facts, record, short, time
from .plain import indented, markdown, paragraphs

T = TypeVar("T")
TEMPLATE = "postmortem.md.j2"
TRIES = 3
"""How often it begins anew when somebody saves the file at the same moment."""
WAIT_S, WAIT_TIMES = 0.1, 100
"""How long it waits for another console."""
_COUNTS = re.compile(r"\d+ of \d+ facts filled by the record, \d+ blanks? to write")
_BLANK = re.compile(r"\[\[ .+? \]\]")
_FACTORS = ("finding", "hypothesis", "decision")
_APART = ("metric_snapshot", "comms_internal", "comms_external", "action")
"""Kinds whose details stand in a part of their own."""
MORE = 4000
_TOLD = {"comms_internal": "inside", "comms_external": "outside"}
_thread = DaemonExecutor("documents", 1)


class Written(msgspec.Struct, frozen=True, gc=False):
    """A postmortem that is on disk."""

    path: str
    """Where it lies; "" when it was only rendered."""
    filled: int
    """Facts that the record filled in …"""
    facts: int
    """… of so many."""
    blanks: int
    """`[[ … ]]` that people still have to write."""
    kept: tuple[str, ...] = ()
    """Titles of the sections that people had edited, and that stayed as they were."""
    unknown: tuple[str, ...] = ()
    """Facts that the record does not tell, with the reason."""

    @property
    def words(self) -> str:
        """`31 of 38 facts filled by the record, 7 blanks to write`."""
        blanks = units.plural(self.blanks, "blank")
        return f"{self.filled} of {self.facts} facts filled by the record, {blanks} to write"


async def write(
    incident_id: str,
    store: Store,
    *,
    documents: Documents,
    profile: Profile,
    policy: Policy,
    profile_name: str = "",
    board: Board | None = None,
    path: Path | None = None,
) -> Written:
    """Write or renew `INC-7.md` and say how much of it the record filled in.

    `board` gives what is only known now (who is hurt) while the incident is open. Raises ValueError for an unknown
    incident, StoreError, and DocumentError (template, file system): then the file is as it was.
    """
    given = await gathered(incident_id, store, policy=policy, board=board)
    own = path is None
    path = path or default_path(documents, given.incident.id)
    if own:
        await _run(files.folder, path.parent)
    generated, known_facts = await _run(_render, given, documents, profile_name)
    name = _document(given.incident.id, path)
    async with _alone(store, path):
        for _ in range(TRIES):
            existing, stamp = await _run(files.read, path)
            past = await _run(_known, await store.document(name))
            merged, written = await _run(_merge, generated, existing, past, known_facts)
            # First what was generated, then the file: ended between the two, the next time still knows both versions.
            await store.save_document(name, await _run(_encoded, merged.known))
            if await _run(_replace, path, merged.text, stamp):
                return msgspec.structs.replace(written, path=str(path))
    raise DocumentError(f"{path} is being changed by somebody else; it was left alone", "save it there, then try again")


@contextlib.asynccontextmanager
async def _alone(store: Store, path: Path) -> AsyncIterator[None]:
    """While another console writes documents of this store ours waits: a file and what is kept of it belong together,
    or the one's sections would count as edited for the other ever after."""
    with files.lock(store.path.with_name(f"{store.path.name}.documents")) as taken:
        for _ in range(WAIT_TIMES):
            if await _run(taken):
                break
            await asyncio.sleep(WAIT_S)
        else:
            raise DocumentError(f"another console is writing documents; {path} was left alone", "try again")
        yield


async def render(
    incident_id: str,
    store: Store,
    *,
    documents: Documents,
    profile: Profile,
    policy: Policy,
    profile_name: str = "",
    board: Board | None = None,
) -> tuple[str, Written]:
    """The text that a first `write` would give, and its counts; no file is written."""
    given = await gathered(incident_id, store, policy=policy, board=board)

    def work() -> tuple[str, Written]:
        generated, known_facts = _render(given, documents, profile_name)
        merged, written = _merge(generated, None, (), known_facts)
        return merged.text, written

    return await _run(work)


async def gathered(incident_id: str, store: Store, *, policy: Policy, board: Board | None = None) -> Record:
    """All that is known of an incident. Raises ValueError, StoreError."""
    held = await store.incidents()
    wanted = incident_id.strip().casefold()
    incident = next((one for one in held.incidents if one.id.casefold() == wanted), None)
    if incident is None:
        raise ValueError(f"{incident_id}: there is no such incident")
    seen = await (impact.remember(incident, store, board) if board else impact.remembered(incident.id, store))
    lines, head = await store.journal_lines(), await store.journal_head()
    now = clock.now()
    return await _run(record, incident, held.entries, lines, head, seen, policy, now)


def default_path(documents: Documents, incident_id: str) -> Path:
    """`postmortems/INC-7.md` in the state directory, or in the folder of the settings."""
    folder = Path(documents.folder).expanduser() if documents.folder else state_dir() / "postmortems"
    name = re.sub(r"[^A-Za-z0-9._-]", "_", incident_id)[:128].lstrip(".") or "incident"
    return folder / f"{name}.md"


def templates_folder(documents: Documents) -> Path | None:
    """The team's own templates."""
    return Path(documents.templates).expanduser() if documents.templates else None


def _render(given: Record, documents: Documents, profile_name: str) -> tuple[str, tuple[Fact, ...]]:
    known = facts(given)
    return engine.render(TEMPLATE, _values(given, known, profile_name), templates_folder(documents)), known


def _merge(
    generated: str, existing: str | None, past: Iterable[sections.Known], known: Iterable[Fact]
) -> tuple[sections.Merged, Written]:
    """Without the counts in the comparison; they are put in at the end, as the merged document has them."""
    mine = existing if existing is not None and existing.strip() else None
    merged = sections.merged(_uncounted(generated), _uncounted(mine) if mine is not None else None, past)
    unknown = tuple(f"{fact.title}: {fact.value}" for fact in known if not fact.filled)
    told = tuple(known)
    blanks = len(_BLANK.findall(merged.text))
    written = Written("", len(told) - len(unknown), len(told), blanks, merged.kept, unknown)
    return msgspec.structs.replace(merged, text=_COUNTS.sub(written.words, merged.text, count=1)), written


def _uncounted(text: str) -> str:
    return _COUNTS.sub("0 of 0 facts filled by the record, 0 blanks to write", text, count=1)


def _replace(path: Path, text: str, stamp: files.Stamp | None) -> bool:
    """False where somebody saved the file since it was read."""
    if not files.unchanged(path, stamp):
        return False
    files.write(path, text)
    return True


def _known(text: str | None) -> tuple[sections.Known, ...]:
    try:
        return msgspec.json.decode(text, type=tuple[sections.Known, ...]) if text else ()
    except msgspec.DecodeError:  # of another version: then everything that differs counts as edited
        return ()


def _encoded(known: tuple[sections.Known, ...]) -> str:
    return msgspec.json.encode(known).decode()


def _document(incident_id: str, path: Path) -> str:
    """Under which the store keeps what was generated for this file."""
    return f"postmortem/{incident_id[:128]}/{hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]}"


async def _run(work: Callable[..., T], *arguments: Any) -> T:
    """Outside the event loop: a timeline may be long, and a disk slow."""
    return await asyncio.get_running_loop().run_in_executor(_thread, work, *arguments)


# ---- what the template gets ----------------------------------------------------------------------------------------


def _values(given: Record, known: Iterable[Fact], profile_name: str) -> Mapping[str, Any]:
    """Everything is safe in Markdown."""
    incident = given.incident
    return {
        "incident": {"id": markdown(incident.id), "drill": incident.drill, "open": incident.open},
        "profile": markdown(profile_name),
        "counts": "0 of 0 facts filled by the record, 0 blanks to write",
        "demanded": demanded(incident, given.policy),
        "fact": {fact.id: fact for fact in known},
        "summary": paragraphs(incident.summary),
        "timeline": [_line(line.entry, line.text, incident) for line in folded(given.told)],
        "marks": [_line(one, one.text, incident) for one in given.told if one.kind == "metric_snapshot"],
        "actions": [
            {
                "time": time(one.at, incident),
                "who": one.who,
                "what": one.what,
                "outcome": one.outcome,
                "cites": cited(one.cites),
                "lines": ", ".join(map(str, one.lines)),
                "evidence": ", ".join(markdown(digest[:12]) for digest in one.evidence),
            }
            for one in given.done
        ],
        "factors": [_line(one, one.text, incident) for one in given.told if one.kind in _FACTORS],
        "items": _items(given),
        "messages": [_line(one, one.text, incident, _TOLD[one.kind]) for one in given.told if one.kind in _TOLD],
    }


def _line(entry: TimelineEntry, text: str, incident: Incident, kind: str = "") -> Mapping[str, str]:
    return {
        "time": time(entry.occurred, incident),
        "kind": kind or markdown(entry.kind.replace("_", " "), 64),
        "text": markdown(text),
        "title": markdown(text, 120),
        "actor": markdown(entry.actor, 64),
        "cites": f" (e:{short(entry.id)})",
        "more": _more(entry),
        "block": indented(entry.detail) if entry.kind in _APART else "",
    }


def _more(entry: TimelineEntry) -> str:
    """What people wrote beyond the one line that stands in the timeline."""
    if entry.source != "human" or entry.kind in _APART:
        return ""
    first, _, rest = entry.detail.strip().partition("\n")
    return indented(rest if first == entry.text else entry.detail, MORE, by=6)


def _items(given: Record) -> list[Mapping[str, Any]]:
    return [
        {
            "id": markdown(item.id),
            "type": item.type,
            "text": markdown(item.text),
            "owner": markdown(item.owner, 64),
            "due": item.due.isoformat() if item.due else "",
            "done": item.done,
            "state": item.state,
            "cites": cited((item.entry,)),
        }
        for item in action_items(given.entries, given.incident.id)
    ]
