"""Who may do what: users by bearer token, simple rules, and the reviews that tell a user its own rights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opsconsole.demo.kubernetes.errors import forbidden, forbidden_path, unauthorized
from opsconsole.demo.kubernetes.resources import Resource
from opsconsole.demo.platform import NAMESPACE

Body = dict[str, Any]

OPEN_PATHS = ("/healthz", "/livez", "/readyz", "/version")
DISCOVERY_PATHS = ("/api", "/apis", "/openapi", *OPEN_PATHS)


@dataclass(frozen=True, slots=True)
class Rule:
    """Verbs on resources (`pods`, `pods/log`, `*`) of groups; in one namespace, or everywhere when it is empty."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    namespace: str = ""

    def allows(self, verb: str, group: str, resource: str, namespace: str) -> bool:
        return (
            (not self.namespace or self.namespace == namespace)
            and _within(verb, self.verbs)
            and _within(group, self.groups)
            and _within(resource, self.resources)
        )


def _within(asked: str, allowed: tuple[str, ...]) -> bool:
    return "*" in allowed or asked in allowed


@dataclass(frozen=True, slots=True)
class User:
    name: str
    rules: tuple[Rule, ...]
    groups: tuple[str, ...] = ("system:authenticated",)
    every_path: bool = False
    """May get non-resource paths such as /metrics too."""

    def may(self, verb: str, group: str, resource: str, namespace: str) -> bool:
        rules = self.rules if self.name == "system:anonymous" else self.rules + _SELF_RULES
        return any(rule.allows(verb, group, resource, namespace) for rule in rules)

    def may_get(self, path: str) -> bool:
        paths = OPEN_PATHS if self.name == "system:anonymous" else DISCOVERY_PATHS
        return self.every_path or any(path == each or path.startswith(each + "/") for each in paths)


_SELF_RULES = (
    Rule(("create",), ("authorization.k8s.io",), ("selfsubjectaccessreviews", "selfsubjectrulesreviews")),
    Rule(("create",), ("authentication.k8s.io",), ("selfsubjectreviews",)),
)
_LOOK = ("get", "list", "watch")
_READABLE_CORE = (
    "configmaps", "endpoints", "events", "namespaces", "nodes", "persistentvolumeclaims", "pods", "pods/log",
    "replicationcontrollers", "resourcequotas", "services",
)  # fmt: skip
_READABLE_GROUPS = (
    "apps", "autoscaling", "batch", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "metrics.k8s.io",
    "policy",
)  # fmt: skip

ANONYMOUS = User("system:anonymous", (), ("system:unauthenticated",))
ADMIN = User("admin", (Rule(("*",), ("*",), ("*",)),), ("system:masters", "system:authenticated"), every_path=True)
VIEWER = User("viewer", (Rule(_LOOK, ("",), _READABLE_CORE), Rule(_LOOK, _READABLE_GROUPS, ("*",))))
TENANT = User("tenant", (Rule(("*",), ("*",), ("*",), NAMESPACE),))
USERS = (ADMIN, VIEWER, TENANT)


def authenticate(authorization: str | None, users: Mapping[str, User]) -> User:
    """The user of a request's Authorization header; none at all is anonymous. Raises 401 for an unknown token."""
    if not authorization:
        return ANONYMOUS
    scheme, _, token = authorization.partition(" ")
    user = users.get(token.strip()) if scheme.lower() == "bearer" else None
    if user is None:
        raise unauthorized()
    return user


def authorize(user: User, verb: str, resource: Resource, subresource: str, namespace: str, name: str) -> None:
    """Raises 403 unless the user may."""
    full = resource.plural + (f"/{subresource}" if subresource else "")
    if not user.may(verb, resource.group, full, namespace):
        raise forbidden(user.name, verb, resource, subresource, namespace, name)


def authorize_path(user: User, verb: str, path: str) -> None:
    """Raises 403 unless the user may use this path, which belongs to no resource."""
    if verb != "get" or not user.may_get(path):
        raise forbidden_path(user.name, verb, path)


def access_review(user: User, review: Body) -> Body:
    """SelfSubjectAccessReview: the same object with its answer under `status`."""
    spec = review.get("spec") or {}
    if (path := spec.get("nonResourceAttributes")) is not None:
        allowed = path.get("verb") == "get" and user.may_get(path.get("path", ""))
    else:
        asked = spec.get("resourceAttributes") or {}
        resource = asked.get("resource", "") + (f"/{asked['subresource']}" if asked.get("subresource") else "")
        allowed = user.may(asked.get("verb", ""), asked.get("group", ""), resource, asked.get("namespace", ""))
    return {"metadata": {}, "spec": spec, "status": {"allowed": allowed}}


def rules_review(user: User, review: Body) -> Body:
    """SelfSubjectRulesReview: the rules that hold in the namespace asked for."""
    namespace = (review.get("spec") or {}).get("namespace", "")
    held = [rule for rule in _SELF_RULES + user.rules if not rule.namespace or rule.namespace == namespace]
    return {
        "metadata": {},
        "spec": {},
        "status": {
            "resourceRules": [
                {"verbs": list(rule.verbs), "apiGroups": list(rule.groups), "resources": list(rule.resources)}
                for rule in held
            ],
            "nonResourceRules": [
                {"verbs": ["get"], "nonResourceURLs": ["*"] if user.every_path else list(DISCOVERY_PATHS)}
            ],
            "incomplete": False,
        },
    }


def self_review(user: User) -> Body:
    """SelfSubjectReview: who the server takes the caller for."""
    return {"metadata": {}, "status": {"userInfo": {"username": user.name, "groups": list(user.groups)}}}
