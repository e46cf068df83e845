"""Where keys stand in a TOML text: held against tomllib, and by hand on the awkward forms."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from opsconsole.config.places import KeyPath, Place, places, text_of

AWKWARD = '''
a = 1 # not [a] header = 2
"quoted key" = "x = [y]"
site."dotted.key".'literal' = """
[not.a.table]
also = "not a key" \\"""
"""
raw = \'\'\'
it = "is" not
\'\'\'
list = [ 1, # one ]
  "two, ]", { three = 3 }, [4,5] ]
[table.inner]
inline = { b = 1, c = { d = "}" } }
[[things]]
name = "first"
[things.part]
x = 1
[[things]]
name = "second"
when = 2026-11-21T09:00:00Z
'''


def _paths(value: Any, key: KeyPath = ()) -> set[KeyPath]:
    found = {key} if key else set()
    if isinstance(value, dict):
        for name, item in value.items():
            found |= _paths(item, (*key, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found |= _paths(item, (*key, index))
    return found


def _named(paths: set[KeyPath], found: dict[KeyPath, Place]) -> set[KeyPath]:
    """Tables that only a deeper header implies have no place of their own."""
    return {path for path in paths if path in found or not any(known[: len(path)] == path for known in found)}


def test_every_key_of_awkward_toml_has_its_place() -> None:
    found = places(AWKWARD)
    paths = _paths(tomllib.loads(AWKWARD))
    assert set(found) == _named(paths, found)
    lines = AWKWARD.splitlines()
    assert found["raw",] == Place(lines.index("raw = '''") + 1, 1)
    assert found["things", 1, "name"].line == lines.index('name = "second"') + 1
    assert found["table", "inner", "inline", "c", "d"] == Place(lines.index("[table.inner]") + 2, 25)
    assert found["list", 2, "three"].line == lines.index("list = [ 1, # one ]") + 2


def test_a_key_path_is_written_as_people_write_it() -> None:
    assert text_of(("profiles", "prod", "postgres", 0, "dsn")) == "profiles.prod.postgres[0].dsn"
    assert text_of(("metrics", "queries", "tiles.users")) == 'metrics.queries."tiles.users"'


_SCALARS = st.one_of(st.integers(-9, 9), st.booleans(), st.text("ab=[]{}#,.", max_size=6))
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=8,
)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(item)}" for name, item in value.items()) + "}"
    return str(value)


@given(st.dictionaries(st.text("abc", min_size=1), _VALUES, max_size=5))
def test_the_places_are_exactly_the_keys_that_tomllib_reads(table: dict[str, Any]) -> None:
    text = "\n".join(f"{name} = {_toml(value)}" for name, value in table.items())
    assert tomllib.loads(text) == table
    assert set(places(text)) == _paths(table)
