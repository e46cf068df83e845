"""Checks the policy against what can be measured: a rule that nothing measures can never fire."""

from ..config.catalogue import Catalogue, presumed_for
from ..config.settings import Policy, Profile
from ..poller.judge import OBSERVERS
from ..text.units import plural
from .check import Check, Verdict


def unmeasured(profile: Profile, policy: Policy) -> tuple[str, ...]:
    """Measures that rules of the policy name and that no source of any profile, and no query of this one, tells."""
    told = {measure for measures, _ in OBSERVERS.values() for measure in measures}
    told |= set(Catalogue(profile.metrics, presumed_for(profile.metrics)).measures())
    for server in profile.postgres:
        told |= {"pg.cpu"} if server.cpu else set()
        told |= {"statement.p95"} if server.statement_p95 else set()
    return tuple(sorted({rule.measure for rule in policy.rules.values()} - told))


def check(profile: Profile, policy: Policy) -> list[Check]:
    """One line about the policy; a rule that waits for its query is no fault, so the verdict stays fine."""
    silent = unmeasured(profile, policy)
    said = f"{profile.policy}: {plural(len(policy.rules), 'rule')}"
    if not silent:
        return [Check("policy", Verdict.FINE, said)]
    where = ", ".join(silent)
    remedy = f'to have them judged give [profiles.NAME.metrics.queries] "measures.{silent[0]}" = "PromQL"'
    return [Check("policy", Verdict.FINE, f"{said}; nothing measures {where}, so their rules cannot fire", remedy)]
