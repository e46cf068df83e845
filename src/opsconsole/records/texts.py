"""Texts of people made fit to be kept: secrets out, control characters visible, and bounded in size."""

from ..text.clean import clean, clean_lines
from ..text.redact import redact

LINE = 1000
"""Characters of an entry's text; what is longer stands whole in its detail."""
DETAIL = 64 * 1024
READINGS = 256 * 1024
"""A mark holds the rows of every tab."""
_MARGIN = 4096
"""Read beyond the bound, so that a secret on it is recognised before it is cut."""


def one_line(text: str, limit: int = LINE) -> str:
    """On one line, clean and without secrets; longer than `limit` characters: cut, with `…`."""
    bounded = redact(text[: limit + _MARGIN])
    return clean(" ".join(bounded.split()), limit)


def lines(text: str, limit: int = DETAIL) -> str:
    """Several lines, clean and without secrets; what is cut off is said in the last one."""
    bounded = redact(text[: limit + _MARGIN])
    kept = clean_lines(bounded, limit).rstrip()
    if len(text) <= limit:
        return kept
    return f"{kept}\n… cut: {len(text):,} characters were given, the first {limit:,} are kept"


def split(text: str, limit: int = LINE) -> tuple[str, str]:
    """(text, detail): the first line for the timeline, and the whole where it says more than that."""
    stripped = text.strip()
    first, _, rest = stripped[: limit + _MARGIN].partition("\n")
    if not rest.strip() and len(stripped) <= limit:
        return one_line(stripped, limit), ""
    return one_line(first, limit), lines(stripped)
