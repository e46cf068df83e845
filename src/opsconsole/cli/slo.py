"""`opsconsole slo`: error budgets without a screen, and OpenSLO out."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import UNKNOWN, Failure, Invocation, Monitor, config_option, loaded_or_exit

if TYPE_CHECKING:
    from ..config.settings import Profile
    from ..model.slo import Slos

WORDS = ("ok", "warning", "critical", "unknown")


@click.command(cls=Monitor)
@click.argument("names", nargs=-1)
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--openslo", is_flag=True, help="Print the objectives as OpenSLO v1, references resolved, and ask nobody."
)
@click.option(
    "--example", is_flag=True, help="Print an OpenSLO file with the objectives of the runbooks to begin with."
)
@click.option(
    "--file", "files", metavar="FILE", multiple=True, help="OpenSLO file instead of the profile's; repeatable."
)
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(min=0.1), default=60.0, show_default=True, metavar="SECONDS"
)
@click.pass_obj
def slo(
    invocation: Invocation, names: tuple[str, ...], config_file: str | None, as_json: bool, openslo: bool,
    example: bool, files: tuple[str, ...], timeout_s: float,
) -> None:  # fmt: skip
    """Error budgets: what is left, how fast it burns, what used it up, and the sum that anyone can redo.

    NAMES are objectives or services; default: all. Exit codes are those of `check`: 0 no condition holds; 1 a ticket,
    or a budget is spent; 2 a page; 3 unknown: no figures, or a mistake in a file.
    """
    if example:
        click.echo((Path(__file__).parents[1] / "config" / "objectives" / "runbook.yaml").read_text("utf-8"), nl=False)
        return
    try:
        profile = _profile(invocation, config_file, files)
        if openslo:
            _print_openslo(profile.slo.files, names)
            return
        slos = _chosen(asyncio.run(_asked(profile, timeout_s)), names)
    except Failure as failure:
        vars(failure)["exit_code"] = UNKNOWN  # 2 would say critical
        raise
    code = _code(slos)
    click.echo(_json(slos, code) if as_json else _text(slos))
    raise click.exceptions.Exit(code)


def _profile(invocation: Invocation, config_file: str | None, files: tuple[str, ...]) -> "Profile":
    import msgspec

    loaded = loaded_or_exit(invocation, config_file)
    chosen = invocation.choose(loaded.settings)
    if chosen is None:
        raise Failure("no platform is configured", "run opsconsole config init")
    profile = chosen.profile
    if files:
        profile = msgspec.structs.replace(profile, slo=msgspec.structs.replace(profile.slo, files=files))
    if not profile.slo.files:
        remedy = f"name OpenSLO files in [profiles.{chosen.name}.slo] files, or with --file; --example prints one"
        raise Failure("the profile has no service level objective", remedy)
    return profile


def _print_openslo(files: tuple[str, ...], names: tuple[str, ...]) -> None:
    from ..config.openslo import read_files
    from ..config.openslo_write import written

    book = read_files(files)
    for problem in book.problems:
        click.echo(str(problem), err=True)
    kept = [one for one in book.slos if not names or names_it(names, one.key, one.name, one.service)]
    click.echo(written(kept), nl=False)
    if book.problems:
        raise click.exceptions.Exit(UNKNOWN)


async def _asked(profile: "Profile", timeout_s: float) -> "Slos":
    """Until the whole of every window has been read."""
    from ..poller.prometheus import Desk
    from ..poller.slo import SloReader
    from ..sources.errors import SourceError
    from ..sources.http import reach
    from ..sources.prometheus import Prometheus
    from ..sources.through_cluster import ThroughCluster

    settings = profile.prometheus
    if settings is None:
        raise Failure("no prometheus in this profile", "objectives are counted by one: add it to the settings")
    cluster = None
    if profile.kubernetes is not None and settings.url.startswith("kube://"):
        from ..sources.kubernetes.cluster import Cluster

        cluster = Cluster(profile.kubernetes)
    proxy = ThroughCluster(cluster) if cluster is not None else None
    source = Prometheus(lambda: reach(settings, proxy))
    reader = SloReader(Desk(source, profile.metrics), profile.slo)
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                slos, _ = await reader.read()
                if not any(one.period is not None and one.period.reading for one in slos.figures):
                    return slos
    except TimeoutError:
        raise Failure(f"not all was read within {timeout_s:g} s", "give it more with --timeout") from None
    except SourceError as error:
        raise Failure(error.problem.sentence, error.problem.remedy) from None
    finally:
        source.close()
        if cluster is not None:
            await cluster.close()


def names_it(names: tuple[str, ...], *known: str) -> bool:
    return any(name in known for name in names)


def _chosen(slos: "Slos", names: tuple[str, ...]) -> "Slos":
    import msgspec

    if not names:
        return slos
    kept = tuple(one for one in slos.figures if names_it(names, one.key, one.slo.name, one.slo.service))
    if not kept:
        known = ", ".join(one.key for one in slos.figures) or "none"
        raise Failure(f"there is no objective {', '.join(names)}", f"known are: {known}")
    return msgspec.structs.replace(slos, figures=kept)


def _code(slos: "Slos") -> int:
    """The worst: a page before what is unknown, that before a ticket."""
    from ..rules.slo import severity

    codes = {severity(one) for one in slos.figures} | ({UNKNOWN} if slos.problems else set())
    return next((code for code in (2, UNKNOWN, 1) if code in codes), 0)


def _text(slos: "Slos") -> str:
    from ..rules import slo as sums
    from ..rules import slo_words
    from ..rules.slo_findings import burn_words
    from ..text import units
    from ..text.clean import clean

    lines = list(slos.problems)
    head = slo_words.headline(slos)
    lines += [head, ""] if head else ["no objective is set"]
    for one in slos.figures:
        slo = one.slo
        told = ((window, one.over(window)) for window in sums.DISPLAYED_S)
        burns = "  ".join(f"{units.span(window)} {burn_words(burn.burn)}" for window, burn in told if burn is not None)
        gone = slo_words.exhausted(one)
        gone = gone if gone in ("spent", units.UNKNOWN) else f"exhausted {gone}"
        word = WORDS[sums.severity(one)].upper() if sums.severity(one) else "ok"
        lines += [
            f"{word:<9}{clean(slo.key)} ({clean(slo.service)}, {sums.percent(slo.target)} % over {slo.window.text}): "
            f"budget {sums.signed_percent(one.left)} left, {gone}, "
            f"{slo_words.state(one)[0]}",
            f"         burn {burns}",
            *(f"         {line}" for line in (slo_words.verdict(one), sums.reconciliation(one), slo_words.budget(one))
              if line),
            *(f"         used by {line}" for line in slo_words.consumed(one, (), ())),
        ]  # fmt: skip
    return "\n".join(lines)


def _json(slos: "Slos", code: int) -> str:
    from ..rules.slo_json import as_json

    told = {"format": 1, "verdict": WORDS[code], "exit_code": code, "problems": list(slos.problems)}
    return json.dumps({**told, "objectives": [as_json(one) for one in slos.figures]}, indent=2, default=_moment)


def _moment(value: Any) -> str:
    return str(value.isoformat())
