"""One scaling by a console without a screen, to be killed: `python -m tests.actions.killed CONFIG STORE`."""

import asyncio
import sys
from pathlib import Path

from opsconsole.actions import plan as planners
from opsconsole.actions.actions import Actions
from opsconsole.config.policies import builtin
from opsconsole.config.settings import Kubernetes, Profile
from opsconsole.poller.board import Board
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.store.store import Store
from tests.actions.executing import plain_plan, scale


async def main(kubeconfig: str, store: str) -> None:
    planners.plan = plain_plan
    cluster = await Cluster.connect(Kubernetes(kubeconfig=kubeconfig))
    actions = Actions(cluster, Board(), Store.open(Path(store)), Profile(), builtin("default"))
    actions.arming.arm()
    plan = await actions.plan(scale(5))
    await actions.carry_out(plan)
    await actions.finished(plan.id)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
