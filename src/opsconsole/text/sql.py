"""SQL made fit for a list: on one line, comments taken out, literals redacted, what names a person masked."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from .personal import hide

_TOKEN = re.compile(
    r"""
      (?P<line>    --[^\n]* )
    | (?P<comment> /\* )
    | (?P<string>  [eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)
                 | (?P<plain>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*(?:'|\Z))
                 | \$(?P<tag>[^\W\d]\w*|)\$ .*? (?:\$(?P=tag)\$|\Z) )
    | (?P<quoted>  "(?:[^"]|"")*(?:"|\Z) )
    | (?P<name>    [^\W\d][\w$]* | \$\d+ )
    | (?P<number>  (?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)? (?:[xXoObB][0-9a-fA-F_]+)? )
    | (?P<space>   \s+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_NESTED = re.compile(r"/\*|\*/")
_ESCAPED = re.compile(r"(?<!\\)(?:\\\\)*\\'\Z")


class Token(NamedTuple):
    kind: str
    """comment, hint (`/*+ … */`), string, quoted, name, number, space or other."""
    text: str


def tokens(sql: str) -> Iterator[Token]:
    """The whole text, piece by piece.

    A literal that the server has cut off reaches to the end. Whether a backslash escapes in '…' is a setting of the
    session that wrote it: where that matters the rest of the text counts as the literal.
    """
    at = 0
    while (match := _TOKEN.search(sql, at)) is not None:
        if match.start() > at:
            yield Token("other", sql[at : match.start()])
        at = match.end()
        kind = match.lastgroup or "other"
        if match["comment"]:
            at = _comment_end(sql, match.start())
            kind = "hint" if sql.startswith("/*+", match.start()) else "comment"
        elif match["line"]:
            kind = "comment"
        elif match["string"]:
            kind = "string"
            if match["plain"] and _ESCAPED.search(match["plain"]):
                at = len(sql)
        yield Token(kind, sql[match.start() : at])
    if at < len(sql):
        yield Token("other", sql[at:])


def compact(sql: str) -> str:
    """One line, without comments, each literal as `?`; parameters and names stay."""
    return " ".join("".join(map(_short, tokens(sql))).split())


def shown(token: Token) -> str:
    """A piece as it may be seen: literals as `?`, mail addresses and the like in names masked."""
    if token.kind in ("string", "number"):
        return "?"
    if token.kind == "hint":
        # Any comment may begin like a hint, and what a real one says of values is not needed to read it.
        within = tokens(token.text[3:].removesuffix("*/"))
        return hide(f"/*+{''.join(' ' if one.kind in ('comment', 'hint') else shown(one) for one in within)}*/")
    return hide(token.text) if token.kind == "quoted" else token.text


def _short(token: Token) -> str:
    return " " if token.kind in ("comment", "hint", "space") else shown(token)


def _comment_end(sql: str, start: int) -> int:
    """Comments nest in PostgreSQL."""
    depth = 0
    for mark in _NESTED.finditer(sql, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)
