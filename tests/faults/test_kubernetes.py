"""Kubernetes that is not there, does not let in, or stops answering: what the Pods tab says and keeps."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.sources.canned import Respond, serving
from tests.sources.kubernetes.objects import pod
from tests.terminal.pty_session import Session

from .running import opened, resized, shows
from .servers import alive, api_process, cluster, helper, kubeconfig


@contextlib.contextmanager
def pods_of(folder: Path, respond: Respond, size: tuple[int, int] = (160, 45)) -> Iterator[Session]:
    """The Pods tab on an API server that answers so."""
    with (
        serving(respond) as url,
        opened(folder, settings(kubeconfig(folder, url)), "--tab", "pods", size=size) as session,
    ):
        yield session


QUICK = """
from opsconsole.poller.kubernetes_pulse import Heartbeat
Heartbeat.__init__.__kwdefaults__.update(every_s=0.5, timeout_s=0.5)
"""
"""Asks every half second whether the server answers, instead of every 15 s."""


def settings(path: Path, namespaces: str = "[]") -> str:
    return f"""
default_profile = "broken"
[profiles.broken.kubernetes]
kubeconfig = "{path}"
namespaces = {namespaces}
"""


def test_without_a_kubeconfig_it_says_where_it_looked(tmp_path: Path) -> None:
    said = ("no kubeconfig: looked for", "set `kubeconfig` in the settings or KUBECONFIG in the environment")
    with opened(tmp_path, settings(tmp_path / "nowhere"), "--tab", "pods") as session:
        shows(session, *said)
        resized(session, 80, 24)
        shows(session, *said)
        session.send("0")
        session.until("Kubernetes is not set up right: pods and workloads blind")


def test_a_refused_token_says_what_to_do(tmp_path: Path) -> None:
    with serving(cluster({}, token="another")) as url:
        path = kubeconfig(tmp_path, url, {"token": "old-token-9f3"})
        with opened(tmp_path, settings(path), "--tab", "pods") as session:
            shows(session, "FAILED", "does not accept the credentials", "a fresh token for user u", "press r")
            session.send("0")
            session.until("rejects the credentials")
            assert b"old-token-9f3" not in session.raw


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("read answer < /dev/tty; echo $answer", "answered something that is no ExecCredential"),
        ("read answer; echo \"got '$answer'\" >&2; exit 4", "got ''"),
    ],
)
def test_a_helper_that_asks_or_fails_leaves_the_keys_to_the_console(tmp_path: Path, script: str, said: str) -> None:
    with serving(cluster({})) as url:
        path = kubeconfig(tmp_path, url, helper(tmp_path, script))
        with opened(tmp_path, settings(path), "--tab", "pods") as session:
            shows(session, said, "run credential-helper in another terminal and press r")
            session.send("0")
            session.until("0 Now: Findings")


def test_a_helper_that_never_ends_is_said_and_leaves_with_the_console(tmp_path: Path) -> None:
    script = f"echo $$ > {tmp_path}/pid; sleep 3600 & echo $! > {tmp_path}/child; wait"
    with serving(cluster({})) as url:
        path = kubeconfig(tmp_path, url, helper(tmp_path, script))
        with opened(tmp_path, settings(path), "--tab", "pods") as session:
            session.until(lambda _: (tmp_path / "child").exists())
            shows(session, "waiting for the first answer")
            session.send("q")
            assert session.ended() == 0
    for name in ("pid", "child"):
        assert not alive(int((tmp_path / name).read_text()))


def test_a_helper_that_takes_too_long_is_named(tmp_path: Path) -> None:
    prelude = "import opsconsole.sources.kubernetes.helper as helper; helper.LIMIT_S = 0.5"
    with serving(cluster({})) as url:
        path = kubeconfig(tmp_path, url, helper(tmp_path, "echo 'opening the browser…' >&2; sleep 3600"))
        with opened(tmp_path, settings(path), "--tab", "pods", size=(80, 24), prelude=prelude) as session:
            shows(session, "gave no answer within 0.5 s", "opening the browser")


def test_a_forbidden_namespace_costs_no_other(tmp_path: Path) -> None:
    pods = {"/api/v1/namespaces/shop/pods": [pod("api-1"), pod("api-2")]}
    with serving(cluster(pods, forbidden=("/namespaces/payroll/", "/api/v1/nodes"))) as url:
        path = kubeconfig(tmp_path, url)
        with opened(tmp_path, settings(path, '["shop", "payroll"]'), "--tab", "pods") as session:
            session.until("Pods 2")
            session.send("v", "p", gap=0.3)
            shows(session, "api-1", "forbidden: needs list pods in payroll")
            session.send("v", "n", gap=0.3)
            session.until("forbidden: needs list nodes")
            session.send("0")
            session.until("Kubernetes forbids reading: nodes blind")


def test_nothing_allowed_says_which_right_is_missing(tmp_path: Path) -> None:
    with pods_of(tmp_path, cluster({}, forbidden=("/api",)), size=(80, 24)) as session:
        shows(session, "FAILED: forbidden: needs", "ask for the right: `kubectl auth can-i")
        session.send("0")
        session.until("forbids reading")


def test_a_server_that_is_gone_leaves_the_pods_on_the_screen_dated(tmp_path: Path) -> None:
    with (
        api_process(tmp_path) as server,
        opened(tmp_path, settings(server.kubeconfig), "--tab", "pods", prelude=QUICK) as session,
    ):
        session.until("Pods 3")
        session.send("v", "p", gap=0.3)
        session.until("api-00001")
        server.kill()
        shows(session, "STALE <1m: the ", "press r", "api-00001")
        session.send("0")
        text = shows(session, "Kubernetes does not answer: pods and workloads blind")
        assert "nothing found wrong" not in text


def test_a_stopped_server_is_noticed_and_heard_again(tmp_path: Path) -> None:
    with (
        api_process(tmp_path) as server,
        opened(tmp_path, settings(server.kubeconfig), "--tab", "pods", prelude=QUICK) as session,
    ):
        session.until("Pods 3")
        session.send("v", "p", gap=0.3)
        session.until("api-00001")
        server.stop()
        shows(session, "LATE", "does not answer", "check the network or the VPN; press r", "api-00001")
        server.go_on()
        session.until(lambda text: "LATE" not in text and "3 of 3 pods running" in text)


NAMES = (
    "red\x1b[31m-alert",
    "bell\x07\x00",
    "[bold]markup[/] [@click=app.quit]x[/]",
    "日本語-ポッド",
    "e\u0301te\u0301",
    "\u202egnp.exe",
)


def test_names_from_outside_are_text_and_nothing_else(tmp_path: Path) -> None:
    pods = [pod(name) for name in NAMES]
    with pods_of(tmp_path, cluster({"/api/v1/pods": pods}), size=(120, 30)) as session:
        session.until("Pods 6")
        session.send("v", "p", gap=0.3)
        shows(session, "markup[/]", "red␛[31m-alert", "日", "bell␇␀", "<202e>gnp.exe")
        text = session.text
        for wild in (b"\x1b[31m-alert", b"bell\x07", "\u202e".encode()):
            assert wild not in session.raw
        rows = [line for line in text.splitlines() if "Running" in line]
        assert len(rows) == len(NAMES)
        assert len({_column(line, "Running") for line in rows}) == 1


def test_nulls_and_unknown_fields_are_harmless_and_what_cannot_be_read_is_counted(tmp_path: Path) -> None:
    whole, hollow, alien = pod("whole"), pod("hollow"), pod("alien")
    hollow["spec"] = {"containers": None, "fromTheFuture": {"a": [1, None]}}
    hollow["status"] = {"phase": None, "conditions": None, "containerStatuses": None, "startTime": None}
    alien["metadata"]["name"] = 17
    items: list[Any] = [whole, hollow, alien, None]
    with pods_of(tmp_path, cluster({"/api/v1/pods": items})) as session:
        session.until("Pods 2")
        session.send("v", "p", gap=0.3)
        shows(session, "hollow", "whole", "1 object unreadable (y)")
        assert "hollow ─ ok" not in session.text


def _column(line: str, word: str) -> int:
    """The cell in which a word begins: wide characters before it take two, combining ones none."""
    return cell_len(line[: line.index(word)])
