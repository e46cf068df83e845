"""The rights that a Redis or Valkey user needs for what the console reads, as ACL SETUSER takes them."""

import re

READING = (
    "+info", "+ping", "+client|setname", "+slowlog|get", "+latency|latest", "+cluster|info", "+cluster|nodes"
)  # fmt: skip
"""All of the view; CONFIG GET is left out, as it tells passwords too: without it two limits are unknown."""
SENTINEL = ("+info", "+ping", "+client|setname", "+sentinel|masters", "+sentinel|ckquorum")
KEYS = ("~*", "+dbsize", "+scan", "+type", "+memory|usage", "+object|freq")
"""More for big and hot keys; these commands tell nothing of a value."""
_WITH_SUBCOMMAND = frozenset({"slowlog", "latency", "cluster", "config", "client", "sentinel", "memory", "object"})
_REFUSED = re.compile(r"'([a-z_|-]+)' command")


def right_for(command: tuple[object, ...], said: str = "") -> str:
    """`+slowlog|get`. Where the server refuses another command than was asked (SELECT on connecting), that one's."""
    first = str(command[0]).lower()
    refused = _REFUSED.search(said)
    if refused is not None and refused[1].split("|")[0] != first:
        return f"+{refused[1]}"
    return f"+{first}|{str(command[1]).lower()}" if first in _WITH_SUBCOMMAND and len(command) > 1 else f"+{first}"


def grant(user: str, *rights: str) -> str:
    """The command for the server's owner; `user` is "" for the default user."""
    return f"ACL SETUSER {user or 'default'} {' '.join(rights)}"
