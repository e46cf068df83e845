"""The page of `w`, of one shape on every tab: what, judged by, how it came about, formula, asked, answer, command."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..config.runbooks import quoted
from ..config.settings import Rule
from ..model.finding import Finding
from ..poller import topics
from ..poller.topics import Topic
from ..rules.findings import amount
from ..rules.formulas import formula
from ..rules.measures import subject
from ..rules.shell_command import command, psql
from ..text import units
from ..text.clean import clean, clean_lines
from ..text.redact import redact
from .asked_words import asked_of, asked_words
from .base import Tab
from .now_lines import facts_of
from .row_keys import row_words
from .why_sources import Put, put

ASKED_MOST = 6
"""So many queries are told; the page says how many more there are."""
ANSWER_LINES = 24
INDENT = "  "
NAMED = {
    (0, "now"): "findings",
    (4, "services"): "costs",
    (5, "health"): "customers",
    (6, "open"): "incidents",
    (6, "all"): "incidents",
}
"""Views that are called as another one, or by no word that says what they show."""
BESIDE: tuple[tuple[str, Topic[Any]], ...] = (
    ("path", topics.SERVICES),
    ("split", topics.SPLITS),
    ("pulse", topics.TILES),
    ("fullest", topics.POD_USAGE),
)
"""The parts of the Now page beside its list."""


def why_page(tab: Tab) -> str:
    """All that is known of how the row under the cursor came about."""
    finding, asked = _finding(tab), put(tab)
    told = _told(tab, finding, [one for _, one in asked])
    rule = tab.context.policy.rules.get(finding.rule) if finding is not None else None
    sections = [
        ("WHAT", _what(tab, finding)),
        ("JUDGED BY", judged(finding, rule, tab.context.profile.policy)),
        ("HOW IT CAME ABOUT", told),
        ("FORMULA", formula(rule.measure if rule is not None else "", _view(tab))),
        ("ASKED", _asked(asked)),
        ("RAW ANSWER", _answer(tab, asked)),
        ("BESIDE IT ON THIS PAGE", _beside(tab) if tab.digit == 0 else ""),
        ("THE SAME FROM A SHELL", "\n".join(commands(tab, asked))),
    ]
    return "\n\n".join(f"{title}\n{_set_in(text)}" for title, text in sections if text)


def _finding(tab: Tab) -> Finding | None:
    row = getattr(tab, "row", None)
    return row if isinstance(row, Finding) else tab.finding()


def _view(tab: Tab) -> str:
    """Id of the view, or of the pane that one went into."""
    pane, view = str(getattr(tab, "pane", "")), tab.view
    return NAMED.get((tab.digit, view), pane or view)


def asked_lines(tab: Tab) -> list[str]:
    """The last sections by themselves, for a page of another shape."""
    asked = put(tab)
    sections = (("ASKED", _asked(asked)), ("THE SAME FROM A SHELL", "\n".join(commands(tab, asked))))
    return [line for title, text in sections if text for line in ("", title, *_set_in(text).splitlines())]


# ---- the sections ---------------------------------------------------------------------------------------------------


def _what(tab: Tab, finding: Finding | None) -> str:
    cells = " · ".join(part.strip() for part in tab.copy_text().split("  ") if part.strip())
    row = clean(cells, 300)
    return "\n".join(dict.fromkeys(part for part in (row, clean(finding.what) if finding is not None else "") if part))


def judged(finding: Finding | None, rule: Rule | None, policy: str) -> str:
    """Rule, limit, duration and where the rule comes from, word for word."""
    if finding is None:
        return f"no rule of policy {policy} fires or pends on this row"
    facts = [(title, value) for title, value in facts_of(finding, policy) if value and title not in ("what", "rule")]
    lines = [f"{'state':<14}{finding.state}", *(f"{title:<14}{value}" for title, value in facts)]
    if rule is not None:
        lines.insert(0, f"{'rule':<14}{clean(finding.rule)} of policy {policy}: {rule_words(rule)}")
    elif finding.rule:
        lines.insert(0, f"{'rule':<14}{clean(finding.rule)}, which no policy sets")
    lines += [f"{'':<14}{clean(place)}: {clean(said)}" for place, said in quoted(finding.origin) if said]
    return "\n".join(lines)


def rule_words(rule: Rule) -> str:
    """`P99 > 500 ms for 15m, kept firing 5m more, critical`."""
    held = f" for {units.span(rule.for_s)}" if rule.for_s else ""
    clear = f", clear at {amount(rule.clear, rule.unit)}" if rule.clear is not None else ""
    kept = f", kept firing {units.span(rule.keep_firing_s)} more" if rule.keep_firing_s else ""
    limit = f"{subject(rule).word or clean(rule.title)} {rule.compare} {amount(rule.limit, rule.unit)}"
    return f"{limit}{held}{clear}{kept}, {rule.severity}"


def _told(tab: Tab, finding: Finding | None, asked: Iterable[Any]) -> str:
    """What the tab itself says, without what the other sections say again."""
    text = tab.why()
    for one in asked:
        text = text.replace(asked_words((one,)), "")
    if finding is not None:
        facts = [f"{title:<14}{value}" for title, value in facts_of(finding, tab.context.profile.policy) if value]
        text = text.replace("\n".join(facts), "")
    text = text.replace("the queries, newest answers", "")
    kept = [part.strip("\n") for part in text.split("\n\n") if part.strip()]
    return "\n\n".join(part for part in kept if part != "live" and not part.startswith("no rule of policy"))


def _asked(asked: Sequence[Put]) -> str:
    if not asked:
        return "nothing is kept of what was asked for this row"
    shown = asked_words(one for _, one in asked[:ASKED_MOST])
    more = len(asked) - ASKED_MOST
    return f"{shown}\n\nand {units.plural(more, 'more query', 'more queries')}" if more > 0 else shown


def _answer(tab: Tab, asked: Sequence[Put]) -> str:
    """The beginning of the raw answers; of what keeps none, the row as its source tells it."""
    kept = [one.answer for _, one in asked[:ASKED_MOST] if one.answer]
    lines = clean_lines(redact("\n".join(kept) or tab.raw())).strip("\n").splitlines()
    cut = [f"… {len(lines) - ANSWER_LINES} more lines (y shows all)"] if len(lines) > ANSWER_LINES else []
    return "\n".join([*lines[:ANSWER_LINES], *cut])


def _beside(tab: Tab) -> str:
    """The other parts of the Now page, each with the first of its queries; and what the Now line shows."""
    lines = [f"{'now line':<10}{formula('', 'findings')}"]
    for title, topic in BESIDE:
        reading = tab.context.board.get(topic)
        asked = asked_of(reading)
        if reading.taken is None or not (asked or reading.source):
            continue
        text = " ".join((asked[0].text if asked else reading.source).split())
        count = f"{units.plural(len(asked), 'query', 'queries')} " if asked else ""
        when = f"{reading.taken:%H:%M:%S}Z in {units.seconds(reading.took_s)}"
        lines.append(f"{title:<10}{count}at {when}: {clean(text, 200)}")
    return "\n".join(lines)


def commands(tab: Tab, asked: Sequence[Put]) -> list[str]:
    """That of the row itself, then each query as a command, the same once."""
    made = [command(system, one, tab.context.profile) for system, one in asked[:ASKED_MOST]]
    return list(dict.fromkeys(one for one in (_own(tab), *made) if one))


def _own(tab: Tab) -> str:
    """The row's command; a statement in SQL is put to the server that is looked at."""
    own = tab.copy_command()
    desk = getattr(tab, "desk", None)
    if not own.startswith("SELECT ") or desk is None:
        return own
    name = getattr(desk.reading("facts").value, "server", "") or desk.server
    server = next((one for one in tab.context.profile.postgres if one.name == name), None)
    return psql(server, own) if server is not None else ""


def _set_in(text: str) -> str:
    return "\n".join(f"{INDENT}{line}" if line else "" for line in text.splitlines())


def title_of(tab: Tab) -> str:
    """`why · api P99 1.9 s > 500 ms · Metrics`."""
    return f"why · {row_words(tab)} · {tab.title}"
