"""What the runbooks do about a finding: every rule of the built-in policies has a step, or is said to have none."""

from pathlib import Path

from opsconsole.config import keymap
from opsconsole.config.policies import builtin, builtin_names
from opsconsole.model.finding import Finding, Severity
from opsconsole.rules import runbook_steps
from opsconsole.rules.runbook_steps import ALERT, ANY, BY_KIND, BY_MEASURE, BY_TAB, DOWN, SLOW, WITHOUT, steps

DEFAULT = builtin("default")


def found(rule: str, id: str = "", tab: int = 1) -> Finding:
    return Finding(id or f"{rule}:x", Severity.WARNING, "x", tab, rule=rule)


def test_every_rule_of_the_built_in_policies_has_a_step_or_is_said_to_have_none() -> None:
    measures = {rule.measure for name in builtin_names() for rule in builtin(name).rules.values()}
    assert runbook_steps.uncovered(measures) == ()
    assert WITHOUT.isdisjoint(BY_MEASURE)


def test_a_step_opens_something_of_the_key_table_and_names_where_it_comes_from() -> None:
    every = {step for group in (*BY_MEASURE.values(), *BY_KIND.values(), *BY_TAB.values(), ANY) for step in group}
    known = {action.id for action in keymap.ACTIONS}
    assert {step.opens for step in every} - {""} <= known
    assert {step.runbook for step in every} <= {"000", "001", "002", "003", "004"}
    assert all(step.section and step.words for step in every)
    assert not any(step.words.endswith(".") or Path(step.section).suffix for step in every)


def test_steps_fit_the_measure_the_kind_or_the_tab_and_else_the_general_response() -> None:
    assert steps(found("p99-critical"), DEFAULT) == SLOW
    assert steps(found("workload", tab=2), DEFAULT) == DOWN
    assert steps(found("alert"), DEFAULT) == ALERT
    assert steps(found("", "workload:shop/Deployment/api", 2), DEFAULT) == DOWN
    assert steps(found("anomaly", tab=4), DEFAULT) == BY_TAB[4]
    assert steps(found("of-nobody"), DEFAULT) == ANY
    assert steps(None, DEFAULT) == ()
