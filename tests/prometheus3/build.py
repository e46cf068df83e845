"""Builds Prometheus 3 from the pinned Go module into a cache folder, once for each go.sum."""

import sys
from pathlib import Path

from tests.go_build import GoModule, pinned_version

HERE = Path(__file__).parent
MODULE = "github.com/prometheus/prometheus"


def version() -> str:
    """3.15.0 for the module's v0.315.0."""
    minor, patch = pinned_version(HERE, MODULE).removeprefix("v0.3").split(".")
    return f"3.{int(minor)}.{patch}"


PROMETHEUS = GoModule(
    "prometheus3",
    HERE,
    "Prometheus 3",
    minutes="3–5",
    # Discovery of a dozen clouds is most of the program, and no test looks for a cloud.
    tags=("remove_all_sd",),
    link=f"-X github.com/prometheus/common/version.Version={version()}",
    optimised=False,
)

if __name__ == "__main__":
    sys.exit(PROMETHEUS.main())
