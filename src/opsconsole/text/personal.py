"""Mail addresses, card and telephone numbers taken out of text that applications write: names, comments, tags."""

import re

from .redact import redact

_MAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_PHONE = re.compile(r"(?<![\w+])(?:\+|00)\d(?:[ ()/.-]{0,2}\d){7,14}(?!\d)")


def hide(text: str) -> str:
    """The text with what names a person or opens a door replaced."""
    return redact(_PHONE.sub("<phone>", _CARD.sub(_card, _MAIL.sub("<mail>", text))))


def _card(match: "re.Match[str]") -> str:
    return "<card>" if _luhn([int(mark) for mark in match[0] if mark.isdigit()]) else match[0]


def _luhn(digits: list[int]) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1): `4111 1111 1111 1111` passes, a time stamp seldom does."""
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
