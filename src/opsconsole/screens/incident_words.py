"""An incident in words: its line in a list, the header of its page, and what comes next."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from ..config.settings import Contact, Policy
from ..model.customer import Customers
from ..model.finding import Finding
from ..model.incident import Incident
from ..model.reading import Reading, State
from ..rules.incident_clocks import ROLES, Clock, Clocks, clocks
from ..rules.severity import label
from ..text import units
from ..text.clean import clean
from ..widgets.line import Part, lay_out, width_of
from .customers import hurt_rows

WIDE = 120
"""From this width on the header says everything in full."""
SHORT_ROLES = {"commander": "cmdr", "operations": "ops"}
Told = tuple[str, str]
"""Words and their style."""


def title_of(incident: Incident, policy: Policy) -> str:
    """`INC-7 SEV2 checkout slow · api (drill)`."""
    drill = " (drill)" if incident.drill else ""
    head = f"{incident.id} {clean(label(policy, incident.severity), 12)} {clean(incident.title)}{drill}"
    return " · ".join(part for part in (head, clean(incident.service, 40)) if part)


def header(
    incident: Incident, policy: Policy, customers: Reading[Customers], width: int, now: datetime
) -> tuple[list[Part], list[Part]]:
    """Two lines: what it is, its state, its clocks; roles, and whom and what it hurts."""
    at = clocks(incident, policy, now)
    state = Part(clean(incident.state).upper(), "warning" if incident.open else "ok")
    if width >= WIDE:
        head = [Part(" " + title_of(incident, policy), "title"), Part(" · "), state]
        times = _fitting(_clock_parts(at), width - width_of(head) - 2)
        first = lay_out(head, times, width)
        hurt = impact_words(incident, policy.contacts, customers)
        return first, lay_out([Part(" "), *_roles(incident, at)], [Part(hurt + " ")], width)
    head = [Part(f" {incident.id} {clean(label(policy, incident.severity), 12)} ", "title"), state]
    head.append(Part(f" {clean(incident.title)}{' (drill)' if incident.drill else ''}", "title"))
    hurt = _hurt(incident, customers, short=True)
    first = lay_out(head, [Part(hurt + " ")] if hurt else [], width)
    missing = f" no {','.join(SHORT_ROLES.get(role, role) for role in at.empty_roles)}" if at.empty_roles else ""
    right = [Part(missing + " ", "warning")] if missing else []
    return first, lay_out(_fitting(_clock_parts(at), width - width_of(right) - 1), right, width)


def _clock_parts(at: Clocks) -> list[list[Part]]:
    """The clocks in full, without their times, and in as few letters as can be."""
    told = [clock for clock in at.all if clock.words]
    full = [_part(clock, f"{clock.title} {clock.words}") for clock in told]
    brief = [_part(clock, f"{clock.title} {_brief(clock)}") for clock in told]
    short = [_part(clock, f"{clock.title} {clock.short}") for clock in told]
    names = {"impact": "impact", "declared": "decl", "acknowledged": "ack", "update": "upd", "resolution": "res"}
    tiny = [_part(clock, f"{names[clock.id]} {clock.short.removeprefix('in ')}") for clock in told]
    return [
        _joined(full, " · "),
        _joined(brief, " · "),
        _joined(short, " · "),
        _joined(tiny, " · "),
        _joined(tiny, " "),
    ]


def _brief(clock: Clock) -> str:
    """`02:41 +12m`; of what is to come only the one that matters: `8m` to an update, `06:45` of a target."""
    if clock.id == "update":
        return clock.short.removeprefix("in ")
    return clock.words.partition(",")[0] if clock.id == "resolution" and not clock.overdue else clock.words


def _part(clock: Clock, words: str) -> Part:
    return Part(words, "critical" if clock.overdue else "warning" if clock.soon else "")


def _joined(parts: Sequence[Part], between: str) -> list[Part]:
    joined: list[Part] = [Part(" ")]
    for number, part in enumerate(parts):
        joined += [Part(between)] if number else []
        joined.append(part)
    return [*joined, Part(" ")]


def _fitting(versions: Sequence[list[Part]], width: int) -> list[Part]:
    return next((parts for parts in versions if width_of(parts) <= width), versions[-1])


def _roles(incident: Incident, at: Clocks) -> list[Part]:
    """Who has which role; a missing one is said where it is needed."""
    given = dict(incident.roles)
    wanted = [
        *(role for role in ROLES if role in at.empty_roles or given.get(role)),
        *(r for r in given if r not in ROLES),
    ]
    parts: list[Part] = []
    for role in wanted:
        parts += [Part(" · ")] if parts else []
        name = clean(given.get(role, ""), 24)
        parts += [Part(f"{clean(role, 20)} ", "dim"), Part(name or "NONE", "" if name else "warning")]
    return parts or [Part("no roles are recorded", "dim")]


def impact_words(incident: Incident, contacts: Sequence[Contact], customers: Reading[Customers]) -> str:
    """`hurt 212 cust in the last 15m, $84k MRR · on call primary > secondary`; of a past one only who was called."""
    chain = [clean(contact.name or contact.role, 24) for contact in sorted(contacts, key=lambda one: one.after_s)]
    called = f"on call {' > '.join(chain[:3])}" if chain and incident.open else ""
    return " · ".join(part for part in (_hurt(incident, customers), called) if part)


def _hurt(incident: Incident, customers: Reading[Customers], *, short: bool = False) -> str:
    """Whom it hurts now; never of a past incident, and never 0 where it is not measured."""
    base = customers.value
    if not incident.open:
        return ""
    if base is None or not base.hurt_measured:
        return "" if short else "whom it hurts is not measured"
    hurt = hurt_rows(base)
    revenue = sum((row.customer.monthly_revenue or Decimal(0) for row in hurt), Decimal(0))
    old = "" if customers.state in (State.OK, State.LATE) else f" {customers.state.value.upper()}"
    window = units.span(base.hurt_window_s) if base.hurt_window_s else ""  # it stands so long after the last request
    over = f" in the last {window}" if window else ""
    if not hurt:
        return f"no customer hurt{'' if short else over}{old}"
    money = units.money(revenue) if revenue < 10_000 else f"${units.number(float(revenue))}"
    count = f"{len(hurt):,} cust"
    if short:
        return f"{count}{f' in {window}' if window else ''} {money}{old}"
    return f"hurt {count}{over}, {money} MRR{old}"


def next_steps(
    incident: Incident, policy: Policy, findings: Sequence[Finding], now: datetime, todos: int = 0
) -> list[Told]:
    """What the clock and the state want, the most pressing first."""
    at = clocks(incident, policy, now)
    steps: list[Told] = [(f"! {role} missing (D joins)", "warning") for role in at.empty_roles]
    if incident.open and incident.acknowledged is None:
        steps.insert(0, _due(at.acknowledged, "nobody has acknowledged it (A)"))
    if at.update.words:
        late = at.update.overdue
        steps.insert(0 if late else len(steps), _due(at.update, f"{'' if late else 'next '}update (I writes it)"))
    if incident.impact is None:
        steps.append(("since when it hurts is not set", "warning"))
    steps += _by_state(incident, policy, findings, now)
    if at.resolution.words and incident.open:
        steps.append(_due(at.resolution, "resolution"))
    if todos:
        steps.append((f"{units.plural(todos, 'action')} to follow up (v d)", ""))
    return steps


def _due(clock: Clock, what: str) -> Told:
    style = "critical" if clock.overdue else "warning" if clock.soon else ""
    return f"{'! ' if style else ''}{what}: {clock.words}", style


def _by_state(incident: Incident, policy: Policy, findings: Sequence[Finding], now: datetime) -> list[Told]:
    """What the state asks for, held against the finding that it was declared from."""
    seen = next((one for one in findings if one.id == incident.finding), None)
    if incident.state in ("resolved", "closed", "cancelled"):
        return [("close it when the postmortem is agreed (T)", "")] if incident.state == "resolved" else []
    rule = policy.rules.get(incident.finding.partition(":")[0])
    held = units.span((rule.for_s or 300.0) * policy.duration_scale) if rule is not None else "15m"
    if seen is not None:
        what = f"{clean(seen.what, 60)}, for {units.age(seen.since, now)}"
        if incident.state in ("mitigated", "monitoring"):
            return [(f"! NOT over: {what}", "critical")]
        limit = f"no longer {seen.limit}" if seen.limit else "it no longer fires"
        still = "pends" if seen.state == "pending" else "fires"
        return [(f"{still} still: {what}", ""), (f"after mitigation: verify {limit} for {held}", "")]
    if incident.state in ("mitigated", "monitoring"):
        return [(f"quiet for {held}? then it is resolved (T)", "")]
    if incident.finding:
        return [("its finding fires no more: mitigated? (T)", "warning")]
    return [("after mitigation: verify with what it was seen by", "")]


def headline_steps(steps: Sequence[Told]) -> str:
    """The pressing ones in one line."""
    missing = [words.removeprefix("! ").partition(" missing")[0] for words, _ in steps if " missing (" in words]
    pressing = [words.removeprefix("! ") for words, style in steps if style and " missing (" not in words]
    parts = [*pressing, *([f"missing: {', '.join(missing)} (D joins)"] if missing else [])]
    calm = next((words for words, _ in steps), "nothing is due")
    return " · ".join(parts) or calm
