"""Foreign text made fit for a document: no secret, no literal of SQL, no control character, no markup of its own."""

import re

from ..text.clean import clean, clean_lines
from ..text.redact import redact
from ..text.sql import compact

LINE = 1000
"""Characters of a note that a document shows; the whole of it is in the store."""
BLOCK = 20_000
_READ_AHEAD = 4
"""A secret that crosses the limit is recognised before it is cut."""
_SQL = re.compile(
    r"""\b(?: select\b.{1,1000}?\bfrom\b | insert\s+into\b | update\s+[\w."]+\s+set\b | delete\s+from\b
    | merge\s+into\b | with\s+(?:recursive\s+)?\w+\s+as\s*\( | values\s*\( | copy\s+[\w."]+\s*(?:\(|from\b|to\b)
    | (?:where|and|or|having)\s+[\w."]+\s*(?:[=<>~]|!=|in\s*\(|i?like\b|between\b)
    | (?:alter|create|drop)\s+(?:role|user|database|table|index|subscription)\b )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_KEY = re.compile(r"(Key \([^)\n]*\)=)\([^\n]*?\)(?=\s|$)")
"""How PostgreSQL names a row that it refuses."""
_CELLS = re.compile(r"(\s{2,})")
_INLINE = re.compile(r"[\\`*\[\]|]|<(?=[A-Za-z/!?])|&(?=#?\w+;)|~(?=~)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_LEADING = re.compile(r"^(\s*)(?:([#>+=-])|(\d+)([.)](?=\s|$)))")


def line(text: str, limit: int = LINE) -> str:
    """One line of plain text."""
    return clean(without_literals(redact(text[: _READ_AHEAD * limit])).strip(), limit)


def block(text: str, limit: int = BLOCK) -> str:
    """Several lines of plain text; what runs over the limit is said. Cells that two spaces part stay apart."""
    safe = redact(text[: _READ_AHEAD * limit])
    lines = (
        "".join(part if part.isspace() else without_literals(part) for part in _CELLS.split(one))
        for one in clean_lines(safe, limit).splitlines()
    )
    cut = f"\n… cut: {len(text):,} characters in all" if len(text) > limit else ""
    return "\n".join(one.rstrip() for one in lines) + cut


def message(text: str, limit: int = BLOCK) -> str:
    """What somebody typed into a message: their lines, without secrets and literals of SQL."""
    return clean_lines(without_literals(redact(text[: _READ_AHEAD * limit])), limit).strip()


def markdown(text: str, limit: int = LINE, *, leading: bool = True) -> str:
    """One line that reads in a Markdown document as it was written, at the beginning of a line too (`leading`)."""
    escaped = _INLINE.sub(lambda match: f"\\{match[0]}", line(text, limit))
    if not leading:
        return escaped
    return _LEADING.sub(lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[1]}{m[3]}\\{m[4]}", escaped)


def paragraphs(text: str, limit: int = BLOCK) -> str:
    """Several lines that read in a Markdown document as they were written."""
    return "\n".join(markdown(one) for one in message(text, limit).splitlines())


def indented(text: str, limit: int = BLOCK, *, by: int = 4) -> str:
    """Lines as a Markdown block of code: nothing in it can be markup or a heading. Inside a list, `by` is 6."""
    return "\n".join(f"{' ' * by}{one}".rstrip() for one in block(text, limit).splitlines())


def without_literals(text: str) -> str:
    """From where SQL begins to the end each literal as `?`; text without SQL stays as it is."""
    text = _KEY.sub(r"\1(?)", text)
    match = _SQL.search(text)
    return text if match is None else text[: match.start()] + compact(text[match.start() :])
