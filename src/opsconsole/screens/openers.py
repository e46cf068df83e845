"""What the frame itself does on a key: open dialogs, filter, copy, leave. Everything else belongs to the tabs."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from ..config import keymap
from ..text import clock
from ..text.units import age

if TYPE_CHECKING:
    from ..app import Console
    from .base import Tab


def step_view(app: "Console", step: int) -> None:
    """The next or previous view of the strip, round the end."""
    ids = [view.id for view in app.tab.views]
    if len(ids) < 2:
        app.say(f"{app.tab.title} has one view")
        return
    app.tab.show_view(ids[(ids.index(app.tab.view) + step) % len(ids)])
    app.tab.focus_main()


def help_page(app: "Console") -> None:
    from .dialogs.help import HelpDialog

    app.push_screen(HelpDialog(app.tab, app.palette))


def problems(app: "Console") -> None:
    from .dialogs.sources import SourcesDialog

    app.push_screen(SourcesDialog(app.context.board, app.stalls, app.log_path, app.palette))


def options(app: "Console") -> None:
    from .dialogs.options import OptionsDialog

    if app.tab.act("options"):
        return
    if app.tab.options():
        app.push_screen(OptionsDialog(app.tab, app.palette))
    else:
        app.say("x: this view has no options")


def text_about(action_id: str, get: Callable[["Tab"], str], app: "Console") -> None:
    """raw, why, described: the tab may show them its own way; else a page of text."""
    from .dialogs.raw import TextDialog

    tab = app.tab
    if tab.act(action_id):
        return
    text, action = get(tab), keymap.by_id(action_id)
    if not text:
        app.say(f"{action.keys[0]} ({action.title}) has nothing to show here")
        return
    app.push_screen(TextDialog(f"{action.title} · {tab.title}", text, app.palette, partial(_copy_into_view, app)))


def why(app: "Console") -> None:
    """How the row came about; a tab may show it its own way."""
    from .dialogs.why import WhyDialog
    from .why_page import commands, title_of, why_page
    from .why_sources import put

    tab = app.tab
    if tab.act("why"):
        return
    asked = put(tab)
    if not asked and getattr(tab, "row", None) is None and not tab.why():
        app.say("w (why) has nothing to show here: there is no row, and nothing was asked yet")
        return
    shell = "\n".join(commands(tab, asked))
    app.push_screen(WhyDialog(title_of(tab), why_page(tab), shell, app.palette, partial(copy_text, app)))


def _copy_into_view(app: "Console", text: str) -> None:
    copy_text(app, text, "text")


def palette(app: "Console") -> None:
    from .commands import commands, completions, entries
    from .dialogs.palette import PaletteDialog
    from .switching import look_again

    app.hold_keys()
    look_again(app)
    app.push_screen(PaletteDialog(entries(app), commands(app), app.palette, app.release_keys, completions(app)))


def open_filter(app: "Console") -> None:
    """Show the filter line; what is typed meanwhile waits for it."""
    if not app.tab.filterable():
        app.say("/: there is nothing to filter here")
        return
    app.hold_keys()
    app.run_worker(_filter_line(app), exit_on_error=True)


async def _filter_line(app: "Console") -> None:
    from ..widgets.filter_bar import FilterBar

    found = app.frame.query(FilterBar)
    bar = found.first() if found else FilterBar(partial(apply_filter, app), partial(_filter_done, app))
    if not found:
        await app.frame.mount(bar)
    bar.open(app.tab.filter_text)
    app.frame.add_class("-typing")
    app.screen.set_focus(bar)
    app.release_keys()


def apply_filter(app: "Console", text: str) -> None:
    """Filter the active tab; a bad filter is said and changes nothing."""
    app.tab.filter_text = text
    complaint = app.tab.apply_filter(text)
    if complaint:
        app.say(complaint)
    app.frame.draw_tab()


def _filter_done(app: "Console") -> None:
    app.frame.remove_class("-typing")
    app.screen.set_focus(None)
    app.tab.focus_main()


def copy(app: "Console", letter: str) -> None:
    """`c` and a letter: sitrep, row, command, the view to a file."""
    from ..widgets.clipboard import to_file

    if letter == "f":
        text = app.tab.copy_view()
        app.say(to_file(text, app.state_dir / "copies", "view") if text else "c f: this view has no text to save")
        return
    texts: dict[str, Callable[[], str]] = {
        "s": partial(sitrep, app),
        "r": app.tab.copy_text,
        "c": app.tab.copy_command,
    }
    text = texts[letter]()
    if text:
        copy_text(app, text, keymap.COPIES[letter])
    else:
        app.say(f"c {letter}: there is no {keymap.COPIES[letter]} to copy here")


def copy_text(app: "Console", text: str, what: str) -> None:
    """Copy, and say where the text is."""

    async def run() -> None:
        app.say(f"{what}: {await copied(app, text, what)}")

    app.run_worker(run())


async def copied(app: "Console", text: str, what: str) -> str:
    """Copy outside the event loop, since a clipboard tool may take its time; says where the text is now."""
    from ..widgets import clipboard

    def write(sequence: str) -> None:
        driver = app._driver
        if driver is not None:
            driver.write(sequence)

    def work() -> str:
        return clipboard.copy(text, write, directory=app.state_dir / "copies", name=what)

    with ThreadPoolExecutor(1, "clipboard") as executor:
        return await asyncio.get_running_loop().run_in_executor(executor, work)


def sitrep(app: "Console") -> str:
    """The situation in a few lines, fit for a chat: of the incident at hand, else of the worst open one."""
    from ..documents.sitrep import sitrep as composed
    from ..widgets.source_state import every_topic, summarise
    from .recording import at_hand

    state = summarise((topic, app.context.board.get(topic)) for topic in every_topic())
    return composed(
        app.context.board,
        profile_name=app.context.profile_name,
        incident=at_hand(app),
        policy=app.context.policy,
        sources=state.words().removeprefix("src "),
    )


def leave(app: "Console") -> None:
    """End, after a question where leaving now may cost something."""
    from .dialogs.confirm import Confirm

    reasons = leaving_costs(app)
    if not reasons:
        app.exit()
        return

    def answered(confirmed: bool | None) -> None:
        if confirmed:
            app.exit()

    app.push_screen(Confirm("Leave the console?", reasons, "Leave", app.palette), answered)


def leaving_costs(app: "Console") -> list[str]:
    """Why one may want to stay: what acting and recording leave behind, and the open incident."""
    from . import acting

    costs = acting.leaving_costs(app)
    incident = app.frame.open_incident
    if incident is None:
        return costs
    since = age(incident.declared, clock.now())
    return [*costs, f"{incident.id} SEV{incident.severity} is open since {since}: {incident.title}"]


def leave_or_back(app: "Console") -> None:
    if not app.back():
        leave(app)


def redraw(app: "Console") -> None:
    app.shown.forget()
    app.screen.refresh(layout=True)
    for widget in app.screen.query("*"):
        widget.refresh()
    app.frame.draw()


def refresh(app: "Console") -> None:
    """The feeds of this tab (all where it does not say which), and the changes that wait."""
    if not app.tab.act("refresh"):
        app.context.refresh(None)
    app.say("asked again")


def refresh_all(app: "Console") -> None:
    app.tab.act("refresh")
    app.context.refresh(None)
    app.say("asked every source again")


def act(app: "Console") -> None:
    """The tab's own menu where it has one, else what can be done about the row under the cursor."""
    from . import acting

    if not app.tab.act("act"):
        acting.menu(app)


def full(app: "Console") -> None:
    if not app.tab.act("full"):
        app.frame.toggle_class("-full")


def next_finding(step: int, app: "Console") -> None:
    """The tab's own ring (matches, evidence) first; else the ring of findings, each on its tab."""
    if app.tab.act("next" if step > 0 else "previous"):
        return
    app.next_finding(step)


def suspended(app: "Console") -> None:
    app.action_suspend_process()


def logs(app: "Console") -> None:
    """The logs of what the row names, on a page of their own."""
    from .log_target import log_target, pod_logs

    tab = app.tab
    if tab.act("logs"):
        return
    target = log_target(tab)
    if target is None:
        app.say("l: this row names neither a pod nor a workload")
    else:
        pod_logs(app, target, tab.target())


def _row_key(name: str, app: "Console") -> None:
    from . import row_keys

    opener: Callable[[Console], None] = getattr(row_keys, name)
    opener(app)


OPENERS: dict[str, Callable[["Console"], None]] = {
    "view.next": lambda app: step_view(app, 1),
    "view.previous": lambda app: step_view(app, -1),
    "view.pick": lambda app: app.begin_chord("view.pick"),
    "sort": lambda app: app.begin_chord("sort"),
    "copy": lambda app: app.begin_chord("copy"),
    "help": help_page,
    "problems": problems,
    "options": options,
    "palette": palette,
    "filter": open_filter,
    "raw": partial(text_about, "raw", lambda tab: tab.raw()),
    "why": why,
    "describe": partial(text_about, "describe", lambda tab: tab.describe()),
    "changes": partial(_row_key, "changes"),
    "impact": partial(_row_key, "impact"),
    "related": partial(_row_key, "related"),
    "back": lambda app: void(app.back()),
    "leave": leave_or_back,
    "quit": leave,
    "interrupt": lambda app: app.interrupt(),
    "freeze": lambda app: app.toggle_freeze(),
    "refresh": refresh,
    "refresh.all": refresh_all,
    "redraw": redraw,
    "act": act,
    "full": full,
    "suspend": suspended,
    "logs": logs,
    "next": partial(next_finding, 1),
    "previous": partial(next_finding, -1),
}


def void(_: object) -> None:
    """For callbacks whose answer nobody needs."""
