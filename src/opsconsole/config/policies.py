"""The policies: built in (`default`, one per runbook), the settings' own, and how one extends another."""

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from .settings import Policy, Rule, Settings

FOLDER = Path(__file__).with_name("policies")


class PolicyError(Exception):
    """A policy that does not exist, or that extends itself."""


def builtin_names() -> tuple[str, ...]:
    """Names of the policies that come with the program."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@functools.cache
def builtin(name: str) -> Policy:
    """A built-in policy as its file gives it; KeyError when there is none of that name."""
    return msgspec.convert(builtin_table(name), Policy)


@functools.cache
def builtin_table(name: str) -> dict[str, Any]:
    """The same as the TOML's own table."""
    path = FOLDER / f"{name}.toml"
    if name not in builtin_names():
        raise KeyError(name)
    return tomllib.loads(path.read_text(encoding="utf-8"))


def resolve_policy(settings: Settings, name: str) -> Policy:
    """The policy with everything that it inherits, durations already scaled (its own `duration_scale` is then 1).

    A policy of the settings that carries a built-in one's name extends that one. Raises PolicyError.
    """
    resolved, scale = Policy(), 1.0
    for policy in reversed(_lineage(settings.policies, name)):
        resolved = _extended(resolved, policy)
        scale *= policy.duration_scale
    rules = {key: _scaled(rule, scale) for key, rule in resolved.rules.items()}
    return msgspec.structs.replace(resolved, rules=rules, duration_scale=1.0, extends=None)


def known_rules(settings: Settings, name: str) -> frozenset[str]:
    """Ids of the policy's own and inherited rules, disabled ones among them. Raises PolicyError."""
    return frozenset(rule for policy in _lineage(settings.policies, name) for rule in policy.rules)


def _lineage(own: Mapping[str, Policy], name: str) -> list[Policy]:
    """The policy, then what it extends, and so on."""
    found: list[Policy] = []
    seen: list[str] = []
    wanted: str | None = name
    while wanted is not None:
        is_own = wanted in own and wanted not in seen
        if not is_own and wanted not in builtin_names():
            asked = f"policy {seen[-1]!r} extends {wanted!r}, which" if seen else f"the policy {wanted!r}"
            loops = " leads back to itself" if wanted in seen else " does not exist"
            raise PolicyError(f"{asked}{loops}; known are {', '.join(sorted({*own, *builtin_names()}))}")
        policy = own[wanted] if is_own else builtin(wanted)
        found.append(policy)
        shadows = is_own and wanted in builtin_names()
        if is_own:
            seen.append(wanted)
        wanted = policy.extends or (wanted if shadows else None)
    return found


def _extended(base: Policy, policy: Policy) -> Policy:
    rules = {key: rule for key, rule in {**base.rules, **policy.rules}.items() if key not in policy.disabled}
    return Policy(
        description=policy.description or base.description,
        rules=rules,
        disabled=policy.disabled,
        severities=policy.severities or base.severities,
        budget_thresholds=policy.budget_thresholds or base.budget_thresholds,
        health={**base.health, **policy.health},
        health_bands=policy.health_bands or base.health_bands,
        contacts=policy.contacts or base.contacts,
        replicas={**base.replicas, **policy.replicas},
        targets={**base.targets, **policy.targets},
    )


def _scaled(rule: Rule, scale: float) -> Rule:
    if scale == 1.0:
        return rule
    return msgspec.structs.replace(rule, for_s=rule.for_s * scale, keep_firing_s=rule.keep_firing_s * scale)
