"""The filter that a person types: text, `!not`, `-l tier in (web,api)`, `/regular expression/`, or all together."""

import re
from collections.abc import Callable

from .expression import LOOKED_AT, compiled

Labels = tuple[tuple[str, str], ...]
Match = Callable[[str, Labels], bool]

_LABEL_NAME = re.compile(r"[\w.\-]+(/[\w.\-]+)?")
_SET = re.compile(r"(\S+)\s+(in|notin)\s*\(([^()]*)\)")
_BEGINS_SET = re.compile(r"\S+\s+(in|notin)\b")
_SPLIT = re.compile(r",(?![^(]*\))")


def parse(query: str) -> Match:
    """A predicate over (text of a row, its labels). ValueError, with a sentence, for what cannot be understood.

    Words are joined by `and`; letters match in either case; a word with `!` before it must not be there. `-l` takes
    what kubectl's does: `app=api`, `app!=api`, `tier in (web,api)`, `tier notin (db)`, `canary`, `!canary`, and
    several of them with commas between.
    """
    tests: list[Match] = []
    for word in words(query):
        if word.startswith("-l"):
            tests += [_label(part.strip()) for part in _SPLIT.split(word[2:].strip())]
            continue
        negated = word.startswith("!") and len(word) > 1
        test = _text(word[1:] if negated else word)
        tests.append(_not(test) if negated else test)
    return lambda text, labels: all(test(text, labels) for test in tests)


def words(query: str) -> list[str]:
    """The query in its parts: an expression between slashes and what belongs to `-l` are one part each."""
    found: list[str] = []
    rest = query.strip()
    while rest:
        size = _expression(rest) or (_selector(rest) if re.match(r"-l(\s|$)", rest) else 0)
        size = size or len(rest.split(None, 1)[0])
        found.append(rest[:size].strip())
        rest = rest[size:].lstrip()
    return found


def _expression(text: str) -> int:
    """Length of `/…/` or `!/…/` at the beginning; it may hold blanks. 0 where there is none."""
    begin = 1 if text.startswith("!") else 0
    if not text.startswith("/", begin):
        return 0
    end = re.compile(r"/(?=\s|$)").search(text, begin + 2)
    return end.end() if end is not None else 0


def _selector(text: str) -> int:
    """Length of `-l` and what belongs to it."""
    at = len(text) - len(text[2:].lstrip())
    while True:
        if found := _SET.match(text, at):
            at = found.end()
        elif _BEGINS_SET.match(text, at):
            return len(text)
        else:
            following = re.compile(r"[^\s,]*").match(text, at)
            at = following.end() if following is not None else at
        more = re.compile(r",\s*").match(text, at)
        if more is None:
            return at
        at = more.end()


def is_expression(word: str) -> bool:
    """Whether a part of a query is a regular expression between slashes."""
    return len(word) > 2 and word.startswith("/") and word.endswith("/")


def _text(word: str) -> Match:
    if is_expression(word):
        try:
            pattern = compiled(word[1:-1])
        except ValueError as error:
            raise ValueError(f"{word} {error}") from None
        return lambda text, _: pattern.search(text, 0, LOOKED_AT) is not None
    wanted = word.casefold()
    return lambda text, _: wanted in text.casefold()


def _label(selector: str) -> Match:
    if not selector:
        raise ValueError("-l needs a label: -l app=api, -l app!=api, -l tier in (web,api), -l canary, -l !canary")
    if found := _SET.fullmatch(selector):
        among = _among(_name(found[1]), {value.strip() for value in found[3].split(",")})
        return among if found[2] == "in" else _not(among)
    if _BEGINS_SET.match(selector):
        raise ValueError(f"-l {selector}: the values of a set stand in brackets: tier in (web,api)")
    if "!=" in selector:
        key, value = selector.split("!=", 1)
        return _not(_equal(_name(key), value))
    if "=" in selector:
        key, value = selector.replace("==", "=").split("=", 1)
        return _equal(_name(key), value)
    if selector.startswith("!"):
        return _not(_exists(_name(selector[1:])))
    return _exists(_name(selector))


def _name(key: str) -> str:
    key = key.strip()
    if not _LABEL_NAME.fullmatch(key):
        raise ValueError(f"-l: `{key}` is no name of a label" if key else "-l: there is no name before the sign")
    return key


def _equal(key: str, value: str) -> Match:
    return lambda _, labels: (key, value.strip()) in labels


def _among(key: str, values: set[str]) -> Match:
    return lambda _, labels: any(name == key and value in values for name, value in labels)


def _exists(key: str) -> Match:
    return lambda _, labels: any(name == key for name, _value in labels)


def _not(test: Match) -> Match:
    return lambda text, labels: not test(text, labels)
