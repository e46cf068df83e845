"""Renewing a document that people have edited: what happens to each section."""

import pytest

from opsconsole.documents.sections import MORE, Known, Merged, merged, split

FIRST = """# Postmortem

## Impact

- users: 10

## Judgement

[[ what went well ]]
"""
LATER = FIRST.replace("users: 10", "users: 212").replace(
    "## Judgement", "## Detection\n\n- by: an alert\n\n## Judgement"
)


def written(edited: str, *, after: str = LATER) -> Merged:
    """The first version was written, people edited it, and it is written again."""
    return merged(after, edited, merged(FIRST, None).known)


def test_what_nobody_touched_is_renewed_and_new_sections_stand_where_they_belong() -> None:
    again = written(FIRST)
    assert again.text == LATER
    assert again.kept == ()


def test_an_edited_section_stays_and_new_facts_stand_below_it() -> None:
    again = written(FIRST.replace("- users: 10", "- users: 10, all of them in Spain"))
    assert f"- users: 10, all of them in Spain\n\n{MORE}\n\n- users: 212" in again.text
    assert again.kept == ("Impact",)


def test_an_edited_section_without_new_facts_gets_nothing_added() -> None:
    again = written(FIRST.replace("[[ what went well ]]", "The rollback took a minute."))
    assert "The rollback took a minute." in again.text
    assert MORE not in again.text
    assert again.kept == ("Judgement",)


def test_sections_of_people_stay_and_deleted_ones_stay_deleted() -> None:
    again = written(FIRST.replace("## Impact\n\n- users: 10\n", "## What the customers wrote\n\nNothing.\n"))
    assert "## What the customers wrote\n\nNothing." in again.text
    assert "## Impact" not in again.text
    assert "## Impact" not in merged(LATER, again.text, again.known).text


def test_writing_a_third_time_replaces_what_was_added_the_second_time() -> None:
    second = written(FIRST.replace("- users: 10", "- users: ten"))
    third = merged(LATER.replace("212", "300"), second.text, second.known)
    assert third.text.count(MORE) == 1
    assert "- users: 300" in third.text
    assert "212" not in third.text


def test_writing_twice_with_nothing_new_changes_nothing() -> None:
    once = written(FIRST.replace("- users: 10", "- users: ten"))
    assert merged(LATER, once.text, once.known).text == once.text


def test_what_people_took_over_from_the_addition_is_theirs() -> None:
    second = written(FIRST.replace("- users: 10", "- users: ten"))
    taken_over = second.text.replace(f"{MORE}\n\n- users: 212", "In the end there were 212.")
    third = merged(LATER, taken_over, second.known)
    assert "In the end there were 212." in third.text
    assert MORE not in third.text


def test_a_heading_inside_a_block_of_code_begins_no_section() -> None:
    assert [section.key[0] for section in split("# T\n\n```\n## no\n```\n\n## yes\n")] == ["", "## yes"]


def test_without_a_memory_of_what_was_generated_everything_that_differs_is_kept() -> None:
    again = merged(LATER, FIRST, ())
    assert "- users: 10\n" in again.text
    assert "- users: 212" in again.text
    assert again.kept == ("Impact",)


@pytest.mark.parametrize("on_disk", [FIRST, LATER])
def test_ended_between_store_and_file_nothing_counts_as_edited(on_disk: str) -> None:
    """The store has the second version, the file the first or the second one."""
    known: tuple[Known, ...] = merged(LATER, FIRST, merged(FIRST, None).known).known
    assert merged(LATER.replace("212", "300"), on_disk, known).kept == ()


def test_line_ends_and_blanks_of_an_editor_are_no_edit() -> None:
    assert written(FIRST.replace("\n\n", " \n\n\n")).kept == ()
