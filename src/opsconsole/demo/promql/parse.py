"""From a query's text to promql-parser's tree, and from its nodes to our own small values."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

import promql_parser as tree

from opsconsole.demo.promql.operators import Matching
from opsconsole.demo.promql.series import NAME, Matcher, PromQLError, Times

_OPS: dict[str, Literal["=", "!=", "=~", "!~"]] = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
_CARDS: dict[str, Literal["one-to-one", "many-to-one", "one-to-many", "many-to-many"]] = {
    "OneToOne": "one-to-one",
    "ManyToOne": "many-to-one",
    "OneToMany": "one-to-many",
    "ManyToMany": "many-to-many",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


MOST_OPERATORS = 1000
"""The parser descends into a tree of several thousand levels until its stack ends, and the process with it."""
_OPERATOR = re.compile(r"[(\-+*/%^<>=!]|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)


def parse(query: str) -> Any:
    """The tree of a query; PromQLError (bad_data) when it does not parse."""
    if not query.strip():
        raise PromQLError("unknown position: parse error: no expression found in input")
    if len(_OPERATOR.findall(query)) > MOST_OPERATORS:
        raise PromQLError(f"the query has more than {MOST_OPERATORS} operators and parentheses")
    try:
        return tree.parse(query)
    except ValueError as error:
        raise PromQLError(f"parse error: {error}") from error


def _variant(value: object) -> str:
    """Name of an enumeration's member, as the parser prints it."""
    return str(value).rpartition(".")[2]


def matchers_of(selector: Any) -> list[Matcher]:
    """Matchers of a vector selector, its metric name among them."""
    if selector.matchers.or_matchers:
        raise PromQLError("'or' between label matchers is not supported here")
    found = [Matcher(m.name, _OPS[_variant(m.op)], m.value) for m in selector.matchers.matchers]
    if selector.name is not None:
        found.insert(0, Matcher(NAME, "=", selector.name))
    if all(matcher.accepts("") for matcher in found):
        raise PromQLError("vector selector must contain at least one non-empty matcher")
    return found


def matching_of(binary: Any) -> Matching:
    """The matching rules of a binary expression."""
    modifier = binary.modifier
    if modifier is None:
        return Matching()
    fill = modifier.fill_values
    if fill is not None and (fill.lhs is not None or fill.rhs is not None):
        raise PromQLError("fill modifiers are not supported here")
    card = _CARDS[_variant(modifier.card)]
    rule = modifier.matching
    return Matching(
        card=card,
        on=rule is not None and _variant(rule.type) == "Include",
        names=tuple(rule.labels) if rule is not None else (),
        include=tuple(modifier.group_labels or ()),
        return_bool=bool(modifier.return_bool),
    )


def is_by(modifier: Any) -> bool:
    return _variant(modifier.type) == "By"


def milliseconds(duration: timedelta | None) -> int:
    return 0 if duration is None else duration // _MILLISECOND


def moments(selector: Any, steps: Times, start: int, end: int) -> Times:
    """At which times (ms) a selector looks for each step, given its offset and its `@`."""
    times = steps
    if selector.at is not None:
        kind = _variant(selector.at.type)
        fixed = start if kind == "Start" else end if kind == "End" else (selector.at.at - _EPOCH) // _MILLISECOND
        times = cast(Times, steps * 0 + fixed)
    return times - milliseconds(selector.offset)


def series_matchers(query: str) -> list[Matcher]:
    """Matchers of a `match[]` parameter; PromQLError when it is anything but a plain selector."""
    expression = parse(query)
    if not isinstance(expression, tree.VectorSelector):
        raise PromQLError('invalid parameter "match[]": only a series selector is allowed')
    return matchers_of(expression)


def duration(text: str, refusal: str) -> int:
    """Milliseconds of a duration such as 1h30m; PromQLError saying `refusal` when it is none."""
    try:
        return milliseconds(tree.parse_duration(text))
    except ValueError as error:
        raise PromQLError(refusal) from error
