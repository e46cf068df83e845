"""`h` on a workload: its revisions, what changed between two of them, how far the running one is, and is it safe to go
back."""

from collections.abc import Awaitable, Callable, Sequence

from ...config import keymap
from ...rules.object_shown import shown
from ...rules.template_changes import template_changes
from ...sources.errors import SourceError
from ...sources.kubernetes.objects_raw import aside
from ...sources.kubernetes.rollouts import Revision
from ...text import clock
from ...text.clean import clean
from ...text.yaml_text import to_yaml
from ...widgets.line import Part, Parts, cut
from ...widgets.theme import Palette
from .. import rollout_page as words
from ..rollout_page import Known
from .object_page import Content, ObjectPage, Reader
from .page import Dialog

HINT = "j k revision   enter side by side   r read again   c copy   esc back"

HEAD_LINES = 1


class RolloutsDialog(Dialog):
    """Opens at once and reads; the cursor stands on a revision."""

    DEFAULT_CSS = "RolloutsDialog > Vertical { width: 100%; height: 100%; max-width: 100%; }"

    def __init__(
        self, title: str, read: Callable[[], Awaitable[Known]], changes: Sequence[str], palette: Palette,
        copy: Callable[[str], None],
    ) -> None:  # fmt: skip
        """`changes`: what else changed about it lately, in words."""
        super().__init__(f"Rollouts · {title}", [[Part(" reading …", "dim")]], palette, HINT, fold=True)
        self._title = title
        self._read, self._changes, self._copy = read, tuple(changes), copy
        self._known: Known | None = None
        self._place = 0

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._read_again(), exclusive=True)

    async def _read_again(self) -> None:
        try:
            self._known = await self._read()
        except SourceError as error:
            self._known, self.page.cursor = None, None
            lines = [[Part(f" {clean(error.problem.sentence)}", "critical")]]
            if error.problem.remedy:
                lines.append([Part(f" do: {clean(error.problem.remedy)}", "title")])
            self.page.show(lines)
            return
        self.heading = f"Rollouts · {self._title} · read {clock.now():%H:%M}Z"
        self._place = min(self._place, max(0, len(self._known.revisions) - 1))
        self._show()
        self._lines_of_frame()

    def _show(self) -> None:
        known = self._known
        if known is None:
            return
        now = clock.now()
        blank: list[Parts] = [[Part("")]]
        if not known.revisions:
            self.page.show([words.progress(known), *blank, [Part(" no revision of it is kept", "warning")]])
            return
        # what stands above the cursor must not fold: it would move
        listed = [cut(line, self.page.narrow) for line in words.revision_lines(known, now)]
        lately: list[Parts] = [[Part(f"   {one}")] for one in self._changes]
        below = [words.progress(known), words.difference(known, self._place), *blank, *words.safety_lines(known, now)]
        if lately:
            below += [*blank, [Part(" CHANGED, last 60 min", "title")], *lately]
        self.page.cursor = HEAD_LINES + self._place
        self.page.show([*listed, *blank, *below])

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self._show)

    def pressed(self, key: str) -> bool:
        action = keymap.by_key(key)
        name = action.id if action is not None else ""
        if name == "changes":
            self.dismiss(None)
        elif name == "refresh":
            self.run_worker(self._read_again(), exclusive=True)
        elif name == "copy":
            self._copy(self.page.text)
        elif name == "enter":
            self._beside()
        elif name in ("down", "up", "top", "bottom") and self._known is not None and self._known.revisions:
            last = len(self._known.revisions) - 1
            places = {"down": self._place + 1, "up": self._place - 1, "top": 0, "bottom": last}
            self._place = max(0, min(last, places[name]))
            self._show()
        else:
            return False
        return True

    def _beside(self) -> None:
        pair = words.compared(self._known, self._place) if self._known is not None else None
        if pair is None:
            return
        old, new = pair
        width = self.app.size.width

        async def read() -> Content:
            return await aside(_side_by_side, old, new, width)

        title = f"rev {clean(old.row.revision, 12)} beside rev {clean(new.row.revision, 12)} of {self._title}"
        self.app.push_screen(ObjectPage(title, [Reader("pod templates", read, ("enter",))], self.palette))


def _side_by_side(old: Revision, new: Revision, width: int) -> Content:
    texts = [to_yaml(shown({"template": one.template}).body.get("template")).split("\n") for one in (old, new)]
    changes: list[Parts] = [[Part(f" {clean(one)}")] for one in template_changes(old.template, new.template)]
    return Content([*changes, [Part("")], *words.side_lines(old, new, (texts[0], texts[1]), width)])
