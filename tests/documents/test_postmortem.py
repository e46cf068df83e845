"""The postmortem of the slow release: what it says, what it leaves to people, and what becomes of their edits."""

import asyncio
import dataclasses
import os
import stat
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from opsconsole.config.settings import Documents
from opsconsole.documents import files
from opsconsole.documents.errors import DocumentError
from opsconsole.documents.postmortem import default_path
from opsconsole.model.incident import Incident
from opsconsole.model.reading import Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.topics import CUSTOMERS
from opsconsole.store.store import Store

from . import story
from .conftest import Desk
from .customers import hurt


def section(text: str, heading: str) -> list[str]:
    """The lines of one `##` section that say something."""
    body = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [line for line in body.splitlines() if line.strip()]


async def test_the_fields_of_the_runbook_are_filled_in_and_cite_their_entries(desk: Desk) -> None:
    await story.tell(desk.store)
    written = await desk.write()
    assert written.words == "38 of 42 facts filled by the record, 9 blanks to write"
    assert written.words in desk.text
    assert section(desk.text, "Summary")[:6] == [
        "- **Date**: 2026-03-26 (e:decl4)",
        "- **Duration**: 21m (e:decl4, e:stat21)",
        "- **Severity**: SEV2 (level 2 of 4): Major degradation, or more than 10 % of users affected (e:decl4)",
        "- **Service**: checkout (e:decl4)",
        "- **State**: resolved (e:stat39)",
        "- **Channel**: #incident-2026-03-26-024500 (e:decl4)",
    ]
    assert section(desk.text, "Impact")[:4] == [
        "- **Users Affected**: 212 of 3,410 customers (6.2 %) (e:mark7)",
        "- **Revenue Impact**: customers worth $84,000 a month were hurt (e:mark7)",
        "- **SLA Breach**: No (e:aler5, e:stat39)",
        "- plans: 4 enterprise, 208 pro (e:mark7)",
    ]
    assert section(desk.text, "Milestones")[1:7] == [
        "- **Issue detected**: 02:42 UTC · checkout P99 1.9 s > 0.5 s (e:aler1)",
        "- **Investigation started**: 02:45 UTC · commander maren (e:role4)",
        "- **Root cause identified**: 02:53 UTC · identified: N+1 of api 1.8.2 (e:stat12)",
        "- **Fix implemented**: 02:55 UTC · ROLL BACK deployment/api: accepted (e:act14)",
        "- **Service restored**: 03:02 UTC · mitigated: P99 at 240 ms (e:stat21)",
        "- time to detect (MTTD): 1m",
    ]


async def test_what_was_done_stands_with_its_outcome_and_its_lines_of_the_journal(desk: Desk) -> None:
    await story.tell(desk.store)
    await desk.write()
    done = section(desk.text, "What was done")[1]
    assert done.startswith("- 02:55 ROLL BACK deployment/api: rev 41 api:1.8.2 → rev 40 api:1.8.1 · maren (e:act14) → ")
    assert "→ 20 of 20 pods ready, after 3m · helped: checkout P99 0.24 s, within 0.5 s · journal" in done
    assert "journal 1, 2, 3, 4 · evidence abababababab" in done
    head = await desk.store.journal_head()
    assert head.words in section(desk.text, "Proof")[0]


async def test_a_refused_action_and_one_without_an_outcome_are_told_as_such(desk: Desk) -> None:
    await story.tell(desk.store)
    lines = (
        (30, "no", "refused", "SCALE deployment/api: not what was planned"),
        (31, "lost", "intent", "X: a → b"),
    )
    for minute, run, phase, words in lines:
        line = msgspec.structs.replace(story.journal()[0], at=story.at(minute), run=run, phase=phase, words=words)
        await desk.store.journal(line)
    await desk.write()
    said = section(desk.text, "What was done")[2:]
    assert said[0].startswith("- 03:11 SCALE deployment/api · maren → refused: not what was planned · journal 5")
    assert said[1].startswith("- 03:12 X: a → b · maren → asked, outcome unknown · journal 6")


async def test_scalings_are_folded_and_each_line_has_its_entry(desk: Desk) -> None:
    await story.tell(desk.store)
    await desk.write()
    lines = section(desk.text, "Timeline")
    assert "- 02:54 scale · HPA api 17 -> 18 (+11 scalings folded) · api (e:scal13)" in lines
    assert all("(e:" in line for line in lines)
    assert [line[2:7] for line in lines] == sorted(line[2:7] for line in lines)


async def test_action_items_have_type_owner_due_and_state_and_what_is_missing_is_a_blank(desk: Desk) -> None:
    await story.tell(desk.store)
    await desk.write()
    assert section(desk.text, "Action items") == [
        "- [ ] INC-1/1 prevent · count queries per request in CI (Owner: jonas, Due: 2026-04-10) · open (e:todo41)",
        "- [ ] INC-1/2 detect · alert on queries per request (Owner: [[ name ]], Due: [[ date ]]) · open (e:todo42)",
    ]


async def test_what_nobody_recorded_is_unknown_with_the_reason(desk: Desk) -> None:
    bare = Incident("INC-1", "odd", 3, "investigating", "", None, story.at(4))
    await desk.store.add_incident(bare)
    written = await desk.write()
    assert "- **Users Affected**: unknown (no source measured it, and no mark tells it)" in desk.text
    assert "- **Duration**: unknown (when the harm began is not set)" in desk.text
    assert "SEV3 demands no postmortem" in desk.text
    assert "1. [ ] [[ immediate fix (Owner: name, Due: date) ]]" in desk.text
    assert written.facts == 42, "what is missing is counted too"


async def test_severities_one_and_two_demand_one_and_say_when(desk: Desk) -> None:
    await story.tell(desk.store)
    await desk.write()
    assert "SEV2 demands a postmortem within 5 working days of its end: by 2026-04-02." in desk.text


async def test_a_drill_says_so(desk: Desk) -> None:
    await story.tell(desk.store, what=story.incident(drill=True))
    await desk.write()
    assert "**DRILL: nothing was broken.**" in desk.text


async def test_what_people_edit_survives_and_the_counts_follow_them(desk: Desk) -> None:
    await story.tell(desk.store)
    await desk.write()
    desk.edit("[[ what went well ]]", "The rollback took a minute.")
    desk.edit("## Where we got lucky\n\n[[ where we got lucky ]]\n\n", "")
    await desk.store.append(story.entry(50, "note", "the customers were told", name="late50"))
    written = await desk.write()
    assert "The rollback took a minute." in desk.text
    assert "Where we got lucky" not in desk.text
    assert "- 03:31 note · the customers were told · maren (e:late50)" in desk.text, "untouched sections are renewed"
    assert written.kept == ("What went well",)
    assert written.blanks == 7
    assert "38 of 42 facts filled by the record, 7 blanks to write" in desk.text


async def test_new_facts_of_an_edited_timeline_stand_below_it(desk: Desk) -> None:
    await story.tell(desk.store)
    await desk.write()
    desk.edit("release api 1.8.1 -> 1.8.2 · deployer", "release api 1.8.1 -> 1.8.2, without a canary · deployer")
    await desk.store.append(story.entry(50, "note", "the customers were told", name="late50"))
    await desk.write()
    lines = section(desk.text, "Timeline")
    assert "without a canary" in lines[0]
    assert lines[-2:] == [
        "> The record has more since this section was edited:",
        "- 03:31 note · the customers were told · maren (e:late50)",
    ]


async def test_who_was_hurt_is_kept_when_the_board_tells_another_story_later(desk: Desk) -> None:
    await desk.store.add_incident(story.incident(state="investigating", resolved=None, mitigated=None, ended=None))
    board = Board()
    board.publish(CUSTOMERS, Reading(hurt(7, of=100), State.OK, story.at(9)))
    await desk.write(board=board)
    assert "- **Users Affected**: 7 of 100 customers (7.0 %)" in desk.text
    board.publish(CUSTOMERS, Reading(hurt(0, of=100), State.OK, story.at(60)))
    await desk.write(board=board)
    assert "- **Users Affected**: 7 of 100 customers (7.0 %)" in desk.text
    assert "- **Revenue Impact**: customers worth $700 a month were hurt, as the console saw at " in desk.text
    assert "- requests of these customers: 21 slow, 7 failed" in desk.text


async def test_hostile_notes_are_harmless(desk: Desk) -> None:
    nasty = (
        story.entry(15, "note", "\x1b[2J\x1b]52;c;aGk=\x07 cleared \u202e", name="ansi"),
        story.entry(15.1, "note", "## Impact\n\n- **Users Affected**: 0", name="heading"),
        story.entry(15.2, "note", "[click](javascript:alert(1)) <script>x</script> `a` *b* | c [[ blank ]]", name="md"),
        story.entry(15.3, "note", "password=hunter2hunter2 postgres://app:s3cret@db/x", name="secret"),
        story.entry(15.4, "note", "it was SELECT * FROM cards WHERE number = '4111 1111' AND cvc = 123", name="sql"),
        story.entry(15.5, "note", "x" * 1_000_000, name="big"),
        story.entry(
            15.6, "metric_snapshot", "mark", name="mark", detail="```\n## Impact\n\x1b[31m\n" + "y" * 1_000_000
        ),
    )
    await story.tell(desk.store, more=nasty)
    written = await desk.write()
    text = desk.text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("\n## Impact\n") == 1
    assert "\\[click\\](javascript:alert(1)) \\<script>x\\</script> \\`a\\` \\*b\\* \\| c \\[\\[ blank \\]\\]" in text
    assert written.blanks == 9
    assert "hunter2" not in text
    assert "s3cret" not in text
    assert "number = ? AND cvc = ?" in text
    assert "4111" not in text
    assert len(text) < 60_000
    assert (await desk.write()).kept == (), "and nothing of it looks like an edit"


async def test_a_note_of_several_lines_stands_whole_below_its_first(desk: Desk) -> None:
    note = story.entry(15, "note", "first", name="long", detail="first\nsecond\n## third")
    await story.tell(desk.store, more=(note,))
    await desk.write()
    assert "- 02:56 note · first · maren (e:long)\n\n      second\n      ## third\n\n- 03:02" in desk.text


async def test_a_detail_is_indented_so_that_nothing_in_it_is_markup(desk: Desk) -> None:
    await story.tell(desk.store)
    await desk.write()
    assert "    new 14m  select * from order_items where order_id = ?  7f3a  1.8k  2.1  61.0" in desk.text.splitlines()


async def test_a_team_replaces_the_template(desk: Desk, team: Path) -> None:
    (team / "postmortem.md.j2").write_text("# {{ incident.id }}\n\n{{ counts }}\n\nusers: {{ fact.users }}\n")
    await story.tell(desk.store)
    await desk.write()
    assert desk.text.splitlines() == [
        "# INC-1", "", "38 of 42 facts filled by the record, 0 blanks to write", "",
        "users: 212 of 3,410 customers (6.2 %) (e:mark7)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("template", "line", "said"),
    [
        ("# ok\n\n{{ nonsense }}\n", 3, "'nonsense' is undefined"),
        ("# ok\n{{ fact.users.wrong }}\n", 2, "has no attribute 'wrong'"),
        ("# ok\n\n\n{% for x in %}\n", 4, "Expected an expression"),
        ("# ok\n{{ ''.__class__.__mro__ }}\n", 2, "unsafe"),
        ("{{ 1 // 0 }}\n", 1, "division"),
    ],
)
async def test_a_mistake_in_a_team_s_template_is_named_with_its_line(
    desk: Desk, team: Path, template: str, line: int, said: str
) -> None:
    await story.tell(desk.store)
    await desk.write()
    before = desk.text
    (team / "postmortem.md.j2").write_text(template)
    with pytest.raises(DocumentError) as raised:
        await desk.write()
    assert raised.value.problem.sentence.startswith(f"{team}/postmortem.md.j2:{line}: ")
    assert said in raised.value.problem.sentence
    assert desk.text == before


async def test_the_file_is_its_owner_s_and_a_shared_one_stays_shared(desk: Desk) -> None:
    await story.tell(desk.store)
    await desk.write()
    assert stat.S_IMODE(desk.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(desk.file.parent.stat().st_mode) == 0o700
    desk.file.chmod(0o640)
    await desk.write()
    assert stat.S_IMODE(desk.file.stat().st_mode) == 0o640


async def test_a_full_disk_leaves_the_old_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await story.tell(desk.store)
    await desk.write()
    desk.edit("[[ what went well ]]", "Much.")
    before = desk.text

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "os", SimpleNamespace(**{**vars(os), "fsync": full}))
    with pytest.raises(DocumentError, match="the disk is full; what was there is as it was"):
        await desk.write()
    assert desk.text == before
    assert [path.name for path in desk.file.parent.iterdir()] == ["INC-1.md"], "nothing half-written lies about"
    monkeypatch.undo()
    assert (await desk.write()).kept == ("What went well",)


async def test_what_somebody_saves_at_the_same_moment_is_not_lost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await story.tell(desk.store)
    await desk.write()
    unchanged, asked = files.unchanged, 0

    def saved_meanwhile(path: Path, stamp: files.Stamp | None) -> bool:
        nonlocal asked
        asked += 1
        if asked == 1:
            desk.edit("[[ what went badly ]]", "Nobody was scribe.")
        return unchanged(path, stamp)

    monkeypatch.setattr(files, "unchanged", saved_meanwhile)
    assert (await desk.write()).kept == ("What went badly",)
    assert "Nobody was scribe." in desk.text


async def test_two_consoles_that_write_it_at_once_leave_nothing_that_counts_as_edited(desk: Desk) -> None:
    await story.tell(desk.store)
    other = dataclasses.replace(desk, store=Store.open(desk.store.path))
    try:
        for number in range(3):
            await desk.store.append(story.entry(50 + number, "note", f"note {number}"))
            written = await asyncio.gather(*(one.write() for one in (desk, other, desk, other)))
            assert [one.kept for one in written] == [()] * 4
    finally:
        await other.store.close()
    assert (await desk.write()).kept == ()
    assert "note 2" in desk.text


async def test_an_unknown_incident_is_said(desk: Desk) -> None:
    with pytest.raises(ValueError, match="INC-1: there is no such incident"):
        await desk.write()


def test_an_id_cannot_leave_the_folder() -> None:
    assert default_path(Documents(folder="/x"), "../../etc/passwd") == Path("/x/_.._etc_passwd.md")
