"""A desk for tests of the planners: one API server, a board that tests fill by hand, and what a plan then does."""

import asyncio
import shlex
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from opsconsole.actions.errors import Refused
from opsconsole.actions.objects import Desk
from opsconsole.actions.plan import plan
from opsconsole.config.settings import Kubernetes, Policy, Profile
from opsconsole.model import action
from opsconsole.model.action import Asked, Plan
from opsconsole.model.collection import Collection
from opsconsole.model.reading import Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.topics import Topic
from opsconsole.sources.errors import SourceError
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.text import clock
from tests.cluster.credentials import kubeconfig
from tests.demo.kubernetes.target import APPS, HPAS, NAMESPACE, Body, Target, deployment, settled, unique


@dataclass(slots=True)
class Planning:
    """One API server seen by one user."""

    server: Target
    desk: Desk
    folder: Path

    @property
    def board(self) -> Board:
        return self.desk.board

    async def deployment(self, replicas: int = 2, **spec: Any) -> action.Target:
        """A Deployment that has come to rest, by identity."""
        body = deployment(unique("plan"), replicas)
        body["spec"] |= spec
        return self.seen(await self.made(f"{APPS}/deployments", body))

    async def made(self, collection: str, body: Body) -> Body:
        await self.server.create(collection, body)
        return await settled(self.server, body["metadata"]["name"])

    def seen(self, body: Body) -> action.Target:
        metadata = body["metadata"]
        return action.Target("Deployment", NAMESPACE, metadata["name"], metadata["uid"])

    async def plan(self, verb: str, target: action.Target, **asked: Any) -> Plan:
        return await plan(self.desk, Asked(verb, target, **asked))

    async def refused(self, verb: str, target: action.Target, **asked: Any) -> str:
        """The guard that refuses it."""
        try:
            await self.plan(verb, target, **asked)
        except Refused as error:
            return error.guard
        raise AssertionError(f"{verb} was not refused")

    async def send(self, made: Plan, *, dry_run: bool = False) -> None:
        """What the executor sends. Raises SourceError."""
        for write in made.writes:
            body = msgspec.json.decode(write.body)
            query = [("dryRun", "All")] if dry_run else []
            await self.desk.cluster.request(
                write.method, write.path, query, needs=write.needs, body=body, content_type=write.content_type
            )

    async def rejected(self, made: Plan) -> bool:
        """Whether a precondition of the plan fails."""
        try:
            await self.send(made)
        except SourceError as error:
            return "the server rejected our request" in error.problem.sentence
        return False

    async def object(self, target: action.Target) -> Body:
        places = {"HorizontalPodAutoscaler": HPAS}
        place = places.get(target.kind, f"{APPS}/{target.kind.lower()}s")
        body: Body = await self.server.get(f"{place}/{target.name}")
        return body

    async def change(self, path: str, patch: Any, content_type: str = "application/merge-patch+json") -> Body:
        """Somebody else's patch."""
        answer = await self.server.call("PATCH", path, patch, content_type=content_type)
        assert answer.status == 200, answer.body
        body: Body = answer.body
        return body


@asynccontextmanager
async def planning(
    server: Target, folder: Path, user: str = "admin", policy: Policy | None = None, profile: Profile | None = None
) -> AsyncIterator[Planning]:
    """The desk of one user."""
    place = folder / f"{user}.kubeconfig"
    place.write_text(kubeconfig(server.url, server.ca_pem, user, server.tokens[user]), encoding="utf-8")
    cluster = Cluster(Kubernetes(kubeconfig=str(place)))
    try:
        yield Planning(server, Desk(cluster, Board(), policy or Policy(), profile or Profile()), folder)
    finally:
        await cluster.close()


async def run(kubectl: Path, desk: Planning, command: str) -> None:
    """A command line of a plan, with the real kubectl."""
    arguments = ["--kubeconfig", str(desk.folder / "admin.kubeconfig"), *shlex.split(command)[1:]]
    process = await asyncio.create_subprocess_exec(kubectl, *arguments, stdout=PIPE, stderr=PIPE)
    said, complained = await process.communicate()
    assert process.returncode == 0, said + complained


def tell(board: Board, topic: Topic[Any], value: Any, state: State = State.OK) -> None:
    """A reading of now."""
    board.publish(topic, Reading(value, state, clock.now()))


def rows(*items: Any) -> Collection[Any]:
    return Collection({item.uid: item for item in items}, complete=True)


def line(made: Plan, title: str) -> str:
    return next(line.words for line in made.lines if line.title == title)


def warned(made: Plan) -> set[str]:
    return {one.id for one in made.warnings}


def grave(made: Plan) -> set[str]:
    return {one.id for one in made.warnings if one.grave}
