"""Draws the pictures of every tab in screens/ from the demo, a slow release under way: `python -m bench.screens`."""

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .cluster.running import opsconsole
from .picture import svg
from .terminal import Terminal

FOLDER = Path(__file__).parents[1] / "screens"
SIZES = ((160, 45), (80, 24))
TABS = {"0": "now", "1": "metrics", "2": "pods", "3": "queries", "4": "costs", "5": "customers", "6": "incidents"}
MORE = {"0": "", "6": "va"}
"""Keys after a tab's own: Incidents shows the past ones, too."""
READY_S = 60.0
BREACH_S = 240.0
"""How long the release may take until the Now line names the latency that it brought."""
SETTLE_S = 10.0
LOOK_S = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.screens", description="Draw screens/ from the demo.")
    parser.add_argument("--scenario", default="slow-release", help="of the demo (%(default)s)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pictures go (%(default)s)")
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True)
    with platform(options.scenario) as settings, tempfile.TemporaryDirectory() as state:
        for columns, rows in SIZES:
            argv = [opsconsole(), "--config", settings]
            with Terminal(argv, (columns, rows), {"XDG_STATE_HOME": state}) as terminal:
                for name in draw(terminal, options.folder, f"{columns}x{rows}", calm=options.scenario == "calm"):
                    print(name, flush=True)


@contextmanager
def platform(scenario: str) -> Iterator[str]:
    """A demo without its own console; the path of its settings."""
    command = [opsconsole(), "demo", "--serve", "--scenario", scenario]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        try:
            settings = next((line.split()[1] for line in served.stdout if line.startswith("settings")), None)
            if settings is None:
                raise RuntimeError("the demo did not start")
            yield settings
        finally:
            served.terminate()


def draw(terminal: Terminal, folder: Path, size: str, *, calm: bool) -> Iterator[Path]:
    """One picture per tab, each a few seconds after it came to the front."""
    terminal.until(terminal.shows(r"src \d/\d|\d sources answer"), READY_S)
    if not calm:
        terminal.until(terminal.shows("▲1 api P99"), BREACH_S)
        terminal.watch(SETTLE_S)
    for digit, name in TABS.items():
        terminal.press(digit)
        terminal.watch(LOOK_S)
        if keys := MORE.get(digit):
            terminal.press(keys)
            terminal.watch(LOOK_S)
        path = folder / f"{name}-{size}.svg"
        path.write_text(svg(terminal, f"opsconsole {name}"), encoding="utf-8")
        yield path


if __name__ == "__main__":
    main()
