"""The Redis view: one server's lines, what fails first, and the pane that explains the cursor's line."""

from rich.text import Text

from ..model.reading import Reading
from ..model.redis import CacheFigures
from ..rules.cache_row import CacheRow
from ..rules.cache_rows import cache_rows, failing, headline
from ..text import units
from ..text.clean import clean
from ..widgets.columns import Cell, Column
from ..widgets.live_table import LiveTable
from .table_tab import show_trust
from .table_view import TableView

GLYPHS: dict[str, Cell] = {"crit": ("▲", "crit"), "warn": ("▲", "warn"), "unknown": ("?", "dim")}


class RedisView(TableView[CacheRow]):
    """Holds the lines of the last reading; the tab asks it for words."""

    def __init__(self) -> None:
        self.rows_shown: tuple[CacheRow, ...] = ()
        table: LiveTable[CacheRow] = LiveTable(
            redis_columns(), order=lambda row: row.place, mark=lambda row: GLYPHS.get(row.state, "")
        )
        super().__init__(table, explain_row, rows=5, short_rows=2)

    def show_reading(self, reading: Reading[CacheFigures]) -> None:
        show_trust(self.table, reading, "the server told nothing")
        if reading.value is not None:
            self.rows_shown = cache_rows(reading.value)
            self.table.set_rows({row.key: row for row in self.rows_shown})

    def words(self, figures: CacheFigures) -> str:
        return clean(headline(figures, self.rows_shown))

    def note(self) -> str:
        """How many lines fail, for the strip."""
        return str(len(failing(self.rows_shown)) or "")


def redis_columns() -> list[Column[CacheRow]]:
    return [
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
    if row.remedy:
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
    "replication": "redis-cli info replication",
    "disk": "redis-cli info persistence",
    "memory": "redis-cli info memory",
    "clients": "redis-cli info clients",
    "keyspace": "redis-cli info keyspace",
}


def command(row: CacheRow) -> str:
    """redis-cli that shows the same."""
    return _COMMANDS.get(row.part, "redis-cli info stats")
