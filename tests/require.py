"""Skip a test whose server is missing on a visitor's machine, and fail it where that server was promised."""

import os

import pytest


def require(name: str, available: bool, hint: str) -> None:
    """Skip the running test (or fixture) when `name` is not available; `hint` says how to get it.

    `OPSCONSOLE_REQUIRE` holds comma-separated names, or `all`: a missing one of these fails instead of being skipped.
    """
    if available:
        return
    promised = {part.strip() for part in os.environ.get("OPSCONSOLE_REQUIRE", "").split(",")}
    reason = f"{name} is not available: {hint}"
    if "all" in promised or name in promised:
        pytest.fail(reason)
    pytest.skip(reason)
