"""What a look through the journal finds, and what it cannot find."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.model.journal import JournalHead
from opsconsole.store import chain
from opsconsole.store.store import Store
from tests.store.make import line
from tests.store.tamper import tamper

LINES = 6
COPY = (
    "INSERT INTO journal SELECT {seq}, at, run, phase, who, process, verb, context, namespace, object, words, body, "
    "evidence, took_s, previous, {hash} FROM journal WHERE seq = {of}"
)
SHIFT = ("UPDATE journal SET seq = -seq - 1 WHERE seq > 3", "UPDATE journal SET seq = -seq WHERE seq < 0")
"""Make room for another line 4."""


@pytest.fixture
async def head(path: Path) -> JournalHead:
    store = Store.open(path)
    for number in range(LINES):
        await store.journal(line(f"run-{number}"))
    end = await store.journal_head()
    await store.close()
    return end


async def problems(path: Path, head: JournalHead | None = None) -> list[str]:
    store = Store.open(path, read_only=True)
    found = await store.journal_verify(head)
    await store.close()
    return [problem.partition(":")[0] for problem in found.problems]


async def test_an_untouched_chain_is_whole_and_holds_its_heads(path: Path, head: JournalHead) -> None:
    assert await problems(path) == []
    assert await problems(path, head) == []
    assert await problems(path, JournalHead(0, chain.START)) == []


@pytest.mark.parametrize(
    ("done", "found"),
    [
        (["UPDATE journal SET words = 'another' WHERE seq = 3"], ["line 3 was altered"]),
        (["UPDATE journal SET who = replace(who, 'maren', 'eve') WHERE seq = 1"], ["line 1 was altered"]),
        (["UPDATE journal SET took_s = x'00', who = 7 WHERE seq = 3"], ["line 3 was altered"]),
        (["UPDATE journal SET hash = '' WHERE seq = 6"], ["line 6 was altered"]),
        (
            [f"UPDATE journal SET hash = '{'a' * 64}' WHERE seq = 3"],
            ["line 3 was altered", "line 4 does not follow line 3"],
        ),
        (["DELETE FROM journal WHERE seq = 3"], ["line 3 is missing"]),
        (["DELETE FROM journal WHERE seq IN (1, 2, 5)"], ["lines 1 to 2 are missing", "line 5 is missing"]),
        (
            ["DELETE FROM journal WHERE seq = 3", "UPDATE journal SET seq = seq - 1 WHERE seq > 3"],
            ["lines 3 to 5 stand in another place", "line 3 does not follow line 2"],
        ),
        (
            [*SHIFT, COPY.format(seq=4, hash=f"'{'b' * 64}'", of=2)],
            ["line 4 was altered", "lines 5 to 7 stand in another place", "line 4 was inserted"],
        ),
        (
            [
                "UPDATE journal SET seq = 99 WHERE seq = 3",
                "UPDATE journal SET seq = 3 WHERE seq = 4",
                "UPDATE journal SET seq = 4 WHERE seq = 99",
            ],
            ["line 3 stands in another place", "line 4 stands in another place"],
        ),
    ],
    ids=["words", "who", "types", "hash-last", "hash", "missing", "several", "renumbered", "inserted", "reordered"],
)
async def test_what_was_done_before_the_last_line_is_found(
    path: Path, head: JournalHead, done: list[str], found: list[str]
) -> None:
    tamper(path, *done)
    assert await problems(path) == found


async def test_a_cut_end_is_found_with_a_head_only(path: Path, head: JournalHead) -> None:
    tamper(path, "DELETE FROM journal WHERE seq > 4")
    assert await problems(path) == []
    assert await problems(path, head) == ["the end is missing"]


async def test_a_journal_written_anew_is_found_with_a_head_only(path: Path, head: JournalHead) -> None:
    tamper(path, "DELETE FROM journal")
    store = Store.open(path)
    for number in range(LINES + 2):
        await store.journal(line(f"another {number}"))
    await store.close()
    assert await problems(path) == []
    assert await problems(path, head) == ["line 6 is not the one that the head was printed of"]


async def test_a_journal_that_went_on_holds_the_older_head(path: Path, head: JournalHead) -> None:
    store = Store.open(path)
    await store.journal(line("later"))
    await store.close()
    assert await problems(path, head) == []


def chained(count: int) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for seq in range(1, count + 1):
        fields = {"seq": seq, "words": f"line {seq}", "previous": lines[-1]["hash"] if lines else chain.START}
        lines.append({**fields, "hash": chain.hashed(fields)})
    return lines


@given(order=st.lists(st.integers(1, 8), min_size=1, max_size=9), renumbered=st.booleans(), hashed=st.booleans())
def test_any_other_order_or_choice_of_lines_is_found_or_is_an_honest_beginning(
    order: list[int], renumbered: bool, hashed: bool
) -> None:
    """Taken out, doubled, swapped; as they are, with new numbers, and with new hashes but without new links."""
    whole = chained(8)
    lines = [dict(whole[place - 1]) for place in order]
    for seq, fields in enumerate(lines if renumbered else [], start=1):
        fields["seq"] = seq
        fields["hash"] = chain.hashed(fields) if hashed else fields["hash"]
    lines.sort(key=lambda fields: fields["seq"])
    honest = lines == whole[: len(lines)]
    assert (chain.look_through(lines).problems == ()) is honest


def test_the_hash_is_that_of_the_line_without_its_hash() -> None:
    fields = {"seq": 1, "words": "größer", "took_s": 0.25, "hash": "whatever"}
    assert chain.canonical(fields) == '{"seq":1,"took_s":0.25,"words":"gr\\u00f6\\u00dfer"}'
    assert chain.hashed(fields) == chain.hashed({**fields, "hash": ""})
