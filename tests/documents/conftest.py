"""A store that holds the story, a desk that writes its postmortem, and a folder for a team's templates."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from opsconsole.config.policies import builtin
from opsconsole.config.settings import Documents, Policy, Profile
from opsconsole.documents import postmortem
from opsconsole.poller.board import Board
from opsconsole.store.store import Store

PROFILE = Profile()
POLICY = builtin("default")


@dataclass
class Desk:
    """Writes the postmortem of INC-1, as `P` does."""

    store: Store
    documents: Documents
    policy: Policy = POLICY
    profile: Profile = PROFILE

    @property
    def file(self) -> Path:
        return postmortem.default_path(self.documents, "INC-1")

    @property
    def text(self) -> str:
        return self.file.read_text(encoding="utf-8")

    async def write(self, *, board: Board | None = None, path: Path | None = None) -> postmortem.Written:
        return await postmortem.write(
            "INC-1",
            self.store,
            documents=self.documents,
            profile=self.profile,
            policy=self.policy,
            board=board,
            path=path,
        )

    def edit(self, before: str, after: str) -> None:
        """What a person does in an editor."""
        assert before in self.text
        self.file.write_text(self.text.replace(before, after), encoding="utf-8")


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """The team's folder of templates."""
    folder = tmp_path / "templates"
    (folder / "updates").mkdir(parents=True)
    return folder


@pytest.fixture
async def desk(tmp_path: Path, team: Path) -> AsyncIterator[Desk]:
    store = Store.open(tmp_path / "store.db")
    yield Desk(store, Documents(folder=str(tmp_path / "postmortems"), templates=str(team)))
    await store.close()
