"""Templates of addresses of other tools' pages: what they may name, which are known, what is wrong with one."""

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlsplit

NAME = re.compile(r"\{([a-z_]+)\}")
PLACEHOLDERS = frozenset((
    "service", "namespace", "pod", "trace_id", "query",
    "from_s", "to_s", "from_ms", "to_ms", "from_us", "to_us", "from_ns", "to_ns", "from", "to",
))  # fmt: skip
"""What a template may name; from and to alone are RFC 3339."""


def _panes(source: str, query: Mapping[str, object], times: tuple[str, str] = ("{from_ms}", "{to_ms}")) -> str:
    """Grafana's Explore with one query; braces of its JSON are no placeholders, since they are encoded."""
    pane = {
        "o": {
            "datasource": source,
            "queries": [{"refId": "A", "datasource": {"type": source, "uid": source}, **query}],
            "range": {"from": "FROM", "to": "TO"},
        }
    }
    coded = quote(json.dumps(pane, separators=(",", ":")), safe="")
    for word, stands in (("FROM", times[0]), ("TO", times[1]), ("QUERY", "{query_json}"), ("TRACE", "{trace_id}")):
        coded = coded.replace(word, stands)
    return f"/explore?schemaVersion=1&panes={coded}"


DEFAULTS = {
    "grafana": ("Grafana: dashboards", "/dashboards?query={service}"),
    "loki": ("Loki (Grafana)", _panes("loki", {"expr": "QUERY"})),
    "jaeger": ("Jaeger: traces", "/search?service={service}&start={from_us}&end={to_us}&limit=20"),
    "tempo": ("Tempo (Grafana)", _panes("tempo", {"queryType": "traceql", "query": "TRACE"})),
}
"""By key: title, and the path behind a tool's own address."""
OF_A_TRACE = {"jaeger": ("Jaeger: trace", "/trace/{trace_id}")}


def whole(templates: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(title, template): of a tool whose address alone is given, the pages that it is known to have."""
    for key, template in templates.items():
        known = DEFAULTS.get(key.lower())
        if known is None or NAME.search(template):
            yield key, template
            continue
        base = template.rstrip("/")
        yield known[0], base + known[1]
        if key.lower() in OF_A_TRACE:
            title, path = OF_A_TRACE[key.lower()]
            yield title, base + path


def mistakes(title: str, template: str) -> Iterator[str]:
    """What is wrong with a template of the settings, in words."""
    # from here on a template is looked at as an address: what stands in braces is none of its parts
    try:
        parts = urlsplit(NAME.sub("x", template))
        scheme, host, user = parts.scheme, parts.hostname, parts.username
    except ValueError:
        yield "is no address"
        return
    if scheme not in ("http", "https") or not host:
        yield "must be an address that begins with http:// or https://"
    elif user is not None:
        yield "holds a user or password: whoever sees the screen would read it"
    if any(ord(character) < 33 or 127 <= ord(character) < 160 for character in template):
        yield "holds a blank or a control character: write %20 for a blank"
    for name in sorted(set(NAME.findall(template)) - PLACEHOLDERS):
        yield f"names {{{name}}}, which is not known; known are: {', '.join(sorted(PLACEHOLDERS))}"
    if not NAME.search(template) and title.lower() not in DEFAULTS:
        yield "has no placeholder: it would be the same page for every service; write {service}, {from_ms}, {to_ms}, …"
