"""The Redis view: one server's lines, what fails first, and the pane that explains the cursor's line."""

import msgspec
from rich.text import Text

from ..config.settings import Redis
from ..model.reading import Problem, Reading
from ..model.redis import CacheFigures, KeySearch
from ..poller.redis_keys import KeySearches
from ..rules.cache_asked import asked_for
from ..rules.cache_keys import key_rows
from ..rules.cache_row import CacheRow
from ..rules.cache_rows import RANKS, cache_rows, failing, headline
from ..sources.way import NoWay, Ways
from ..text import units
from ..text.clean import clean
from ..widgets.columns import Cell, Column
from ..widgets.live_table import LiveTable
from .asked_words import asked_words
from .table_tab import show_trust, trust
from .table_view import TableView

BETWEEN = 100
"""Places between two lines, for those about keys."""
GLYPHS: dict[str, Cell] = {"crit": ("▲", "crit"), "warn": ("▲", "warn"), "unknown": ("?", "dim")}


class RedisView(TableView[CacheRow]):
    """Holds the lines of all servers' last readings, what fails first; the tab asks it for words."""

    def __init__(self, servers: tuple[str, ...]) -> None:
        self._servers = servers
        self._search: KeySearch | None = None
        self._stopped = False
        self._keys = KeySearches(self._told)
        self._lines: dict[str, tuple[CacheRow, ...]] = {}
        self._figures: dict[str, CacheFigures] = {}
        table: LiveTable[CacheRow] = LiveTable(
            redis_columns(len(servers) > 1), order=self._order, mark=lambda row: GLYPHS.get(row.state, "")
        )
        super().__init__(table, explain_row, rows=5, short_rows=3)

    def _order(self, row: CacheRow) -> tuple[int, int, int]:
        place = self._servers.index(row.server) if row.server in self._servers else 0
        return RANKS.get(row.state, 3), place, row.place

    def ask_keys(self, servers: tuple[Redis, ...], row: CacheRow, ways: Ways = NoWay) -> None:
        """Start the search for big keys on the row's server, or stop it while it runs there."""
        settings = next((one for one in servers if one.name == row.server), None)
        if self._keys.running and self._search is not None:
            self._keys.stop()
            self._stopped = True
            self._set_rows()
            if self._search.server == row.server:
                return
        if settings is not None:
            self._stopped = False
            self._keys.start(settings, ways)

    def on_unmount(self) -> None:
        self._keys.stop()

    def _told(self, search: KeySearch) -> None:
        self._search = search
        self._set_rows()
        self.explain_again()

    def show_reading(self, reading: Reading[CacheFigures], server: str) -> None:
        if server == self._servers[0]:
            show_trust(self.table, reading, "the server told nothing")
        rows = cache_rows(reading.value) if reading.value is not None else ()
        if reading.value is not None:
            self._figures[server] = reading.value
        if server != self._servers[0] and (note := trust(reading)) and reading.problem is not None:
            rows = (_unread(note, reading.problem), *rows)
        if not rows:
            return
        self._lines[server] = tuple(
            msgspec.structs.replace(row, server=server, place=place * BETWEEN) for place, row in enumerate(rows)
        )
        self._set_rows()

    def _set_rows(self) -> None:
        rows = {f"{row.server}/{row.key}": row for row in self._all()}
        for server in self._lines:
            search = self._search if self._search is not None and self._search.server == server else None
            # Below the databases: the slow log, which comes last, may be long.
            after = max((row.place for row in self._lines[server] if row.part == "keyspace"), default=BETWEEN**2)
            for number, row in enumerate(key_rows(search, self._stopped), 1):
                placed = msgspec.structs.replace(row, server=server, place=after + number)
                rows[f"{server}/{row.key}"] = placed
        self.table.set_rows(rows)

    def _all(self) -> tuple[CacheRow, ...]:
        return tuple(row for server in self._servers for row in self._lines.get(server, ()))

    def words(self, figures: CacheFigures) -> str:
        """The verdict over all servers; of a single one also what it is."""
        if len(self._servers) == 1:
            return clean(headline(figures, self._all()))
        bad = sorted(failing(self._all()), key=self._order)
        count = units.plural(len(self._servers), "server")
        if not bad:
            return f"{count} · nothing above its limit in what is read"
        first = bad[0]
        more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
        return clean(f"{count} · {first.server} {first.part} {first.name}: {first.value}{more}")

    def why(self, row: CacheRow) -> str:
        """How a line came about: its limit, why it matters, and the commands behind it."""
        figures = self._figures.get(row.server)
        if figures is None:
            return page(row)
        search = self._search if self._search is not None and self._search.server == row.server else None
        asked, told = asked_for(row, figures, search), page(row)
        if figures.interval_s is not None and any(one.name == "info" for one in asked):
            told += f"\n{'rates':<15}the difference to the same answer {units.seconds(figures.interval_s)} before"
        return f"{told}\n\n{asked_words(asked)}".rstrip()

    def note(self) -> str:
        """How many lines fail, for the strip."""
        count = len(failing(self._all()))
        return f"▲{count}" if count else ""


def _unread(note: str, problem: Problem) -> CacheRow:
    """How old the lines of a further server are; the first one's state stands over the table."""
    why = "What is listed of it is of then; the other servers are read all the same."
    state = note.partition(":")[0]
    return CacheRow("unread", "server", "cannot be read", "crit", state, problem.sentence, why, problem.remedy)


def redis_columns(several: bool) -> list[Column[CacheRow]]:
    server: list[Column[CacheRow]] = [Column("server", "SERVER", 10, lambda row: clean(row.server), flex=1, most=20)]
    return [
        *(server if several else ()),
        Column("part", "PART", 11, lambda row: (row.part, "dim")),
        Column("name", "WHAT", 15, lambda row: clean(row.name), flex=2, most=30),
        Column("value", "VALUE", 18, _value, flex=3, most=44),
        Column("limit", "LIMIT, MORE", 16, lambda row: clean(row.limit) or units.DASH, flex=5),
    ]


def _value(row: CacheRow) -> Cell:
    text = clean(row.value)
    return (text, row.state) if row.state in ("crit", "warn") else (text, "dim") if row.state == "unknown" else text


def explain_row(row: CacheRow, width: int) -> list[Text]:
    lines = [Text.assemble((f"{row.part} {clean(row.name)}", "bold"), f": {clean(row.value)}")]
    if row.limit:
        lines[0].append(f" ({clean(row.limit)})")
    found = [Text(clean(row.why))] if row.why else []
    if row.remedy and row.remedy != row.limit:
        found.append(Text(clean(row.remedy), style="dim"))
    # Two lines are all there is on a small screen: what one does matters more than what the table says already.
    return [*lines, *_wrapped(found, width)]


def _wrapped(lines: list[Text], width: int) -> list[Text]:
    return [part for line in lines for part in _folded(line, max(20, width - 2))]


def _folded(line: Text, width: int) -> list[Text]:
    words, found = line.plain.split(" "), [""]
    for word in words:
        if found[-1] and len(found[-1]) + 1 + len(word) > width:
            found.append(word)
        else:
            found[-1] = f"{found[-1]} {word}".strip()
    return [Text(part, style=line.style) for part in found]


def page(row: CacheRow) -> str:
    """Everything about one line, for the page that enter opens."""
    facts = (("value", row.value), ("limit, more", row.limit), ("why", row.why), ("what one does", row.remedy))
    return "\n".join(f"{title:<15}{clean(value)}" for title, value in facts if value)


SORTS: dict[str, tuple[str, str]] = {"n": ("name", "what"), "t": ("part", "part"), "a": ("value", "value")}
_COMMANDS = {
    "slow log": "redis-cli slowlog get 128",
    "latency": "redis-cli latency latest",
    "command": "redis-cli info commandstats",
    "errors": "redis-cli info errorstats",
    "sentinel": "redis-cli sentinel masters",
    "cluster": "redis-cli cluster nodes",
    "replication": "redis-cli info replication",
    "disk": "redis-cli info persistence",
    "memory": "redis-cli info memory",
    "clients": "redis-cli info clients",
    "keyspace": "redis-cli info keyspace",
}


def command(row: CacheRow) -> str:
    """redis-cli that shows the same."""
    return _COMMANDS.get(row.part, "redis-cli info stats")
