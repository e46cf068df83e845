"""Addresses of other tools' pages for exactly this service and range: templates of the settings, filled in."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from ..config.link_templates import NAME, whole

TRACE = re.compile(
    r"\b(?:trace[_.-]?id|traceid|trace)[\"']?\s*[=:]\s*[\"']?([0-9a-f]{32}|[0-9a-f]{16})\b"
    r"|\b00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}\b",
    re.IGNORECASE,
)
"""A trace's id in a line: `trace_id=…`, `"traceId":"…"`, or a traceparent header."""
PADDING = timedelta(minutes=5)
"""A page begins so long before the trouble: what led to it is seen, too."""


class About(msgspec.Struct, frozen=True, gc=False):
    """What a link is to be about; what is "" is not known, and no link that needs it is offered."""

    start: datetime
    end: datetime
    service: str = ""
    namespace: str = ""
    pod: str = ""
    trace_id: str = ""
    query: str = ""
    """LogQL for its streams."""


class Link(msgspec.Struct, frozen=True, gc=False):
    title: str
    url: str


def links(templates: Mapping[str, str], about: About) -> tuple[Link, ...]:
    """Every link all of whose placeholders are known, in the order of the settings; those of a trace first."""
    found = [Link(title, url) for title, template in whole(templates) if (url := filled(template, about))]
    if not about.trace_id:
        return tuple(found)
    of_trace = [one for one in found if about.trace_id in one.url]
    return (*of_trace, *(one for one in found if one not in of_trace))


def trace_link(templates: Mapping[str, str], about: About) -> str:
    """The address of a trace's own page; "" where the settings name no tool that shows traces."""
    return next((one.url for one in links(templates, about) if about.trace_id and about.trace_id in one.url), "")


def trace_ids(text: str) -> Iterator[tuple[int, int, str]]:
    """(begin, end, id) of each trace that a line names."""
    for found in TRACE.finditer(text):
        group = 1 if found[1] else 2
        yield found.start(group), found.end(group), found[group].lower()


def filled(template: str, about: About) -> str:
    """The address; "" where something that it names is not known."""
    values = _values(about)
    names = set(NAME.findall(template))
    if any(not values.get(name) for name in names):
        return ""
    return NAME.sub(lambda found: quote(values[found[1]], safe=""), template)


def _values(about: About) -> dict[str, str]:
    start, end = about.start.timestamp(), about.end.timestamp()
    values = {
        "service": about.service, "namespace": about.namespace, "pod": about.pod, "trace_id": about.trace_id,
        "query": about.query,
        # inside a JSON string, which is encoded as a whole
        "query_json": json.dumps(about.query)[1:-1],
        "from": f"{about.start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{about.end:%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip
    for unit, factor in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)):
        values[f"from_{unit}"], values[f"to_{unit}"] = str(int(start) * factor), str(int(end) * factor)
    return values
