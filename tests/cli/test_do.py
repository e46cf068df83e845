"""`opsconsole do` as a program of its own, on the simulated Kubernetes: what it prints, does, and ends with."""

import asyncio
import json
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from opsconsole.demo.kubernetes.resources import BY_KIND
from opsconsole.demo.kubernetes.store import clone
from opsconsole.demo.platform import NAMESPACE
from tests.demo.kubernetes.running import Running, running
from tests.faults.running import MAIN, variables

DEPLOYMENT = BY_KIND["Deployment"].key


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


QUICK = f"""
from opsconsole.rules import outcome, rollout
outcome.HOLD_S, rollout.GRACE_S = 3.0, 3.0
{MAIN}"""
"""The program where a trouble or its absence counts sooner: a minute of waiting tells nothing more."""


class Shop:
    """The simulated cluster, and the program run against it."""

    def __init__(self, run: Running, folder: Path) -> None:
        self.run = run
        self.folder = folder
        for user in run.server.tokens:
            (folder / user).write_text(run.server.kubeconfig(user))
        self.program = MAIN
        self.settings(f'[profiles.demo.kubernetes]\nkubeconfig = "{folder}/admin"')

    def settings(self, text: str) -> None:
        file = self.folder / "settings.toml"
        file.write_text(f'{text}\n[store]\npath = "{self.folder}/store.db"\n')
        file.chmod(0o600)

    def deployment(self, name: str) -> dict[str, Any]:
        stored = self.run.cluster.store.get(DEPLOYMENT, NAMESPACE, name)
        assert stored is not None
        return stored.body

    def image(self, name: str) -> str:
        return str(self.deployment(name)["spec"]["template"]["spec"]["containers"][0]["image"]).rpartition(":")[2]

    def change(self, name: str, **spec: Any) -> None:
        """As if somebody else had changed the Deployment's spec."""
        body = clone(self.deployment(name))
        body["spec"] |= spec
        body["metadata"]["generation"] += 1
        self.run.cluster.store.put(DEPLOYMENT, body)

    async def start(self, *arguments: str, **streams: Any) -> asyncio.subprocess.Process:
        given = {"stdin": asyncio.subprocess.DEVNULL, "stdout": -1, "stderr": -1} | streams
        command = [sys.executable, "-c", self.program, "--config", str(self.folder / "settings.toml"), *arguments]
        return await asyncio.create_subprocess_exec(*command, env=variables(self.folder), **given)

    async def do(self, *arguments: str) -> Ended:
        process = await self.start("do", *arguments)
        out, err = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), err.decode())


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with running() as run:
        yield Shop(run, tmp_path)


async def test_a_plan_has_the_dialogs_lines_and_changes_nothing(shop: Shop) -> None:
    before = shop.deployment("web")
    ended = await shop.do("rollback", "deploy/web", "--plan")
    assert (ended.code, shop.deployment("web")["spec"]) == (0, before["spec"])
    first, *lines = ended.out.splitlines()
    assert first == "ROLL BACK deployment/web   opsconsole-demo / social-live-prod"
    titles = [line[2:11].strip() for line in lines]
    assert titles[:7] == ["from", "changes", "takes", "fights", "hurts", "same as", "allowed"]
    assert "dry run ok" in ended.out
    assert "nothing was changed" in ended.err


async def test_it_rolls_back_follows_to_ready_and_takes_that_back(shop: Shop) -> None:
    image = shop.image("web")
    shop.program = QUICK
    done = await shop.do("rollback", "deploy/web", "--yes", "--reason", "errors since noon")
    assert (done.code, shop.image("web") == image) == (0, False), done.said
    assert "2 of 2 pods ready" in done.out
    undone = await shop.do("undo", "--yes", "--json")
    document = json.loads(undone.out)
    assert (undone.code, document["exit_code"], shop.image("web")) == (0, 0, image)
    assert (document["plan"]["verb"], document["run"]["phase"]) == ("rollback", "ready")
    again = await shop.do("undo", "--yes")
    assert again.code == 3
    assert "no action on this cluster that could be undone" in again.err
    lines = await journal(shop)
    phases = [line["phase"] for line in lines]
    assert phases == ["intent", "written", "outcome", "intent", "written", "undone", "outcome"]
    assert "errors since noon" in lines[0]["words"]


async def journal(shop: Shop) -> list[dict[str, Any]]:
    process = await shop.start("journal", "export")
    out, _ = await process.communicate()
    return [json.loads(line) for line in out.splitlines()]


async def test_where_an_autoscaler_owns_the_replicas_its_bounds_are_set(shop: Shop) -> None:
    ended = await shop.do("scale", "deployment/api", "--replicas", "+2", "--yes")
    assert ended.code == 0, ended.said
    assert "minReplicas 3→14" in ended.out
    bounds = shop.run.cluster.store.get(BY_KIND["HorizontalPodAutoscaler"].key, NAMESPACE, "api")
    assert bounds is not None
    assert (bounds.body["spec"]["minReplicas"], shop.deployment("api")["spec"]["replicas"]) == (14, 14)
    set_back = await shop.do("hpa", "deployment/api", "--min", "3", "--max", "20", "--yes")
    assert set_back.code == 0, set_back.said


async def test_what_is_grave_takes_force_a_reason_and_the_name(shop: Shop) -> None:
    asked = "scale", "deploy/worker", "--replicas", "0", "--yes"
    for more, said in (
        ((), "add --force and --reason"),
        (("--force",), "add --reason"),
        (("--force", "--reason", "drain"), "add --confirm worker"),
        (("--force", "--reason", "drain", "--confirm", "api"), "--confirm does not name worker"),
    ):
        ended = await shop.do(*asked, *more)
        assert (ended.code, shop.deployment("worker")["spec"]["replicas"]) == (3, 3)
        assert said in ended.err
    ended = await shop.do(*asked, "--force", "--reason", "drain", "--confirm", "worker")
    assert (ended.code, shop.deployment("worker")["spec"]["replicas"]) == (0, 0), ended.said


REFUSALS: dict[str, tuple[str, tuple[str, ...], int, str]] = {
    "no such workload": ("", ("restart", "deploy/nothing", "--yes"), 3, "refused (gone)"),
    "nobody to ask": ("", ("restart", "deploy/web"), 3, "there is no terminal to ask on"),
    "production without a reason": ("production = true", ("restart", "deploy/web", "--yes"), 3, "add --reason"),
    "read-only": ("read_only = true", ("restart", "deploy/web", "--yes"), 3, "is read-only"),
    "another namespace": ("", ("restart", "deploy/prometheus", "--yes", "-n", "nowhere"), 3, "refused (gone)"),
    "no kind": ("", ("restart", "web", "--yes"), 2, "write deployment/NAME"),
    "another path": ("", ("restart", "deploy/../pods/web", "--yes"), 2, "no name that Kubernetes knows"),
    "no number": ("", ("scale", "deploy/web", "--replicas", "many"), 2, "write 6, +2 or -1"),
    "no bounds": ("", ("hpa", "deploy/web"), 2, "say --min N, --max N or both"),
    "no such revision": ("", ("rollback", "deploy/web", "--to-revision", "99", "--yes"), 3, "99"),
    "no such run": ("", ("undo", "not-a-run", "--yes"), 3, "the journal holds no plan of this run"),
}


async def test_refusals_change_nothing_and_say_what_to_do(shop: Shop) -> None:
    before = shop.deployment("web")["spec"]
    for case, (profile, arguments, code, said) in REFUSALS.items():
        shop.settings(f'[profiles.demo]\n{profile}\n[profiles.demo.kubernetes]\nkubeconfig = "{shop.folder}/admin"')
        ended = await shop.do(*arguments)
        assert (ended.code, shop.deployment("web")["spec"]) == (code, before), f"{case}: {ended.said}"
        assert said in ended.err, case

    # who may only look is told the right that is missing
    shop.settings(f'[profiles.demo.kubernetes]\nkubeconfig = "{shop.folder}/viewer"')
    ended = await shop.do("restart", "deploy/web", "--yes")
    assert ended.code == 3
    assert "viewer may not patch deployments in social-live-prod" in ended.err


async def test_what_cannot_be_reached_is_no_refusal(shop: Shop) -> None:
    await shop.run.server.close()
    ended = await shop.do("restart", "deploy/web", "--yes", "-n", NAMESPACE)
    assert ended.code == 2
    assert "cannot be reached" in ended.err


async def test_a_rollout_that_gets_stuck_ends_with_its_reason_and_the_undo(shop: Shop) -> None:
    template = clone(shop.deployment("web")["spec"]["template"])
    template["spec"]["containers"][0]["image"] = "registry.invalid/web:9"
    shop.change("web", template=template, progressDeadlineSeconds=30)
    shop.program = QUICK
    ended = await shop.do("restart", "deploy/web", "--yes", "--timeout", "60")
    assert ended.code == 1, ended.said
    assert "ImagePullBackOff" in ended.out
    mended = await shop.do("rollback", "deploy/web", "--to-revision", "2", "--yes", "--force", "--reason", "mend it")
    assert mended.code == 0, mended.said


async def test_interrupted_while_following_it_leaves_the_platform_going(shop: Shop) -> None:
    shop.change("web", minReadySeconds=100_000, progressDeadlineSeconds=200_000)
    process = await shop.start("do", "restart", "deploy/web", "--yes")
    assert process.stderr is not None
    while b"new pods ready" not in (line := await process.stderr.readline()):
        assert line, "it ended before it followed"
    process.send_signal(signal.SIGINT)
    out, _ = await process.communicate()
    assert process.returncode == 1
    assert "left: the platform goes on" in out.decode()
    annotations = shop.deployment("web")["spec"]["template"]["metadata"]["annotations"]
    assert "kubectl.kubernetes.io/restartedAt" in annotations


async def test_on_a_terminal_the_name_is_typed(shop: Shop) -> None:
    for typed, code in ((b"yes\n", 3), (b"\n", 3), (b"\x03", 3), (b"web\n", 0)):
        await type_the_name(shop, typed, code)


async def type_the_name(shop: Shop, typed: bytes, code: int) -> None:
    master, terminal = pty.openpty()
    process = await shop.start("do", "restart", "deploy/web", stdin=terminal, stderr=terminal, start_new_session=True)
    os.close(terminal)
    shown = await until(master, b"type web to do it")
    if typed == b"\x03":
        process.send_signal(signal.SIGINT)
    else:
        os.write(master, typed)
    loop = asyncio.get_running_loop()
    loop.add_reader(master, _drain, master)
    out, _ = await process.communicate()
    loop.remove_reader(master)
    os.close(master)
    assert process.returncode == code, shown + out
    marks = shop.deployment("web")["spec"]["template"]["metadata"].get("annotations") or {}
    assert ("kubectl.kubernetes.io/restartedAt" in marks) == (code == 0)


async def until(descriptor: int, wanted: bytes) -> bytes:
    """What a terminal showed until these bytes came."""
    loop, shown, seen = asyncio.get_running_loop(), bytearray(), asyncio.Event()

    def ready() -> None:
        shown.extend(os.read(descriptor, 4096))
        if wanted in shown:
            seen.set()

    loop.add_reader(descriptor, ready)
    async with asyncio.timeout(30):
        await seen.wait()
    loop.remove_reader(descriptor)
    return bytes(shown)


def _drain(descriptor: int) -> None:
    try:
        os.read(descriptor, 4096)
    except OSError:
        asyncio.get_running_loop().remove_reader(descriptor)


async def test_the_script_is_the_only_thing_that_is_printed(shop: Shop) -> None:
    ended = await shop.do("rollback", "deploy/web", "--script")
    assert ended.code == 0
    assert ended.out.startswith("#!/bin/sh\n")
    assert "kubectl -n social-live-prod rollout undo deployment/web" in ended.out
    checked = await asyncio.create_subprocess_exec("sh", "-n", stdin=asyncio.subprocess.PIPE)
    await checked.communicate(ended.out.encode())
    assert checked.returncode == 0
