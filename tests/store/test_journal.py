"""The journal, its evidence, acknowledgements, documents and changed incidents: what goes in comes out, and stays."""

import asyncio
import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from opsconsole.model.incident import Acknowledgement
from opsconsole.store.store import Store
from tests.store.make import START, entry, incident, line
from tests.store.tamper import tamper
from tests.store.test_store import spoil

TOLD = "id, incident, occurred, recorded, kind, 'eve', source, text, link, internal, pinned, supersedes, detail, object"
FULL = "at, run, phase, who, process, verb, context, namespace, object, words, body, evidence, took_s, previous"


async def test_a_line_is_linked_to_the_one_before_and_comes_back_as_it_was_returned(store: Store) -> None:
    assert (await store.journal_head()).words == f"0:{'0' * 64}"
    first = await store.journal(line("run-1"))
    second = await store.journal(line("run-2", "outcome", body='{"phase":"ready"}'))
    assert (first.seq, second.seq, second.previous) == (1, 2, first.hash)
    assert await store.journal_lines() == (first, second)
    assert await store.journal_lines("run-1") == (first,)
    assert await store.journal_lines(newest=1) == (second,)
    assert (await store.journal_head()).words == f"2:{second.hash}"


async def test_of_two_consoles_that_find_the_same_thing_one_writes_it(store: Store, path: Path) -> None:
    await store.journal(line("run-1", "intent"))
    other = Store.open(path)
    found, closed = line("run-1", "found"), ("found", "outcome")
    written = await asyncio.gather(*(each.journal_new(found, unless=closed) for each in (store, other, store, other)))
    await other.close()
    assert sum(written) == 1
    assert [kept.phase for kept in await store.journal_lines("run-1")] == ["intent", "found"]
    assert await store.journal_new(line("run-2", "found"), unless=closed)


async def test_secrets_are_taken_out_before_a_line_is_kept_and_its_json_stays_json(store: Store, path: Path) -> None:
    patch = json.dumps([{"op": "replace", "path": "/spec/token", "value": {"token": "hunter2!"}}])
    body = {"env": [{"password": "hunter2!"}], "url": "postgres://me:hunter2!@db/x", "n": 3, "patch": patch}
    kept = await store.journal(line(words="set token=hunter2!", body=json.dumps(body)))
    assert kept.words == "set token=***"
    clean = json.loads(kept.body)
    assert clean | {"patch": ""} == {"env": [{"password": "***"}], "url": "postgres://me:***@db/x", "n": 3, "patch": ""}
    assert json.loads(clean["patch"])[0]["value"] == {"token": "***"}
    evidence = await store.keep_evidence("Authorization: Bearer hunter2hunter2")
    assert "hunter2" not in await store.evidence(evidence)
    assert (await store.journal_verify()).problems == ()


async def test_half_characters_and_odd_numbers_do_not_break_the_chain(store: Store) -> None:
    odd = msgspec.structs.replace(line(words="\udcff \0 \ud83d"), took_s=float("nan"))
    await store.journal(odd)
    await store.journal(msgspec.structs.replace(line(), took_s=3))
    await store.append(msgspec.structs.replace(entry("a"), text="half \udcff"))
    assert (await store.journal_verify()).problems == ()
    assert [kept.took_s for kept in await store.journal_lines()] == [None, 3.0]
    assert (await store.incidents()).entries[0].text == "half ?"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE journal SET words = 'another'",
        "DELETE FROM journal",
        f"INSERT OR REPLACE INTO journal SELECT seq, {FULL}, hash FROM journal WHERE seq = 1",
        f"INSERT OR REPLACE INTO journal SELECT 3, {FULL}, hash FROM journal WHERE seq = 1",
        "UPDATE evidence SET content = x'00'",
        "DELETE FROM evidence",
        "INSERT OR REPLACE INTO evidence SELECT sha256, x'00' FROM evidence",
        "DELETE FROM acknowledgements",
        "INSERT OR REPLACE INTO acknowledgements (seq, finding, who, at) VALUES (1, 'f', 'eve', '')",
        f"INSERT OR REPLACE INTO timeline SELECT seq, {TOLD} FROM timeline",
        f"INSERT OR REPLACE INTO timeline SELECT 7, {TOLD} FROM timeline",
    ],
)
async def test_what_is_append_only_refuses_to_be_changed(store: Store, path: Path, change: str) -> None:
    await store.append(entry("a"))
    await store.journal(line())
    await store.journal(line())
    await store.keep_evidence("log")
    await store.acknowledge(Acknowledgement("f", "ada", START))
    # without `PRAGMA recursive_triggers`: no connection but ours asks for it
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sqlite3.connect(path).execute(change)


async def test_a_line_that_does_not_follow_the_last_one_is_refused(store: Store, path: Path) -> None:
    await store.journal(line())
    raw = sqlite3.connect(path)
    for seq, previous in ((3, "previous"), (2, "'another'")):
        fields = FULL.replace("previous", previous)
        with pytest.raises(sqlite3.IntegrityError, match="follows the last one"):
            raw.execute(f"INSERT INTO journal SELECT {seq}, {fields}, 'x' FROM journal WHERE seq = 1")


async def test_two_consoles_keep_one_chain(store: Store, path: Path) -> None:
    other = Store.open(path)
    await asyncio.gather(*(console.journal(line()) for _ in range(30) for console in (store, other)))
    found = await other.journal_verify(await store.journal_head())
    assert (found.lines, found.problems) == (60, ())
    await other.close()


async def test_a_long_log_is_redacted_to_its_end(store: Store) -> None:
    text = "".join(f"line {number} password=\n  hunter2 at {number}\r\n\n" for number in range(5_000))
    kept = await store.evidence(await store.keep_evidence(text))
    assert "hunter2" not in kept
    assert kept.count(" at ") == 5_000


async def test_evidence_is_kept_once_and_an_altered_one_is_not_shown(store: Store, path: Path) -> None:
    text = "last log\n" * 10_000
    sha256 = await store.keep_evidence(text)
    assert await store.keep_evidence(text) == sha256
    assert await store.evidence(sha256) == text
    await store.journal(msgspec.structs.replace(line(), evidence=sha256))
    tamper(path, "UPDATE evidence SET content = x'00'")
    with pytest.raises(ValueError, match="was altered"):
        await store.evidence(sha256)
    assert "line 1: the evidence" in (await store.journal_verify()).problems[0]
    with pytest.raises(ValueError, match="is not there"):
        await store.evidence("0" * 64)


async def test_a_changed_incident_and_the_entry_that_tells_of_it_come_together(store: Store) -> None:
    await store.add_incident(incident())
    changed = await store.change_incident(
        "INC-1", {"state": "mitigated", "mitigated": START, "roles": (("scribe", "bob"),)}, [entry("moved", of="")]
    )
    found = await store.incidents()
    assert found.incidents == (changed,)
    assert (changed.state, changed.mitigated, changed.roles) == ("mitigated", START, (("scribe", "bob"),))
    assert [(told.id, told.incident) for told in found.entries] == [("moved", "INC-1")]


async def test_who_saw_an_older_state_changes_nothing(store: Store) -> None:
    await store.add_incident(incident())
    await store.change_incident("INC-1", {"state": "mitigated", "severity": 1})
    for expected, words in (
        ({"state": "investigating"}, "INC-1 was moved to mitigated meanwhile"),
        ({"severity": 2}, "INC-1: somebody else changed its severity meanwhile: it is 1 now"),
    ):
        with pytest.raises(ValueError, match=words):
            await store.change_incident("INC-1", {"title": "x"}, [entry("no")], expected=expected)
    with pytest.raises(ValueError, match="INC-9: there is no such incident"):
        await store.change_incident("INC-9", {"title": "x"})
    found = await store.incidents()
    assert (found.incidents[0].title, found.entries) == ("checkout slow", ())


async def test_two_consoles_record_the_same_change_once(store: Store, path: Path) -> None:
    other = Store.open(path)
    entries = [entry(f"e{number}") for number in range(700)]
    counts = await asyncio.gather(store.append_new(entries), other.append_new(entries[:50]))
    assert sum(counts) == 700
    assert await store.append_new([*entries, entry("new"), entry("new")]) == 1
    assert len((await store.incidents()).entries) == 701
    await other.close()


async def test_the_newest_acknowledgement_of_each_finding_counts(store: Store) -> None:
    later = Acknowledgement("a", "bob", START + timedelta(hours=1))
    for acknowledged in (Acknowledgement("a", "ada", START), Acknowledgement("b", "ada", START), later):
        await store.acknowledge(acknowledged)
    assert (await store.incidents()).acknowledgements == (later, Acknowledgement("b", "ada", START))


async def test_the_last_text_of_a_document_is_kept(store: Store) -> None:
    assert await store.document("postmortem INC-1") is None
    await store.save_document("postmortem INC-1", "one")
    await store.save_document("postmortem INC-1", "two")
    assert await store.document("postmortem INC-1") == "two"


@pytest.mark.parametrize("lost", ["corrupt", "deleted"])
async def test_a_journal_that_begins_anew_says_so_in_its_first_line(path: Path, lost: str) -> None:
    first = Store.open(path)
    await first.add_incident(incident(), [entry(str(number)) for number in range(500)])
    end = await first.journal(line())
    if lost == "corrupt":
        await first.close()
        spoil(path, "middle")
        first = Store.open(path)
    else:
        for file in path.parent.iterdir():
            file.unlink()
    await first.incidents()
    (beginning,) = await first.journal_lines()
    assert (beginning.seq, beginning.phase) == (1, "begun")
    assert beginning.words.startswith("the journal begins anew: the store")
    if lost == "deleted":
        assert beginning.words.endswith(f"its journal ended with 1:{end.hash}")
    await first.close()
