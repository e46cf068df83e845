"""The API server: who asks, what for, is it allowed, and who answers."""

from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from opsconsole.demo.kubernetes import protobuf, rbac, reading, writing
from opsconsole.demo.kubernetes.answers import encode, many, one, respond, typed
from opsconsole.demo.kubernetes.cluster import SimulatedCluster
from opsconsole.demo.kubernetes.discovery import AGGREGATED, discover
from opsconsole.demo.kubernetes.errors import (
    ApiError,
    bad_request,
    cannot_be_watched,
    method_not_allowed,
    unsupported_media_type,
)
from opsconsole.demo.kubernetes.podlogs import serve_log
from opsconsole.demo.kubernetes.proxy import ServiceProxy
from opsconsole.demo.kubernetes.requests import Asked, Form, negotiate, parse
from opsconsole.demo.kubernetes.resources import ACCESS_REVIEWS, RULES_REVIEWS, SELF_REVIEWS
from opsconsole.demo.kubernetes.store import Body, Stored
from opsconsole.demo.kubernetes.watching import BOOKMARK_S, Watch

_HEALTH = ("/healthz", "/livez", "/readyz")
_PROXY_VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class ApiServer:
    """Serves one simulated cluster; `users`: bearer token → user."""

    def __init__(
        self, cluster: SimulatedCluster, users: Mapping[str, rbac.User], proxy: ServiceProxy,
        bookmark_s: float = BOOKMARK_S,
    ) -> None:  # fmt: skip
        self._cluster = cluster
        self._users = users
        self._proxy = proxy
        self._bookmark_s = bookmark_s

    async def handle(self, request: web.Request) -> web.StreamResponse:
        try:
            user = rbac.authenticate(request.headers.get("Authorization"), self._users)
            asked = parse(request.method, request.path, request.query)
            if asked is None:
                return self._outside(user, request)
            return await self._resource(user, asked, request)
        except ApiError as error:
            return respond(request, encode(error.body), error.code)

    def _outside(self, user: rbac.User, request: web.Request) -> web.Response:
        """Health and discovery: paths that belong to no resource."""
        rbac.authorize_path(user, request.method.lower(), request.path)
        if request.path.startswith(_HEALTH):
            return web.Response(text="ok")
        aggregated = all(each in request.headers.get("Accept", "").split(",")[0] for each in AGGREGATED)
        document = discover(request.path, aggregated=aggregated, address=request.host)
        if document is None:
            return web.Response(text="404 page not found\n", status=404)
        response = respond(request, encode(document))
        if aggregated and document.get("kind") == AGGREGATED[2]:
            group, version, kind = AGGREGATED
            response.headers["Content-Type"] = f"application/json;g={group};v={version};as={kind}"
        return response

    async def _resource(self, user: rbac.User, asked: Asked, request: web.Request) -> web.StreamResponse:
        resource, sub = asked.resource, asked.subresource
        if sub == "proxy":
            verb = _PROXY_VERBS.get(request.method, "get")
            rbac.authorize(user, verb, resource, sub, asked.namespace, asked.name)
            return await self._proxy.serve(asked, request)
        rbac.authorize(user, asked.verb, resource, sub, asked.namespace, asked.name)
        if asked.verb not in (resource.subresources[sub].verbs if sub else resource.verbs):
            raise cannot_be_watched(resource) if asked.verb == "watch" and not sub else method_not_allowed()
        if sub == "log":
            return await serve_log(self._cluster, asked, request)
        form = negotiate(request.headers.get("Accept", ""), request.query)
        if asked.verb == "watch":
            return await Watch(self._cluster, asked, form, self._bookmark_s).run(request)
        if asked.verb == "list":
            items, metadata = reading.list_page(self._cluster, asked)
            return respond(request, many(resource, items, metadata, form, self._cluster.now))
        if asked.verb == "get":
            return self._get(asked, form, request)
        return self._write(user, asked, form, request, await _document(request))

    def _get(self, asked: Asked, form: Form, request: web.Request) -> web.Response:
        stored = reading.get(self._cluster, asked)
        if asked.subresource == "scale":
            return respond(request, encode(writing.scale_of(asked.resource, stored)))
        return respond(request, one(asked.resource, stored, form, self._cluster.now))

    def _write(self, user: rbac.User, asked: Asked, form: Form, request: web.Request, document: Any) -> web.Response:
        asked.check_dry_run()
        cluster, manager = self._cluster, _manager(request)
        media_type = request.headers.get("Content-Type", "").partition(";")[0].strip()
        if (review := _review(user, asked, document)) is not None:
            return respond(request, typed(asked.resource, Stored(review)), 201)
        if asked.subresource == "eviction":
            return respond(request, encode(writing.evict(cluster, asked, document)), 201)
        if asked.subresource == "scale":
            return respond(request, encode(writing.write_scale(cluster, asked, media_type, document, manager)))
        match asked.verb:
            case "create" if not asked.name:
                stored, status = writing.create(cluster, asked, document, manager), 201
            case "update" if asked.name:
                stored, status = writing.update(cluster, asked, document, manager), 200
            case "patch" if asked.name:
                stored, status = writing.patch(cluster, asked, media_type, document, manager), 200
            case "delete":
                gone = writing.delete(cluster, asked, document)
                if isinstance(gone, dict):
                    return respond(request, encode(gone))
                stored, status = gone, 200
            case "deletecollection":
                writing.delete_collection(cluster, asked, document)
                return respond(request, many(asked.resource, [], {}, form, cluster.now))
            case _:
                raise method_not_allowed()
        return respond(request, one(asked.resource, stored, form, cluster.now), status)


def _review(user: rbac.User, asked: Asked, document: Any) -> Body | None:
    if asked.resource not in (ACCESS_REVIEWS, RULES_REVIEWS, SELF_REVIEWS):
        return None
    if not isinstance(document, dict):
        raise bad_request("the object provided is unrecognized (must be of type " + asked.resource.kind + ")")
    if asked.resource is ACCESS_REVIEWS:
        return rbac.access_review(user, document)
    return rbac.rules_review(user, document) if asked.resource is RULES_REVIEWS else rbac.self_review(user)


async def _document(request: web.Request) -> Any:
    """The decoded body, None when there is none. Raises 400, and 415 for what is not JSON."""
    text = await request.read()
    if not text:
        return None
    if protobuf.MEDIA_TYPE in request.headers.get("Content-Type", ""):
        try:
            return protobuf.decode(text)
        except protobuf.Unreadable as error:
            raise unsupported_media_type() from error
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error


def _manager(request: web.Request) -> str:
    """Who writes, for managedFields: the field manager that the client names, or the program."""
    return request.query.get("fieldManager") or request.headers.get("User-Agent", "unknown").partition("/")[0]
