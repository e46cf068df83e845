"""What the contract suite talks to: a running API server, simulated or real, through one small client."""

import asyncio
import json
import ssl
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

NAMESPACE = "social-live-prod"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
CORE = f"/api/v1/namespaces/{NAMESPACE}"
APPS = f"/apis/apps/v1/namespaces/{NAMESPACE}"
HPAS = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(slots=True)
class Target:
    """One API server. `set_usage`: pod → (CPU, memory) as quantities; `write_log`: lines of every container."""

    name: str
    url: str
    ca_pem: str
    tokens: Mapping[str, str]
    session: aiohttp.ClientSession
    forget_history: Callable[[], Awaitable[None]]
    set_usage: Callable[[Mapping[str, tuple[str, str]]], Awaitable[None]]
    write_log: Callable[[str, list[tuple[str, str]]], Awaitable[None]]
    """(pod, lines as (RFC 3339 time, text)): what its containers have written."""
    made: list[str] = field(default_factory=list)
    """Paths of what a test created, deleted at its end."""

    async def call(
        self, method: str, path: str, body: Any = None, *, user: str = "admin", content_type: str = "application/json",
        accept: str = "application/json", **query: Any,
    ) -> Answer:  # fmt: skip
        """One request; the answer's body is decoded when it is JSON."""
        headers = {"Accept": accept, "Content-Type": content_type, "User-Agent": "contract/1"}
        if user:
            headers["Authorization"] = f"Bearer {self.tokens.get(user, user)}"
        data = None if body is None else json.dumps(body)
        async with self.session.request(method, self.url + path, data=data, headers=headers, params=query) as answer:
            text = await answer.text()
            is_json = "json" in answer.headers.get("Content-Type", "")
            return Answer(answer.status, json.loads(text) if is_json else text, dict(answer.headers))

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.call("GET", path, None, **query)
        assert answer.status == 200, answer.body
        return answer.body

    async def create(self, collection: str, body: Body) -> Body:
        answer = await self.call("POST", collection, body)
        assert answer.status == 201, answer.body
        self.made.append(f"{collection}/{body['metadata']['name']}")
        created: Body = answer.body
        return created

    async def clean(self) -> None:
        for path in reversed(self.made):
            await self.call("DELETE", path)

    @asynccontextmanager
    async def watch(self, path: str, **query: Any) -> AsyncIterator[AsyncIterator[Body]]:
        """The events of a watch, until the server ends it."""
        headers = {"Authorization": f"Bearer {self.tokens['admin']}"}
        parameters: dict[str, Any] = {"watch": "true", "timeoutSeconds": 10} | query
        async with self.session.get(self.url + path, headers=headers, params=parameters) as answer:
            assert answer.status == 200, await answer.text()
            yield _lines(answer)


async def _lines(answer: aiohttp.ClientResponse) -> AsyncIterator[Body]:
    async for line in answer.content:
        yield json.loads(line)


def open_session(ca_pem: str) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cadata=ca_pem))
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=30))


async def eventually(look: Callable[[], Awaitable[Any]], within_s: float = 30.0) -> Any:
    """The first true answer of `look`. Fails with the last one when there is none in time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while True:
        found = await look()
        if found or loop.time() > end:
            assert found, f"not within {within_s} s"
            return found
        await asyncio.sleep(0.05)


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def config_map(name: str, labels: Mapping[str, str] | None = None, **data: str) -> Body:
    metadata = {"name": name, "labels": dict(labels or {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def deployment(name: str, replicas: int = 3) -> Body:
    container = {
        "name": "app",
        "image": "registry.example/app:1.0",
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
    }
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def autoscaler(name: str, least: int, most: int, percent: int) -> Body:
    target = {"type": "Utilization", "averageUtilization": percent}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "minReplicas": least,
        "maxReplicas": most,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    head = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name}}
    return head | {"spec": spec}


async def settled(target: Target, name: str) -> Body:
    """Waits until the Deployment's controllers have done everything asked for, and returns it."""

    async def look() -> Body | None:
        body: Body = await target.get(f"{APPS}/deployments/{name}")
        status, wanted = body.get("status", {}), body["spec"]["replicas"]
        counts = [status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")]
        seen = status.get("observedGeneration") == body["metadata"]["generation"]
        return body if seen and counts == [wanted] * 3 else None

    found: Body = await eventually(look)
    return found


async def pods_of(target: Target, name: str) -> list[Body]:
    """The pods of a Deployment made by `deployment` that are not ending."""
    found = await target.get(f"{CORE}/pods", labelSelector=f"app={name}")
    return [pod for pod in found["items"] if "deletionTimestamp" not in pod["metadata"]]
