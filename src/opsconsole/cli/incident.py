"""`opsconsole incident`: declare, follow and export incidents without a screen, beside a console or alone."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from .incident_desk import Desk, entries_of, entry_of, incident_id, moment_of, one_of, typed, usage, wrong
from .options import Invocation, config_option

if TYPE_CHECKING:
    from ..model.incident import Incident
    from ..records.records import Records

FORMATS = ("md", "json", "jsonl", "csv")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
EXIT_CODES = (
    "Exit codes: 0 done, and on disk; 1 it makes no sense (no such incident, a state out of order, changed meanwhile "
    "by somebody else); 2 it could not run (command line, settings, an unusable store)."
)


@click.group(epilog=EXIT_CODES)
def incident() -> None:
    """Declare incidents, write down what happens, and export the story. ID is INC-7, or 7.

    Needs no cluster; times are UTC.
    """


@incident.command()
@config_option
@click.argument("title")
@click.option("--severity", metavar="LEVEL", help="1 (worst) to 4, or the policy's own label; without it: proposed.")
@click.option("--service", metavar="NAME", default="", help="What it is about.")
@click.option(
    "--impact", metavar="TIME", help="Since when it hurts, in UTC: 02:41, 15m ago, 2026-03-26 02:41; default: now."
)
@click.option("--role", metavar="ROLE", default="commander", show_default=True, help='The role you take; "" for none.')
@click.option("--drill", is_flag=True, help="An exercise: marked everywhere, and counted nowhere.")
@json_option
@click.pass_obj
def declare(
    invocation: Invocation,
    config_file: str | None,
    title: str,
    severity: str | None,
    service: str,
    impact: str | None,
    role: str,
    drill: bool,
    as_json: bool,
) -> None:
    """Declare an incident. Notes of the last hour that belong to none are taken in."""
    import msgspec

    from ..rules.severity import label, read_level

    desk = Desk(invocation, config_file)
    since = moment_of(impact, "--impact") if impact is not None else None
    level = usage(lambda: read_level(desk.policy, severity), "--severity") if severity is not None else None

    async def work(records: "Records") -> "Incident":
        proposed = records.propose(None, service=service)
        wanted = msgspec.structs.replace(
            proposed,
            title=title,
            severity=level or proposed.severity,
            why=proposed.why if level is None else "given on the command line",
            impact=since or proposed.impact,
            role=role,
            drill=drill,
        )
        if level is None and not as_json:
            click.echo(f"{label(desk.policy, wanted.severity)} proposed: {wanted.why}", err=True)
        return await records.declare(wanted)

    declared = desk.write(work)
    words = f"{declared.id} declared as {label(desk.policy, declared.severity)}, channel {declared.channel}"
    desk.tell(declared, words, as_json)


@incident.command("list")
@config_option
@click.option("--open", "only_open", is_flag=True, help="Only those that are open.")
@json_option
@click.pass_obj
def list_(invocation: Invocation, config_file: str | None, only_open: bool, as_json: bool) -> None:
    """List incidents, newest first."""
    from ..text import clock
    from .incident_export import as_json as whole
    from .incident_export import headline

    desk = Desk(invocation, config_file)
    known = desk.read()
    wanted = [one for one in known.incidents if one.open or not only_open]
    if as_json:
        rows = [whole(one, entries_of(known, one), desk.policy, clock.now()) for one in wanted]
        click.echo(json.dumps([{key: row[key] for key in row if key != "timeline"} for row in rows], indent=2))
        return
    for one in wanted:
        click.echo(headline(one, desk.policy, clock.now()))
    if not wanted:
        click.echo("no incident is open" if only_open else "no incident has been declared yet")


@incident.command()
@config_option
@click.argument("identity", metavar="ID", type=incident_id)
@click.option("--all", "whole", is_flag=True, help="Nothing folded, superseded entries and details among them.")
@json_option
@click.pass_obj
def show(invocation: Invocation, config_file: str | None, identity: str, whole: bool, as_json: bool) -> None:
    """Show an incident: clocks, roles, milestones and its timeline, with what each entry is corrected by."""
    from ..text import clock
    from . import incident_export as export

    desk = Desk(invocation, config_file)
    known = desk.read()
    one = one_of(known, identity)
    if as_json:
        click.echo(json.dumps(export.as_json(one, entries_of(known, one), desk.policy, clock.now()), indent=2))
    else:
        click.echo(export.story(one, entries_of(known, one), desk.policy, clock.now(), whole=whole))


@incident.command()
@config_option
@click.argument("identity", metavar="ID", type=incident_id)
@click.argument("text")
@json_option
@click.pass_obj
def note(invocation: Invocation, config_file: str | None, identity: str, text: str, as_json: bool) -> None:
    """Write a note; `!decision`, `!hypothesis`, `!finding` and `!todo` in front make it one.

    TEXT `-` is read from standard input. ID `-`: loose, for the incident that is declared within the next hour.
    """
    from ..records.notes import stranger

    desk = Desk(invocation, config_file)
    words = typed(text)
    about = "" if identity == "-" else identity
    desk.tell_entry(desk.write(lambda records: records.note(about, words)), as_json)
    if strange := stranger(words):
        click.echo(strange, err=True)


@incident.command()
@config_option
@click.argument("identity", metavar="ID", type=incident_id)
@click.argument("state")
@click.argument("text", default="")
@json_option
@click.pass_obj
def state(invocation: Invocation, config_file: str | None, identity: str, state: str, text: str, as_json: bool) -> None:
    """Move to investigating, identified, mitigated, monitoring, resolved, closed or cancelled."""
    desk = Desk(invocation, config_file)
    words = typed(text)
    moved = desk.write(lambda records: records.move(identity, state, words))
    desk.tell(moved, f"{moved.id} is {moved.state}", as_json)


@incident.command()
@config_option
@click.argument("identity", metavar="ID", type=incident_id)
@json_option
@click.pass_obj
def ack(invocation: Invocation, config_file: str | None, identity: str, as_json: bool) -> None:
    """Say that you know of it."""
    desk = Desk(invocation, config_file)
    known = desk.write(lambda records: records.answer(identity))
    desk.tell(known, f"{known.id} is acknowledged since {known.acknowledged:%H:%M}Z", as_json)


@incident.command()
@config_option
@click.argument("identity", metavar="ID", type=incident_id)
@click.argument("role")
@click.argument("person", default="")
@json_option
@click.pass_obj
def role(invocation: Invocation, config_file: str | None, identity: str, role: str, person: str, as_json: bool) -> None:
    """Take a role, or give it to PERSON: commander, scribe, operations, comms."""
    desk = Desk(invocation, config_file)
    joined = desk.write(lambda records: records.join(identity, role, person))
    desk.tell(joined, f"{joined.id}: {', '.join(' '.join(pair) for pair in joined.roles)}", as_json)


@incident.command("set")
@config_option
@click.argument("identity", metavar="ID", type=incident_id)
@click.option("--title", metavar="TEXT")
@click.option("--severity", metavar="LEVEL", help="1 (worst) to 4, or the policy's own label.")
@click.option("--service", metavar="NAME")
@click.option("--impact", metavar="TIME", help="When the harm began.")
@click.option("--ended", metavar="TIME", help="When the last harm ended.")
@click.option("--summary", metavar="TEXT", help="What happened; - reads it from standard input.")
@json_option
@click.pass_obj
def set_(
    invocation: Invocation,
    config_file: str | None,
    identity: str,
    title: str | None,
    severity: str | None,
    service: str | None,
    impact: str | None,
    ended: str | None,
    summary: str | None,
    as_json: bool,
) -> None:
    """Change what is known of it; each change is an entry of its timeline."""
    from ..rules.severity import read_level

    desk = Desk(invocation, config_file)
    fields: dict[str, Any] = {name: text for name, text in (("title", title), ("service", service)) if text is not None}
    if severity is not None:
        wanted = severity
        fields["severity"] = usage(lambda: read_level(desk.policy, wanted), "--severity")
    for name, text in (("impact", impact), ("ended", ended)):
        if text is not None:
            fields[name] = moment_of(text, f"--{name}")
    if summary is not None:
        fields["summary"] = typed(summary)
    if not fields:
        raise click.UsageError("nothing to change: give at least one option")
    changed = desk.write(lambda records: records.change(identity, fields))
    desk.tell(changed, f"{changed.id}: {', '.join(fields)} set", as_json)


@incident.command()
@config_option
@click.argument("entry")
@click.argument("text")
@json_option
@click.pass_obj
def correct(invocation: Invocation, config_file: str | None, entry: str, text: str, as_json: bool) -> None:
    """Correct an entry: a new one supersedes it, and the old one stays to be seen with `show --all`.

    ENTRY is its id, or the beginning of it as `show` prints it.
    """
    desk = Desk(invocation, config_file)
    words = typed(text)
    wanted = entry_of(desk.read(), entry)
    desk.tell_entry(desk.write(lambda records: records.correct(wanted.id, words)), as_json)


@incident.command()
@config_option
@click.argument("identity", metavar="[ID]", default="", type=incident_id)
@click.option("--all", "done_too", is_flag=True, help="Those that are done, too.")
@json_option
@click.pass_obj
def items(invocation: Invocation, config_file: str | None, identity: str, done_too: bool, as_json: bool) -> None:
    """List action items, the one that is due first at the top.

    A note `!todo @owner due 2026-12-01 prevent: …` makes one (types: prevent, detect, mitigate, process).
    """
    import msgspec

    from ..rules.action_items import action_items
    from ..text import clock
    from .incident_export import safe

    known = Desk(invocation, config_file).read()
    about = one_of(known, identity).id if identity else ""
    found = [item for item in action_items(known.entries, about) if done_too or not item.done]
    if as_json:
        click.echo(json.dumps([msgspec.to_builtins(item) | {"state": item.state} for item in found], indent=2))
        return
    today = clock.now().date()
    for item in found:
        due = f"due {item.due}{' OVERDUE' if item.overdue(today) else ''}" if item.due else "no date"
        who = f"@{safe(item.owner)}" if item.owner else "nobody"
        row = f"{item.id:<9} {item.state:<5} {due:<24} {who:<12} {item.type or '-':<9} {safe(item.text)}"
        click.echo(row)
    if not found:
        click.echo("no action item is open")


@incident.command()
@config_option
@click.argument("item")
@json_option
@click.pass_obj
def done(invocation: Invocation, config_file: str | None, item: str, as_json: bool) -> None:
    """Say that an action item is done. ITEM is its id, as `items` prints it: INC-4/2."""
    from ..rules.action_items import action_items

    desk = Desk(invocation, config_file)
    known = action_items(desk.read().entries)
    wanted = next((one for one in known if one.id.casefold() == item.strip().casefold()), None)
    if wanted is None:
        wrong(f"{item}: there is no such action item")
    desk.tell_entry(desk.write(lambda records: records.finish(wanted.entry)), as_json)


@incident.command()
@config_option
@click.argument("identities", metavar="[ID]...", nargs=-1, type=incident_id)
@click.option("--format", "form", type=click.Choice(FORMATS), default="md", show_default=True)
@click.pass_obj
def export(invocation: Invocation, config_file: str | None, identities: tuple[str, ...], form: str) -> None:
    """Print incidents to be kept elsewhere; without an ID all of them. Entries stand in order of what happened.

    md: facts, timeline, action items; json: everything, with what follows from it; jsonl and csv: one entry a line
    (csv for spreadsheets: what they would take for a formula begins with an apostrophe). Long texts and the readings
    of marks stand in json and jsonl.
    """
    from ..text import clock
    from . import incident_export as exported

    desk = Desk(invocation, config_file)
    known = desk.read()
    wanted = [one_of(known, identity) for identity in identities] or list(known.incidents)
    ids = {one.id for one in wanted}
    entries = [entry for entry in known.entries if entry.incident in ids]
    if form == "json":
        rows = [exported.as_json(one, entries_of(known, one), desk.policy, clock.now()) for one in wanted]
        click.echo(json.dumps(rows, indent=2))
        return
    lines: Iterable[str]
    if form == "md":
        texts = (exported.markdown(one, entries_of(known, one), desk.policy, clock.now()) for one in wanted)
        lines = (line for text in texts for line in text)
    else:
        lines = exported.csv_rows(entries) if form == "csv" else exported.json_lines(entries)
    for line in lines:
        click.echo(line)
