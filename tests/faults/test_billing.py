"""A bill with everything that goes wrong in bills: what the Costs tab shows of it, and of one it cannot read."""

from pathlib import Path

from .running import opened, resized, shows

HEAD = "BilledCost,EffectiveCost,BillingCurrency,ChargePeriodStart,ChargeCategory,ServiceCategory,ServiceName"
DAY = "2026-03-01T00:00:00Z"


def settings(file: Path | str) -> str:
    return f"""
default_profile = "broken"
[profiles.broken.billing]
focus = ["{file}"]
"""


def line(cost: str = "10", currency: str = "USD", day: str = DAY, service: str = "Virtual Machines") -> str:
    return f"{cost},{cost},{currency},{day},Usage,Compute,{service}"


BAD = [
    line(),
    line(cost="1,5"),
    line(cost="NULL"),
    line(cost="NaN"),
    line(day="2026-03-01T30:00:00Z"),
    line(currency="EUR", cost="77"),
    line(cost="20", service="NULL"),
]


def test_bad_rows_are_counted_and_named_and_the_rest_is_used(tmp_path: Path) -> None:
    file = tmp_path / "bill.csv"
    file.write_text("\ufeff" + "\n".join([HEAD, *BAD]) + "\n", encoding="utf-8")
    with opened(tmp_path, settings(file), "--tab", "costs") as session:
        shows(session, "$30 this period", "Rejected rows", "4")
        session.send("y")
        shows(session, "2 used, 4 rejected", "1 rows in EUR", "ChargePeriodEnd is missing")
        session.send("\x1b", "v", "r", gap=0.5)
        named = ("4 rows rejected, 2 used", "BilledCost is no number: NaN", "ChargePeriodStart is no UTC time")
        shows(session, *named)
        resized(session, 80, 24)
        shows(session, *named)
        session.send("v", "b", gap=0.5)
        shows(session, "$30 this period", "Rejected rows", "4")


def test_a_missing_column_is_said(tmp_path: Path) -> None:
    file = tmp_path / "bill.csv"
    file.write_text("ServiceName,EffectiveCost\nVM,10\n")
    with opened(tmp_path, settings(file), "--tab", "costs") as session:
        text = shows(session, "FAILED: no row of the bill can be used", "ChargePeriodStart")
        assert "$0" not in text
        session.send("0")
        shows(session, "billing export gives no usable answer: costs blind")


def test_a_broken_export_leaves_the_last_good_bill_dated(tmp_path: Path) -> None:
    file = tmp_path / "bill.csv"
    file.write_text("\n".join([HEAD, line()]) + "\n")
    with opened(tmp_path, settings(file), "--tab", "costs") as session:
        shows(session, "$10 this period")
        file.write_text("\n".join([HEAD, line(cost="ten")]) + "\n")
        session.send("r")
        shows(session, "STALE", "no row of the bill can be used: BilledCost is no number: ten", "$10")


def test_no_file_and_files_that_are_no_bill(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    with opened(tmp_path, settings(tmp_path / "export" / "*"), "--tab", "costs") as session:
        shows(session, "FAILED", "no billing file matches")
        for name, content, said in (
            ("no.parquet", b"PAR1 this is no Parquet", "cannot be read"),
            ("empty.csv", b"", "ChargePeriodStart is missing"),
            ("bytes.csv", b"\x00\x01\x02\xff" * 40, "ChargePeriodStart is missing"),
        ):
            file = tmp_path / "export" / name
            file.write_bytes(content)
            session.send("r")
            shows(session, "FAILED", said)
            file.unlink()
            session.send("r")
            shows(session, "FAILED", "no billing file matches")
