"""Scenarios: what happens to the shop, as timed steps and as the behaviour of the versions that come to run."""

from opsconsole.demo.scenarios.script import Scenario, Script, Stage, Step
from opsconsole.demo.scenarios.slow_release import CALM, DEFAULT, SLOW_RELEASE

SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in (DEFAULT, CALM, SLOW_RELEASE)}

__all__ = ["SCENARIOS", "Scenario", "Script", "Stage", "Step"]
