"""FOCUS files as they arrive: broken lines, bad numbers, two currencies, changing files; CSV and Parquet alike."""

import os
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from opsconsole.config.settings import Billing
from opsconsole.model.billing import Bill
from opsconsole.model.reading import ProblemKind
from opsconsole.sources import focus
from opsconsole.sources.errors import SourceError
from opsconsole.sources.focus import FocusSource
from opsconsole.sources.focus_file import FocusFile, read_file

HEAD = (
    "BilledCost,EffectiveCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ChargeClass,"
    "ServiceCategory,ServiceName,SubAccountName"
)


def row(
    day: str = "2026-03-01T00:00:00Z", cost: str = "1.10", *, currency: str = "USD", category: str = "Compute",
    service: str = "EC2", kind: str = "Usage", cls: str = "", end: str = "", effective: str | None = None,
) -> str:  # fmt: skip
    cells = (cost, cost if effective is None else effective, currency, day, end, kind, cls, category, service, "prod")
    return ",".join(cells)


def write(folder: Path, *rows: str, name: str = "bill.csv", head: str = HEAD, ending: str = "\n") -> Path:
    file = folder / name
    file.write_text(ending.join((head, *rows)) + ending, newline="")
    return file


async def read(*files: Path | str, currency: str | None = None) -> Bill:
    source = FocusSource(Billing(focus=tuple(map(str, files)), currency=currency))
    try:
        return (await source.read())[0]
    finally:
        source.close()


async def test_sums_are_exact(tmp_path: Path) -> None:
    found = await read(write(tmp_path, *[row(cost="0.1")] * 3, row(cost="1E-12")))
    assert found.charges[0].billed == Decimal("0.300000000001")


async def test_every_bad_row_is_named_and_the_rest_is_used(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        row(),
        row(cost="1,5"),
        row(day="2026-03-01T30:00:00Z"),
        row(cost=""),
        row(cost="NULL"),
        row(day="null"),
        row(cost="NaN"),
        "only,three,cells",
        row(end="2026-02-01T00:00:00Z"),
        row(cost="2.20"),
    )
    found = await read(file)
    assert found.rows == 2
    assert found.charges[0].billed == Decimal("3.30")
    assert [(reject.row, reject.reason) for reject in found.rejected] == [
        (3, "the line is broken: too many columns"),
        (4, "ChargePeriodStart is no UTC time: 2026-03-01T30:00:00Z"),
        (5, "BilledCost is empty"),
        (6, "BilledCost is empty"),
        (7, "ChargePeriodStart is empty"),
        (8, "BilledCost is no number: NaN"),
        (9, "the line is broken: missing columns"),
        (10, "ChargePeriodEnd lies before its start: 2026-02-01T00:00:00Z"),
    ]


async def test_a_rejected_row_carries_its_line_even_after_cells_of_several_lines(tmp_path: Path) -> None:
    file = write(tmp_path, row(service='"two\nlines"'), "", "broken", row(service='"a\n\nb"'), row(cost="x"), row())
    found = await read(file)
    lines = file.read_text().splitlines()
    assert [reject.row for reject in found.rejected] == [
        lines.index("broken") + 1, lines.index(row(cost="x")) + 1,
    ]  # fmt: skip
    assert found.rows == 3


async def test_a_thousand_rejected_rows_are_named_and_all_are_counted(tmp_path: Path) -> None:
    found = await read(write(tmp_path, *[row(cost="x")] * 1500, row()))
    assert (len(found.rejected), found.rejected_rows, found.rows) == (1000, 1500, 1)


async def test_byte_order_mark_windows_ends_and_broken_utf8(tmp_path: Path) -> None:
    file = tmp_path / "bill.csv"
    body = "\r\n".join((HEAD, row(), row(service="bad"), row())).encode().replace(b"bad", b"\xff\xfe")
    file.write_bytes(b"\xef\xbb\xbf" + body + b"\r\n")
    found = await read(file)
    assert (found.rows, found.rejected_rows) == (2, 1)
    assert found.rejected[0].row == 3


async def test_one_currency_is_shown_and_others_are_counted(tmp_path: Path) -> None:
    file = write(tmp_path, row(), row(), row(currency="EUR", cost="100"), row(currency="CHF"))
    found = await read(file)
    assert (found.currency, found.rows) == ("USD", 2)
    assert found.other_currencies == (("CHF", 1), ("EUR", 1))
    assert sum(charge.billed for charge in found.charges) == Decimal("2.20")
    assert (await read(file, currency="EUR")).charges[0].billed == Decimal("100.00")


async def test_a_correction_is_kept_and_flagged(tmp_path: Path) -> None:
    found = await read(write(tmp_path, row(cost="10"), row(cost="-4", cls="Correction")))
    assert (found.charges[0].billed, found.charges[0].corrected) == (Decimal("6.00"), True)


async def test_an_offset_is_turned_into_utc(tmp_path: Path) -> None:
    found = await read(write(tmp_path, row(day="2026-03-01T01:00:00+02:00")))
    assert found.charges[0].day == date(2026, 2, 28)


async def test_a_file_that_is_no_bill_is_rejected_whole_and_others_are_used(tmp_path: Path) -> None:
    write(tmp_path, "1,2", name="a.csv", head="x,y")
    (tmp_path / "b.parquet").write_bytes(b"no parquet at all")
    (tmp_path / "c.csv").write_bytes(b"")
    write(tmp_path, row(), name="d.csv")
    found = await read(tmp_path / "*")
    assert found.rows == 1
    assert {(Path(reject.file).name, reject.row) for reject in found.rejected} == {
        ("a.csv", 0), ("b.parquet", 0), ("c.csv", 0),
    }  # fmt: skip
    assert "ChargePeriodStart is missing" in found.rejected[0].reason


async def test_missing_cost_and_time_columns_have_a_stand_in(tmp_path: Path) -> None:
    found = await read(
        write(tmp_path, "7,2026-03-01T00:00:00Z,AI", head="billedcost,BillingPeriodStart,ServiceCategory")
    )
    assert (found.charges[0].billed, found.charges[0].effective) == (Decimal(7), Decimal(7))
    assert any(note.startswith("EffectiveCost is missing") for note in found.notes)
    assert any(note.startswith("ChargePeriodStart is missing") for note in found.notes)


async def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    csv = write(tmp_path, row(), row(cost="0.123456789"), row(day="2026-03-02T05:00:00Z", service="S3"))
    parquet = tmp_path / "bill.parquet"
    types = "{'BilledCost': 'DECIMAL(30,10)', 'EffectiveCost': 'DECIMAL(30,10)', 'ChargePeriodStart': 'TIMESTAMPTZ'}"
    duckdb.connect().execute(
        f"SET TimeZone='UTC'; COPY (SELECT * FROM read_csv('{csv}', header=true, all_varchar=false, types={types})) "
        f"TO '{parquet}' (FORMAT parquet)"
    )
    assert (await read(parquet)).charges == (await read(csv)).charges


async def test_a_trailing_half_day_is_not_complete(tmp_path: Path) -> None:
    days = [f"2026-03-{day:02}T00:00:00Z" for day in range(1, 11)]
    rows = [row(day=day, service=f"s{n}") for day in days for n in range(6)]
    assert (await read(write(tmp_path, *rows))).complete_through == date(2026, 3, 10)
    assert (await read(write(tmp_path, *rows, row(day="2026-03-11T00:00:00Z")))).complete_through == date(2026, 3, 10)


async def test_only_changed_files_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = write(tmp_path, row(), name="a.csv"), write(tmp_path, row(), name="b.csv")
    seen: list[str] = []

    def spy(db: duckdb.DuckDBPyConnection, path: Path) -> FocusFile:
        seen.append(path.name)
        return read_file(db, path)

    monkeypatch.setattr(focus, "read_file", spy)
    source = FocusSource(Billing(focus=(str(tmp_path / "*.csv"),)))
    bill, files = await source.read()
    assert (await source.read())[0] is bill
    assert seen == ["a.csv", "b.csv"]
    assert files == f"{first}, {second}"
    write(tmp_path, row(), row(), name="b.csv")
    os.utime(second, ns=(1, 1))
    assert (await source.read())[0].rows == 3
    assert seen == ["a.csv", "b.csv", "b.csv"]
    first.unlink()
    assert (await source.read())[0].rows == 2
    source.close()


async def test_no_file_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        await read(tmp_path / "*.csv")
    assert caught.value.problem.kind is ProblemKind.MISCONFIGURED
    assert str(tmp_path) in caught.value.problem.sentence


async def test_without_duckdb_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(SourceError) as caught:
        await read(write(tmp_path, row()))
    assert caught.value.problem.kind is ProblemKind.MISSING
    assert caught.value.problem.remedy == "pip install 'opsconsole[billing]'"
