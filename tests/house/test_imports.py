"""What each lower package loads in a fresh process: no Textual, and nothing heavy before its time."""

import subprocess
import sys

import pytest

LOWER = (
    "model", "text", "config", "rules", "sources", "poller", "store", "actions", "documents", "records", "assembly",
    "checks", "demo",
)  # fmt: skip
HEAVY = ("textual", "kubernetes", "requests", "psycopg", "redis", "sqlalchemy", "alembic", "duckdb", "plotext")


def loaded_by(statement: str) -> set[str]:
    """The top-level packages that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


IMPORT_ALL = """
import importlib, pkgutil
root = importlib.import_module("opsconsole.{package}")
for module in pkgutil.walk_packages(getattr(root, "__path__", ()), root.__name__ + "."):
    if "migrations" not in module.name:
        importlib.import_module(module.name)
"""


@pytest.mark.parametrize("package", LOWER)
def test_nothing_below_the_top_layer_loads_textual(package: str) -> None:
    assert "textual" not in loaded_by(IMPORT_ALL.format(package=package))


def test_the_command_line_answers_help_without_loading_anything_heavy() -> None:
    assert not loaded_by("import opsconsole.cli.main") & set(HEAVY)


def test_putting_the_feeds_together_loads_no_client_library_yet() -> None:
    assert not loaded_by("import opsconsole.assembly") & set(HEAVY)
