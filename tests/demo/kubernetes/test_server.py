"""What only the simulated server can be asked: compaction at will, the service proxy, quick bookmarks, usage."""

from aiohttp import ClientSession, web

from opsconsole.demo.kubernetes import protobuf
from opsconsole.demo.platform import NAMESPACE
from tests.demo.kubernetes.running import Running, running
from tests.demo.kubernetes.target import CORE, Target, config_map, open_session


def target_of(run: Running, session: ClientSession) -> Target:
    async def nothing(*_: object) -> None:
        return None

    return Target("simulated", run.server.url, run.server.ca_pem, run.server.tokens, session, nothing, nothing, nothing)


async def test_a_continue_token_expires_with_history() -> None:
    async with running() as run, open_session(run.server.ca_pem) as session:
        target = target_of(run, session)
        first = await target.get(f"{CORE}/pods", limit=10)
        await target.create(f"{CORE}/configmaps", config_map("later"))
        run.cluster.store.compact()
        answer = await target.call("GET", f"{CORE}/pods", limit=10, **{"continue": first["metadata"]["continue"]})
        assert (answer.status, answer.body["reason"]) == (410, "Expired")
        assert answer.body["message"].startswith("The provided continue parameter is too old")
        token = answer.body["metadata"]["continue"]
        rest = await target.get(f"{CORE}/pods", limit=500, **{"continue": token})
        names = [item["metadata"]["name"] for page in (first, rest) for item in page["items"]]
        everything = await target.get(f"{CORE}/pods")
        assert names == [item["metadata"]["name"] for item in everything["items"]]


async def test_usage_is_told_of_every_pod_and_node() -> None:
    async with running() as run, open_session(run.server.ca_pem) as session:
        target = target_of(run, session)
        path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods"
        everything = await target.get(path)
        assert len(everything["items"]) > 35
        nodes = await target.get("/apis/metrics.k8s.io/v1beta1/nodes")
        assert [set(item["usage"]) for item in nodes["items"]] == [{"cpu", "memory"}] * 3
        one = everything["items"][0]["metadata"]["name"]
        assert (await target.get(f"{path}/{one}"))["kind"] == "PodMetrics"


async def test_bookmarks_come_again_and_again() -> None:
    async with running(bookmark_s=0.1) as run, open_session(run.server.ca_pem) as session:
        target = target_of(run, session)
        version = (await target.get(f"{CORE}/secrets"))["metadata"]["resourceVersion"]
        query = {"resourceVersion": version, "allowWatchBookmarks": "true"}
        async with target.watch(f"{CORE}/secrets", **query) as events:
            marks = [await anext(events) for _ in range(2)]
        versions = [int(mark["object"]["metadata"]["resourceVersion"]) for mark in marks]
        assert [mark["type"] for mark in marks] == ["BOOKMARK"] * 2
        assert int(version) < versions[0] < versions[1]


async def test_the_service_proxy_passes_requests_on() -> None:
    async def echo(request: web.Request) -> web.Response:
        said = {"path": request.path, "query": dict(request.query), "body": await request.text()}
        return web.json_response(said, status=202)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", echo)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    proxies = {"monitoring/prometheus:9090": f"http://127.0.0.1:{runner.addresses[0][1]}"}
    base = "/api/v1/namespaces/monitoring/services"
    try:
        async with running(proxies) as run, open_session(run.server.ca_pem) as session:
            target = target_of(run, session)
            answer = await target.call("POST", f"{base}/prometheus:9090/proxy/api/v1/query", "up", time="5")
            said = {"path": "/api/v1/query", "query": {"time": "5"}, "body": '"up"'}
            assert (answer.status, answer.body) == (202, said)
            for name in ("prometheus:http", "http:prometheus:9090", "prometheus"):
                assert (await target.call("GET", f"{base}/{name}/proxy/x")).body["path"] == "/x"
            wrong = await target.call("GET", f"{base}/prometheus:1/proxy/x")
            assert (wrong.status, wrong.body["reason"]) == (503, "ServiceUnavailable")
            await runner.cleanup()
            gone = await target.call("GET", f"{base}/prometheus:9090/proxy/x")
            assert (gone.status, gone.body["reason"]) == (503, "ServiceUnavailable")
    finally:
        await runner.cleanup()


async def test_apply_is_refused_clearly() -> None:
    async with running() as run, open_session(run.server.ca_pem) as session:
        answer = await target_of(run, session).call(
            "PATCH", f"{CORE}/configmaps/api-config", {}, content_type="application/apply-patch+yaml"
        )
        assert answer.status == 415
        assert "server-side apply" in answer.body["message"]


def test_protobuf_of_kubectl() -> None:
    spec = b"\x0a\x0e\x12\x04list\x2a\x04pods\x3a\x00"
    raw = b"\x0a\x00\x12" + bytes([len(spec)]) + spec
    meta = b"\x0a\x17authorization.k8s.io/v1\x12\x17SelfSubjectAccessReview"
    data = b"k8s\x00\x0a" + bytes([len(meta)]) + meta + b"\x12" + bytes([len(raw)]) + raw
    assert protobuf.decode(data) == {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "metadata": {},
        "spec": {"resourceAttributes": {"verb": "list", "resource": "pods"}},
    }
