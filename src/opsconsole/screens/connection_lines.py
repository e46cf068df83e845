"""How the lines of the Connections view are drawn, and the pane that explains the cursor's line."""

from rich.text import Text

from ..rules.connection_row import ConnectionRow
from ..text import units
from ..text.clean import clean
from ..widgets.chart_drawing import sparkline
from ..widgets.columns import Cell, Column

SPARK = 10
GLYPHS: dict[str, Cell] = {"crit": ("▲", "crit"), "warn": ("▲", "warn"), "unknown": ("?", "dim")}
SORTS = {"n": ("name", "what"), "t": ("part", "part"), "a": ("value", "value")}


def connection_columns() -> list[Column[ConnectionRow]]:
    return [
        Column("part", "PART", 11, lambda row: (clean(row.part), "dim"), flex=1, most=20),
        Column("name", "WHAT", 19, lambda row: clean(row.name), flex=3, most=34),
        Column("value", "VALUE", 17, _value, flex=1, most=26),
        Column("limit", "LIMIT, MORE", 22, lambda row: clean(row.limit) or units.DASH, flex=4),
        Column("course", "15 MIN", SPARK, lambda row: sparkline(row.course, SPARK), from_width=100, search=False),
    ]


def mark(row: ConnectionRow) -> Cell:
    return GLYPHS.get(row.state, "")


def _value(row: ConnectionRow) -> Cell:
    text = clean(row.value)
    return (text, row.state) if row.state in ("crit", "warn") else (text, "dim") if row.state == "unknown" else text


def explain(row: ConnectionRow, width: int) -> list[Text]:
    lines = [Text.assemble((f"{clean(row.part)} {clean(row.name)}", "bold"), f": {clean(row.value)}")]
    if row.limit:
        lines[0].append(f" ({clean(row.limit)})")
    if row.why:
        lines.append(Text(clean(row.why)))
    if row.remedy:
        lines.append(Text.assemble(("one does  ", "bold"), clean(row.remedy)))
    return lines


def page(row: ConnectionRow) -> str:
    """Everything about one line, for the page that enter opens."""
    facts = (
        ("what", f"{row.part} {row.name}"),
        ("value", row.value),
        ("limit, more", row.limit),
        ("why", row.why),
        ("what one does", row.remedy),
    )
    return "\n".join(f"{title:<15}{clean(value)}" for title, value in facts if value)


_BY = {"application": "application_name", "user": "usename", "database": "datname", "client": "client_addr",
       "state": "state"}  # fmt: skip


def command(row: ConnectionRow) -> str:
    """SQL, or a command of PgBouncer's admin console, that shows the same."""
    kind = row.key.partition(":")[0]
    if row.part in _BY:
        column = _BY[row.part]
        return (
            f"SELECT {column}, state, count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' "
            f"GROUP BY 1, 2 ORDER BY 3 DESC;"
        )
    shown = {"pool": "SHOW POOLS;", "clients": "SHOW LISTS;", "sizes": "SHOW DATABASES;", "rates": "SHOW STATS;",
             "client": "SHOW CLIENTS;"}  # fmt: skip
    if kind in shown:
        return shown[kind]
    if kind == "limit":
        return "SELECT rolname, rolconnlimit FROM pg_roles; SELECT datname, datconnlimit FROM pg_database;"
    return "SELECT state, count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1;"
