"""The lines of a write's dialog: always the same in the same order, folded to its width and made safe."""

from collections.abc import Collection, Sequence

from rich.cells import cell_len

from ...model.action import Plan, Target
from ...text import units
from ...text.clean import clean, wrapped
from ...widgets.line import Part
from ...widgets.theme import Glyphs

TITLES = ("from", "changes", "takes", "fights", "hurts", "same as")
"""What every plan says, in this order; `allowed` follows."""
COLUMN = 10
LONGEST = 2000

Body = list[list[Part]]


def body_lines(plan: Plan, allowed: str, width: int, glyphs: Glyphs, changed: Collection[str] = ()) -> Body:
    """Title, the plan's lines, `allowed`, and what should be known before going on."""
    said = {line.title: line.words for line in plan.lines}
    title = f"UNDO: {plan.title}" if plan.asked.undoes else plan.title
    lines = title_lines(title, plan.target, width)
    for title in (*TITLES, *(title for title in said if title not in TITLES)):
        words = said.get(title) or units.DASH
        again = title in changed
        lines += folded(title, f"CHANGED {words}" if again else words, width, "warning" if again else "")
    lines += folded("allowed", allowed, width)
    for warned in plan.warnings:
        glyph, word = (glyphs.critical, "GRAVE") if warned.grave else (glyphs.warning, "warns")
        lines += folded(f"{glyph} {word}", warned.words, width, "critical" if warned.grave else "warning")
    if plan.undo is None:
        lines += folded("no undo", plan.undo_words or "nothing takes this back", width, "warning")
    return lines


def title_lines(title: str, target: Target, width: int) -> Body:
    """What is done to what, and where: context and namespace in full."""
    where = f"{clean(target.context) or 'unknown context'} / {clean(target.namespace)}"
    text = f"{clean(title)}   {where}"
    pieces = [text] if cell_len(text) + 2 <= width else wrapped(text, max(8, width - 2))
    return [[Part(f" {piece}", "title")] for piece in pieces]


def folded(title: str, words: str, width: int, style: str = "") -> Body:
    """One line with its title at the left; what is too long goes on below, in the same column."""
    text = clean(words, LONGEST)
    # as it is drawn: `from` speaks on in a sentence, the others keep a column
    head = f" {title} " if title == "from" else f" {title:<{COLUMN - 2}} "
    room = max(8, width - len(head))
    pieces = [text] if cell_len(text) <= room else wrapped(text, max(8, width - COLUMN - 1))
    margin = " " * (len(head) if len(pieces) == 1 else COLUMN)
    return [
        [Part(head if index == 0 else margin, style or "dim"), Part(piece, style)]
        for index, piece in enumerate(pieces or [units.DASH])
    ]


def allowed_words(plan: Plan, armed: str) -> str:
    """`yes (patch deployments)   dry run ok 80 ms   armed 9:12`."""
    # the title names the namespace already
    rights = (write.needs.removesuffix(f" in {plan.target.namespace}") for write in plan.writes)
    needs = ", ".join(dict.fromkeys(map(clean, rights))) or "nothing is written"
    tried = "not tried on the server" if plan.dry_run_s is None else f"dry run ok {units.seconds(plan.dry_run_s)}"
    return f"yes ({needs})   {tried}   {armed}"


def button_parts(confirm: str, at: str, undo: bool, width: int) -> list[Part]:
    """Cancel and the other one; what has the focus is reversed."""
    gap = " " * (12 if width >= 76 else 2)
    parts = [Part(gap), Part("[ CANCEL ]", "reverse" if at == "cancel" else "", "cancel")]
    if confirm:
        parts += [Part("        " if width >= 76 else "  ")]
        parts += [Part(f"[ {clean(confirm, 30)} ]", "reverse" if at == "confirm" else "", "confirm")]
        parts += [Part("       tab, enter", "dim"), Part("      U undoes" if undo else "", "dim")]
    return parts


def answer_lines(sentences: Sequence[tuple[str, str]], width: int) -> Body:
    """What the console answers below the plan: (words, style)."""
    return [
        [Part(f" {piece}", style)]
        for words, style in sentences
        for piece in wrapped(clean(words, LONGEST), max(8, width - 2))
    ]
