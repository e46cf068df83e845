"""What each source notes for `w`: whom it asked, what, when, and how long that took."""

from pathlib import Path

from opsconsole.assembly import Assembly
from opsconsole.config.policies import builtin
from opsconsole.config.settings import Billing, CustomerTable, Kubernetes, Profile
from opsconsole.poller.board import Board
from opsconsole.poller.customers import AccountDesk
from opsconsole.poller.incidents import IncidentsFeed
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import INCIDENTS, PODS
from opsconsole.sources.asking import gathering
from opsconsole.sources.focus import FocusSource
from opsconsole.store.store import Store
from tests.demo.kubernetes.running import running

from .metrics_fakes import until

FOCUS = Path(__file__).parents[1] / "data" / "focus"


async def test_a_bill_says_its_files_also_while_they_need_not_be_read_again() -> None:
    source = FocusSource(Billing(focus=(str(FOCUS / "commitment_discount_usage_scenario_3.csv"),)))
    try:
        for _ in range(2):
            with gathering() as asked:
                bill, path = await source.read()
            assert [(one.text, one.rows) for one in asked] == [(path, bill.rows)]
    finally:
        source.close()


async def test_a_customer_table_says_its_file_also_of_the_table_in_hand(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("id,plan\nc-1,pro\nc-2,free\n")
    desk = AccountDesk(CustomerTable(file=str(file)), (), builtin("default"))
    try:
        for _ in range(2):
            with gathering() as asked:
                await desk.read()
            assert [(one.text, one.rows) for one in asked] == [(str(file), 2)]
    finally:
        await desk.close()


async def test_the_store_names_the_command_that_tells_the_same(tmp_path: Path) -> None:
    store, board = Store.open(tmp_path / "store.db"), Board()
    poller = Poller(board)
    poller.start([IncidentsFeed(store)])
    try:
        await until(lambda: bool(board.get(INCIDENTS).asked), "the store's answer")
        assert board.get(INCIDENTS).asked[0].text == "opsconsole incident list"
    finally:
        await poller.stop()
        await store.close()


async def test_a_watched_list_says_its_request_and_where_its_watch_stands(tmp_path: Path) -> None:
    async with running() as run:
        config = tmp_path / "kubeconfig"
        config.write_text(run.server.kubeconfig())
        kubernetes, board = Kubernetes(kubeconfig=str(config), namespaces=("social-live-prod",)), Board()
        assembly = Assembly(Profile(kubernetes=kubernetes), builtin("default"), board, looks_once=True)
        assembly.start()
        try:
            await until(lambda: bool(board.get(PODS).asked), "the list of pods")
            asked = board.get(PODS).asked[0]
        finally:
            await assembly.stop()
    listed, watched = asked.text.splitlines()
    assert listed == "GET /api/v1/namespaces/social-live-prod/pods"
    assert watched.startswith(f"{listed}?watch=1&resourceVersion=")
    assert asked.answer.startswith("resourceVersion ")
    assert asked.server == "opsconsole-demo"
