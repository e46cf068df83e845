"""Skip a test whose server is missing on a visitor's machine, and fail it where that server was promised."""

import os

import pytest

BY_NAME = frozenset(("prometheus3", "loki"))
"""Minutes of compiling each, while the same tests run on Debian's Prometheus and the simulated Loki: only by name."""


def require(name: str, available: bool, hint: str) -> None:
    """Skip the running test (or fixture) when `name` is not available; `hint` says how to get it.

    `OPSCONSOLE_REQUIRE` holds comma-separated names, or `all` (all but `BY_NAME`): a missing one of these fails instead
    of being skipped.
    """
    if available:
        return
    reason = f"{name} is not available: {hint}"
    if is_promised(name):
        pytest.fail(reason)
    pytest.skip(reason)


def is_promised(name: str) -> bool:
    """Whether OPSCONSOLE_REQUIRE names it: then it must be there, and a build of some minutes is wanted."""
    promised = {part.strip() for part in os.environ.get("OPSCONSOLE_REQUIRE", "").split(",")}
    return name in promised or ("all" in promised and name not in BY_NAME)
