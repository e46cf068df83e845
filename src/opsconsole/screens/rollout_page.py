"""The words of a workload's rollouts: its revisions, how far the running one is, and whether going back is safe."""

import textwrap
from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest

import msgspec
from rich.cells import cell_len

from ..model.baseline import Comparison
from ..model.kubernetes import ConfigChange, Event, Pod, ReplicaSet
from ..model.migration import Migrations
from ..rules import deploy_comparison, migrations_since, rollout
from ..rules import rollback_safety as safety
from ..rules.describe_page import at
from ..rules.revisions import ran
from ..rules.side_by_side import Gap, side_by_side
from ..rules.template_changes import short_image, template_changes
from ..sources.kubernetes.rollouts import Revision, Rollouts
from ..text import units
from ..text.clean import clean, fit
from ..widgets.line import Part, Parts

_TITLE = 18
_STYLES = {rollout.State.STUCK: "critical", rollout.State.TROUBLED: "warning", rollout.State.READY: "ok"}


class Errors(msgspec.Struct, frozen=True, gc=False):
    """Share of failed requests (0–1) that metrics tell of, and over how many seconds; None is unknown."""

    now: tuple[float, float] | None = None
    before: tuple[float, float] | None = None


class Known(msgspec.Struct, frozen=True, gc=False):
    """What the page is made of."""

    rollouts: Rollouts
    pods: tuple[Pod, ...]
    """Of the workload, as the board has them."""
    events: tuple[Event, ...] = ()
    """About the workload, its revisions and its pods, oldest first."""
    configs: tuple[ConfigChange, ...] | None = None
    """ConfigMaps (and Secrets, where they are watched) with the time of their last change; None is unknown."""
    secrets: bool = False
    """Whether Secrets are watched."""
    errors: Errors = Errors()
    migrations: Migrations = Migrations()
    compared: Comparison | None = None
    """The service's requests before and after the newest revision came."""

    @property
    def revisions(self) -> tuple[Revision, ...]:
        return self.rollouts.revisions

    @property
    def rows(self) -> list[ReplicaSet]:
        return [one.row for one in self.revisions]


def progress(known: Known) -> Parts:
    """`NOW  3 of 5 new pods ready: CrashLoopBackOff on 2 pods: OOMKilled 137`."""
    newest = known.revisions[0].row.template_hash if known.revisions else ""
    own = [pod for pod in known.pods if pod.revision == newest]
    ready = sum(1 for pod in own if pod.total and pod.ready == pod.total)
    state = rollout.rollout(rollout.counts(dict(known.rollouts.body)), own, known.events, ready if own else None)
    return [Part(fit(" NOW", _TITLE), "title"), Part(f"{state.state}: {state.words}", _STYLES.get(state.state, ""))]


def revision_lines(known: Known, now: datetime) -> list[Parts]:
    """One line for each, the newest first; the first line is the header."""
    rows = known.rows
    images = [", ".join(clean(short_image(image), 80) for image in row.images) or units.UNKNOWN for row in rows]
    widest = max(12, min(34, max(map(cell_len, images), default=0)))
    head = f"   REV  {fit('IMAGE', widest)}  BEGAN         RAN             PODS  RST  BY, WHY"
    lines: list[Parts] = [[Part(head, "dim")]]
    for place, row in enumerate(rows):
        found = safety.record(row, rows, known.pods, now)
        word = "running " if place == 0 else "ran "
        began = f"{row.created:%d %b %H:%M}" if row.created is not None else units.UNKNOWN
        why = "  ".join(clean(part, 160) for part in (row.author, row.change_cause) if part)
        restarts = units.DASH if found.restarts is None else str(found.restarts)
        lines.append(
            [
                Part(f"   {fit(clean(row.revision, 12), 4)} ", "title"),
                Part(f"{fit(images[place], widest)}  "),
                Part(f"{fit(began, 12)}  {fit(word + safety.ran_words(found), 15)} ", "dim"),
                Part(f"{found.pods or units.DASH:>4} "),
                Part(f"{restarts:>4}  ", "warning" if found.restarts else ""),
                Part(why or units.DASH),
            ]
        )
    return lines


def compared(known: Known, place: int) -> tuple[Revision, Revision] | None:
    """(the older, the newer) that belong to a line: of the running one the one before, of others the running one."""
    revisions = known.revisions
    if len(revisions) < 2:
        return None
    return (revisions[1], revisions[0]) if place == 0 else (revisions[place], revisions[0])


def difference(known: Known, place: int) -> Parts:
    """What changed between the line under the cursor and what it is compared with."""
    pair = compared(known, place)
    if pair is None:
        return [Part(fit(" CHANGED", _TITLE), "title"), Part("no other revision is kept to compare with", "dim")]
    old, new = pair
    words = " · ".join(map(clean, template_changes(old.template, new.template))) or "nothing: the same template"
    of = f"rev {clean(old.row.revision, 12)} → rev {clean(new.row.revision, 12)}: "
    return [Part(fit(" CHANGED", _TITLE), "title"), Part(of, "dim"), Part(words)]


# ---- is rolling back safe? ------------------------------------------------------------------------------------------


def safety_lines(known: Known, now: datetime) -> list[Parts]:
    """What is known of the running revision and of the last good one."""
    rows = known.rows
    good = safety.last_good(rows, now)
    if good is None:
        return [[Part(" IS ROLLING BACK SAFE?", "title"), Part("   there is no revision before this one", "warning")]]
    running = safety.record(rows[0], rows, known.pods, now)
    before = safety.record(good, rows, known.pods, now)
    template = next(one.template for one in known.revisions if one.row is good)
    long = (span := ran(good, rows, now).span) is not None and span >= safety.GOOD_AFTER
    why = "the last one that ran for an hour" if long else "the one before: none ran for an hour"
    name = f"rev {clean(good.revision, 12)}"
    image, sure = safety.image_words(good.images, known.rollouts.holding, known.rollouts.nodes, before.pods)
    return [
        [Part(" IS ROLLING BACK SAFE?", "title"), Part(f"   to {name}: {why}", "dim")],
        _both("ran", safety.ran_words(running), name, safety.ran_words(before)),
        _both("restarts", safety.restart_words(running), name, safety.restart_words(before), bool(running.restarts)),
        _both("requests 5xx", _share(known.errors.now), name, _share(known.errors.before)),
        *_compared(known.compared),
        _one("image", image, sure),
        _configs(known, template, rows[0]),
        _migrations(known, good, now),
    ]


def _both(title: str, running: str, name: str, before: str, bad: bool = False) -> Parts:
    unknown = before.startswith(units.UNKNOWN)
    return [
        Part(fit(f"   {title}", _TITLE), "dim"),
        Part(f"running {running}", "warning" if bad else ""),
        Part(" · ", "dim"),
        Part(f"{name} {before}", "dim" if unknown else ""),
    ]


def _one(title: str, words: str, sure: bool) -> Parts:
    return [Part(fit(f"   {title}", _TITLE), "dim"), Part(words, "" if sure else "dim")]


def _compared(found: Comparison | None) -> list[Parts]:
    """What the release did to latencies and errors, with statistic, n and rule."""
    if found is None:
        return []
    style = "warning" if found.worst is not None else "dim" if found.said else ""
    return [[Part(fit("   since it came", _TITLE), "dim"), Part(deploy_comparison.words(found), style)]]


def _share(found: tuple[float, float] | None) -> str:
    if found is None:
        return units.UNKNOWN
    mean, seconds = found
    return f"{units.percent(mean)} % over {units.span(seconds)}"


def _configs(known: Known, template: dict[str, object], running: ReplicaSet) -> Parts:
    """By name: contents are never read."""
    if known.configs is None or running.created is None:
        return _one("changed since", f"{units.UNKNOWN}: ConfigMaps may not be listed", False)
    names = safety.config_names(template)
    namespace = str(at(known.rollouts.body, "metadata", "namespace") or "")
    found = safety.changed_since(known.configs, namespace, names, running.created)
    words = safety.changed_words(found, names) or "no ConfigMap"
    secrets = "" if known.secrets else f" · Secrets {units.UNKNOWN} (not watched)"
    used = any(one.name in names.get(one.kind, ()) for one in found)
    return [Part(fit("   changed since", _TITLE), "dim"), Part(f"{words}{secrets}", "warning" if used else "")]


def _migrations(known: Known, good: ReplicaSet, now: datetime) -> Parts:
    """What the good revision has not known of the database."""
    words = clean(migrations_since.at_length(known.migrations, good.created, now))
    found = migrations_since.since(known.migrations, good.created)
    return [
        Part(fit("   migrations", _TITLE), "dim"),
        Part(words, "dim" if found is None else "warning" if found else ""),
    ]


# ---- side by side ---------------------------------------------------------------------------------------------------


def side_lines(old: Revision, new: Revision, texts: tuple[Sequence[str], Sequence[str]], width: int) -> list[Parts]:
    """Both templates as YAML beside each other, equal parts left out."""
    half = max(20, (width - 5) // 2)
    heads = (_head(one) for one in (old, new))
    lines: list[Parts] = [[Part(" │ ".join(fit(head, half) for head in heads), "title")]]
    pairs = side_by_side(*texts)
    if not pairs:
        return [*lines, [Part("nothing differs: the same template", "dim")]]
    for pair in pairs:
        if isinstance(pair, Gap):
            lines.append([Part(fit(f"… {units.plural(pair.lines, 'equal line')}", half), "dim"), Part(" │ ", "dim")])
            continue
        left, right = (clean(text) if text is not None else "" for text in (pair.left, pair.right))
        if pair.same:
            lines.append([Part(f"{fit(left, half)} │ {fit(right, half).rstrip()}", "dim")])
            continue
        # what differs may stand at the end of a long line: it is never cut
        for first, second in zip_longest(_broken(left, half), _broken(right, half), fillvalue=""):
            lines.append([Part(fit(first, half), "critical"), Part(" │ ", "dim"), Part(second, "ok")])
    return lines


def _broken(text: str, width: int) -> list[str]:
    """In pieces that fit, those after the first as far in as the line itself."""
    margin = " " * min(len(text) - len(text.lstrip(" -")), width // 2)
    return textwrap.wrap(text, width, subsequent_indent=margin, drop_whitespace=False, break_on_hyphens=False) or [""]


def _head(one: Revision) -> str:
    images = ", ".join(clean(short_image(image), 60) for image in one.row.images)
    return f"rev {clean(one.row.revision, 12)}  {images}"
