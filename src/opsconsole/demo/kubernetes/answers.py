"""Answers as JSON: objects, lists, Tables, metadata alone; compressed when large."""

import gzip
from collections.abc import Iterable
from typing import Any

import msgspec
from aiohttp import web

from opsconsole.demo.kubernetes.requests import Form
from opsconsole.demo.kubernetes.resources import Resource
from opsconsole.demo.kubernetes.store import Body, Stored
from opsconsole.demo.kubernetes.tables import cells, columns
from opsconsole.demo.kubernetes.versions import in_version

_COMPRESS_FROM = 128 * 1024
encode = msgspec.json.Encoder().encode


def respond(request: web.Request, body: bytes, status: int = 200) -> web.Response:
    """JSON, with gzip when the client accepts it and the body is worth it (the real server's limit)."""
    headers = {"Content-Type": "application/json", "Cache-Control": "no-cache, private"}
    if len(body) > _COMPRESS_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
        body = gzip.compress(body, compresslevel=1)
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return web.Response(body=body, status=status, headers=headers)


def typed(resource: Resource, stored: Stored) -> bytes:
    """An object with its kind and apiVersion."""
    raw = _raw(resource, stored)
    return f'{{"kind":"{resource.kind}","apiVersion":"{resource.api_version}",'.encode() + raw[1:]


def _raw(resource: Resource, stored: Stored) -> bytes:
    body = in_version(resource, stored.body)
    return stored.raw if body is stored.body else encode(body)


def one(resource: Resource, stored: Stored, form: Form, now: float) -> bytes:
    if form.kind == "Table":
        return table(resource, [stored], {"resourceVersion": str(stored.version)}, form, now)
    if form.kind:
        return encode(_metadata(stored.body))
    return typed(resource, stored)


def many(resource: Resource, items: Iterable[Stored], metadata: Body, form: Form, now: float) -> bytes:
    if form.kind == "Table":
        return table(resource, items, metadata, form, now)
    if form.kind:
        partial = [_metadata(each.body) for each in items]
        head: Body = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
        return encode(head | {"metadata": metadata, "items": partial})
    start = encode({"kind": f"{resource.kind}List", "apiVersion": resource.api_version, "metadata": metadata})
    return start[:-1] + b',"items":[' + b",".join(_raw(resource, each) for each in items) + b"]}\n"


def table(
    resource: Resource, items: Iterable[Stored], metadata: Body, form: Form, now: float, *, headed: bool = True
) -> bytes:
    """A Table; in a watch only its first one has column definitions (`headed`)."""
    rows: list[dict[str, Any]] = []
    for each in items:
        row: dict[str, Any] = {"cells": cells(resource, each.body, now)}
        if form.include_object == "Object":
            row["object"] = msgspec.Raw(typed(resource, each))
        elif form.include_object == "Metadata":
            row["object"] = _metadata(each.body)
        rows.append(row)
    return encode(
        {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata,
            "columnDefinitions": columns(resource) if headed else None,
            "rows": rows,
        }
    )


def _metadata(body: Body) -> Body:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": body["metadata"]}
