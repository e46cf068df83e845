"""`python -m bench [NAME …]`: prints each figure beside its goal; nothing here passes or fails."""

import argparse
import os
from collections.abc import Callable

from .acting import acting
from .capacity import capacity
from .check import check
from .demo import demo
from .first_paint import first_paint
from .journal import journal
from .large import Options, events, huge, large, real
from .logs import logs
from .metrics import metrics
from .now import now
from .postmortem import postmortem
from .queries import queries
from .report import HEADER, Figure, show
from .story import story

BENCHMARKS: dict[str, Callable[[Options], list[Figure]]] = {
    "first-paint": first_paint,
    "large": large,
    "real": real,
    "huge": huge,
    "events": events,
    "demo": demo,
    "journal": journal,
    "postmortem": postmortem,
    "logs": logs,
    "acting": acting,
    "story": story,
    "capacity": capacity,
    "queries": queries,
    "metrics": metrics,
    "now": now,
    "check": check,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Print figures beside their goals.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; none runs all")
    parser.add_argument("--rest", type=float, default=120.0, help="seconds to watch the console at rest (%(default)s)")
    parser.add_argument("--roll", type=float, default=40.0, help="seconds in which 3,000 pods roll over (%(default)s)")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}: there are {', '.join(BENCHMARKS)}")
    print(f"load before the start {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n\n{HEADER}")
    for name in options.names or BENCHMARKS:
        show(BENCHMARKS[name](Options(options.rest, options.roll)))


if __name__ == "__main__":
    main()
