"""`D` while an incident is open: take a role in it, or go on to declare another one."""

from collections.abc import Callable, Sequence

from ...model.incident import Incident
from ...records.records import Records
from ...rules.incident_clocks import ROLES
from ...text import clock, units
from ...text.clean import clean
from ...widgets.line import Part, Parts
from ...widgets.theme import Palette
from .form import Field, Form
from .note import named

JOIN, ANOTHER = "Join", "Declare another"


class JoinDialog(Form):
    """The first role that nobody has is offered to whoever sits here."""

    def __init__(
        self,
        records: Records,
        incidents: Sequence[Incident],
        palette: Palette,
        another: Callable[[], None],
        ready: Callable[[], None],
    ) -> None:
        """`incidents`: the open ones, the likeliest first; `another` opens the form of a new one."""
        self.records = records
        self.incidents = {incident.id: incident for incident in incidents}
        self._another = another
        first = incidents[0]
        fields = [
            Field("incident", "join", first.id, tuple((one.id, named(one)) for one in incidents)),
            Field("role", "as", missing(first)[0] if missing(first) else ROLES[0], tuple((r, r) for r in ROLES)),
            Field("person", "who", records.who.user, placeholder="a name"),
        ]
        heading = f"{first.id} is open" if len(incidents) == 1 else f"{len(incidents)} incidents are open"
        super().__init__(heading, fields, (JOIN, ANOTHER, "Cancel"), palette, ready=ready)
        self.notes = 3

    def about(self) -> list[Parts]:
        incident = self.incidents[self.value("incident")]
        since = units.age(incident.impact or incident.declared, clock.now())
        given = dict(incident.roles)
        holder = given.get(self.value("role"), "")
        taken = f" {self.value('role')} is {clean(holder, 40)} now: joining takes it over" if holder else ""
        roles = ", ".join(f"{role} {clean(given.get(role, ''), 30) or 'NONE'}" for role in ROLES)
        stands = f"{clean(incident.service, 40)} · {clean(incident.state)} · +{since} · {roles}"
        lines: list[Parts] = [[Part(f" {line}", "dim")] for line in self.folded(stands)]
        return [*lines, [Part(taken, "warning")]] if taken else lines

    def chosen(self, field: Field) -> None:
        """Another incident has other roles to fill."""
        if field.id == "incident":
            free = missing(self.incidents[field.value])
            self.fields[1].value = free[0] if free else ROLES[0]

    async def save(self, button: str) -> str:
        if button == ANOTHER:
            self.dismiss(None)
            self.app.call_later(self._another)
            return ""
        role, person = self.value("role"), self.value("person")
        if not person:
            raise ValueError("who takes the role? type a name")
        incident = await self.records.join(self.value("incident"), role, person)
        return f"saved: {clean(person, 40)} is {role} of {incident.id} ({clean(incident.title, 60)})"


def missing(incident: Incident) -> list[str]:
    """The roles that nobody has, the most needed first."""
    given = dict(incident.roles)
    return [role for role in ROLES if not given.get(role)]
