"""From an HTTP request to what it asks for: verb, resource, namespace, name, and the form of the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from opsconsole.demo.kubernetes.errors import bad_request, invalid, no_such_resource
from opsconsole.demo.kubernetes.resources import BY_PATH, Resource

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}
_TRUE = ("1", "true", "True")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a resource. `name` is empty for collections, `namespace` for all namespaces."""

    verb: str
    resource: Resource
    namespace: str
    name: str
    subresource: str
    rest: str
    """What follows the subresource in the path (the proxied path)."""
    query: Mapping[str, str] = field(default_factory=dict)

    def flag(self, name: str) -> bool:
        return self.query.get(name) in _TRUE

    def number(self, name: str) -> int | None:
        """A whole number of the query, None when it is not there. Raises 400."""
        text = self.query.get(name)
        if not text:
            return None
        try:
            return int(text)
        except ValueError as error:
            raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error

    @property
    def dry_run(self) -> bool:
        """Whether nothing must be stored."""
        return self.query.get("dryRun") == "All"

    def check_dry_run(self) -> None:
        """Raises 422 for a dryRun that is anything but All."""
        value = self.query.get("dryRun")
        if value in (None, "", "All"):
            return
        options = {"create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions"}
        kind = options.get(self.verb, "DeleteOptions")
        message = f'Unsupported value: ["{value}"]: supported values: "All"'
        raise invalid(kind, "meta.k8s.io", "", "dryRun", message, "FieldValueNotSupported")


def parse(method: str, path: str, query: Mapping[str, str]) -> Asked | None:
    """The resource request at a path, None when the path belongs to no resource. Raises 404 for unknown resources."""
    steps = path.strip("/").split("/")
    if steps[0] == "api" and len(steps) >= 3:
        group, version, rest = "", steps[1], steps[2:]
    elif steps[0] == "apis" and len(steps) >= 4:
        group, version, rest = steps[1], steps[2], steps[3:]
    else:
        return None
    if not any((group, version) == key[:2] for key in BY_PATH):
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) >= 3 and (group or rest[2] not in ("status", "finalize")):
        namespace, rest = rest[1], rest[2:]
    resource = BY_PATH.get((group, version, rest[0]))
    if resource is None or (namespace and not resource.namespaced):
        raise no_such_resource()
    name = rest[1] if len(rest) > 1 else ""
    subresource = rest[2] if len(rest) > 2 else ""
    if subresource and subresource not in resource.subresources:
        raise no_such_resource()
    if resource.kind == "Namespace" and name and not namespace:
        namespace = name
    verb = _verb(method, name, query)
    return Asked(verb, resource, namespace, name, subresource, "/".join(rest[3:]), query)


def _verb(method: str, name: str, query: Mapping[str, str]) -> str:
    if method in ("GET", "HEAD"):
        if query.get("watch") in _TRUE and not name:
            return "watch"
        return "get" if name else "list"
    if method == "DELETE":
        return "delete" if name else "deletecollection"
    return _VERBS.get(method, method.lower())


@dataclass(frozen=True, slots=True)
class Form:
    """The form of an answer that a client accepts: plain, a Table, or metadata alone."""

    kind: str = ""
    """"" plain, "Table", "PartialObjectMetadata" or "PartialObjectMetadataList"."""
    include_object: str = "Metadata"


def negotiate(accept: str, query: Mapping[str, str]) -> Form:
    """The first form in an Accept header that is served; JSON when there is none."""
    for part in accept.split(","):
        media, *parameters = [each.strip() for each in part.split(";")]
        given = dict(each.partition("=")[::2] for each in parameters)
        if media not in ("application/json", "*/*", "application/*"):
            continue
        kind = given.get("as", "")
        if not kind:
            return Form()
        served = kind in ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")
        if served and given.get("g", "meta.k8s.io") == "meta.k8s.io" and given.get("v", "v1") == "v1":
            return Form(kind, query.get("includeObject", "Metadata"))
    return Form()
