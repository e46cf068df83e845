"""What the command of the settings tells of migrations, and what is said where it does not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from opsconsole.model.migration import Migration, Migrations
from opsconsole.sources import migrations


def command(folder: Path, script: str) -> tuple[str, ...]:
    path = folder / "applied"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return (str(path),)


async def test_lines_of_a_time_and_a_name_in_whatever_order_and_zone(tmp_path: Path) -> None:
    script = "echo '2026-03-26T04:31:00+02:00 0043 orders index'; echo; echo '2026-03-17T08:00:00Z 0042_flags'"
    assert await migrations.told(command(tmp_path, script)) == Migrations(
        (
            Migration(datetime(2026, 3, 17, 8, 0, tzinfo=UTC), "0042_flags"),
            Migration(datetime(2026, 3, 26, 2, 31, tzinfo=UTC), "0043 orders index"),
        )
    )


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'no route to the database' >&2; exit 3", "applied failed (3): no route to the database"),
        ("echo '<html>sign in</html>'", "applied printed a line that does not begin with a time: <html>sign in</html>"),
        ("exec sleep 60", "applied gave no answer within 0.2 s"),
    ],
)
async def test_what_it_does_not_tell_is_unknown_and_says_why(
    tmp_path: Path, script: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "sleep" in script:
        monkeypatch.setattr(migrations, "LIMIT_S", 0.2)
    assert await migrations.told(command(tmp_path, script)) == Migrations(None, why)


async def test_no_command_and_one_that_is_not_there(tmp_path: Path) -> None:
    assert (await migrations.told(())).why.startswith("no command in the settings")
    assert (await migrations.told((str(tmp_path / "gone"),))).why == "gone cannot be started: No such file or directory"
