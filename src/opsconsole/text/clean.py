"""Foreign text made safe for a terminal: control characters become visible, lines become one, width is measured."""

import re
import unicodedata

from rich.cells import cell_len, set_cell_size

_CONTROL = {code: chr(0x2400 + code) for code in range(32)} | {127: "␡"}
_BIDI = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"
_HIDDEN = {ord(mark): f"<{ord(mark):04x}>" for mark in _BIDI + "\u200b\ufeff\u2028\u2029"}
_HIDDEN |= {code: f"<{code:02x}>" for code in range(0x80, 0xA0)}
_PLAIN = re.compile(r"[ -~]*")


def clean(text: str, limit: int = 4096) -> str:
    """One line without a character that could move the cursor, reorder text or hide: each is written visibly.

    Lone surrogates (undecodable bytes) become `�`. Longer than `limit` characters: cut, with `…`.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if _PLAIN.fullmatch(text):
        return text
    text = text.encode("utf-8", "replace").decode() if any("\ud800" <= c <= "\udfff" for c in text) else text
    return _join(unicodedata.normalize("NFC", text).translate(_CONTROL).translate(_HIDDEN))


def clean_lines(text: str, limit: int = 65536) -> str:
    """The same for text of several lines: line feeds and tabs keep their meaning."""
    return "\n".join(clean(line.replace("\t", "    "), limit) for line in text[:limit].splitlines())


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Text cut or padded to exactly `width` cells; what is cut ends in `~`. Wide characters count as two cells."""
    if width <= 0:
        return ""
    length = len(text) if text.isascii() else cell_len(text)
    if length == width:
        return text
    if length > width:
        return (text[: width - 1] if text.isascii() else set_cell_size(text, width - 1)) + "~"
    return " " * (width - length) + text if right else text + " " * (width - length)


def wrapped(text: str, width: int) -> list[str]:
    """Text broken between words into lines of at most `width` cells; a longer word goes on in the next."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and cell_len(joined) <= width:
            lines[-1] = joined
        else:
            while cell_len(word) > width > 1:
                head = set_cell_size(word, width).rstrip()
                lines.append(head)
                word = word[len(head) :]
            lines.append(word)
    return lines


def _join(text: str) -> str:
    """A combining mark at the very beginning would attach itself to its neighbour's cell: give it a carrier."""
    return "◌" + text if text and unicodedata.combining(text[0]) else text
