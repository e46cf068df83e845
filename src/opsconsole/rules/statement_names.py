"""How findings call a statement: its id alone says nothing to whoever has not seen the table."""

from ..model.statements import NOT_READ, StatementRate
from ..text.clean import clean
from .statements import short_id

WORDS = 32
"""Characters of its text, at most."""


def called(row: StatementRate, server: str = "") -> str:
    """`7f3a of api`; `server` names one that is not the first."""
    parts = [short_id(row.query_id)]
    if row.main_application:
        parts.append(f"of {clean(row.main_application, 32)}")
    if server:
        parts.append(f"on {clean(server)}")
    return " ".join(part for part in parts if part)


def beginning(text: str) -> str:
    """`select * from order_items…`; "" where the text is not known."""
    if text == NOT_READ:
        return ""
    text = clean(" ".join(text[: 8 * WORDS].split()))
    if len(text) <= WORDS:
        return text
    head = text[:WORDS]
    whole = head if text[WORDS] == " " else head.rpartition(" ")[0] or head
    return f"{whole.rstrip(' ,')}…"
