"""The templates are in the package that is built, not only in the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from opsconsole.documents import engine

ROOT = Path(__file__).parents[2]
SHIPPED = (
    "postmortem.md.j2", "updates/incident-alert.txt.j2", "updates/service-degradation.txt.j2",
    "updates/service-restored.txt.j2", "updates/customer-notification.txt.j2",
)  # fmt: skip


def test_the_wheel_holds_every_template(tmp_path: Path) -> None:
    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    with zipfile.ZipFile(wheel) as archive:
        held = {name.partition("opsconsole/documents/templates/")[2] for name in archive.namelist()}
    assert held >= set(SHIPPED)


def test_they_are_found_without_a_folder_of_the_team() -> None:
    for name in SHIPPED:
        text, path = engine.source(name, None)
        assert text
        assert path.endswith(name)


def test_the_engine_of_templates_is_loaded_when_the_first_one_is_filled_in() -> None:
    code = "import opsconsole.documents.postmortem, opsconsole.documents.updates, sys; print('jinja2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"
