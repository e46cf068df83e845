"""The slow release worked on with the console's keys alone: keys counted, effects checked, the postmortem's share."""

import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from .cluster.running import opsconsole
from .keys import Keys
from .report import Figure, median
from .screens import platform
from .terminal import Terminal

BREACH = r"1 (▲|!)1 +\S+ +api P99"
PATIENCE_S = 300.0
ENTRIES = 20
SHARE_GOAL = 80.0


def story(_: object) -> list[Figure]:
    """On `demo --scenario slow-release`: declare, note, mark, roll back, resolve, postmortem; then scale, restart."""
    with platform("slow-release") as settings, tempfile.TemporaryDirectory(prefix="opsconsole-bench-") as folder:
        text = Path(settings).read_text()
        own = Path(folder) / "settings.toml"
        store = Path(folder) / "store.db"
        own.write_text(_with_store(text, store, Path(folder) / "documents"))
        with Terminal([opsconsole(), "--config", str(own)], environment={"XDG_STATE_HOME": folder}) as terminal:
            return _worked(Keys(terminal), store)


def _with_store(text: str, store: Path, documents: Path) -> str:
    """The demo's settings with a store and documents of the bench's own."""
    kept, skipping = [], False
    for line in text.splitlines():
        if line.startswith("["):
            skipping = line.strip() in ("[store]", "[documents]")
        if not skipping:
            kept.append(line)
    return "\n".join([*kept, f'[store]\npath = "{store}"', f'[documents]\nfolder = "{documents}"', ""])


def _worked(keys: Keys, store: Path) -> list[Figure]:
    figures: list[Figure] = []
    keys.wait(r"src \d/\d", 60)
    breach_s = keys.wait(r"api P99", PATIENCE_S)
    keys.terminal.watch(2)
    figures.append(Figure("story: console up to the breach on its first page", breach_s, "s"))

    with _counted(keys, figures, "declare, from the Now page"):
        keys.press("D", r"\[ Declare \]")
        keys.pause()
        keys.press("\r", r"declared and saved")
    _holds(store, "SELECT count(*) FROM incidents", 1)

    keys.press("N", r"\[ Save \]")
    keys.write("!hypothesis release 1.8.2 asks the database once per order")
    keys.press("\r", "saved .* as hypothesis")
    keys.press("M", "marked ")

    with _counted(keys, figures, "roll back, armed first"):
        keys.press("W", "ARMED")
        keys.press("B", r" running ")
        keys.pause()
        keys.press("\r", "dry run ok")
        _confirm(keys, "rollback api: ")
    _holds(store, "SELECT count(*) FROM journal WHERE phase = 'written' AND verb = 'rollback'", 1)
    helped_s = keys.wait(r"rollback api:.*(helped|no effect|worse)", PATIENCE_S)
    figures.append(Figure("story: rollback accepted to `did it help`", helped_s, "s", note=_helped(store)))

    for state in ("mitigated", "resolved"):
        keys.press("T", r"Move to \w+")
        keys.pause()
        for _ in range(6):
            if re.search(rf"Move to {state} ", keys.terminal.text()):
                break
            keys.press("\x1b[C")
            keys.terminal.watch(0.2)
        keys.press("\t")
        keys.pause()
        _to_button(keys, f"Move to {state}")
        keys.press("\r", f"-> {state}")
    with _counted(keys, figures, "postmortem"):
        keys.press("P", r"\d+ of \d+ facts")
    figures.append(_share(keys))

    figures += _entries(keys)
    keys.press("2", "Workloads")
    keys.press("v")
    keys.press("d", "worker")
    keys.press("/")
    keys.pause()
    keys.write("auth")
    keys.press("\r", "filter: auth")
    with _counted(keys, figures, "restart, armed already"):
        keys.press("R", "dry run ok")
        _confirm(keys, "restart auth: ")
    keys.wait("restart auth: 2 of 2", 60)
    with _counted(keys, figures, "scale, armed already, with one digit"):
        keys.press("S", "enter shows what")
        keys.press("3", "3")
        keys.pause()
        keys.press("\r", "dry run ok")
        _confirm(keys, "scale auth: ")
    _holds(store, "SELECT count(DISTINCT run) FROM journal WHERE phase = 'written'", 3)
    return figures


@contextmanager
def _counted(keys: Keys, figures: list[Figure], what: str) -> Iterator[None]:
    keys.begin()
    yield
    figures.append(Figure(f"keys to {what}", len(keys.pressed), "", note=keys.words))


def _confirm(keys: Keys, seen: str) -> None:
    """Tab to the second button and enter."""
    keys.pause()
    keys.press("\t")
    keys.terminal.watch(0.15)
    keys.press("\r", seen)


def _to_button(keys: Keys, label: str) -> None:
    """Tab on until the button is the one under the cursor: drawn reversed."""
    for _ in range(4):
        screen = keys.terminal.screen
        for row, line in enumerate(screen.display):
            column = line.find(f"[ {label}")
            if column >= 0 and screen.buffer[row][column].reverse:
                return
        keys.press("\t")
        keys.pause()


def _entries(keys: Keys) -> list[Figure]:
    """From the enter that saves a note to its row in the timeline."""
    terminal, took = keys.terminal, []
    keys.press("6", "6 Incidents")
    keys.press("v")
    keys.press("t", "Timeline")
    for number in range(ENTRIES):
        terminal.watch(0.3)
        keys.press("N", r"\[ Save \]")
        text = f"entry number {number:03d}"
        keys.write(text)
        terminal.watch(0.2)
        took.append(keys.after("\r", partial(_in_table, terminal, text)))
    took.sort()
    return [
        Figure("a note to disk and screen: median", 1000 * median(took), "ms", note=f"{ENTRIES} notes"),
        Figure("a note to disk and screen: 95th percentile", 1000 * took[int(ENTRIES * 0.95)], "ms"),
    ]


def _in_table(terminal: Terminal, text: str) -> bool:
    """The form is gone, and a row of the table has the note; the footer says it too and does not count."""
    lines = terminal.text().splitlines()
    return not any("[ Save ]" in line for line in lines) and any(text in line for line in lines[4:-1])


def _share(keys: Keys) -> Figure:
    found = re.search(r"(\d+) of (\d+) facts", keys.terminal.text())
    if found is None:
        return Figure("postmortem through the console's keys: facts filled", None)
    filled, facts = int(found[1]), int(found[2])
    note = f"{found[0]}; goal at least {SHARE_GOAL:g} %"
    return Figure("postmortem through the console's keys: facts filled", 100 * filled / facts, "%", note=note)


def _helped(store: Path) -> str:
    with closing(sqlite3.connect(store)) as connection:
        found = connection.execute("SELECT words FROM journal WHERE phase = 'effect'").fetchone()
    return str(found[0])[:100] if found else "no line of the journal"


def _holds(store: Path, query: str, wanted: int) -> None:
    """The key had its effect: it is on disk. Raises RuntimeError."""
    with closing(sqlite3.connect(store)) as connection:
        found = connection.execute(query).fetchone()[0]
    if found != wanted:
        raise RuntimeError(f"{query}: {found} instead of {wanted}")
