"""Scenarios: what happens to the shop, as timed steps and as the behaviour of the versions that come to run."""

from opsconsole.demo.scenarios.cache_collapse import CACHE_COLLAPSE
from opsconsole.demo.scenarios.crash_loop import CRASH_LOOP
from opsconsole.demo.scenarios.hpa_ceiling import HPA_CEILING
from opsconsole.demo.scenarios.lock_pileup import LOCK_PILEUP
from opsconsole.demo.scenarios.missing_index import MISSING_INDEX
from opsconsole.demo.scenarios.node_loss import NODE_LOSS
from opsconsole.demo.scenarios.noisy_neighbour import NOISY_NEIGHBOUR
from opsconsole.demo.scenarios.pool_exhaustion import POOL_EXHAUSTION
from opsconsole.demo.scenarios.quiet_failure import QUIET_FAILURE
from opsconsole.demo.scenarios.script import Scenario, Script, Stage, Step
from opsconsole.demo.scenarios.slow_release import CALM, DEFAULT, SLOW_RELEASE
from opsconsole.demo.scenarios.vacuum_behind import VACUUM_BEHIND

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        DEFAULT,
        CALM,
        SLOW_RELEASE,
        CRASH_LOOP,
        HPA_CEILING,
        NOISY_NEIGHBOUR,
        NODE_LOSS,
        LOCK_PILEUP,
        POOL_EXHAUSTION,
        CACHE_COLLAPSE,
        MISSING_INDEX,
        VACUUM_BEHIND,
        QUIET_FAILURE,
    )
}

__all__ = ["SCENARIOS", "Scenario", "Script", "Stage", "Step"]
