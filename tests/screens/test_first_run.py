"""The page without settings."""

from pathlib import Path

import pytest

from opsconsole.app import Console
from opsconsole.config.looked import look
from opsconsole.screens.first_run import FirstRun, first_run_context
from opsconsole.widgets.text_page import TextPage

from .driving import shown, until

KUBECONFIG = """
apiVersion: v1
current-context: prod
clusters: [{name: c1, cluster: {server: "https://10.0.0.1:6443"}}]
contexts: [{name: prod, context: {cluster: c1, user: u}}, {name: "\\u001b[31mevil", context: {cluster: gone}}]
users: [{name: u, user: {token: hush-hush}}]
"""


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_it_tells_what_was_found_and_the_ways_on(tmp_path: Path, size: tuple[int, int]) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(KUBECONFIG)
    looked = look({"KUBECONFIG": str(kubeconfig), "PGHOST": "db"}, tmp_path / "none.toml")
    app = Console(first_run_context(looked), {0: lambda: FirstRun}, state_dir=tmp_path)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.frame.active is not None and bool(app.query(TextPage)))
        text = app.query_one(TextPage).text
        for part in (
            "2 contexts",
            "https://10.0.0.1:6443",
            "opsconsole demo",
            "config init",
            "PGHOST set",
            "none.toml",
        ):
            assert part in text
        assert "hush" not in text
        assert "\x1b" not in text
        await pilot.press("2")
        assert "no such tab" in shown(app, "footer")
        assert "6" not in shown(app, "strip")[:40]


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "no kubeconfig"), ("", "is no kubeconfig"), ("[1]", "is no kubeconfig"), ("a: [", "no valid YAML")],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, content: str | None, says: str) -> None:
    file = tmp_path / "config"
    if content is not None:
        file.write_text(content)
    places = dict(look({"KUBECONFIG": str(file)}, tmp_path / "none.toml").places)
    assert says in places[f"{file} ($KUBECONFIG)"]
