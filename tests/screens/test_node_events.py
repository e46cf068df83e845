"""Why no event of a node is there, where its namespace is not looked at."""

import pytest

from opsconsole.screens.kinds.explain import node_events_unread


@pytest.mark.parametrize(("namespaces", "said"), [((), False), (("shop",), True), (("shop", "default"), False)])
def test_events_of_nodes_lie_in_default(namespaces: tuple[str, ...], said: bool) -> None:
    assert ("namespace default, which is not looked at" in node_events_unread(namespaces)) is said
