"""Where each key of a TOML text stands, so that a mistake can be named with its line and column."""

import re

import msgspec

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[\s]|#[^\n]*)*")
_SPACES = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LITERAL = re.compile(r"'([^']*)'")
_LONG = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")|\'\'\'.*?\'{3,5}(?!\')', re.DOTALL)
_SCALAR = re.compile(r"[^,\]}\n#]*")


class Place(msgspec.Struct, frozen=True, gc=False):
    """Line and column, both from 1."""

    line: int
    column: int


def text_of(path: KeyPath) -> str:
    """A key path as it is written for people: `profiles.prod.postgres[0].dsn`."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part}]"
        else:
            name = part if _BARE.fullmatch(part) else f'"{part}"'
            words += f".{name}" if words else name
    return words


def places(text: str) -> dict[KeyPath, Place]:
    """The place of every table, key and array item of a text that tomllib accepts."""
    return _Scanner(text).run()


class _Scanner:
    """Walks over a valid TOML text; it looks for keys only and skips values."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[KeyPath, Place] = {}
        self.items: dict[KeyPath, int] = {}

    def run(self) -> dict[KeyPath, Place]:
        table: KeyPath = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text.startswith("[[", self.at):
                table = self._header(2)
            elif self.text[self.at] == "[":
                table = self._header(1)
            else:
                self._pair(table)
        return self.found

    def _header(self, brackets: int) -> KeyPath:
        start = self.at
        self.at += brackets
        path: KeyPath = ()
        parts = self._key()
        for part in parts[:-1]:
            path = self._newest((*path, part))
        path = (*path, parts[-1])
        if brackets == 2:
            self.items[path] = self.items.get(path, -1) + 1
            self._keep(path, start)
            path = self._newest(path)
        self._keep(path, start)
        self.at += brackets
        return path

    def _newest(self, path: KeyPath) -> KeyPath:
        """Inside an array of tables a header means its newest item."""
        return (*path, self.items[path]) if path in self.items else path

    def _pair(self, table: KeyPath) -> None:
        start = self.at
        path: KeyPath = table
        for part in self._key():
            path = (*path, part)
            self._keep(path, start)
        self.at += 1  # the equals sign
        self._value(path)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._skip(_SPACES)
            match = _BARE.match(self.text, self.at) or _LITERAL.match(self.text, self.at)
            match = match or _BASIC.match(self.text, self.at)
            if match is None:
                raise ValueError(f"no key at offset {self.at}")
            parts.append(match.group(1) if match.re.groups else match.group())
            self.at = match.end()
            self._skip(_SPACES)
            if self.text[self.at : self.at + 1] != ".":
                return parts
            self.at += 1

    def _value(self, path: KeyPath) -> None:
        self._skip(_SPACES)
        first = self.text[self.at : self.at + 1]
        if first == "[":
            self._array(path)
        elif first == "{":
            self._inline(path)
        else:
            for kind in (_LONG, _BASIC, _LITERAL, _SCALAR):
                match = kind.match(self.text, self.at)
                if match:
                    self.at = match.end()
                    return

    def _array(self, path: KeyPath) -> None:
        self.at += 1
        item = 0
        while self.text[self._skip(_BLANK)] != "]":
            self._keep((*path, item), self.at)
            self._value((*path, item))
            item += 1
            if self.text[self._skip(_BLANK)] == ",":
                self.at += 1
        self.at += 1

    def _inline(self, path: KeyPath) -> None:
        self.at += 1
        while self.text[self._skip(_BLANK)] != "}":
            self._pair(path)
            if self.text[self._skip(_BLANK)] == ",":
                self.at += 1
        self.at += 1

    def _skip(self, what: re.Pattern[str]) -> int:
        match = what.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _keep(self, path: KeyPath, offset: int) -> None:
        line = self.text.count("\n", 0, offset) + 1
        column = offset - (self.text.rfind("\n", 0, offset) + 1) + 1
        self.found.setdefault(path, Place(line, column))
