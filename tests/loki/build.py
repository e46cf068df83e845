"""Builds a real Loki from the pinned Go modules into a cache folder, once for each go.sum."""

import sys
from pathlib import Path

from tests.go_build import GoModule

LOKI = GoModule("loki", Path(__file__).parent, "Loki 3.7", minutes="4–5")


if __name__ == "__main__":
    sys.exit(LOKI.main())
