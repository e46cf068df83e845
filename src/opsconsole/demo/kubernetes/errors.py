"""The Status answers of the API server, in the real server's own words."""

from typing import Any

from opsconsole.demo.kubernetes.resources import Resource

Body = dict[str, Any]


class ApiError(Exception):
    """A request that is refused: HTTP `code` and the Status object that says why."""

    def __init__(self, code: int, body: Body) -> None:
        super().__init__(body.get("message", ""))
        self.code = code
        self.body = body


def failure(code: int, reason: str, message: str, details: Body | None = None) -> ApiError:
    """A Status of kind Failure; `details` stands in it even when empty, as the real server writes it."""
    body: Body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
    }
    if reason:
        body["reason"] = reason
    if details is not None:
        body["details"] = details
    return ApiError(code, body | {"code": code})


def _details(resource: Resource, name: str = "", kind: str = "") -> Body:
    details: Body = {"name": name} if name else {}
    if resource.group:
        details["group"] = resource.group
    return details | {"kind": kind or resource.plural}


def unauthorized() -> ApiError:
    return failure(401, "Unauthorized", "Unauthorized")


def forbidden(user: str, verb: str, resource: Resource, subresource: str, namespace: str, name: str) -> ApiError:
    what = resource.qualified + (f' "{name}"' if name else "")
    full = resource.plural + (f"/{subresource}" if subresource else "")
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    message = (
        f'{what} is forbidden: User "{user}" cannot {verb} resource "{full}" in API group "{resource.group}" {where}'
    )
    return failure(403, "Forbidden", message, _details(resource, name))


def forbidden_path(user: str, verb: str, path: str) -> ApiError:
    return failure(403, "Forbidden", f'forbidden: User "{user}" cannot {verb} path "{path}"', {})


def not_found(resource: Resource, name: str) -> ApiError:
    return failure(404, "NotFound", f'{resource.qualified} "{name}" not found', _details(resource, name))


def no_such_resource() -> ApiError:
    return failure(404, "NotFound", "the server could not find the requested resource", {})


def method_not_allowed() -> ApiError:
    return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})


def cannot_be_watched(resource: Resource) -> ApiError:
    message = f'watch is not supported on resources of kind "{resource.qualified}"'
    details = {"group": resource.group, "kind": resource.plural}
    return failure(405, "MethodNotAllowed", message, details)


def already_exists(resource: Resource, name: str) -> ApiError:
    return failure(409, "AlreadyExists", f'{resource.qualified} "{name}" already exists', _details(resource, name))


def conflict(resource: Resource, name: str) -> ApiError:
    message = (
        f'Operation cannot be fulfilled on {resource.qualified} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return failure(409, "Conflict", message, _details(resource, name))


def precondition(resource: Resource, name: str, field: str, asked: str, found: str) -> ApiError:
    """`field` is "UID" or "ResourceVersion"."""
    message = (
        f'Operation cannot be fulfilled on {resource.kind} "{name}": the {field} in the precondition ({asked}) '
        f"does not match the {field} in record ({found}). The object might have been "
        + ("deleted and then recreated" if field == "UID" else "modified")
    )
    return failure(409, "Conflict", message, _details(resource, name, resource.kind))


def bad_request(message: str) -> ApiError:
    return failure(400, "BadRequest", message)


def rejected_patch() -> ApiError:
    """A JSON Patch whose `test` failed or whose path is not there."""
    return failure(422, "Invalid", "the server rejected our request due to an error in our request", {})


def unsupported_media_type() -> ApiError:
    return failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def invalid(kind: str, group: str, name: str, field: str, message: str, cause: str = "FieldValueInvalid") -> ApiError:
    """A field that validation refuses; `message` is what stands behind the field's path."""
    details: Body = {"name": name} if name else {}
    if group:
        details["group"] = group
    details |= {"kind": kind, "causes": [{"reason": cause, "message": message, "field": field}]}
    qualified = f"{kind}.{group}" if group else kind
    return failure(422, "Invalid", f'{qualified} "{name}" is invalid: {field}: {message}', details)


def too_old(asked: int, oldest: int) -> ApiError:
    return failure(410, "Expired", f"too old resource version: {asked} ({oldest})")


def too_large(asked: int, current: int) -> ApiError:
    details = {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
    return failure(504, "Timeout", f"Timeout: Too large resource version: {asked}, current: {current}", details)


def expired_continue(token: str) -> ApiError:
    """The first page's version is compacted; `token` goes on from here with the newest one."""
    message = (
        "The provided continue parameter is too old to display a consistent list result. You can start a new list "
        "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
        "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
        "modified, or deleted between the time the first chunk was returned and now may show up in the list."
    )
    error = failure(410, "Expired", message)
    error.body["metadata"] = {"continue": token}
    return error


def unavailable(message: str) -> ApiError:
    return failure(503, "ServiceUnavailable", message)
