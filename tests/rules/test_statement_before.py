"""The time before of what grew, and how findings call a statement."""

from datetime import UTC, datetime

import msgspec

from opsconsole.model.statements import NOT_READ, StatementRate, Statements
from opsconsole.rules.statement_before import Before, remembered, with_before
from opsconsole.rules.statement_names import beginning, called

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
ROW = StatementRate("10/5/42/1", 0x7F3A, "select 1", 14.0, 48.0, 0.95, 1.0, 14.0, 5.0)


def view(row: StatementRate, before_s: float | None = 600.0) -> Statements:
    return Statements("pg", 300.0, before_s, (row,), begins=NOW)


def changed(**fields: float) -> StatementRate:
    return msgspec.structs.replace(ROW, **fields)


def test_while_it_lasts_a_statement_is_compared_with_the_time_before_it_grew() -> None:
    held = remembered(view(ROW), {})
    assert held == {ROW.key: Before(14.0, 5.0, NOW)}
    used_to_it = changed(before_mean_ms=47.0)
    assert remembered(view(used_to_it), held) == held
    (row,) = with_before((used_to_it,), held)
    assert (row.before_calls_s, row.before_mean_ms, row.before_until) == (14.0, 5.0, NOW)
    assert remembered(view(changed(mean_ms=7.0, before_mean_ms=47.0)), held) == {}


def test_what_grew_little_weighs_nothing_or_has_no_time_before_keeps_none() -> None:
    assert remembered(view(changed(mean_ms=14.0)), {}) == {}
    assert remembered(view(changed(share=0.0005)), {}) == {}
    assert remembered(view(ROW, before_s=None), {}) == {}
    assert with_before((ROW,), {}) == (ROW,)


def test_a_finding_names_application_server_and_the_first_words() -> None:
    assert called(ROW) == "7f3a"
    one = msgspec.structs.replace(ROW, application="api +1")
    assert called(one) == "7f3a of api"
    assert called(one, "replica") == "7f3a of api on replica"
    assert called(msgspec.structs.replace(ROW, application="a\x1b[2J")) == "7f3a of a␛[2J"
    assert beginning("select * from order_items\nwhere order_id = $1") == "select * from order_items where…"
    assert beginning("select 1") == "select 1"
    assert beginning(NOT_READ) == ""
    assert beginning("x" * 99) == "x" * 32 + "…"
