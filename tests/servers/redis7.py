"""Redis 7 of Debian: the other server of the contract tests, and the one of the two that speaks TLS."""

import shutil

from tests.require import require


def redis7() -> str:
    """Its program; Sentinel is the same one. Skips the test where it is missing."""
    found = shutil.which("redis-server")
    require("redis-7", found is not None, "apt-get install redis-server")
    return str(found)
