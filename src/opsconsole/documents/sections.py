"""Renews a document that people have edited: section by section, what they changed stays.

A section is a heading (`##` or `###`) with what follows it. One that is as it was generated is renewed. One that was
edited stays, and what the record knows beyond the text that was edited is added below a line that says so. Sections of
people's own stay, and those that they deleted stay deleted.
"""

import re
from collections.abc import Iterable, Sequence

import msgspec

MORE = "> The record has more since this section was edited:"
_HEADING = re.compile(r"^#{2,3} ")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")
Key = tuple[str, int]
"""A heading and its how-manieth it is."""


class Known(msgspec.Struct, frozen=True, gc=False):
    """What was generated for one section."""

    heading: str
    nth: int
    base: str
    """The text that people edited; the newest where they did not."""
    shown: tuple[str, ...] = ()
    """Texts that the file may hold unedited, newest first: a write that failed half-way leaves the older one."""
    tails: tuple[str, ...] = ()
    """What was added below an edited section, newest first."""


class Section(msgspec.Struct, frozen=True, gc=False):
    """One section of a text; `parent` is the `##` above a `###`."""

    key: Key
    text: str
    parent: Key | None = None


class Merged(msgspec.Struct, frozen=True, gc=False):
    text: str
    kept: tuple[str, ...]
    """Titles of the sections that people edited."""
    known: tuple[Known, ...]
    """To be kept for the next time."""


def split(text: str) -> tuple[Section, ...]:
    """A text in its sections; what stands before the first heading has the heading ""."""
    sections: list[tuple[str, list[str]]] = [("", [])]
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if mark is not None and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
        if not fence and mark is None and _HEADING.match(line):
            sections.append((line.strip(), []))
        sections[-1][1].append(line.rstrip())
    counted: dict[str, int] = {}
    found: list[Section] = []
    parent: Key | None = None
    for heading, lines in sections:
        key = (heading, counted.get(heading, 0))
        counted[heading] = key[1] + 1
        inner = heading.startswith("### ")
        found.append(Section(key, "\n".join(lines).strip("\n"), parent if inner else None))
        parent = parent if inner else key
    return tuple(found)


def merged(generated: str, existing: str | None, known: Iterable[Known] = ()) -> Merged:
    """The new text of the document; `existing` is the file as people left it, `known` what was kept the last time."""
    new = {section.key: section for section in split(generated)}
    before = {(one.heading, one.nth): one for one in known}
    mine = split(existing) if existing is not None else tuple(new.values())
    texts: dict[Key, str] = {}
    tails: dict[Key, str] = {}
    bases: dict[Key, str] = {}
    kept: list[str] = []
    for section in mine:
        fresh, past = new.get(section.key), before.get(section.key)
        if fresh is None:
            if past is None or not _same(_body(section.text, past)[0], past.base, *past.shown):
                texts[section.key] = section.text  # people's own, or edited and no longer generated
            continue
        texts[section.key], tails[section.key], bases[section.key] = _section(section.text, fresh.text, past)
        if texts[section.key] != fresh.text:
            kept.append(section.key[0].lstrip("# ") or "the beginning")
    deleted = {key for key in new if key not in texts and key in before}
    order = _order([section.key for section in mine if section.key in texts], new, deleted)
    for key in order:
        texts.setdefault(key, new[key].text if key in new else "")
    remembered = tuple(
        _remembered(section, before.get(key), bases.get(key, section.text), tails.get(key, ""))
        for key, section in new.items()
    )
    return Merged("\n\n".join(texts[key] for key in order) + "\n", tuple(kept), remembered)


def _section(mine: str, fresh: str, past: Known | None) -> tuple[str, str, str]:
    """(text, what was added to it, the generated text that it goes back to)."""
    body, untouched = _body(mine, past)
    if _same(body, fresh, *((past.base, *past.shown) if past is not None else ())):
        return fresh, "", fresh
    base = "" if past is None else past.base if untouched or not past.shown else past.shown[0]
    had = {line.strip() for line in (*base.splitlines(), *body.splitlines())}
    more = [line for line in fresh.splitlines()[1:] if line.strip() and line.strip() not in had]
    if not more:
        return body, "", base
    tail = "\n".join((MORE, "", *more))
    return f"{body}\n\n{tail}", tail, base


def _same(text: str, *others: str) -> bool:
    """Whether it is one of these, empty lines aside: an editor may add or drop some."""
    return any(_lines(text) == _lines(other) for other in others)


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _body(mine: str, past: Known | None) -> tuple[str, bool]:
    """The section without what was added below it, and whether that was as it was left."""
    for tail in past.tails if past is not None else ():
        if mine.endswith(tail):
            return mine[: -len(tail)].rstrip("\n"), True
    return mine, past is None or not past.tails


def _remembered(fresh: Section, past: Known | None, base: str, tail: str) -> Known:
    before = () if past is None or past.shown[:1] == (fresh.text,) else past.shown[:1]
    tails = dict.fromkeys(one for one in (tail, *(past.tails[:1] if past is not None else ())) if one)
    edited = base != fresh.text or tail
    return Known(fresh.key[0], fresh.key[1], base, (fresh.text, *before), tuple(tails) if edited else ())


def _order(mine: Sequence[Key], new: dict[Key, Section], deleted: set[Key]) -> list[Key]:
    """The file's order; a section that is new stands behind the one that it was generated behind."""
    order = list(mine)
    there = set(mine)
    previous: Key | None = None
    for key, section in new.items():
        if key not in there and key not in deleted and section.parent not in deleted:
            order.insert(order.index(previous) + 1 if previous is not None else 0, key)
            there.add(key)
        if key in there:
            previous = key
    return order
