"""What a person may type after `/`, and what is said of what cannot be understood."""

import pytest

from opsconsole.text.filter import Labels, parse
from opsconsole.text.highlight import wanted

API: Labels = (("app", "api"), ("tier", "web"))
TEXT = "api-7d4b9c-x7p  Running  node-10"


@pytest.mark.parametrize(
    ("query", "passes"),
    [
        ("", True),
        ("API", True),
        ("api running", True),
        ("api !running", False),
        ("!worker", True),
        ("/node-1[0-9]$/", True),
        ("!/^api/", False),
        ("/x7p  Run/ api", True),
        ("-l app=api", True),
        ("-l app==api", True),
        ("-l app!=api", False),
        ("-l team!=web", True),
        ("-l tier in (web, db)", True),
        ("-l tier notin (web,db)", False),
        ("-l team notin (db)", True),
        ("-l tier", True),
        ("-l !tier", False),
        ("-l app=api,tier in (db,web),!team running", True),
        ("-l app=api,tier in (db) running", False),
        ("/path", False),
    ],
)
def test_what_passes(query: str, passes: bool) -> None:
    assert parse(query)(TEXT, API) is passes


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("/[a/", "/[a/ is not a regular expression: unterminated character set"),
        ("-l", "-l needs a label"),
        ("-l tier in (web", "the values of a set stand in brackets"),
        ("-l =api", "there is no name before the sign"),
        ("-l a*b=c", "`a*b` is no name of a label"),
    ],
)
def test_what_cannot_be_understood_is_said(query: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r"[\s\S]") as told:
        parse(query)
    assert complaint in str(told.value)


def test_only_what_is_looked_for_is_made_visible() -> None:
    pattern = wanted("api !run -l tier in (web) /no.e/")
    assert pattern is not None
    assert [found.group() for found in pattern.finditer(TEXT)] == ["api", "node"]
    assert wanted("!run -l tier") is None
