"""The filter that a person types: text, `!not`, `-l label=value`, `/regular expression/`."""

import re
from collections.abc import Callable

Labels = tuple[tuple[str, str], ...]
Match = Callable[[str, Labels], bool]


def parse(query: str) -> Match:
    """A predicate over (text of a row, its labels). ValueError, with a sentence, for a bad regular expression.

    Words are joined by `and`; letters match in either case. `-l app=api`, `-l app!=api` and `-l app` look at labels.
    """
    tests: list[Match] = []
    words = query.split()
    while words:
        word = words.pop(0)
        if word == "-l":
            if words:
                tests.append(_label(words.pop(0)))
            continue
        negated = word.startswith("!") and len(word) > 1
        test = _text(word[1:] if negated else word)
        tests.append(_not(test) if negated else test)
    return lambda text, labels: all(test(text, labels) for test in tests)


def _text(word: str) -> Match:
    if len(word) > 2 and word.startswith("/") and word.endswith("/"):
        try:
            pattern = re.compile(word[1:-1], re.IGNORECASE)
        except re.error as error:
            raise ValueError(f"{word} is not a regular expression: {error}") from None
        return lambda text, _: pattern.search(text) is not None
    wanted = word.casefold()
    return lambda text, _: wanted in text.casefold()


def _label(selector: str) -> Match:
    if "!=" in selector:
        key, value = selector.split("!=", 1)
        return lambda _, labels: (key, value) not in labels
    if "=" in selector:
        key, value = selector.replace("==", "=").split("=", 1)
        return lambda _, labels: (key, value) in labels
    return lambda _, labels: any(key == selector for key, _value in labels)


def _not(test: Match) -> Match:
    return lambda text, labels: not test(text, labels)
