"""`D`: declare an incident, filled in from what is wrong: two keys where nothing needs correcting."""

import re
from collections.abc import Callable

import msgspec

from ...config.settings import Policy, SeverityLevel
from ...records.records import Proposal, Records
from ...rules.incident_clocks import ROLES
from ...rules.severity import level_of, scheme
from ...text import clock, moment, units
from ...text.clean import clean
from ...widgets.line import Part, Parts
from ...widgets.theme import Palette
from .form import Field, Form

_FILE = re.compile(r"\b(\d{3})_[0-9a-f]{8,}\.txt(?::\d+(?:(?: to| and) \d+)*)?")
NOBODY = ""
YES = "yes"


class DeclareDialog(Form):
    """Everything can be corrected before it is declared: tab goes from field to field."""

    def __init__(
        self, records: Records, proposal: Proposal, source: str, palette: Palette, ready: Callable[[], None]
    ) -> None:
        """`source` says what it was filled in from."""
        self.records = records
        self.proposal = proposal
        self.source = source
        levels = [(str(one.level), severity_words(records.policy, one.level)) for one in scheme(records.policy)]
        impact = f"{proposal.impact:%H:%M}" if proposal.impact is not None else ""
        if proposal.impact is not None and proposal.impact.date() != clock.now().date():
            impact = f"{proposal.impact:%Y-%m-%d %H:%M}"
        self._impact_shown = impact
        fields = [
            Field("title", "title", clean(proposal.title, 200), placeholder="what is wrong, in a few words"),
            Field("severity", "severity", str(proposal.severity), tuple(levels)),
            Field("service", "service", clean(proposal.service, 100), placeholder="what it is about"),
            Field("impact", "impact", impact, placeholder=f"since when it hurts: {moment.EXAMPLES} (UTC)"),
            Field("role", "you are", proposal.role, (*((role, role) for role in ROLES), (NOBODY, "without a role"))),
            Field("drill", "drill", YES if proposal.drill else "", (("", "no"), (YES, "yes: an exercise"))),
        ]
        super().__init__("Declare an incident", fields, ("Declare", "Cancel"), palette, ready=ready)
        self.notes = 7
        if not proposal.title:  # nothing is wrong here: somebody has to say what it is
            self.at = 0

    def about(self) -> list[Parts]:
        level = int(self.value("severity"))
        told = level_of(self.records.policy, level)
        proposed = severity_words(self.records.policy, self.proposal.severity).partition(":")[0]
        why = clean(runbooks(self.proposal.why), 200)
        reason = f"{proposed} is proposed: {why}" if why else f"{proposed} where nothing tells more"
        source = f"from {clean(self.source, 200)}" if self.source else ""
        lines = [*self.folded(reason), *self.folded(clocks_of(told)), *self.folded(source)]
        return [[], *([Part(f" {line}", "dim")] for line in lines)]

    def asked(self) -> Proposal:
        """What shall be declared, as the fields say. ValueError with a sentence."""
        title = self.value("title")
        if not title:
            raise ValueError("it needs a title")
        typed = self.value("impact")
        impact = self.proposal.impact
        if typed != self._impact_shown:
            impact = moment.parse(typed, clock.now()) if typed else None
        return msgspec.structs.replace(
            self.proposal,
            title=title,
            severity=int(self.value("severity")),
            service=self.value("service"),
            impact=impact,
            drill=self.value("drill") == YES,
            role=self.value("role"),
        )

    async def save(self, button: str) -> str:
        incident = await self.records.declare(self.asked())
        label = severity_words(self.records.policy, incident.severity).partition(":")[0]
        due = "" if incident.next_update is None else f"; next update due {units.clock(incident.next_update)}Z"
        role = dict(incident.roles)
        taken = "".join(f"; {clean(name, 40)} is {part}" for part, name in role.items())
        drill = " (drill)" if incident.drill else ""
        return f"{incident.id} {label}{drill} declared and saved {units.clock(incident.declared)}Z{taken}{due}"


def runbooks(text: str) -> str:
    """Where a rule comes from in two words, `runbook 004`; its file and line stand in the entry of the declaration."""
    return _FILE.sub(r"runbook \1", text)


def severity_words(policy: Policy, level: int) -> str:
    """`SEV2: major degradation …`, with the policy's own label."""
    told = level_of(policy, level)
    return f"{clean(told.label, 20)}: {clean(told.meaning, 120)}" if told.meaning else clean(told.label, 20)


def clocks_of(level: SeverityLevel) -> str:
    """What a severity asks for: `answer in 30m · update every 20m · resolve in 24h · war room`."""
    parts = [
        f"answer in {units.span(level.respond_s)}" if level.respond_s is not None else "",
        f"update every {units.span(level.update_s)}" if level.update_s is not None else "",
        f"resolve in {units.span(level.resolve_s)}" if level.resolve_s is not None else "",
        clean(level.escalation, 120),
    ]
    return " · ".join(part for part in parts if part)
