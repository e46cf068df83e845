"""What a filter (text.filter) looks for, as places in a text that can be made visible."""

import re


def wanted(query: str) -> re.Pattern[str] | None:
    """One expression for all words that a filter asks for; None where it asks for none."""
    found, words = [], query.split()
    while words:
        word = words.pop(0)
        if word == "-l":
            words = words[1:]
        elif len(word) > 2 and word.startswith("/") and word.endswith("/"):
            found.append(f"(?:{word[1:-1]})")
        elif not (word.startswith("!") and len(word) > 1):
            found.append(re.escape(word))
    try:
        return re.compile("|".join(found), re.IGNORECASE) if found else None
    except re.error:
        return None
