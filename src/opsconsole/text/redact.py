"""Secrets taken out of text before it reaches a log, an error, a document or the screen."""

import re

MASK = "***"
_PATTERNS = (
    # user:password@ in URLs and libpq strings; the last @ ends the password, as the libraries read it
    (re.compile(r"(?i)(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s/]+@"), rf"\1:{MASK}@"),
    # password=…, token: …, "apiKey": "…" in any notation, PGPASSWORD=… and db_password: … too
    (
        re.compile(
            r"(?i)([\"']?(?<![\w.-])[\w.-]*(?:pass(?:word|wd)?|pwd|secret|token|api[_-]?key|access[_-]?key"
            r"|client[_-]?secret|client-key-data|credentials?)\b[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&}\]]+)"
        ),
        rf"\1{MASK}",
    ),
    # --db-password …, as on a command line
    (
        re.compile(
            r"(?i)((?<![\w-])--[\w-]*(?:pass(?:word|wd)?|pwd|secret|token|api-?key|access-?key|credentials?)\s+)"
            r"(\"[^\"]*\"|'[^']*'|[^\s,;&}\]\"'-][^\s,;&}\]\"']*)"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{6,}"), rf"\1 {MASK}"),
    # JSON web tokens, wherever they stand
    (re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*"), MASK),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), MASK),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), MASK),
)
_known: set[str] = set()


def remember(secret: str) -> None:
    """Name a secret that was resolved at run time, so that it is masked wherever it shows up."""
    if len(secret) >= 4:
        _known.add(secret)


def redact(text: str) -> str:
    """The text with every known or recognisable secret replaced by `***`."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, MASK)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text
