"""A plan as a POSIX shell script that does the same with kubectl."""

from ..model.action import Plan


def script(plan: Plan) -> str:
    """The script's text, to be read and run elsewhere; it checks the uid first and waits for the rollout."""
    raise NotImplementedError
