"""What kind of statement a text is: whether it has a plan, reads only, is bounded; and how it can be planned."""

import re

from .sql import Token, tokens

PLANNED = frozenset(("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES", "TABLE"))
_LOCKING = re.compile(r"\bFOR (?:NO KEY )?(?:UPDATE|SHARE|KEY SHARE)\b")
_TYPED = re.compile(
    r"\b(interval|date|time(?:stamp)?(?:tz|\s+with(?:out)?\s+time\s+zone)?)\s+(\$\d+)"
    r"(?:\s+(?:year|month|day|hour|minute|second)\b)?",
    re.IGNORECASE,
)
_WRITING = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE)\b")


def keyword(sql: str) -> str:
    """The first word in capitals: `SELECT`; "" where there is none."""
    return next((token.text.upper() for token in tokens(sql) if token.kind == "name"), "")


def refusal(sql: str) -> str:
    """Why no plan is asked for this text; "" where one may be."""
    first = keyword(sql)
    if first not in PLANNED:
        return f"{first or 'this'} is a utility statement: only SELECT, INSERT, UPDATE, DELETE and MERGE have a plan"
    ended = False
    for token in tokens(sql):
        if token.kind in ("comment", "hint", "space"):
            continue
        if ended:
            return "the text holds more than one statement: no plan is asked for"
        if token.kind == "other" and ";" in token.text:
            ended = True
            if token.text.rpartition(";")[2].strip() or token.text.count(";") > 1:
                return "the text holds more than one statement: no plan is asked for"
    return ""


def reads(sql: str) -> bool:
    """Whether it only reads and locks nothing: what could come from a cache instead."""
    words = _words(sql)
    return words.startswith(("SELECT", "WITH")) and not _LOCKING.search(words) and not _WRITING.search(words)


def bounded(sql: str) -> bool:
    """Whether it says how many rows it wants."""
    return bool(re.search(r"\b(?:LIMIT|FETCH (?:FIRST|NEXT))\b", _words(sql)))


def planned(raw: bytes) -> bytes:
    """The text as EXPLAIN can take it.

    Comments go, since they name the application and not us; hints stay. pg_stat_statements writes `interval $1` where
    `interval '1 day'` stood, which is no SQL: it becomes a cast.
    """
    # Latin 1 takes every byte for a character and gives it back: no encoding of a server uses ASCII bytes otherwise.
    text = "".join(" " if token.kind == "comment" else token.text for token in tokens(raw.decode("latin-1")))
    return _TYPED.sub(r"CAST(\2 AS \1)", text).lstrip().rstrip("; \t\r\n").encode("latin-1")


def bound(text: bytes) -> tuple[bytes, frozenset[str]]:
    """The same with each parameter `$1` as psycopg's `%(p1)s`, and the names of these."""
    names: set[str] = set()

    def placeholder(token: Token) -> str:
        if token.kind == "name" and token.text.startswith("$"):
            names.add(f"p{token.text[1:]}")
            return f"%(p{token.text[1:]})s"
        return token.text.replace("%", "%%")

    return "".join(map(placeholder, tokens(text.decode("latin-1")))).encode("latin-1"), frozenset(names)


def _words(sql: str) -> str:
    def word(token: Token) -> str:
        return token.text.upper() if token.kind == "name" else " "

    return " ".join("".join(map(word, tokens(sql))).split())
