"""The log of baselines: what was accepted is kept with who and why, in the journal too, and cannot be changed."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from opsconsole.model.baseline import Baseline, BaselineNote
from opsconsole.model.journal import JournalLine, Who
from opsconsole.store.store import Store

AT = datetime(2026, 3, 26, 3, 10, tzinfo=UTC)


async def test_an_acceptance_is_kept_with_who_and_why_and_stands_in_the_journal(tmp_path: Path) -> None:
    figures = (Baseline("p99", "s", 5, 1, median=1.9, mad=0.01, spread=0.01, low=1.5, high=2.3, bounds=(1.0, 2.5)),)
    note = BaselineNote("n1", AT, "maren@bastion", "accepted", "api", "/checkout", AT, "dearer by design", figures)
    line = JournalLine(0, AT, "n1", "noted", Who("maren", "bastion"), "1/1", "baseline", "", "", "api", "accepted")
    store = Store.open(tmp_path / "store.db")
    await store.note_baseline(note, line)
    assert await store.baseline_notes() == (note,)
    assert [each.run for each in await store.journal_lines()] == ["n1"]
    assert (await store.journal_verify()).problems == ()
    await store.close()
    with sqlite3.connect(tmp_path / "store.db") as file, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        file.execute("UPDATE baselines SET who = 'nobody'")
