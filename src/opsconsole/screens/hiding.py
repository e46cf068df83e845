"""Why a list shows none of what it has, and which keys show it again: the words for a filter and for `z`."""

from ..text.clean import clean


def hiding(what: str, text: str, only_wrong: bool) -> str:
    """`none of 24 pods matches api (/ then esc clears the filter)`; "" where neither hides anything."""
    missing = (["is wrong"] if only_wrong else []) + ([f"matches {clean(text, 60)}"] if text else [])
    ways = (["z shows all"] if only_wrong else []) + (["/ then esc clears the filter"] if text else [])
    return f"none of {what} {' and '.join(missing)} ({'; '.join(ways)})" if missing else ""
