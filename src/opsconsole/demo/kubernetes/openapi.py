"""As much OpenAPI v3 as kubectl needs to leave the checking of fields to the server."""

from typing import Any

from opsconsole.demo.kubernetes.resources import RESOURCES, Resource

Body = dict[str, Any]


def index() -> Body:
    """/openapi/v3: where the document of each group version stands."""
    versions = dict.fromkeys(_base(each) for each in RESOURCES)
    return {"paths": {base: {"serverRelativeURL": f"/openapi/v3/{base}?hash=0"} for base in versions}}


def document(base: str) -> Body | None:
    """The document of `api/v1` or `apis/GROUP/VERSION`: paths that can be patched, and with which parameters."""
    served = [each for each in RESOURCES if _base(each) == base]
    if not served:
        return None
    info = {"title": "Kubernetes", "version": "v1.36.3"}
    return {"openapi": "3.0.0", "info": info, "paths": {_path(each): _operations(each) for each in served}}


def _base(each: Resource) -> str:
    return f"apis/{each.group}/{each.version}" if each.group else f"api/{each.version}"


def _path(each: Resource) -> str:
    middle = "namespaces/{namespace}/" if each.namespaced else ""
    return f"/{_base(each)}/{middle}{each.plural}/{{name}}"


def _operations(each: Resource) -> Body:
    kind = {"group": each.group, "kind": each.kind, "version": each.version}
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("dryRun", "fieldValidation")]
    operation = {"x-kubernetes-group-version-kind": kind, "parameters": parameters, "responses": {}}
    return {"get": operation, "patch": operation} if "patch" in each.verbs else {"get": operation}
