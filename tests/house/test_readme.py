"""The README keeps its word: the key table is the code's, and everything it links to is there."""

import re
from pathlib import Path

import pytest

from opsconsole.config import keymap

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_key_table_is_the_one_of_the_code() -> None:
    table = README.partition("<!-- keys: begin")[2].partition("-->\n")[2].partition("<!-- keys: end -->")[0]
    assert table == keymap.markdown(), "print it with: python -m opsconsole.config.keymap"


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_what_it_links_to_is_there(link: str) -> None:
    assert (ROOT / link).exists()
