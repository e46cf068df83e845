"""The strict check of the settings: every mistake with its key, in words, and the nearest valid key."""

import difflib
import math
import re
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from . import link_templates
from .catalogue import Catalogue, CatalogueError, presumed_for
from .places import KeyPath
from .policies import PolicyError, known_rules, resolve_policy
from .probe_targets import target_of
from .settings import CustomerTable, Http, Metrics, Policy, Profile, Secret, Settings

TABS = ("now", "metrics", "pods", "queries", "costs", "customers", "incidents")
_WORDS = {"str": "a text", "int": "a whole number", "float": "a number", "bool": "true or false", "null": "nothing"}
_BOUND = re.compile(r"Expected `\w+` (>|>=|<|<=) (\S+)")
_BOUNDS = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}
_WORDS |= {"array": "a list", "object": "a table", "decimal": "an amount"}


class Mistake(msgspec.Struct, frozen=True, gc=False):
    """One thing that is wrong in the settings."""

    key: KeyPath
    sentence: str


def json_schema() -> dict[str, Any]:
    """The settings' JSON schema (draft 2020-12)."""
    return msgspec.json.schema(Settings)


def shape_mistakes(data: object, kind: Any = Settings, key: KeyPath = ()) -> Iterator[Mistake]:
    """Every unknown key and wrong type of a decoded TOML value against a type of the settings."""
    inner = _without_none(kind)
    if _is_struct(inner):
        yield from _struct_mistakes(data, inner, key)
    elif typing.get_origin(inner) is dict:
        if isinstance(data, Mapping):
            for name, value in data.items():
                yield from shape_mistakes(value, typing.get_args(inner)[1], (*key, name))
        else:
            yield Mistake(key, f"must be a table, not {_kind_of(data)}")
    elif typing.get_origin(inner) is tuple and typing.get_args(inner)[-1] is Ellipsis and isinstance(data, list):
        for index, value in enumerate(data):
            yield from shape_mistakes(value, typing.get_args(inner)[0], (*key, index))
    else:
        yield from _leaf_mistakes(data, inner, key)


def meaning_mistakes(settings: Settings) -> Iterator[Mistake]:
    """What the types cannot say: names that must exist, references, one of several keys."""
    if settings.default_profile is not None and settings.default_profile not in settings.profiles:
        yield Mistake(("default_profile",), _unknown("profile", settings.default_profile, settings.profiles))
    if settings.interface.start_tab not in TABS:
        yield Mistake(("interface", "start_tab"), _unknown("tab", settings.interface.start_tab, TABS))
    for name, policy in settings.policies.items():
        broken = tuple(_policy_mistakes(settings, name, ("policies", name)))
        yield from broken or _judgement_mistakes(settings, name, policy, ("policies", name))
    for name, profile in settings.profiles.items():
        here: KeyPath = ("profiles", name)
        yield from _policy_mistakes(settings, profile.policy, (*here, "policy"))
        yield from _profile_mistakes(profile, here)
    yield from _secret_mistakes(settings, ())


def _policy_mistakes(settings: Settings, name: str, key: KeyPath) -> Iterator[Mistake]:
    try:
        resolve_policy(settings, name)
    except PolicyError as error:
        yield Mistake(key, str(error))


def _judgement_mistakes(settings: Settings, name: str, policy: Policy, key: KeyPath) -> Iterator[Mistake]:
    """What a policy says must be able to come true."""
    known = known_rules(settings, name)
    for index, rule_id in enumerate(policy.disabled):
        if rule_id not in known:
            yield Mistake((*key, "disabled", index), _unknown("rule", rule_id, known))
    for rule_id, rule in policy.rules.items():
        here = (*key, "rules", rule_id)
        sign = 1 if rule.compare.startswith(">") else -1
        if not math.isfinite(rule.limit):
            yield Mistake((*here, "limit"), "must be a finite number")
        elif rule.clear is not None and sign * rule.clear > sign * rule.limit:
            yield Mistake((*here, "clear"), f"lies beyond the limit {rule.limit:g}: it would end while it still holds")
    if policy.health_bands is not None and not policy.health_bands[0] < policy.health_bands[1]:
        yield Mistake((*key, "health_bands"), "must be [at-risk from, healthy from], the smaller one first")
    for input_id, band in policy.health.items():
        if band.best == band.worst:
            yield Mistake((*key, "health", input_id), "`worst` and `best` must differ")


def _profile_mistakes(profile: Profile, here: KeyPath) -> Iterator[Mistake]:
    for field in ("prometheus", "alertmanager", "loki", "opencost"):
        source: Http | None = getattr(profile, field)
        if source is None:
            continue
        if not source.url.startswith(("http://", "https://", "kube://")):
            yield Mistake((*here, field, "url"), "must begin with http://, https:// or kube://NAMESPACE/SERVICE:PORT")
        elif _url_has_password(source.url):
            yield Mistake((*here, field, "url"), "holds a password; refer to it by `user` and `password` instead")
        elif source.url.startswith("kube://") and profile.kubernetes is None:
            yield Mistake(
                (*here, field, "url"), "kube:// goes through the cluster: add a [profiles.….kubernetes] table"
            )
    yield from _catalogue_mistakes(profile, (*here, "metrics"))
    yield from _panel_mistakes(profile, (*here, "metrics", "panels"))
    yield from _probe_mistakes(profile, (*here, "probes"))
    for field in ("postgres", "redis"):
        names = [server.name for server in getattr(profile, field)]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Mistake((*here, field, index, "name"), f"the name {name!r} is used twice")
    for index, server in enumerate(profile.postgres):
        if "password=" in server.dsn.replace(" ", "") or _url_has_password(server.dsn):
            yield Mistake((*here, "postgres", index, "dsn"), "holds a password; refer to it by `password` instead")
    for index, cache in enumerate(profile.redis):
        if _url_has_password(cache.url):
            yield Mistake((*here, "redis", index, "url"), "holds a password; refer to it by `password` instead")
    for title, template in profile.links.items():
        for sentence in link_templates.mistakes(title, template):
            yield Mistake((*here, "links", title), sentence)
    if profile.loki is not None and profile.loki.selector and "{service}" not in profile.loki.selector:
        yield Mistake((*here, "loki", "selector"), "has no {service}: it would pick the same lines for every service")
    if profile.customers is not None:
        yield from _customer_mistakes(profile, profile.customers, (*here, "customers"))
    for index, budget in enumerate(profile.billing.budgets if profile.billing else ()):
        if budget.amount <= 0:
            yield Mistake((*here, "billing", "budgets", index, "amount"), "must be above zero")


def _panel_mistakes(profile: Profile, here: KeyPath) -> Iterator[Mistake]:
    """Tiles that nothing could fill, and limits whose warning would never be seen."""
    for index, panel in enumerate(profile.metrics.panels):
        if not panel.query.strip():
            yield Mistake((*here, index, "query"), "is empty: write PromQL with one value, as sum(jobs_waiting)")
        if panel.warning is None or panel.critical is None:
            continue
        if panel.critical < panel.warning if not panel.below else panel.critical > panel.warning:
            worse = "below" if not panel.below else "above"
            yield Mistake(
                (*here, index, "critical"),
                f"lies {worse} the warning at {panel.warning:g}: nothing would ever be only a warning; swap them, or "
                f"set `below = {str(not panel.below).lower()}`",
            )


def _probe_mistakes(profile: Profile, here: KeyPath) -> Iterator[Mistake]:
    """Targets that cannot be asked, expressions that are none, names that stand twice."""
    names = [probe.name for probe in profile.probes]
    for index, probe in enumerate(profile.probes):
        if probe.name in names[:index]:
            yield Mistake((*here, index, "name"), f"{probe.name!r} is the name of another probe already")
        try:
            kind = target_of(probe.target).kind
        except ValueError as error:
            yield Mistake((*here, index, "target"), str(error))
            continue
        if probe.target.startswith("kube://") and profile.kubernetes is None:
            yield Mistake(
                (*here, index, "target"), "kube:// goes through the cluster: add a [profiles.….kubernetes] table"
            )
        for field, of in (("status", "http"), ("body", "http"), ("addresses", "dns")):
            if getattr(probe, field) and kind != of:
                yield Mistake((*here, index, field), f"is asked of {of} targets only; this one is {kind}")
        try:
            re.compile(probe.body)
        except re.error as error:
            yield Mistake((*here, index, "body"), f"is no regular expression: {error}")


def _catalogue_mistakes(profile: Profile, here: KeyPath) -> Iterator[Mistake]:
    """Labels, tiles and queries of the settings must fit the catalogue; it names the field that does not."""
    try:
        Catalogue(profile.metrics, presumed_for(profile.metrics)).all()
    except CatalogueError as error:
        field, _, sentence = str(error).partition(": ")
        known = field in Metrics.__struct_fields__
        yield Mistake((*here, field) if known else here, sentence if known else str(error))


def _customer_mistakes(profile: Profile, table: CustomerTable, here: KeyPath) -> Iterator[Mistake]:
    if (table.query is None) == (table.file is None):
        yield Mistake(here, "needs exactly one of `query` and `file`")
    servers = [server.name for server in profile.postgres]
    if table.server is not None and table.server not in servers:
        yield Mistake((*here, "server"), _unknown("postgres server", table.server, servers))
    if (table.query or table.hurt_query) and not servers:
        yield Mistake(here, "a query needs a [[profiles.….postgres]] server to run on")


def _secret_mistakes(value: object, key: KeyPath) -> Iterator[Mistake]:
    if isinstance(value, Secret):
        if sum(reference is not None for reference in (value.env, value.file, value.command)) != 1:
            yield Mistake(key, "a secret needs exactly one of `env`, `file` and `command`")
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _secret_mistakes(getattr(value, field), (*key, field))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _secret_mistakes(item, (*key, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _secret_mistakes(item, (*key, index))


def _struct_mistakes(data: object, kind: type[msgspec.Struct], key: KeyPath) -> Iterator[Mistake]:
    if not isinstance(data, Mapping):
        yield Mistake(key, f"must be a table, not {_kind_of(data)}")
        return
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name, value in data.items():
        if name in fields:
            yield from shape_mistakes(value, fields[name].type, (*key, name))
        else:
            yield Mistake((*key, name), _unknown("key", name, fields))
    for name, field in fields.items():
        if field.required and name not in data:
            yield Mistake(key, f"the key `{name}` is missing")


def _leaf_mistakes(data: object, kind: Any, key: KeyPath) -> Iterator[Mistake]:
    if typing.get_origin(kind) is typing.Literal:
        choices = typing.get_args(kind)
        if data not in choices:
            yield Mistake(key, _unknown("value", str(data), [str(choice) for choice in choices]))
        return
    try:
        msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        yield Mistake(key, _in_words(str(error)))


def _in_words(message: str) -> str:
    """msgspec's sentence in an operator's words."""
    sentence = message.partition(" - at ")[0]
    if (bound := _BOUND.fullmatch(sentence)) is not None:
        return f"must be {_BOUNDS[bound[1]]} {float(bound[2]):g}"
    if not sentence.startswith("Expected"):
        return sentence[:1].lower() + sentence[1:]
    wanted, _, got = sentence.removeprefix("Expected ").partition(", got ")
    words = [_WORDS.get(word.strip(" `"), word.strip(" `")) for word in wanted.replace("`", "").split("|")]
    found = _WORDS.get(got.strip("`"), got.strip("`"))
    return f"must be {' or '.join(words)}, not {found}"


def _unknown(what: str, name: str, known: typing.Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)  # less, and `seconds` would be meant for `count`
    if near:
        return f"unknown {what} {name!r}: did you mean {near[0]!r}?"
    listed = ", ".join(names) if names else "none"
    return f"unknown {what} {name!r}; known are: {listed}"


def _without_none(kind: Any) -> Any:
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        kinds = [part for part in typing.get_args(kind) if part is not type(None)]
        return kinds[0] if len(kinds) == 1 else kind
    return kind


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _kind_of(data: object) -> str:
    if isinstance(data, bool):
        return "true or false"
    return {str: "a text", int: "a number", float: "a number", list: "a list"}.get(type(data), type(data).__name__)


def _url_has_password(url: str) -> bool:
    authority = url.partition("://")[2].partition("/")[0]
    return ":" in authority.rpartition("@")[0] and "@" in authority
