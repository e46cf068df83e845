"""Columns of the Servers view, and the pane that says of one server what is wrong and what is unknown."""

from collections.abc import Callable

from rich.text import Text

from ..rules.server_rows import ServerRow, lag_words
from ..text import clock, units
from ..text.clean import clean
from ..widgets.columns import Cell, Column, plain

WIDE, WIDER = 100, 130
SORTS = {
    "n": ("server", "name"), "c": ("conn", "connections"), "t": ("lag", "lag"), "r": ("rate", "statements per second"),
    "a": ("up", "up since"), "m": ("cpu", "CPU"),
}  # fmt: skip


def columns() -> list[Column[ServerRow]]:
    return [
        Column("server", "SERVER", 12, lambda r: clean(r.name), flex=1, most=24),
        Column("role", "ROLE", 10, _then(_role), flex=2, most=32),
        Column("state", "STATE", 6, _state, flex=1, most=14, search=False),
        Column("lag", "LAG", 7, _then(_lag), right=True, sort=lambda r: _down(r.lag_s), search=False),
        Column("conn", "CONN", 8, _then(_connections), right=True, sort=_share, search=False),
        Column("running", "RUN", 7, _then(lambda r: _count(r.running, r)), right=True, search=False),
        Column("waiting", "WAIT", 7, _then(_waiting), right=True, from_width=90, search=False),
        Column("hit", "HIT %", 7, _then(_hit), right=True, search=False),
        Column("rate", "CALLS/s", 7, _then(lambda r: _figure(r.rate, r)), right=True,
               sort=lambda r: _down(r.rate), search=False),
        Column("oldest", "OLDEST TX", 9, _then(_oldest), right=True, sort=lambda r: _down(r.oldest_s),
               from_width=WIDE, search=False),
        Column("cpu", "CPU %", 7, _cpu, right=True, sort=lambda r: _down(r.cpu), from_width=WIDE, search=False),
        Column("health", "HEALTH", 7, _then(_health), right=True, from_width=WIDE, search=False),
        Column("up", "UP", 7, _age, right=True, sort=lambda r: r.started, from_width=WIDER, search=False),
        Column("timeline", "TL", 3, lambda r: "" if r.timeline is None else str(r.timeline), right=True,
               from_width=WIDER, search=False),
        Column("position", "LOG AT", 11, lambda r: clean(r.position), from_width=160, search=False),
        Column("cost", "ASKED", 15, _then(_cost), right=True, from_width=WIDER, search=False),
        Column("product", "WHAT", 15, lambda r: clean(r.product), from_width=160),
    ]  # fmt: skip


def _then(render: Callable[[ServerRow], Cell]) -> Callable[[ServerRow], Cell]:
    """What a silent server told last is dim, and not judged: it is of then."""
    return lambda row: (plain(render(row)).removesuffix(" ▲"), "dim") if row.silent else render(row)


def mark(row: ServerRow) -> Cell:
    if row.severe:
        return "▲", "crit"
    return ("▲", "warn") if row.amiss else ""


def order(row: ServerRow) -> tuple[int, int]:
    return row.rank, row.place


def explain(row: ServerRow, width: int) -> list[Text]:
    """What it is, what is wrong, what the console costs it, then why something is unknown."""
    known = [clean(row.product), clean(row.role), f"at {clean(row.address)}" if row.address else ""]
    head = Text.assemble((clean(row.name), "bold"), "  ", " · ".join(part for part in known if part))
    if row.started is not None:
        head.append(f" · up since {units.when(row.started, clock.now())}")
    said = [Text(clean(wrong), style="bold") for wrong in row.amiss]
    more = []
    if row.system:
        stands = [f"system {clean(row.system)}", f"timeline {row.timeline}" if row.timeline is not None else "",
                  f"log at {clean(row.position)}" if row.position else ""]  # fmt: skip
        more.append(Text(" · ".join(part for part in stands if part), style="dim"))
    if row.lag_bytes is not None:
        more.append(Text(f"received and not replayed: {units.size(row.lag_bytes)}"))
    if row.p95_s is not None:
        more.append(Text(f"statement P95 {units.seconds(row.p95_s)}"))
    if row.cost is not None and row.cost.per_minute is not None:
        by = "as the server counts all consoles" if row.cost.by_server else "by our own clock"
        more.append(Text(f"asked {_cost(row)} over {units.span(row.cost.span_s)}, {by}"))
    why = [Text(f"{clean(what)}: {clean(words)}", style="dim") for what, words in row.unknown]
    return [head, *said, *more, *why]


def _role(row: ServerRow) -> Cell:
    return (clean(row.role), "warn") if row.lag_late and row.role.endswith("now") else clean(row.role)


def _state(row: ServerRow) -> Cell:
    return (clean(row.state.partition(":")[0]), "warn") if row.state else ("live", "dim")


def _lag(row: ServerRow) -> Cell:
    if row.lag_s is None:
        return units.UNKNOWN if row.role.startswith("replica") else ""
    words = lag_words(row.lag_s)
    return (words, "warn") if row.lag_late else words


def _connections(row: ServerRow) -> Cell:
    if row.used is None:
        return units.UNKNOWN
    words = f"{row.used}/{row.most}" if row.most else str(row.used)
    return (f"{words} ▲", "warn") if row.crowded else words


def _waiting(row: ServerRow) -> Cell:
    words = _count(row.waiting, row)
    return (words, "warn") if row.waiting else words


def _hit(row: ServerRow) -> Cell:
    if row.hit is None:
        return units.UNKNOWN
    words = units.percent(row.hit, 1)
    return (f"{words} ▲", "warn") if row.hit_low else words


def _oldest(row: ServerRow) -> Cell:
    if row.oldest_s is None:
        return units.UNKNOWN if row.database else ""
    return units.minutes(row.oldest_s) if row.oldest_s else units.DASH


def _cpu(row: ServerRow) -> Cell:
    if row.cpu is None:
        return units.UNKNOWN if row.database else ""
    words = units.percent(row.cpu, 0)
    return (f"{words} ▲", "warn") if row.busy else words


def _health(row: ServerRow) -> Cell:
    if row.failing is None:
        return units.UNKNOWN if row.database else ""
    if not row.failing:
        return "0 fail"
    return f"{row.failing} fail" + ("s" if row.failing == 1 else ""), "crit" if row.critical else "warn"


def _cost(row: ServerRow) -> str:
    if row.cost is None or row.cost.per_minute is None:
        return ""
    each = f" {units.seconds(row.cost.ms_each / 1000)}" if row.cost.ms_each is not None else ""
    return f"{row.cost.per_minute:.0f}/min{each}"


def _age(row: ServerRow) -> str:
    return units.UNKNOWN if row.started is None else units.age(row.started, clock.now())


def _count(value: int | None, row: ServerRow) -> str:
    if value is None:
        return units.UNKNOWN if row.database else ""
    return str(value)


def _figure(value: float | None, row: ServerRow) -> str:
    return units.UNKNOWN if value is None else units.number(value)


def _share(row: ServerRow) -> float | None:
    return None if row.used is None or not row.most else -row.used / row.most


def _down(value: float | None) -> float | None:
    return None if value is None else -value
