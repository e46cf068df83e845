"""What a filter (text.filter) looks for, as places in a text that can be made visible."""

import re

from .filter import is_expression, words


def wanted(query: str) -> re.Pattern[str] | None:
    """One expression for all words that a filter asks for; None where it asks for none."""
    found: list[str] = []
    for word in words(query):
        if is_expression(word):
            found.append(f"(?:{word[1:-1]})")
        elif not word.startswith("-l") and not (word.startswith("!") and len(word) > 1):
            found.append(re.escape(word))
    try:
        return re.compile("|".join(found), re.IGNORECASE) if found else None
    except re.error:
        return None
