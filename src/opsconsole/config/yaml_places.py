"""Reads YAML with the place of every key, so that a mistake in a document can be named with its line."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import msgspec
import yaml

from .places import KeyPath, Place

DEEPEST = 40
MOST_NODES = 100_000
"""More than any hand writes: aliases of aliases make a small file grow without end."""


class YamlError(Exception):
    """The text cannot be read; the message is a sentence."""

    def __init__(self, sentence: str, place: Place) -> None:
        super().__init__(sentence)
        self.place = place


class YamlDocument(msgspec.Struct, frozen=True):
    data: Any
    """Keys without a value are left out; times are texts."""
    places: dict[KeyPath, Place]


def documents(text: str) -> Iterator[YamlDocument]:
    """Every document of a text that is not empty. Raises YamlError."""
    loader = yaml.SafeLoader(text)
    try:
        while loader.check_node():
            document = _Reader(loader).read(loader.get_node())
            if document.data is not None:
                yield document
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        sentence = " ".join(part for part in (error.context, error.problem) if part)
        raise YamlError(f"is not YAML: {sentence}", _place(mark)) from None
    except yaml.YAMLError as error:
        raise YamlError(f"is not YAML: {error}", Place(1, 1)) from None
    finally:
        loader.dispose()


class _Reader:
    def __init__(self, loader: yaml.SafeLoader) -> None:
        self.loader = loader
        self.places: dict[KeyPath, Place] = {}
        self.nodes = 0

    def read(self, node: Any) -> YamlDocument:
        return YamlDocument(self._value(node, (), _place(node.start_mark)), self.places)

    def _value(self, node: Any, path: KeyPath, at: Place) -> Any:
        self.places.setdefault(path, at)
        self.nodes += 1
        if self.nodes > MOST_NODES or len(path) > DEEPEST:
            raise YamlError("holds more than can be read: too deep, or too many aliases", at)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            items = enumerate(node.value)
            return [self._value(item, (*path, index), _place(item.start_mark)) for index, item in items]
        try:
            value = self.loader.construct_object(node)
        except ValueError as error:
            raise YamlError(f"holds a value that cannot be read: {error}", at) from None
        return value.isoformat(" ") if isinstance(value, datetime) else str(value) if isinstance(value, date) else value

    def _mapping(self, node: Any, path: KeyPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in node.value:
            at = _place(name.start_mark)
            if not isinstance(name, yaml.ScalarNode):
                raise YamlError("has a key that is no text", at)
            if name.value in found:
                raise YamlError(f"has the key {name.value!r} twice", at)
            read = self._value(value, (*path, name.value), at)
            if read is not None:
                found[name.value] = read
        return found


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark is not None else Place(1, 1)
