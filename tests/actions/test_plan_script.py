"""The plan as a shell script: any POSIX shell reads it, and with the real kubectl it does the same."""

import asyncio
import os
import shlex
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from opsconsole.actions.script import script
from opsconsole.model.action import Asked, Blast, Effect, Line, Plan, Target, Warned
from tests.actions.planning import Planning
from tests.demo.kubernetes.target import APPS, HPAS, NAMESPACE, autoscaler, deployment, eventually, settled

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def do(desk: Planning, kubectl: Path, made: Plan) -> tuple[int, str]:
    """(exit code, what it said) of the script, in a shell that finds kubectl and the kubeconfig."""
    environment = {
        "PATH": f"{kubectl.parent}:{os.environ['PATH']}",
        "KUBECONFIG": str(desk.folder / "admin.kubeconfig"),
        "HOME": str(desk.folder),
    }
    path = desk.folder / "plan.sh"
    path.write_text(script(made), encoding="utf-8")
    process = await asyncio.create_subprocess_exec("sh", path, stdout=PIPE, stderr=PIPE, env=environment)
    said, complained = await process.communicate()
    return process.returncode or 0, (said + complained).decode()


async def shell(arguments: list[str], first: Path) -> int:
    """The exit code of sh, which looks for commands in that folder first."""
    environment = {"PATH": f"{first}:{os.environ['PATH']}"}
    process = await asyncio.create_subprocess_exec("sh", *arguments, env=environment)
    return await process.wait()


async def test_scale_restart_and_roll_back(desk: Planning, kubectl: Path) -> None:
    workload = await desk.deployment(1)
    code, said = await do(desk, kubectl, await desk.plan("scale", workload, replicas=2))
    assert code == 0, said
    assert "successfully rolled out" in said
    assert (await settled(desk.server, workload.name))["spec"]["replicas"] == 2
    before = (await desk.object(workload))["spec"]["template"]
    code, said = await do(desk, kubectl, await desk.plan("restart", workload))
    assert code == 0, said
    await settled(desk.server, workload.name)
    back = await desk.plan("rollback", workload)
    code, said = await do(desk, kubectl, back)
    assert code == 0, said
    after = (await settled(desk.server, workload.name))["spec"]["template"]
    assert (after["spec"], after["metadata"]["labels"]) == (before["spec"], before["metadata"]["labels"])
    assert not after["metadata"].get("annotations")


async def test_bounds_carry_the_plans_own_preconditions(desk: Planning, kubectl: Path) -> None:
    workload = await desk.deployment(2)
    await desk.server.create(HPAS, autoscaler(workload.name, 2, 6, 50))
    hpa = f"{HPAS}/{workload.name}"
    made = await desk.plan("scale", workload, minimum=2, maximum=8)
    await desk.change(hpa, {"spec": {"maxReplicas": 7}})
    code, said = await do(desk, kubectl, made)
    assert code != 0
    assert (await desk.server.get(hpa))["spec"]["maxReplicas"] == 7, said
    await desk.change(hpa, {"spec": {"maxReplicas": 6}})
    code, said = await do(desk, kubectl, made)
    assert code == 0, said
    assert (await desk.server.get(hpa))["spec"]["maxReplicas"] == 8


async def test_another_object_under_the_name_is_left_alone(desk: Planning, kubectl: Path) -> None:
    workload = await desk.deployment(1)
    made = await desk.plan("scale", workload, replicas=2)
    path = f"{APPS}/deployments/{workload.name}"
    await desk.server.call("DELETE", path)

    async def gone() -> bool:
        return (await desk.server.call("GET", path)).status == 404

    await eventually(gone)
    assert (await do(desk, kubectl, made))[0] != 0
    await desk.made(f"{APPS}/deployments", deployment(workload.name, 1))
    code, said = await do(desk, kubectl, made)
    assert code == 1
    assert "is not the object that the plan was made for" in said
    assert (await desk.object(workload))["spec"]["replicas"] == 1


async def test_no_text_of_others_becomes_a_command(tmp_path: Path) -> None:
    """Names and warnings that would run something if they were not quoted, or left their comment."""
    evil = "x'; touch {}; '\n$(touch {})`touch {}`".replace("{}", shlex.quote(str(tmp_path / "struck")))
    target = Target("Deployment", NAMESPACE, "api", "uid'; exit 0", context=evil)
    made = Plan(
        "id", Asked("restart", target), target, evil, evil, evil, evil, (Line(evil, evil),),
        (shlex.join(["kubectl", "-n", NAMESPACE, "rollout", "restart", "deployment/api", "--context", evil]),),
        Effect.DISRUPTIVE, Blast(), (Warned("x", evil, grave=True),), (), undo_words=evil, follows=target,
    )  # fmt: skip
    text = script(made)
    path = tmp_path / "plan.sh"
    path.write_text(text, encoding="utf-8")
    stub = tmp_path / "kubectl"
    asked = 'case "$*" in *jsonpath*) printf %s "uid\'; exit 0";; esac'
    stub.write_text(f'#!/bin/sh\necho "$#" >> {tmp_path}/calls\n{asked}\n')
    stub.chmod(0o755)
    assert await shell(["-n", str(path)], tmp_path) == 0
    assert await shell([str(path)], tmp_path) == 0
    assert not (tmp_path / "struck").exists()
    assert (tmp_path / "calls").read_text().split() == ["8", "7", "8"], "each argument stayed one"
