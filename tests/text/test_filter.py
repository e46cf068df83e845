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
    "expression",
    [
        r"node-1[0-9]$", r"(\d{1,3}\.){3}\d{1,3}", r"error\s+\d+", r".*a.*b.*c", r"(foo|bar)-\d+", r"[(a+)+]",
        r"\(a+\)+", r".*+x", r"^(?:api|web)-[a-z0-9]{5}", r"(?P<x>a)b*", r"a{2}b{,3}c{2,}", r"(?i:oom).*killed",
        r"(\w+\.){3}", r"a|.*b",
    ],
)  # fmt: skip
def test_ordinary_expressions_are_taken_whatever_the_text(expression: str) -> None:
    """That they come to an end is the point."""
    parse(f"/{expression}/")("a" * 5000 + " b" * 5000, ())


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        (r"(a+)+$", "repeats what repeats"),
        (r"((a+)b?)*$", "repeats what repeats"),
        (r"(a|aa)+$", "repeats what repeats"),
        (r"(?:a?b?){2,}$", "repeats what repeats"),
        (r"(.*)*x", "repeats what repeats"),
        (r"(a+){3}x", "repeats what repeats"),
        (r"(?:x{1,100})*y", "repeats what repeats"),
        (r"(a+b){9}", "has more than 3 repeats"),
        (r".*.*x", "twice side by side"),
        (r"\w+-?\d*x", "twice side by side"),
        (r"a+.{0,500}", "twice side by side"),
        (r"a+b+c+d+", "has more than 3 repeats"),
    ],
)
def test_an_expression_that_may_take_for_ever_is_refused(expression: str, why: str) -> None:
    with pytest.raises(ValueError, match="repeats") as told:
        parse(f"api !/{expression}/")
    assert str(told.value).startswith(f"/{expression}/ ")
    assert why in str(told.value)


def test_an_expression_looks_at_the_beginning_of_a_long_text() -> None:
    assert parse("/.*x|y/")("a" * 1999 + "x", ())
    assert not parse("/x/")("a" * 2000 + "x", ())
    assert parse("x")("a" * 2000 + "x", ())


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
