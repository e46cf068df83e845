"""SQL made fit for a list: on one line, comments taken out, literals redacted, the caller's tag read from a comment."""

import re
from urllib.parse import unquote

_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<string>  [eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)
                 | (?:[bBxXnN]|[uU]&)?'(?:[^']|'')*(?:'|\Z)
                 | \$(?P<tag>[^\W\d]\w*|)\$ .*? (?:\$(?P=tag)\$|\Z) )
    | (?P<name>    "(?:[^"]|"")*(?:"|\Z) | [^\W\d][\w$]* | \$\d+ )
    | (?P<number>  (?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)? (?:[xXoObB][0-9a-fA-F_]+)? )
    | (?P<space>   \s+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_TAG = re.compile(r"([\w.%-]+)\s*=\s*'((?:[^'\\]|\\.)*)'|\b(application|app)\s*:\s*([\w.-]+)")
_APPLICATION = ("application", "app", "service", "service_name", "db_driver_application")


def compact(sql: str) -> str:
    """One line, without comments, each literal as `?`; parameters and names stay.

    A literal that the server has cut off is redacted to its end. A backslash escapes in E'…' only (as everywhere since
    standard_conforming_strings became the default).
    """
    return " ".join(_TOKEN.sub(_replace, sql).split())


def application_tag(sql: str) -> str:
    """The application that a sqlcommenter comment (https://google.github.io/sqlcommenter/spec/) names, or ""."""
    for comment in (match for match in _TOKEN.finditer(sql) if match["comment"]):
        tags = {unquote(m[1] or m[3]).lower(): unquote(m[2] or m[4] or "") for m in _TAG.finditer(comment["comment"])}
        for name in _APPLICATION:
            if tags.get(name):
                return tags[name]
    return ""


def _replace(match: "re.Match[str]") -> str:
    if match["comment"] is not None or match["space"] is not None:
        return " "
    if match["string"] is not None or match["number"] is not None:
        return "?"
    return match[0]
