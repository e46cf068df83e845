"""Every value of the model is frozen, free of the cyclic collector's attention, and holds tuples, not lists."""

import importlib
import pkgutil
import typing
from collections.abc import Iterator

import msgspec
import pytest

import opsconsole.model
from opsconsole.model.collection import Collection

MUTABLE_BY_DESIGN = {Collection}


def structs() -> Iterator[type[msgspec.Struct]]:
    for module in pkgutil.iter_modules(opsconsole.model.__path__):
        for value in vars(importlib.import_module(f"opsconsole.model.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__.endswith(module.name):
                yield value


ALL = sorted(set(structs()) - MUTABLE_BY_DESIGN, key=lambda struct: struct.__name__)


@pytest.mark.parametrize("struct", ALL, ids=lambda struct: struct.__name__)
def test_a_value_is_frozen_and_not_tracked_by_the_cyclic_collector(struct: type[msgspec.Struct]) -> None:
    assert struct.__struct_config__.frozen
    assert not struct.__struct_config__.gc


@pytest.mark.parametrize("struct", ALL, ids=lambda struct: struct.__name__)
def test_a_value_holds_tuples_and_never_lists(struct: type[msgspec.Struct]) -> None:
    for name, kind in typing.get_type_hints(struct).items():
        assert "list[" not in str(kind), f"{struct.__name__}.{name} is a list"
