"""`:ctx` and `:ns` on the real console: other rows under another name at once, and no cluster that holds it up."""

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.faults.running import opened
from tests.faults.servers import alive, helper, saying_nothing
from tests.sources.canned import Respond, serving
from tests.terminal.pty_session import Session

from .switching import api, kubeconfig

SETTINGS = """
[profiles.live.kubernetes]
kubeconfig = "{path}"
context = "live"
"""


PODS = {"shop": ["live-pod"], "web": ["web-pod", "web-twin"], "shop-two": []}


@contextmanager
def standing(
    folder: Path,
    servers: Mapping[str, str] | None = None,
    *,
    users: Mapping[str, Mapping[str, Any]] | None = None,
    live: Respond | None = None,
    settings: str = SETTINGS,
    size: tuple[int, int] = (160, 45),
) -> Iterator[Session]:
    """The console on the profile `live`, its pods on the screen; the other contexts are those of `servers`."""
    with serving(live or api(PODS)) as url:
        path = kubeconfig(folder / "kubeconfig", {"live": url, **(servers or {})}, users)
        text = settings.replace("{path}", str(path))
        with opened(folder, text, "--profile", "live", "--tab", "pods", size=size) as session:
            session.until("no workload is here")
            command(session, "po")
            session.until("live-pod")
            yield session


def command(session: Session, text: str) -> None:
    session.send(":")
    session.until("type a word")
    session.send(f"{text}\r")


def quit(session: Session) -> None:
    session.send("q")
    assert session.ended() == 0


def test_another_context_shows_its_own_rows_and_none_of_the_one_before(tmp_path: Path) -> None:
    with serving(api({"shop": ["other-pod"]})) as other, standing(tmp_path, {"other": other}) as session:
        command(session, "ctx other")
        text = session.until("other-pod")
        assert "live-pod" not in text
        assert "ad-hoc/other" in text
        assert "no profile names it: Kubernetes alone" in text
        command(session, "ctx li")
        text = session.until("live-pod")
        assert "other-pod" not in text
        assert "now live" in text
        quit(session)


def test_no_dead_cluster_holds_up_leaving_it_the_palette_or_quitting(tmp_path: Path) -> None:
    with saying_nothing() as silent, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, not listening: it refuses
        servers = {
            "silent": f"http://127.0.0.1:{silent}",
            "tls": f"https://127.0.0.1:{silent}",
            "refusing": f"http://127.0.0.1:{closed.getsockname()[1]}",
        }
        with standing(tmp_path, servers) as session:
            for name in servers:
                command(session, f"ctx {name}")
                assert "live-pod" not in session.until(f"now {name}")
                command(session, "ctx live")
                session.until("live-pod")
            command(session, "ctx tls")
            session.until("now tls")
            quit(session)


def test_a_helper_that_hangs_ends_when_its_context_is_left(tmp_path: Path) -> None:
    user = helper(tmp_path, f"echo $$ > {tmp_path}/helper.pid; exec sleep 600")
    with serving(api(PODS)) as url, standing(tmp_path, {"asks": url}, users={"asks": user}) as session:
        command(session, "ctx asks")
        session.until("now asks")
        pid = tmp_path / "helper.pid"
        session.until(lambda text: pid.exists() and bool(pid.read_text()))
        command(session, "ctx live")
        session.until("live-pod")
        session.until(lambda text: not alive(int(pid.read_text())))
        quit(session)


def test_what_cannot_be_used_is_said_and_the_old_one_stays(tmp_path: Path) -> None:
    with standing(tmp_path, {"broken": "http://127.0.0.1:9"}, size=(240, 45)) as session:
        path = tmp_path / "kubeconfig"
        whole = path.read_text()
        path.write_text(whole.replace("cluster: broken", "cluster: elsewhere"))
        command(session, "ctx broken")
        session.until("broken cannot be used: the kubeconfig has no cluster elsewhere; live stays")
        command(session, "ctx brokenn")
        session.until("no context or profile brokenn: did you mean broken?")
        path.write_text(whole.replace("  user:\n    token: good-token", "  user: {client-certificate-data: '-'}", 2))
        command(session, "ctx broken")
        session.until("is not base64")
        path.write_text("contexts: [")
        command(session, "ctx broken")
        session.until("is not YAML")
        assert "live-pod" in session.text
        quit(session)


def test_a_context_that_was_added_meanwhile_is_offered(tmp_path: Path) -> None:
    with serving(api({"shop": ["added-pod"]})) as added, standing(tmp_path) as session:
        path = tmp_path / "kubeconfig"
        live = yaml.safe_load(path.read_text())["clusters"][0]["cluster"]["server"]
        kubeconfig(path, {"live": live, "added": added})
        command(session, "ctx")
        session.until(lambda text: "added" in text and "not asked yet" in text)
        session.send("add")
        session.until(lambda text: "1 platform" in text or "> live" not in text)
        session.send("\r")
        session.until("added-pod")
        quit(session)


def test_namespaces_one_some_and_all_without_asking_anew_for_those_that_stay(tmp_path: Path) -> None:
    asked: list[str] = []
    with standing(tmp_path, live=api(PODS, asked=asked)) as session:
        command(session, "ns web")
        text = session.until("web-pod")
        session.until(lambda text: "live-pod" not in text)
        session.until("ns web (1 of 3)")
        session.until("2 of 2 pods running")
        del asked[:]
        command(session, "ns shop,web")
        session.until("live-pod")
        text = session.until("ns shop, web (2 of 3)")
        assert "web-twin" in text
        assert "/api/v1/namespaces/shop/pods" in asked
        assert not [path for path in asked if path.startswith("/api/v1/namespaces/web/pods")]
        command(session, "ns shop-too")
        session.until("no namespace shop-too: did you mean shop-two?")
        command(session, "ns all")
        session.until("now all namespaces")
        session.until("3 of 3 pods running")
        quit(session)


def test_the_list_of_namespaces_counts_pods_marks_several_and_keeps_what_is_starred(tmp_path: Path) -> None:
    with standing(tmp_path) as session:
        command(session, "ns")
        session.until("Namespaces · 3")
        assert re.search(r"web +2", session.text)
        session.send("two")
        session.until(lambda text: "shop-two" in text and " web " not in text)
        session.send("*")
        session.until("* shop-two")
        session.until("shop-two is a favourite now")
        session.send("\x15")
        session.until(" web ")
        session.send("\x1b")
        session.until(lambda text: "Namespaces ·" not in text)
        command(session, "ns")
        text = session.until(lambda text: "* shop-two" in text and "Namespaces · 3" in text)
        assert text.index("* shop-two") < text.index("  shop ")
        quit_list(session)
    with standing(tmp_path) as session:
        command(session, "ns")
        session.until("* shop-two")
        session.send("\x1b[B", " ", "\x1b[B", " ", gap=0.3)
        session.until(lambda text: text.count("[x]") == 2)
        session.send("\r")
        session.until("(2 of 3)")
        quit(session)


def quit_list(session: Session) -> None:
    session.send("\x1b")
    session.until(lambda text: "Namespaces ·" not in text)
    quit(session)
