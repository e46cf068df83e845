"""What the journal keeps of plans and runs: JSON without secrets, and back.

The store redacts what looks like a secret in every text; here falls what its name alone betrays.
"""

import re
from typing import Any

import msgspec

from ..model.action import Plan, Run
from ..text.redact import MASK, redact

_SECRET = re.compile(r"pass|pwd|secret|token|credential|dsn|private|api[-_.]?key|access[-_.]?key", re.IGNORECASE)
_NAMED = re.compile(rf"{_SECRET.pattern}|key|auth", re.IGNORECASE)
"""Wider for what stands beside a `name` (variables, headers): SIGNING_KEY, REDIS_AUTH."""
_OPTION = re.compile(rf"--?[\w.-]*(?:{_SECRET.pattern})[\w.-]*", re.IGNORECASE)
"""An argument whose value is the next one: `--db-password`, `hunter2`."""
_MOST_TEXT = 20_000
"""Characters of one string; a template may be long, a journal should not be."""
_NAMES = ("secretKeyRef", "secretRef", "secretName", "automountServiceAccountToken", "imagePullSecrets", "secret")
"""Keys that speak of secrets and hold names only."""


def of_plan(plan: Plan) -> str:
    """The plan as JSON: what was about to be done, each write with what it should leave behind."""
    writes = tuple(msgspec.structs.replace(write, body=masked_json(write.body)) for write in plan.writes)
    return msgspec.json.encode(msgspec.structs.replace(plan, writes=writes)).decode()


def of_run(run: Run) -> str:
    """The run as JSON; its writes stand with the intent."""
    plan = msgspec.structs.replace(run.plan, writes=())
    return msgspec.json.encode(msgspec.structs.replace(run, plan=plan)).decode()


def plan_from(body: str) -> Plan | None:
    """The plan of an intent; None where it cannot be read (another version wrote it)."""
    try:
        return msgspec.json.decode(body, type=Plan)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def run_from(body: str) -> Run | None:
    """The run of a line that says how it stood; None where it cannot be read."""
    try:
        return msgspec.json.decode(body, type=Run)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def masked_json(text: str) -> str:
    """The same JSON with secrets masked; what is no JSON is masked as text."""
    try:
        return msgspec.json.encode(masked(msgspec.json.decode(text))).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return redact(text)[:_MOST_TEXT]


def masked(value: Any, key: str = "") -> Any:
    """Plain data without secrets: by the name of the key, by the name beside the value (env), by the argument before,
    and by how they look; JSON within a text too, as `kubectl apply` leaves the whole object in an annotation."""
    if isinstance(value, dict):
        named = value.get("name")
        hidden = isinstance(named, str) and _NAMED.search(named) is not None
        return {k: MASK if hidden and k == "value" and v else masked(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [
            MASK if isinstance(each, str) and isinstance(before, str) and _OPTION.fullmatch(before) else masked(each)
            for before, each in zip([None, *value], value, strict=False)
        ]
    if isinstance(value, str):
        if _SECRET.search(key) and key not in _NAMES:
            return MASK
        if value.lstrip().startswith(("{", "[")):
            return masked_json(value)[:_MOST_TEXT]
        return redact(value)[:_MOST_TEXT]
    return value
