"""A whole statement laid out in lines, literals redacted. It takes a while: call it in a thread."""

from .clean import clean_lines
from .personal import hide
from .sql import shown, tokens

LONGEST_LAID_OUT = 20_000
"""Longer ones stay as they were written: nobody reads them, and the layout would take a second."""
LONGEST = 1024 * 1024


def redacted(sql: str) -> str:
    """The text as it was written, without comments (the tags are read from them apart), each literal as `?`."""
    pieces = (" " if token.kind == "comment" else shown(token) for token in tokens(sql))
    return "\n".join(line.rstrip() for line in "".join(pieces).strip().splitlines())


def laid_out(sql: str) -> tuple[str, str]:
    """The statement fit for a page, and why it was left as it was written where it was."""
    text = clean_lines(redacted(sql), LONGEST)
    if len(text) > LONGEST_LAID_OUT:
        return text, f"as written: with {len(text):,} characters it is too long to be laid out"
    from sqlparse import format as reindented
    from sqlparse.exceptions import SQLParseError

    try:
        return reindented(text, reindent=True, wrap_after=100), ""
    except (SQLParseError, RecursionError):
        return text, "as written: it is nested too deeply to be laid out"


def condition(text: str) -> str:
    """An expression of a plan: literals as `?`, parameters and names stay."""
    return hide("".join(shown(token) for token in tokens(text)))
