"""What an application writes of itself into a comment of its SQL, as sqlcommenter and marginalia do.

sqlcommenter (https://google.github.io/sqlcommenter/spec/): `/*action='x',route='POST%20%2Fcheckout'*/`; marginalia and
the query log tags of Rails: `/*application:Shop,controller:carts,action:show*/`. Only the tags known here are taken:
others may hold anything, and trace ids tell of one call among thousands.
"""

import re
from urllib.parse import unquote

from .clean import clean
from .personal import hide
from .sql import tokens

KNOWN = ("route", "controller", "action", "job", "component", "framework", "db_driver", "source_location", "line")
APPLICATION = ("application", "app", "service", "service_name", "db_driver_application")
_ALIASES = {"namespaced_controller": "controller", "job_name": "job", "path": "route", "file": "source_location"}
_QUOTED = re.compile(r"([\w.%-]{1,64})\s*=\s*'((?:[^'\\]|\\.)*)'")
_COLON = re.compile(r"(?:^|,)\s*(\w{1,64})\s*:([^,]*)")
LONGEST = 200
MOST_COMMENT = 8000


def tags(sql: str) -> tuple[tuple[str, str], ...]:
    """(tag, value) of all comments, the application first; the first value of each stays."""
    found: dict[str, str] = {}
    if "/*" not in sql and "--" not in sql:
        return ()
    for token in tokens(sql):
        if token.kind == "comment":
            for name, value in _pairs(token.text[2:MOST_COMMENT].removesuffix("*/").strip()):
                found.setdefault(name, value)
    return tuple((name, found[name]) for name in (*APPLICATION, *KNOWN) if found.get(name))


def application(found: tuple[tuple[str, str], ...]) -> str:
    """The application that the tags name, or ""."""
    return next((value for name, value in found if name in APPLICATION), "")


def _pairs(comment: str) -> list[tuple[str, str]]:
    quoted = [(unquote(m[1]), unquote(m[2].replace("\\'", "'"))) for m in _QUOTED.finditer(comment)]
    pairs = quoted or [(m[1], unquote(m[2])) for m in _COLON.finditer(comment)]
    named = ((_ALIASES.get(name.lower(), name.lower()), value) for name, value in pairs)
    return [(name, hide(clean(value.strip(), LONGEST))) for name, value in named]
