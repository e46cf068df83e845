"""Builds a real Loki from the pinned Go modules into a cache folder, once for each go.sum."""

import sys
from pathlib import Path

from tests.go_build import GoModule, pinned_version

HERE = Path(__file__).parent
MODULE = "github.com/grafana/loki/v3"
LOKI = GoModule(
    "loki",
    HERE,
    "Loki 3.7",
    minutes="4–5",
    # it does not know its version when it is built as a module
    link=f"-X {MODULE}/pkg/util/build.Version={pinned_version(HERE, MODULE).removeprefix('v')}",
    optimised=False,
)


if __name__ == "__main__":
    sys.exit(LOKI.main())
