"""Why an action was not done: each refusal names the guard that spoke."""

from ..model.action import Plan
from ..model.reading import ProblemKind
from ..sources.errors import SourceError


class Refused(SourceError):
    """Nothing was changed. `guard` is one of: read-only, not armed, profile, rights, gone, replaced, paused, bounds,
    typed, dry run, quota, disk, nothing to do, unsupported."""

    def __init__(self, guard: str, sentence: str, remedy: str = "") -> None:
        super().__init__(ProblemKind.REFUSED, sentence, remedy)
        self.guard = guard


class Changed(Exception):
    """Nothing was changed: what the plan showed is not there any more. `plan` is made anew from what is there now."""

    def __init__(self, plan: Plan, fields: tuple[str, ...]) -> None:
        super().__init__("the target has changed since the plan was made")
        self.plan = plan
        self.fields = fields
        """Titles of the lines that read otherwise now."""
