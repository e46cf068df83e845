"""`opsconsole check`: what the Now page says, without a screen: for cron, CI and monitors."""

import os
import sys
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from .options import UNKNOWN, AtOnce, Failure, Invocation, Monitor, completes, config_option, loaded_or_exit

if TYPE_CHECKING:
    from .check_words import Verdict

LAST_S = 10.0
"""So long after `--timeout` it ends in any case."""
TABS = ("metrics", "pods", "queries", "costs", "customers", "incidents")
SYSTEMS = ("kubernetes", "prometheus", "loki", "alertmanager", "postgres", "pgbouncer", "redis", "billing")
SEVERITIES = ("critical", "warning", "info")
SHAPE = """\b
{"format": 1, "verdict": "ok|warning|critical|unknown", "exit_code": 0-3,
 "at": TIME, "took_s": N, "profile": NAME, "policy": NAME,
 "counts": {"critical", "unknown", "warning", "info", "pending",
            "acknowledged"},
 "findings": [{"id", "severity": "critical|unknown|warning|info",
   "state": "firing|pending", "what", "tab", "object", "since",
   "since_is_first_look", "pending_s", "for_s", "value", "limit",
   "measured", "bound", "after", "whom", "customers", "related",
   "acknowledged_by", "rule", "origin"}],
 "sources": [{"name", "state": "ok|partial|failed", "answered_s",
   "problem", "remedy"}]}
"""


class _Words(click.ParamType[tuple[str, ...]]):
    """Words of a list, apart by commas."""

    name = "words"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        words = tuple(word for word in str(value).lower().replace(",", " ").split())
        for word in words:
            if word not in (*TABS, *SYSTEMS, *SEVERITIES):
                self.fail(f"{word!r} is none of {', '.join((*TABS, *SYSTEMS, *SEVERITIES))}", param, ctx)
        return words

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        before, comma, last = incomplete.rpartition(",")
        words = (word for word in (*TABS, *SYSTEMS, *SEVERITIES) if word.startswith(last))
        return [CompletionItem(f"{before}{comma}{word}") for word in words]


@click.command(cls=Monitor, epilog=f"The JSON; new fields may come, none goes without another format:\n\n{SHAPE}")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON, in the shape below.")
@click.option("--nagios", is_flag=True, help="Print the one line of a Nagios plugin, with performance data.")
@click.option(
    "--only",
    type=_Words(),
    multiple=True,
    metavar="WORDS",
    help=f"Only these, apart by commas: tabs ({', '.join(TABS)}), sources, the others are not asked "
    f"({', '.join(SYSTEMS)}), severities ({', '.join(SEVERITIES)}; what is unknown stays).",
)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="warning",
    show_default=True,
    help="The least severity that is not ok. Unknown is never ok.",
)
@click.option(
    "--policy", metavar="NAME", shell_complete=completes("policies"), help="Another policy than the profile's."
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0.1),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="A source that has not answered by then is unknown.",
)
@click.pass_obj
def check(
    invocation: Invocation, config_file: str | None, as_json: bool, nagios: bool, only: tuple[tuple[str, ...], ...],
    fail_on: str, policy: str | None, timeout_s: float,
) -> None:  # fmt: skip
    """Say once what is wrong, as the Now page would, and end.

    Every source is asked once, and the past is looked through, so that what fires says since when. Nothing is written
    down; the rights to read are enough.

    Exit codes are those of Nagios, unlike those of the other commands: 0 ok, 1 warning, 2 critical, 3 unknown. Unknown
    is also what cannot be seen: a source that does not answer, settings that cannot be used, a wrong command line. What
    is pending counts as ok; what is acknowledged counts as what it is. Critical goes before unknown, unknown before
    warning.
    """
    began = time.monotonic()
    watchdog = threading.Timer(timeout_s + LAST_S, _given_up, (timeout_s, as_json, nagios))
    watchdog.daemon = True
    watchdog.start()
    try:
        if as_json and nagios:
            raise Failure("--json and --nagios: one of them at a time")
        words = frozenset(word for words in only for word in words)
        verdict = _looked(invocation, config_file, words, fail_on, policy, timeout_s, began)
        out, code = _text(verdict, as_json, nagios), verdict.code
    except Exception as error:  # whatever goes wrong is unknown: Python's own exit code 1 would say warning
        out, code = _failed(error, as_json, nagios), UNKNOWN
    watchdog.cancel()
    _print(out)
    raise AtOnce(code)


def _given_up(timeout_s: float, as_json: bool, nagios: bool) -> None:
    """Whatever hangs, on whichever thread: a monitor is answered."""
    sentence = f"no verdict within {timeout_s + LAST_S:g} s: the console itself is held up"
    _print(_failed(Failure(sentence, "--timeout waits longer"), as_json, nagios))
    os._exit(UNKNOWN)


def _looked(
    invocation: Invocation, config_file: str | None, only: frozenset[str], fail_on: str, named: str | None,
    timeout_s: float, began: float,
) -> "Verdict":  # fmt: skip
    loaded = loaded_or_exit(invocation, config_file)
    chosen = invocation.choose(loaded.settings)
    if chosen is None:
        raise Failure("nothing is configured", "run opsconsole config init")
    import asyncio
    from pathlib import Path

    from ..assembly import SECTIONS
    from ..config.policies import PolicyError, resolve_policy
    from .check_words import SEVERITY_WORDS, Verdict, code_of, kept
    from .look_once import look_once, narrowed

    try:
        policy = resolve_policy(loaded.settings, named or chosen.profile.policy)
    except PolicyError as error:
        raise Failure(str(error), "name another policy") from None
    asked = only.intersection(SYSTEMS)
    profile = narrowed(chosen.profile, asked) if asked else chosen.profile
    missing = [section for section in asked if not getattr(profile, section)]
    if missing or not any(getattr(profile, section) for section in SECTIONS.values()):
        nothing = " and ".join(sorted(missing)) or "source"
        raise Failure(f"the profile {chosen.name} names no {nothing}", "opsconsole config init finds some")
    path = Path(loaded.settings.store.path).expanduser() if loaded.settings.store.path else None
    # not asyncio.run: that one waits at its end for everything that was begun, however long it takes
    loop = asyncio.new_event_loop()
    look = look_once(profile, policy, store_path=path, name=chosen.name, timeout_s=timeout_s)
    seen = loop.run_until_complete(look)
    findings = kept(seen.findings, only.intersection(TABS), only.intersection(SEVERITIES))
    least = next(severity for severity, word in SEVERITY_WORDS.items() if word == fail_on)
    took_s = time.monotonic() - began
    return Verdict(code_of(findings, least), findings, seen, chosen.name, named or profile.policy, took_s)


def _text(verdict: "Verdict", as_json: bool, nagios: bool) -> list[str]:
    from . import check_words

    if as_json:
        import msgspec

        return [msgspec.json.format(msgspec.json.encode(check_words.as_json(verdict)), indent=2).decode()]
    return [check_words.nagios(verdict)] if nagios else check_words.lines(verdict)


def _failed(error: Exception, as_json: bool, nagios: bool) -> list[str]:
    """Why there is no verdict."""
    from ..text.clean import clean_lines
    from ..text.redact import redact

    said = error.message if isinstance(error, Failure) else f"the check made a mistake: {type(error).__name__}: {error}"
    said = clean_lines(redact(said))
    if as_json:
        import json

        shape = {"format": 1, "verdict": "unknown", "exit_code": UNKNOWN, "problem": said}
        return [json.dumps(shape, indent=2)]
    if nagios:
        from .check_words import nagios_line

        return [nagios_line(UNKNOWN, " ".join(said.split()))]
    return [f"{click.style('UNKNOWN', fg='magenta')}  {said}"]


def _print(lines: Iterable[str]) -> None:
    """Who reads may have gone (`| head -1`): the exit code is told all the same."""
    plain = bool(os.environ.get("NO_COLOR")) or None
    try:
        for line in lines:
            click.echo(line, color=False if plain else None)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (flushed at the end of the program)
