"""`opsconsole check`: the findings of the Now page in one run, its three ways of saying them, Nagios' exit codes."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from opsconsole.cli import check_words
from opsconsole.cli.check_words import Verdict, as_json, code_of, kept, lines, nagios
from opsconsole.cli.look_once import Seen, Source
from opsconsole.cli.main import console
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.reading import Problem, ProblemKind
from tests.demo.kubernetes.running import running

AT = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
SLOW = Finding(
    "p99:checkout", Severity.CRITICAL, "checkout P99 1.9 s > 500 ms", 1, since=AT - timedelta(minutes=12),
    after="release api 1.8.2 (02:39)", whom="212 Pro", customers=212, object="checkout ", rule="p99",
)  # fmt: skip
FULL = Finding("conns:pg", Severity.WARNING, "pg | connections 88 of 97", 3, since=AT - timedelta(minutes=4))
SOON = Finding("p95:web", Severity.WARNING, "web P95", 1, state="pending", since=AT, pending_s=420.0, for_s=900.0)
BLIND = Finding("blind:am", Severity.BLIND, "Alertmanager does not answer: alerts blind", 1, value="refused")
NOBODY = '[profiles.x.prometheus]\nurl = "http://127.0.0.1:9"\n'


def verdict(*findings: Finding, sources: tuple[Source, ...] = ()) -> Verdict:
    return Verdict(code_of(findings), findings, Seen(AT, findings, sources), "prod", "default", 2.14)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def run(tmp_path: Path, text: str, *arguments: str) -> Result:
    return CliRunner().invoke(console, ["--config", str(settings(tmp_path, text)), "check", *arguments])


def settings(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_the_exit_code_is_nagios_and_what_cannot_be_seen_is_never_ok() -> None:
    assert code_of([]) == code_of([SOON]) == 0
    assert code_of([FULL]) == 1
    assert code_of([FULL, BLIND]) == 3
    assert code_of([FULL, BLIND, SLOW]) == 2
    assert code_of([FULL], Severity.CRITICAL) == 0
    assert code_of([BLIND], Severity.CRITICAL) == 3


def test_people_read_aligned_lines_with_the_evidence_below() -> None:
    problem = Problem(ProblemKind.UNREACHABLE, "refused", "start it")
    said = lines(verdict(SLOW, SOON, sources=(Source("alertmanager", "failed", 1.0, problem),)))
    plain = [line.replace("\x1b[31m", "").replace("\x1b[0m", "") for line in said]
    assert plain == [
        "CRITICAL  1 critical, 1 pending · profile prod, policy default · 1 source in 2.1 s",
        "critical        12m  checkout P99 1.9 s > 500 ms",
        "                     after release api 1.8.2 (02:39) · 212 Pro",
        "pending   7m of 15m  web P95",
        "alertmanager  failed: refused → start it",
    ]


def test_a_monitor_reads_one_line_whose_only_bar_begins_the_figures() -> None:
    assert nagios(verdict(SLOW, FULL, SOON)) == (
        "OPSCONSOLE CRITICAL - 1 critical, 1 warning, 1 pending: checkout P99 1.9 s > 500 ms; pg / connections 88 of 97"
        "|critical=1;;0;0 warning=1;0;;0 unknown=0;;;0 pending=1;;;0 time=2.14s;;;0"
    )


def test_the_json_has_the_shape_that_the_help_promises() -> None:
    shape = as_json(verdict(SLOW, BLIND, sources=(Source("kubernetes", "ok", 0.5),)))
    assert (shape["format"], shape["verdict"], shape["exit_code"]) == (1, "critical", 2)
    told = " ".join(CliRunner().invoke(console, ["check", "--help"]).output.split())
    names = [*shape, *shape["counts"], *shape["findings"][0], *shape["sources"][0]]
    assert [name for name in names if f'"{name}"' not in told] == []
    assert shape["findings"][0]["tab"] == "metrics"
    assert shape["sources"] == [
        {"name": "kubernetes", "state": "ok", "answered_s": 0.5, "problem": None, "remedy": None}
    ]
    assert check_words.FORMAT == 1, "a field that goes or changes its meaning makes another format"


def test_only_keeps_tabs_and_severities_and_never_hides_blindness_of_a_kept_tab() -> None:
    found = (SLOW, FULL, BLIND)
    assert kept(found, frozenset({"queries"}), frozenset()) == (FULL,)
    assert kept(found, frozenset(), frozenset({"critical"})) == (SLOW, BLIND)
    assert kept(found, frozenset({"queries"}), frozenset({"critical"})) == ()


def test_a_source_that_does_not_answer_is_unknown(tmp_path: Path) -> None:
    result = run(tmp_path, NOBODY, "--json")
    told = json.loads(result.output)
    assert (result.exit_code, told["verdict"], told["counts"]["unknown"]) == (3, "unknown", 1)
    assert [(one["name"], one["state"]) for one in told["sources"]] == [("prometheus", "failed")]
    assert told["sources"][0]["remedy"]
    assert not (tmp_path / "opsconsole" / "opsconsole.db").exists(), "a look writes nothing down"


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("", ("--nagios",), "OPSCONSOLE UNKNOWN - nothing is configured"),
        ("[profiles.x]", ("--nagios",), "names no source"),
        (NOBODY, ("--only", "redis"), "names no redis"),
        (NOBODY, ("--only", "redsi"), "'redsi' is none of"),
        ("[profiles.x", ("--json",), '"verdict": "unknown"'),
    ],
)
def test_what_cannot_run_is_unknown_and_not_critical(
    tmp_path: Path, text: str, arguments: tuple[str, ...], said: str
) -> None:
    result = run(tmp_path, text, *arguments)
    assert result.exit_code == 3
    assert said in result.output


async def test_a_cluster_that_can_only_be_read_is_checked_without_a_terminal_and_into_a_closed_pipe(
    tmp_path: Path,
) -> None:
    """As cron runs it; `| head -1` takes nothing from the exit code."""
    async with running() as run:
        config = tmp_path / "kubeconfig"
        config.write_text(run.server.kubeconfig())
        file = settings(tmp_path, f'[profiles.x.kubernetes]\nkubeconfig = "{config}"\n')
        program = "from opsconsole.cli.main import main; main()"
        command = [sys.executable, "-c", program, "--config", str(file), "check", "--only", "pods"]
        reader, writer = os.pipe()
        os.close(reader)
        piped = await asyncio.create_subprocess_exec(*command, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        read = await asyncio.create_subprocess_exec(*command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        out, _ = await read.communicate()
        _, errors = await piped.communicate()
    assert errors == b""
    assert piped.returncode == read.returncode
    assert read.returncode in (0, 1, 2)
    assert b"1 source in" in out
    assert b"\x1b" not in out
