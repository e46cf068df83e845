"""The version matrix: which text of a query each server version gets."""

import re

import pytest

from opsconsole.sources.postgres.queries import floors, pick

VERSIONS = (13, 14, 15, 16, 17, 18)

# From the documentation of pg_stat_statements, pg_stat_activity, pg_stat_checkpointer and the settings, by version.
MATRIX = [
    ("statements", {13: 13, 14: 14, 15: 15, 16: 15, 17: 17, 18: 17}),
    ("epoch", {13: 13, 14: 14, 15: 14, 16: 14, 17: 14, 18: 14}),
    ("sessions", {13: 13, 14: 14, 15: 14, 16: 14, 17: 14, 18: 14}),
    ("locks", {13: 13, 14: 14, 15: 14, 16: 14, 17: 14, 18: 14}),
    ("locks_of", {13: 13, 14: 14, 15: 14, 16: 14, 17: 14, 18: 14}),
    ("server", {13: 13, 14: 13, 15: 13, 16: 16, 17: 16, 18: 16}),
    ("checkpoints", {13: 13, 14: 13, 15: 13, 16: 13, 17: 17, 18: 17}),
    ("facts", dict.fromkeys(VERSIONS, 13)),
]

# Columns and views by the version in which they came or went.
SINCE = {
    "toplevel::int": 14,
    "temp_blk_read_time": 15,
    "jit_generation_time": 15,
    "shared_blk_read_time": 17,
    "pg_stat_statements_info": 14,
    "a.query_id": 14,
    "waitstart": 14,
    "stats_since": 17,
    "pg_stat_checkpointer": 17,
    "current_setting('reserved_connections')": 16,
}
UNTIL = {"checkpoints_timed": 16, "blk_read_time": 16, "total_time": 12}
NAMES = [
    "statements",
    "epoch",
    "texts",
    "sessions",
    "locks",
    "locks_of",
    "locks_prepared",
    "locks_waiting",
    "server",
    "facts",
    "states",
    "counting",
    "size",
    "databases",
    "health_settings",
    "tables",
    "indexes",
    "slots",
    "checkpoints",
    "transactions",
]


@pytest.mark.parametrize(("name", "expected"), MATRIX)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_highest_floor_that_fits_is_taken(name: str, expected: dict[int, int], version: int) -> None:
    assert pick(name, version * 10000 + 3) == pick(name, expected[version] * 10000)
    assert expected[version] in floors(name)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", NAMES)
def test_no_query_uses_what_its_version_does_not_have(name: str, version: int) -> None:
    text = re.sub(r"--[^\n]*", "", pick(name, version * 10000))
    assert not [word for word, since in SINCE.items() if word in text and version < since]
    assert not [word for word, until in UNTIL.items() if re.search(rf"\b{word}\b", text) and version > until]


@pytest.mark.parametrize("name", NAMES)
def test_no_query_resets_or_writes(name: str) -> None:
    for floor in floors(name):
        text = re.sub(r"--[^\n]*", "", pick(name, floor * 10000))
        assert re.match(r"\s*(SELECT|WITH)\b", text)
        assert not re.search(r"reset\s*\(|\b(insert|update|delete|truncate|alter|drop)\b", text, re.IGNORECASE)


def test_a_server_that_is_too_old_has_no_query() -> None:
    with pytest.raises(LookupError):
        pick("statements", 120_000)
